"""Writes data/fp8.safetensors: all 8-bit floats beside their values in torch.

    pip install torch safetensors && python fp8.py
"""

from pathlib import Path

import torch
from safetensors.torch import save_file

tensors = {}
for name, kind in {"F8_E4M3": torch.float8_e4m3fn, "F8_E5M2": torch.float8_e5m2}.items():
    tensors[name] = torch.arange(256, dtype=torch.uint8).view(kind)
    tensors[f"{name}.values"] = tensors[name].to(torch.float32)
save_file(tensors, Path(__file__).parent.parent / "data" / "fp8.safetensors")
