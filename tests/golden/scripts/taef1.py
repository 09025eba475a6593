"""Prints data/taef1.json: what diffusers' AutoencoderTiny decodes, in f64, with the formula weights of src/lib.rs.

Needs torch and diffusers 0.35 or later: python taef1.py > ../data/taef1.json
"""

import json
import math

import torch
from diffusers import AutoencoderTiny, __version__

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
    n = math.prod(shape)
    values = torch.tensor([value(name, i, scale, offset) for i in range(n)], dtype=torch.float64)
    # Files and inputs are f32.
    return values.to(torch.float32).to(torch.float64).reshape(shape)


WIDTH, CHANNELS, SIZE = 8, 16, (5, 7)
vae = AutoencoderTiny(
    encoder_block_out_channels=(WIDTH,) * 4,
    decoder_block_out_channels=(WIDTH,) * 4,
    latent_channels=CHANNELS,
    scaling_factor=1.0,
    shift_factor=0.0,
).double()
state = {}
for name, old in vae.state_dict().items():
    shape = tuple(old.shape)
    scale = 0.1 if name.endswith("bias") else 1.0 / math.sqrt(math.prod(shape[1:]))
    state[name] = tensor(name, shape, scale)
vae.load_state_dict(state)
latent = tensor("input.latent", (CHANNELS, *SIZE), 4.0)
with torch.no_grad():
    image = vae.decode(latent[None]).sample[0].flatten()
print(
    json.dumps(
        {
            "source": f"diffusers {__version__}, AutoencoderTiny, f64, formula weights",
            "tensors": {name: list(t.shape) for name, t in state.items() if name.startswith("decoder.")},
            "latent": [CHANNELS, *SIZE],
            "decode": {
                "first": [round(v, 7) for v in image[:8].tolist()],
                "last": [round(v, 7) for v in image[-4:].tolist()],
                "sum": round(image.sum().item(), 5),
                "abs_sum": round(image.abs().sum().item(), 5),
            },
        },
        indent=1,
    )
)
