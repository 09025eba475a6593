// What the host calls. Nothing here is about one node: leave it as it is and write `nodes.js`.

import * as host from "wirebrush:node/host@1.0.0";
import * as storage from "wirebrush:node/storage@1.0.0";

import { nodes } from "./nodes.js";
import { Cancelled, Invalid } from "./pixels.js";

// What nodes get as `host`: the functions of the interface `host`, and `host.storage`.
const world = { ...host, storage };

export const node = {
  describe() {
    return JSON.stringify({ nodes: nodes.map(({ run, ...definition }) => definition) });
  },

  run(index, values) {
    const definition = nodes[index];
    const kinds = new Map(definition.outputs.map((port) => [port.name, port.kind]));
    let outputs;
    try {
      outputs = definition.run(byName(definition, values), world);
    } catch (error) {
      throw failure(error);
    }
    return Object.entries(outputs).map(([name, value]) => ({ name, value: wrapped(kinds.get(name), value) }));
  },

  restore(saved) {
    throw { tag: "unsupported", val: `this plugin has no handles of kind ${saved.kind}` };
  },
};

/** Inputs by name: plain values, `undefined` where nothing came, an array at a list input. */
function byName(definition, values) {
  const lists = new Set(definition.inputs.filter((port) => port.list).map((port) => port.name));
  const inputs = Object.fromEntries([...lists].map((name) => [name, []]));
  for (const { name, value } of values) {
    if (lists.has(name)) inputs[name].push(value.val);
    else inputs[name] = value.val;
  }
  return inputs;
}

function wrapped(kind, value) {
  if (value === undefined || value === null) return { tag: "none" };
  return { tag: kind.includes("/") ? "handle" : kind, val: value };
}

/** What was thrown, as one of the host's failures; those of the host itself are passed on. */
function failure(error) {
  if (error instanceof Cancelled) return { tag: "cancelled" };
  if (error instanceof Invalid) return { tag: "invalid-input", val: { port: error.port, why: error.message } };
  const said = error?.payload ?? error;
  if (typeof said?.tag === "string") return said;
  return { tag: "failed", val: String(error) };
}
