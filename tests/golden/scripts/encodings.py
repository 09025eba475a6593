"""Writes data/encodings.gguf: blocks beside the numbers that the PyPI package gguf reads from them.

    pip install gguf==0.19.0 numpy && python encodings.py
"""

from pathlib import Path

import gguf
import numpy as np
from gguf import GGMLQuantizationType as T
from gguf import quants

DATA = Path(__file__).parent.parent / "data"
ROWS, COLUMNS = 3, 512
random = np.random.default_rng(5)


def halves(blocks, *places):
    """Gives random blocks scales that are finite and of both signs."""
    for place in places:
        scale = random.uniform(-0.1, 0.1, len(blocks)).astype(np.float16)
        blocks[:, place : place + 2] = scale.view(np.uint8).reshape(-1, 2)


def random_blocks(kind, *places):
    """Every bit pattern is valid but for the half-precision scales at `places`."""
    elements, size = gguf.GGML_QUANT_SIZES[kind]
    blocks = random.integers(0, 256, (ROWS * COLUMNS // elements, size), dtype=np.uint8)
    halves(blocks, *places)
    return blocks.reshape(ROWS, -1)


def write_gguf():
    values = random.standard_normal((ROWS, COLUMNS)).astype(np.float32)
    values[0, :32] = 0
    stored = {kind: quants.quantize(values, kind) for kind in [T.BF16, T.Q4_0, T.Q4_1, T.Q5_0, T.Q5_1, T.Q8_0]}
    for kind, places in {T.Q2_K: [80, 82], T.Q3_K: [108], T.Q4_K: [0, 2], T.Q5_K: [0, 2], T.Q6_K: [208]}.items():
        stored[kind] = random_blocks(kind, *places)
    writer = gguf.GGUFWriter(DATA / "encodings.gguf", "flux")
    writer.add_array("tokenizer.ggml.tokens", ["a", "list", "of texts"])
    writer.add_float32("some.number", 0.5)
    writer.add_array("comfy.gguf.orig_shape.F16", [COLUMNS, ROWS, 1])
    writer.add_tensor("F16", values.astype(np.float16))
    writer.add_tensor("F16.values", values.astype(np.float16).astype(np.float32))
    for kind, blocks in stored.items():
        writer.add_tensor(kind.name, blocks, raw_dtype=kind)
        writer.add_tensor(f"{kind.name}.values", quants.dequantize(blocks, kind).astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    write_gguf()
