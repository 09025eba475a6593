"""Writes data/lora/*: LoRA files in every naming that circulates, and the weights that their own tools make of them.

    pip install torch diffusers==0.42.1 peft==0.21.2 lycoris-lora==4.1.3 safetensors numpy && python lora.py

The model is transformer A of data/transformer.json with weights by formula, beside a CLIP and a T5 of two layers. diffusers, PEFT and
lycoris-lora write and merge their files themselves; for the tools that are programs, not libraries, files are written
here under their names and merged in f64 as their papers say, and diffusers reads those it can as a second opinion.
"""

import json
import math
import tempfile
from pathlib import Path

import numpy as np
import torch
from diffusers import FluxPipeline, FluxTransformer2DModel
from diffusers.training_utils import _collate_lora_metadata
from lycoris import LycorisNetwork, create_lycoris
from peft import LoraConfig, get_peft_model, get_peft_model_state_dict
from safetensors.torch import load_file, save_file

DATA = Path(__file__).parent.parent / "data" / "lora"
HIDDEN, TEXT, CHANNELS = 64, 32, 16
random = np.random.default_rng(11)
expected = []


def weight(name, shape):
    """The formula of tests/golden/src/lib.rs."""
    state = 0xCBF29CE484222325
    for byte in name.encode():
        state = (state ^ byte) * 0x100000001B3 % 2**64
    with np.errstate(over="ignore"):
        z = np.uint64(state) + np.arange(1, math.prod(shape) + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    r = 2 * ((z ^ (z >> np.uint64(31))) >> np.uint64(40)).astype(np.float64) / 2**24 - 1
    scale = 1 / math.sqrt(math.prod(shape[1:])) if len(shape) > 1 else 0.1
    offset = 0 if len(shape) > 1 or name.endswith("bias") else 1
    return torch.from_numpy((offset + r * scale).astype(np.float32).reshape(shape)).double()


def factor(*shape, dtype=torch.bfloat16):
    """Random numbers that the type holds exactly."""
    return torch.from_numpy(random.uniform(-0.3, 0.3, shape)).to(dtype)


def low_rank(up, down, scale=1.0):
    return scale * up.double() @ down.double()


def shape_of(name):
    h = HIDDEN
    layer = name.rsplit(".", 1)[0].split(".", 2)[-1]
    rows, columns = {
        "img_attn.qkv": (3 * h, h), "txt_attn.qkv": (3 * h, h), "img_attn.proj": (h, h), "txt_attn.proj": (h, h),
        "img_mlp.0": (4 * h, h), "img_mlp.2": (h, 4 * h), "txt_mlp.0": (4 * h, h), "txt_mlp.2": (h, 4 * h),
        "img_mod.lin": (6 * h, h), "txt_mod.lin": (6 * h, h), "linear1": (7 * h, h), "linear2": (h, 5 * h),
        "modulation.lin": (3 * h, h),
    }.get(layer, {
        "img_in": (h, CHANNELS), "final_layer.linear": (CHANNELS, h), "final_layer.adaLN_modulation.1": (2 * h, h),
        "text_model.encoder.layers.1.self_attn.q_proj": (TEXT, TEXT), "text_model.encoder.layers.0.mlp.fc1": (64, TEXT),
        "encoder.block.1.layer.0.SelfAttention.q": (24, TEXT), "encoder.block.0.layer.1.DenseReluDense.wi_0": (48, TEXT),
        "encoder.block.1.layer.1.DenseReluDense.wo": (TEXT, 48),
    }.get(name.rsplit(".", 1)[0]))
    if name.endswith("scale"):
        return (HIDDEN // 2,)
    return (rows, columns) if name.endswith("weight") else (rows,)


def base(name):
    return weight(name, (HIDDEN // 2,) if name.endswith("scale") else shape_of(name))


def expect(file, changed, part="transformer", strength=1.0):
    """Notes what the tensors become."""
    if part == "transformer" and file in READ_BY_DIFFUSERS:
        agree(file, changed, strength)
    tensors = {}
    for name, values in changed.items():
        values = values.double().flatten()
        tensors[name] = {
            "first": values[:4].tolist(), "last": values[-3:].tolist(),
            "sum": values.sum().item(), "abs_sum": values.abs().sum().item(),
        }
    expected.append({"file": file, "part": part, "strength": strength, "tensors": tensors})


def save(file, tensors, metadata=None):
    save_file({name: values.contiguous() for name, values in tensors.items()}, DATA / file, metadata)


def with_rows(name, start, delta):
    """The base with a change to some rows."""
    values = base(name)
    values[start : start + delta.shape[0]] += delta
    return values


def kohya():
    half = torch.float16
    names = ["double_blocks.0.img_attn.qkv", "double_blocks.1.txt_mlp.2", "single_blocks.1.linear1", "final_layer.linear"]
    tensors, changed, clip, t5 = {}, {}, {}, {}
    places = [("lora_unet_", name, changed) for name in names]
    places += [("lora_te1_", "text_model.encoder.layers.1.self_attn.q_proj", clip)]
    places += [("lora_te3_", "encoder.block.1.layer.0.SelfAttention.q", t5)]
    places += [("lora_te3_", "encoder.block.0.layer.1.DenseReluDense.wi_0", t5)]
    for index, (prefix, name, into) in enumerate(places):
        rows, columns = shape_of(name + ".weight")
        up, down = factor(rows, 4, dtype=half), factor(4, columns, dtype=half)
        key = prefix + name.replace(".", "_")
        # Numbers of both types occur.
        alpha = torch.tensor(index + 1) if index % 2 else torch.tensor(index + 1.0).to(half)
        tensors |= {f"{key}.lora_up.weight": up, f"{key}.lora_down.weight": down, f"{key}.alpha": alpha}
        into[name + ".weight"] = base(name + ".weight") + low_rank(up, down, (index + 1) / 4)
    tensors["lora_te1_text_model_encoder_layers_1_self_attn_q_projection.alpha"] = torch.tensor(1.0)
    save("kohya.safetensors", tensors, {"ss_network_module": "networks.lora_flux", "ss_network_dim": "4"})
    expect("kohya.safetensors", changed)
    expect("kohya.safetensors", clip, "clip")
    expect("kohya.safetensors", t5, "t5")


def native():
    tensors, changed = {}, {}
    for name in ["double_blocks.1.img_attn.qkv", "double_blocks.0.txt_attn.proj", "single_blocks.0.linear2", "img_in"]:
        rows, columns = shape_of(name + ".weight")
        up, down = factor(rows, 3), factor(3, columns)
        tensors |= {f"diffusion_model.{name}.lora_A.weight": down, f"diffusion_model.{name}.lora_B.weight": up}
        changed[name + ".weight"] = base(name + ".weight") - 0.75 * low_rank(up, down)
    save("native.safetensors", tensors)
    expect("native.safetensors", changed, strength=-0.75)


def whole():
    """What differences of models are saved as, and weights that stand for the model's."""
    single = torch.float32
    name, norm, other = "double_blocks.0.img_mlp.0", "double_blocks.0.img_attn.norm.query_norm", "double_blocks.1.img_attn.proj"
    tensors = {
        f"diffusion_model.{name}.diff": factor(4 * HIDDEN, HIDDEN),
        f"diffusion_model.{name}.diff_b": factor(4 * HIDDEN, dtype=single),
        f"diffusion_model.{norm}.diff": factor(HIDDEN // 2, dtype=single),
        f"diffusion_model.{other}.set_weight": factor(HIDDEN, HIDDEN),
    }
    save("difference.safetensors", tensors)
    changed = {
        f"{name}.weight": base(f"{name}.weight") + 0.5 * tensors[f"diffusion_model.{name}.diff"].double(),
        f"{name}.bias": base(f"{name}.bias") + 0.5 * tensors[f"diffusion_model.{name}.diff_b"].double(),
        f"{norm}.scale": base(f"{norm}.scale") + 0.5 * tensors[f"diffusion_model.{norm}.diff"].double(),
        f"{other}.weight": 0.5 * (base(f"{other}.weight") + tensors[f"diffusion_model.{other}.set_weight"].double()),
    }
    expect("difference.safetensors", changed, strength=0.5)


def xlabs():
    h = HIDDEN
    tensors, changed = {}, {}

    def layer(key, name, rows, columns):
        up, down = factor(rows, 2), factor(2, columns)
        tensors.update({f"{key}.up.weight": up, f"{key}.down.weight": down})
        changed[name + ".weight"] = with_rows(name + ".weight", 0, low_rank(up, down))

    for stream, number in [("img", 1), ("txt", 2)]:
        layer(f"double_blocks.1.processor.qkv_lora{number}", f"double_blocks.1.{stream}_attn.qkv", 3 * h, h)
        layer(f"double_blocks.1.processor.proj_lora{number}", f"double_blocks.1.{stream}_attn.proj", h, h)
    layer("single_blocks.0.processor.qkv_lora", "single_blocks.0.linear1", 3 * h, h)
    layer("single_blocks.0.processor.proj_lora", "single_blocks.0.linear2", h, 5 * h)
    save("xlabs.safetensors", tensors)
    expect("xlabs.safetensors", changed)


def onetrainer():
    """One norm an input channel, of the split layer."""
    h = HIDDEN
    tensors, changed = {}, {}
    for path, name, start, rows in [
        ("transformer_blocks_0_attn_to_k", "double_blocks.0.img_attn.qkv.weight", h, h),
        ("transformer_blocks_0_ff_net_0_proj", "double_blocks.0.img_mlp.0.weight", 0, 4 * h),
        ("single_transformer_blocks_1_proj_mlp", "single_blocks.1.linear1.weight", 3 * h, 4 * h),
    ]:
        up, down, scale = factor(rows, 2), factor(2, h), factor(1, h).abs() + 1
        key = f"lora_transformer_{path}"
        tensors |= {f"{key}.lora_up.weight": up, f"{key}.lora_down.weight": down, f"{key}.alpha": torch.tensor(1.0),
                    f"{key}.dora_scale": scale}
        old = base(name)[start : start + rows]
        new = old + low_rank(up, down, 0.5)
        new *= scale.double() / new.norm(dim=0, keepdim=True)
        changed[name] = with_rows(name, start, new - old)
    up, down = factor(TEXT, 2), factor(2, 48)
    key, name = "lora_te2_encoder_block_1_layer_1_DenseReluDense_wo", "encoder.block.1.layer.1.DenseReluDense.wo.weight"
    tensors |= {f"{key}.lora_up.weight": up, f"{key}.lora_down.weight": down, f"{key}.alpha": torch.tensor(1.0)}
    save("onetrainer.safetensors", tensors)
    expect("onetrainer.safetensors", changed)
    expect("onetrainer.safetensors", {name: base(name) + low_rank(up, down, 0.5)}, "t5")


# diffusers' layers and the rows of BFL's that they are.
H = HIDDEN
SPLIT = {
    "transformer_blocks.#.attn.to_q": ("double_blocks.#.img_attn.qkv", 0, H, H),
    "transformer_blocks.#.attn.to_k": ("double_blocks.#.img_attn.qkv", H, H, H),
    "transformer_blocks.#.attn.to_v": ("double_blocks.#.img_attn.qkv", 2 * H, H, H),
    "transformer_blocks.#.attn.add_q_proj": ("double_blocks.#.txt_attn.qkv", 0, H, H),
    "transformer_blocks.#.attn.add_k_proj": ("double_blocks.#.txt_attn.qkv", H, H, H),
    "transformer_blocks.#.attn.add_v_proj": ("double_blocks.#.txt_attn.qkv", 2 * H, H, H),
    "transformer_blocks.#.attn.to_out.0": ("double_blocks.#.img_attn.proj", 0, H, H),
    "transformer_blocks.#.ff.net.2": ("double_blocks.#.img_mlp.2", 0, H, 4 * H),
    "transformer_blocks.#.norm1_context.linear": ("double_blocks.#.txt_mod.lin", 0, 6 * H, H),
    "single_transformer_blocks.#.attn.to_q": ("single_blocks.#.linear1", 0, H, H),
    "single_transformer_blocks.#.attn.to_v": ("single_blocks.#.linear1", 2 * H, H, H),
    "single_transformer_blocks.#.proj_mlp": ("single_blocks.#.linear1", 3 * H, 4 * H, H),
    "single_transformer_blocks.#.proj_out": ("single_blocks.#.linear2", 0, H, 5 * H),
    "norm_out.linear": ("final_layer.adaLN_modulation.1", 0, 2 * H, H),
}
# Those that only other tools train here.
OTHERS = {
    "transformer_blocks.#.attn.to_add_out": ("double_blocks.#.txt_attn.proj", 0, H, H),
    "transformer_blocks.#.ff_context.net.2": ("double_blocks.#.txt_mlp.2", 0, H, 4 * H),
    "single_transformer_blocks.#.attn.to_k": ("single_blocks.#.linear1", H, H, H),
    "x_embedder": ("img_in", 0, H, CHANNELS),
    "proj_out": ("final_layer.linear", 0, CHANNELS, H),
}


def place(name):
    """BFL's name of a layer of block 1, the first row and the number of rows."""
    name = name.replace(".1.", ".#.", 1)
    bfl, start, rows, _ = SPLIT[name]
    return bfl.replace("#", "1"), start, rows


# Files that diffusers reads too, and the layers that it only takes in FLUX.1's real sizes.
READ_BY_DIFFUSERS = {"kohya.safetensors": "linear1", "native.safetensors": None, "xlabs.safetensors": None}


def agree(file, changed, strength):
    """Checks that diffusers and PEFT make the same of a file."""
    state = {name: values for name, values in load_file(DATA / file).items() if not name.startswith("lora_te")}
    unread = READ_BY_DIFFUSERS[file]
    state = {name: values for name, values in state.items() if not (unread and unread in name)}
    if file == "native.safetensors":
        # diffusers knows its names with the older ends alone.
        state = {name.replace("lora_A", "lora_down").replace("lora_B", "lora_up"): values for name, values in state.items()}
    state, alphas, metadata = FluxPipeline.lora_state_dict(state, return_alphas=True, return_lora_metadata=True)
    model = flux()
    with torch.no_grad():
        for name in model.state_dict():
            model.get_parameter(name).zero_()
    state = {name if name.startswith("transformer.") else f"transformer.{name}": values.double() for name, values in state.items()}
    model.load_lora_adapter(state, network_alphas=alphas, metadata=metadata)
    model.fuse_lora(lora_scale=strength)
    fused = {name.replace(".base_layer", ""): module.weight for name, module in model.named_modules() if name.endswith(".base_layer")}
    found = {}
    for name, values in fused.items():
        number = next((part for part in name.split(".") if part in "01"), None)
        pattern = name.replace(f".{number}.", ".#.", 1)
        bfl, start, rows, _ = (SPLIT | OTHERS)[pattern]
        bfl = f"{bfl.replace('#', str(number))}.weight"
        into = found.setdefault(bfl, torch.zeros(shape_of(bfl)).double())
        into[start : start + rows] = values.detach().double()
    expected_here = {name: values - base(name) for name, values in changed.items() if not (unread and unread in name)}
    assert found.keys() == expected_here.keys(), (file, found.keys(), expected_here.keys())
    for name, values in expected_here.items():
        assert torch.allclose(found[name], values.double(), atol=1e-6), (file, name)


def own_rows(name, field="weight"):
    """diffusers' form of a layer's base."""
    bfl, start, rows = place(name)
    values = base(f"{bfl}.{field}")[start : start + rows]
    return values.roll(H, 0) if name.startswith("norm_out") else values


def merged(layers, field="weight"):
    """BFL's tensors with these layers of diffusers' in place."""
    changed = {}
    for name, values in layers.items():
        bfl, start, rows = place(name)
        into = changed.setdefault(f"{bfl}.{field}", base(f"{bfl}.{field}"))
        into[start : start + rows] = values.detach().double().roll(H, 0) if name.startswith("norm_out") else values.detach().double()
    return changed


def flux():
    """diffusers' own class with the base in the layers that are changed here."""
    model = FluxTransformer2DModel(
        in_channels=CHANNELS, num_layers=2, num_single_layers=2, attention_head_dim=32, num_attention_heads=2,
        joint_attention_dim=40, pooled_projection_dim=24, guidance_embeds=True, axes_dims_rope=(8, 12, 12)
    ).double()
    for name, module in model.named_modules():
        if name.replace(".1.", ".#.", 1) in SPLIT:
            with torch.no_grad():
                module.weight.copy_(own_rows(name))
                module.bias.copy_(own_rows(name, "bias"))
    return model


def fill(model, word):
    with torch.no_grad():
        for name, values in model.named_parameters():
            if word in name:
                noise = factor(*values.shape).to(values.dtype)
                values.copy_(noise.abs() + 0.5 if "magnitude" in name else noise)


def peft_layers(model, file, change, dtype=torch.bfloat16, strength=1.0):
    """Saves as diffusers does, merges as PEFT does, and notes the layers."""
    fill(model, "lora_")
    state = {name: values.to(dtype) for name, values in get_peft_model_state_dict(model).items()}
    modules = {"transformer": model}
    with tempfile.TemporaryDirectory() as folder:
        FluxPipeline.save_lora_weights(
            folder, transformer_lora_layers=state, weight_name="lora.safetensors", **_collate_lora_metadata(modules))
        (DATA / file).write_bytes((Path(folder) / "lora.safetensors").read_bytes())
    model.fuse_lora(lora_scale=strength)
    layers = {name.removesuffix(".base_layer"): module for name, module in model.named_modules() if name.endswith(".base_layer")}
    changed = merged({name: module.weight for name, module in layers.items()})
    if change == "bias":
        changed |= merged({name: module.bias for name, module in layers.items()}, "bias")
    expect(file, changed, strength=strength)


def diffusers():
    targets = [name.replace("#", "1") for name in SPLIT]
    model = flux()
    model.add_adapter(LoraConfig(
        r=4, lora_alpha=6, target_modules=targets, rank_pattern={"proj_mlp": 2}, alpha_pattern={"attn.to_q": 3, "norm_out.linear": 2}))
    peft_layers(model, "diffusers.safetensors", "weight")
    model = flux()
    model.add_adapter(LoraConfig(r=4, lora_alpha=2, use_rslora=True, lora_bias=True, target_modules=[
        "transformer_blocks.1.attn.to_k", "single_transformer_blocks.1.proj_mlp", "norm_out.linear"]))
    peft_layers(model, "diffusers-bias.safetensors", "bias", torch.float32)
    model = flux()
    model.add_adapter(LoraConfig(r=2, lora_alpha=2, use_dora=True, target_modules=[
        "transformer_blocks.1.attn.to_v", "single_transformer_blocks.1.proj_out", "norm_out.linear"]))
    peft_layers(model, "diffusers-dora.safetensors", "weight", torch.float32)


class Tree(torch.nn.Module):
    """Linear layers under dotted names."""

    def __init__(self, layers):
        super().__init__()
        for name, values in layers.items():
            at = self
            *path, last = name.split(".")
            for part in path:
                if not hasattr(at, part):
                    at.add_module(part, torch.nn.Module())
                at = getattr(at, part)
            linear = torch.nn.Linear(values.shape[1], values.shape[0], dtype=torch.float64)
            with torch.no_grad():
                linear.weight.copy_(values)
            at.add_module(last, linear)


def peft():
    """As PEFT saves by itself, with its configuration beside the file."""
    names = ["double_blocks.0.img_attn.qkv", "single_blocks.1.linear1", "final_layer.adaLN_modulation.1"]
    model = get_peft_model(
        Tree({name: base(f"{name}.weight") for name in names}),
        LoraConfig(r=2, lora_alpha=5, target_modules=["qkv", "linear1", "adaLN_modulation.1"]))
    fill(model, "lora_")
    state = {name: values.float() for name, values in model.state_dict().items()}
    model.save_pretrained(DATA / "peft", state_dict=state)
    (DATA / "peft" / "README.md").unlink(missing_ok=True)
    plain = model.merge_and_unload()
    expect("peft/adapter_model.safetensors", {
        f"{name}.weight": plain.get_submodule(name).weight for name in names})


def lycoris(file, layers, **options):
    """Saves as lycoris-lora does, and notes the weights that its layers compute with, which are those that were trained.

    Its merge_to is no reference: version 4.1.3 multiplies a LoHa by alpha / rank twice there.
    """
    tree = Tree({name: own_rows(name) for name in layers})
    LycorisNetwork.apply_preset({"target_module": ["Linear"], "enable_conv": False})
    network = create_lycoris(tree, 1.0, **options)
    network.apply_to()
    network = network.double()
    with torch.no_grad():
        for name, values in network.named_parameters():
            noise = factor(*values.shape).double()
            values.copy_(noise.abs() + 0.5 if "dora" in name else noise)
    state = {name: values.detach() for name, values in network.state_dict().items()}
    state = {name: values.to(torch.float32) for name, values in state.items()}
    network.save_weights(DATA / file, torch.float32, {})
    assert set(load_file(DATA / file)) == set(state), file
    weights = {}
    with torch.no_grad():
        for name in layers:
            layer = tree.get_submodule(name)
            weights[name] = (layer(torch.eye(layer.in_features).double()) - layer.bias).T
    expect(file, merged(weights))


def main():
    DATA.mkdir(parents=True, exist_ok=True)
    kohya()
    native()
    whole()
    xlabs()
    onetrainer()
    diffusers()
    peft()
    some = ["transformer_blocks.1.attn.to_q", "single_transformer_blocks.1.proj_mlp", "norm_out.linear"]
    lycoris("loha.safetensors", some, linear_dim=2, linear_alpha=1, algo="loha")
    lycoris("lokr.safetensors", some, linear_dim=2, linear_alpha=1, algo="lokr", factor=4)
    lycoris("lokr-whole.safetensors", some, linear_dim=100000, linear_alpha=1, algo="lokr", factor=8, full_matrix=True)
    lycoris("lokr-both.safetensors", some, linear_dim=1, linear_alpha=2, algo="lokr", factor=16, decompose_both=True)
    lycoris("lycoris-dora.safetensors", some, linear_dim=2, linear_alpha=1, algo="lora", dora_wd=True, wd_on_output=True)
    lycoris("lycoris-dora-in.safetensors", some, linear_dim=2, linear_alpha=1, algo="loha", dora_wd=True, wd_on_output=False)
    (DATA / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    torch.manual_seed(0)
    main()
