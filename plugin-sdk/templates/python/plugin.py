"""What the host calls. Nothing here is about one node: leave it as it is and write `nodes.py`."""

import json
from types import SimpleNamespace

from componentize_py_types import Err
from nodes import NODES
from pixels import Cancelled, Invalid
from wit_world import exports
from wit_world.imports import host, storage, types

# What nodes get as `host`: the functions of the interface `host`, and `host.storage`.
WORLD = SimpleNamespace(**vars(host), storage=storage)

WRAPPERS = {
    "bool": types.Value_Bool,
    "int": types.Value_Int,
    "float": types.Value_Float,
    "text": types.Value_Text,
    "choice": types.Value_Choice,
    "bytes": types.Value_Bytes,
    "image": types.Value_Image,
    "mask": types.Value_Mask,
    "tensor": types.Value_Tensor,
}


class Node(exports.Node):
    def describe(self):
        definitions = [{key: value for key, value in node.items() if key != "run"} for node in NODES]
        return json.dumps({"nodes": definitions})

    def run(self, node, inputs):
        definition = NODES[node]
        try:
            outputs = definition["run"](_inputs(definition, inputs), WORLD)
        except Err:
            raise  # What the host said, already in its words.
        except Cancelled:
            raise Err(host.Failure_Cancelled())
        except Invalid as error:
            raise Err(host.Failure_InvalidInput(host.InvalidInput(error.port, str(error))))
        except Exception as error:
            raise Err(host.Failure_Failed(f"{type(error).__name__}: {error}"))
        kinds = {port["name"]: port["kind"] for port in definition["outputs"]}
        return [types.NamedValue(name, _wrap(kinds.get(name), value)) for name, value in outputs.items()]

    def restore(self, saved):
        raise Err(host.Failure_Unsupported(f"this plugin has no handles of kind {saved.kind}"))


def _inputs(definition, values):
    """Inputs by name: plain values, `None` where nothing came, a list at a list input."""
    lists = {port["name"] for port in definition["inputs"] if port.get("list")}
    inputs = {port["name"]: [] if port["name"] in lists else None for port in definition["inputs"]}
    for named in values:
        value = getattr(named.value, "value", None)
        if named.name in lists:
            inputs[named.name].append(value)
        else:
            inputs[named.name] = value
    return inputs


def _wrap(kind, value):
    if value is None:
        return types.Value_None_()
    return WRAPPERS[kind](value) if kind in WRAPPERS else types.Value_Handle(value)
