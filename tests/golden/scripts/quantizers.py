"""Writes data/quantizers.json: what other programs make of the same numbers.

Blocks of Q8_0, Q5_0 and Q5_1 come from the PyPI package `gguf` 0.19, 8-bit floats from torch, errors of K-quants from
`ggml_quantize_chunk` of llama.cpp (the copy in llama-cpp-python 0.3.36), through a shared library whose path is the argument:

    gcc -O2 -shared -fPIC -Iinclude -Isrc src/ggml-quants.c src/ggml.c src/ggml-threading.cpp -o libggmlq.so
    python quantizers.py libggmlq.so
"""

import ctypes
import json
import pathlib
import sys

import gguf
import numpy as np
import torch
from gguf import GGMLQuantizationType as Type

MASK = (1 << 64) - 1


def value(name, i):
    """Element `i` of the kit's formula, in [-1, 1)."""
    h = 0xCBF29CE484222325
    for byte in name.encode():
        h = ((h ^ byte) * 0x100000001B3) & MASK
    z = (h + (i + 1) * 0x9E3779B97F4A7C15) & MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    z ^= z >> 31
    return 2.0 * ((z >> 40) / (1 << 24)) - 1.0


def numbers(rows, columns):
    """Cubes: many small numbers and few large ones, as in trained weights."""
    v = np.array([np.float32(value("numbers", i)) for i in range(rows * columns)], dtype=np.float64)
    return (v * v * v * 0.1).astype(np.float32).reshape(rows, columns)


def ggml(library, x, kind):
    quantize = library.ggml_quantize_chunk
    quantize.restype = ctypes.c_size_t
    size = ctypes.c_int64
    quantize.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, size, size, size, ctypes.c_void_p]
    elements, length = gguf.GGML_QUANT_SIZES[kind]
    out = np.zeros((x.shape[0], x.shape[1] // elements * length), dtype=np.uint8)
    quantize(int(kind), x.ctypes.data, out.ctypes.data, 0, *x.shape, None)
    return out


def error(x, blocks, kind):
    found = gguf.quants.dequantize(blocks, kind).astype(np.float64)
    return float(np.sqrt(np.sum((found - x) ** 2) / np.sum(x.astype(np.float64) ** 2)))


def main():
    library = ctypes.CDLL(sys.argv[1])
    small, large = numbers(16, 96), numbers(16, 1024)
    scale = np.float32(np.abs(small).max()) / np.float32(448)
    fp8 = torch.from_numpy(small / scale).to(torch.float8_e4m3fn).view(torch.uint8).numpy()
    data = {
        "blocks": {kind.name: gguf.quants.quantize(small, kind).tobytes().hex() for kind in [Type.Q8_0, Type.Q5_0, Type.Q5_1]},
        "fp8": {"scale": float(scale), "numbers": fp8.tobytes().hex()},
        "errors": {kind.name: error(large, ggml(library, large, kind), kind) for kind in [Type.Q4_K, Type.Q5_K, Type.Q6_K]},
    }
    path = pathlib.Path(__file__).parent.parent / "data/quantizers.json"
    path.write_text(json.dumps(data, indent=1) + "\n")


main()
