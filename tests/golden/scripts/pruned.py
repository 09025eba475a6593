"""Prints data/pruned.json: the velocity of models with other numbers of blocks, by diffusers in f64, with the formula weights of src/lib.rs.

Needs torch and diffusers 0.35 or later: python pruned.py > ../data/pruned.json
"""

import json
import math

import torch
from diffusers import FluxTransformer2DModel, __version__

MASK = (1 << 64) - 1


def value(name, i, scale, offset):
    z = 0xCBF29CE484222325
    for b in name.encode():
        z = ((z ^ b) * 0x100000001B3) & MASK
    z = (z + (i + 1) * 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    z ^= z >> 31
    return offset + (2.0 * ((z >> 40) / (1 << 24)) - 1.0) * scale


def tensor(name, shape, scale, offset=0.0):
    values = torch.tensor([value(name, i, scale, offset) for i in range(math.prod(shape))], dtype=torch.float64)
    # Files and inputs are f32.
    return values.to(torch.float32).to(torch.float64).reshape(shape)


def weight(name, shape):
    if len(shape) > 1:
        return tensor(name, shape, 1.0 / math.sqrt(math.prod(shape[1:])))
    return tensor(name, shape, 0.1, 0.0 if name.endswith("bias") else 1.0)


OUTER = {
    "x_embedder": "img_in",
    "context_embedder": "txt_in",
    "time_text_embed.timestep_embedder.linear_1": "time_in.in_layer",
    "time_text_embed.timestep_embedder.linear_2": "time_in.out_layer",
    "time_text_embed.guidance_embedder.linear_1": "guidance_in.in_layer",
    "time_text_embed.guidance_embedder.linear_2": "guidance_in.out_layer",
    "time_text_embed.text_embedder.linear_1": "vector_in.in_layer",
    "time_text_embed.text_embedder.linear_2": "vector_in.out_layer",
    "proj_out": "final_layer.linear",
    "norm_out.linear": "final_layer.adaLN_modulation.1",
}
DOUBLE = {
    "norm1.linear": "img_mod.lin",
    "norm1_context.linear": "txt_mod.lin",
    "attn.to_out.0": "img_attn.proj",
    "attn.to_add_out": "txt_attn.proj",
    "ff.net.0.proj": "img_mlp.0",
    "ff.net.2": "img_mlp.2",
    "ff_context.net.0.proj": "txt_mlp.0",
    "ff_context.net.2": "txt_mlp.2",
}
NORMS = {
    "attn.norm_q": "img_attn.norm.query_norm.scale",
    "attn.norm_k": "img_attn.norm.key_norm.scale",
    "attn.norm_added_q": "txt_attn.norm.query_norm.scale",
    "attn.norm_added_k": "txt_attn.norm.key_norm.scale",
}
# Layers that BFL joins along the first dimension.
IMG, TXT = ("attn.to_q", "attn.to_k", "attn.to_v"), ("attn.add_q_proj", "attn.add_k_proj", "attn.add_v_proj")


def rows(name, widths, at, columns):
    """Rows of a tensor that BFL joins."""
    whole = weight(name, (sum(widths), *columns))
    return whole[sum(widths[:at]) : sum(widths[: at + 1])]


def bfl(name, shape, hidden):
    """The tensor of this diffusers name."""
    path, field = name.rsplit(".", 1)
    if path in OUTER:
        found = weight(f"{OUTER[path]}.{field}", shape)
        # diffusers stores (scale, shift), BFL (shift, scale).
        return found.roll(shape[0] // 2, 0) if path == "norm_out.linear" else found
    kind, n, path = path.split(".", 2)
    if kind == "transformer_blocks":
        block = f"double_blocks.{n}"
        for names, joined in ((IMG, "img_attn.qkv"), (TXT, "txt_attn.qkv")):
            if path in names:
                return rows(f"{block}.{joined}.{field}", [hidden] * 3, names.index(path), shape[1:])
        return weight(f"{block}.{NORMS[path]}" if path in NORMS else f"{block}.{DOUBLE[path]}.{field}", shape)
    block = f"single_blocks.{n}"
    names = (*IMG, "proj_mlp")
    if path in names:
        widths = [hidden] * 3 + [4 * hidden]
        return rows(f"{block}.linear1.{field}", widths, names.index(path), shape[1:])
    if path in NORMS:
        return weight(f"{block}.{NORMS[path].removeprefix('img_attn.')}", shape)
    return weight(f"{block}.{ {'norm.linear': 'modulation.lin', 'proj_out': 'linear2'}[path] }.{field}", shape)


def velocity(sizes, text, grid):
    model = FluxTransformer2DModel(
        patch_size=1,
        in_channels=sizes["channels"],
        num_layers=sizes["depth"],
        num_single_layers=sizes["single"],
        attention_head_dim=sizes["hidden"] // sizes["heads"],
        num_attention_heads=sizes["heads"],
        joint_attention_dim=sizes["context"],
        pooled_projection_dim=sizes["vec"],
        guidance_embeds=True,
        axes_dims_rope=tuple(sizes["axes"]),
    ).double()
    state = model.state_dict()
    model.load_state_dict({name: bfl(name, tuple(t.shape), sizes["hidden"]) for name, t in state.items()})
    height, width = grid
    ids = [[0.0, y, x] for y in range(height) for x in range(width)]
    with torch.no_grad():
        out = model(
            hidden_states=tensor("input.tokens", (1, height * width, sizes["channels"]), 1.0),
            encoder_hidden_states=tensor("input.txt", (1, text, sizes["context"]), 1.0),
            pooled_projections=tensor("input.vec", (1, sizes["vec"]), 1.0),
            timestep=torch.tensor([0.7], dtype=torch.float64),
            guidance=torch.tensor([2.5], dtype=torch.float64),
            img_ids=torch.tensor(ids, dtype=torch.float64),
            txt_ids=torch.zeros(text, 3, dtype=torch.float64),
            return_dict=False,
        )[0].flatten()
    return {
        "first": [round(v, 7) for v in out[:8].tolist()],
        "last": [round(v, 7) for v in out[-4:].tolist()],
        "sum": round(out.sum().item(), 6),
        "abs_sum": round(out.abs().sum().item(), 6),
    }


TEXT, GRID = 5, (2, 3)
models = []
for depth, single in ((2, 2), (1, 3), (3, 1)):
    sizes = {
        "channels": 16, "vec": 24, "context": 40, "hidden": 64, "heads": 2,
        "depth": depth, "single": single, "axes": [8, 12, 12],
    }  # fmt: skip
    models.append({"sizes": sizes, "velocity": velocity(sizes, TEXT, GRID)})
print(
    json.dumps(
        {
            "source": f"diffusers {__version__}, FluxTransformer2DModel, f64, formula weights; t = 0.7, guidance 2.5",
            "text": TEXT,
            "grid": GRID,
            "models": models,
        },
        indent=1,
    )
)
