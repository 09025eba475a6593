"""Writes resample.json: what Pillow makes of small pictures.

Run with Pillow 13.0: python make_resample.py
Samples are hexadecimal, little endian: L, RGB, RGBA 8 bits; I;16 16 bits; F 32-bit floats.
"""

import json
import pathlib
import random
import struct

from PIL import Image

FILTERS = {"nearest": 0, "lanczos": 1, "bilinear": 2, "bicubic": 3, "box": 4}
SIZES = [
    ((7, 5), (4, 3)),  # smaller, odd
    ((5, 7), (13, 11)),  # larger, odd
    ((8, 6), (8, 3)),  # one axis only
    ((8, 6), (3, 6)),
    ((1, 1), (3, 2)),  # a single pixel
    ((16, 16), (1, 1)),
    ((3, 16), (9, 5)),  # larger one way, smaller the other
    ((9, 12), (7, 7)),  # five rows for two columns: vertical first
    ((9, 12), (7, 8)),  # four rows for two columns: horizontal first
    ((29, 3), (10, 3)),  # nearest depends on the running sum
]
SAMPLE_BYTES = {"L": 1, "RGB": 3, "RGBA": 4, "I;16": 2, "F": 4}


def pixels(mode, size, rng):
    count = size[0] * size[1]
    if mode == "F":
        return struct.pack(f"<{count}f", *(rng.uniform(-0.5, 1.5) for _ in range(count)))
    if mode == "I;16":
        # Pillow wraps where a 16-bit sum overshoots, so that these stay away from both ends.
        return struct.pack(f"<{count}H", *(rng.randrange(20000, 45000) for _ in range(count)))
    data = bytearray(rng.randrange(256) for _ in range(count * SAMPLE_BYTES[mode]))
    if mode == "RGBA":
        for pixel in range(count):
            data[pixel * 4 + 3] = rng.choice([0, 0, 1, 17, 128, 254, 255, 255])
    return bytes(data)


def main():
    rng = random.Random(1234)
    cases = []
    for mode in SAMPLE_BYTES:
        for old, new in SIZES:
            data = pixels(mode, old, rng)
            picture = Image.frombytes(mode, old, data)
            for name, code in FILTERS.items():
                expected = picture.resize(new, code).tobytes()
                cases.append(
                    {"mode": mode, "filter": name, "from": old, "to": new,
                     "pixels": data.hex(), "expected": expected.hex()}
                )
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    pathlib.Path(__file__).with_name("resample.json").write_text(f"[\n{lines}\n]\n")


main()
