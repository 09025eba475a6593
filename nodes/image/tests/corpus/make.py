"""Writes the pictures beside it and facts.json, which says what opening each must give.

Run with Pillow 13.0 and NumPy: python make.py
Pixels in facts.json are what Pillow decodes (turned upright, gray with alpha as RGBA), hexadecimal, 16-bit samples
little endian; `tolerance` is the largest difference allowed per sample, because JPEG decoders round differently.
"""

import io
import json
import pathlib
import struct
import zlib

import numpy as np
from PIL import Image, ImageCms, ImageOps

HERE = pathlib.Path(__file__).parent
FACTS = []
RNG = np.random.default_rng(7)


def noise(height, width, channels):
    shape = (height, width, channels) if channels > 1 else (height, width)
    return RNG.integers(0, 256, shape, dtype=np.uint8)


def blocks(height=24, width=16):
    """Three plain areas, so that JPEG loses little."""
    area = np.full((height, width, 3), (200, 60, 40), np.uint8)
    area[height // 2 :, :, :] = (30, 90, 200)
    area[:8, :8, :] = (240, 230, 90)
    return Image.fromarray(area)


def write(name, data):
    (HERE / name).write_bytes(data)
    return data


def encode(picture, kind, **options):
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def good(name, data, pixels, bits=8, tolerance=0, log=None, mask=None):
    write(name, data)
    pixels = np.asarray(pixels)
    height, width = pixels.shape[:2]
    channels = pixels.shape[2] if pixels.ndim == 3 else 1
    fact = {"file": name, "width": width, "height": height, "channels": channels, "bits": bits,
            "tolerance": tolerance, "pixels": pixels.astype({8: "u1", 16: "<u2"}[bits]).tobytes().hex()}
    if log:
        fact["log"] = log
    if mask is not None:
        fact["mask"] = np.asarray(mask).astype({8: "u1", 16: "<u2"}[bits]).tobytes().hex()
    FACTS.append(fact)


def bad(name, data, error):
    write(name, data)
    FACTS.append({"file": name, "error": error})


def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, bits, color, rows):
    header = struct.pack(">IIBBBBB", width, height, bits, color, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header)
            + png_chunk(b"IDAT", zlib.compress(rows, 9)) + png_chunk(b"IEND", b""))


def decoded(data, mode):
    return np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert(mode))


def pngs():
    rgba = noise(3, 5, 4)
    good("rgba.png", encode(Image.fromarray(rgba), "PNG"), rgba, mask=rgba[..., 3])
    good("one.png", encode(Image.new("RGB", (1, 1), (1, 2, 3)), "PNG"), [[[1, 2, 3]]])
    bit = Image.fromarray(noise(3, 9, 1)).convert("1")
    good("gray-1-bit.png", encode(bit, "PNG"), np.asarray(bit) * np.uint8(255))
    gray = Image.fromarray(noise(2, 3, 2), "LA")
    good("gray-alpha.png", encode(gray, "PNG"), np.asarray(gray.convert("RGBA")), mask=np.asarray(gray)[..., 1])
    palette = Image.fromarray(noise(4, 4, 3)).quantize(5)
    good("palette.png", encode(palette, "PNG"), np.asarray(palette.convert("RGB")))
    data = encode(palette, "PNG", transparency=bytes([0, 128, 255, 255, 255]))
    good("palette-alpha.png", data, decoded(data, "RGBA"))
    wide = RNG.integers(0, 65536, (2, 3), dtype=np.uint16)
    good("gray-16-bit.png", encode(Image.fromarray(wide), "PNG"), wide, bits=16)
    # Pillow has no 16-bit RGB: these pixels are what was written.
    deep = RNG.integers(0, 65536, (2, 3, 4), dtype=np.uint16)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in deep)
    good("rgba-16-bit.png", png(3, 2, 16, 6, rows), deep, bits=16, mask=deep[..., 3])
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = noise(2, 3, 3)
    good("turned.png", encode(Image.fromarray(turned), "PNG", exif=exif), np.rot90(turned, -1))
    first, second = (Image.fromarray(noise(3, 3, 3)) for _ in range(2))
    data = encode(first, "PNG", save_all=True, append_images=[second])
    good("animated.png", data, np.asarray(first), log="animated")
    profile = bytearray(132)
    profile[:4], profile[16:20], profile[36:40] = struct.pack(">I", 132), b"RGB ", b"acsp"
    data = encode(first, "PNG", icc_profile=bytes(profile))
    good("odd-profile.png", data, np.asarray(first), log="color profile (RGB) is not sRGB")
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    good("srgb-profile.png", encode(first, "PNG", icc_profile=srgb), np.asarray(first))


def jpegs():
    data = encode(blocks(), "JPEG", quality=95, subsampling=0)
    good("rgb.jpg", data, decoded(data, "RGB"), tolerance=3)
    whole = data
    data = encode(blocks(), "JPEG", quality=90, progressive=True)
    good("progressive.jpg", data, decoded(data, "RGB"), tolerance=5)
    data = encode(blocks().convert("L"), "JPEG", quality=95)
    good("gray.jpg", data, decoded(data, "L"), tolerance=2)
    data = encode(blocks().convert("CMYK"), "JPEG", quality=95)
    good("cmyk.jpg", data, decoded(data, "RGB"), tolerance=4)
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        data = encode(blocks(), "JPEG", quality=95, subsampling=0, exif=exif)
        good(f"turned-{orientation}.jpg", data, decoded(data, "RGB"), tolerance=3)
    truncated = "JPEG file ends before its picture does: it is truncated"
    bad("truncated.jpg", whole[:-20], truncated)
    bad("truncated-header.jpg", whole[: len(whole) // 2], truncated)
    size = whole.index(b"\xff\xc0") + 5
    huge = whole[:size] + struct.pack(">HH", 65500, 65500) + whole[size + 4 :]
    bad("huge.jpg", huge, "65500×65500 pixels")


def others():
    first, second = (Image.fromarray(noise(4, 6, 3)).quantize(8) for _ in range(2))
    data = encode(first, "GIF", save_all=True, append_images=[second])
    good("animated.gif", data, np.asarray(first.convert("RGB")), log="animated")
    still = encode(first, "GIF")
    good("still.gif", still, np.asarray(first.convert("RGB")))
    bad("truncated.gif", still[: len(still) - 12], "GIF file")
    bad("huge.gif", still[:6] + struct.pack("<HH", 65535, 65535) + still[10:], "65535×65535 pixels")

    picture = Image.fromarray(noise(5, 7, 4))
    webp = encode(picture, "WEBP", lossless=True, exact=True)
    good("lossless.webp", webp, np.asarray(picture))
    frames = [Image.fromarray(noise(4, 4, 3)) for _ in range(2)]
    data = encode(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    good("animated.webp", data, np.asarray(frames[0]), log="animated")
    bad("truncated.webp", webp[: len(webp) // 2], "WebP file")

    rgb = Image.fromarray(noise(3, 4, 3))
    bmp = encode(rgb, "BMP")
    good("rgb.bmp", bmp, np.asarray(rgb))
    bad("truncated.bmp", bmp[:60], "BMP file")
    bad("huge.bmp", bmp[:18] + struct.pack("<ii", 60000, 60000) + bmp[26:], "60000×60000 pixels")

    tiff = encode(rgb, "TIFF", compression="tiff_lzw")
    good("rgb.tiff", tiff, np.asarray(rgb))
    wide = RNG.integers(0, 65536, (2, 3), dtype=np.uint16)
    good("gray-16-bit.tiff", encode(Image.fromarray(wide), "TIFF"), wide, bits=16)
    cmyk = Image.fromarray(noise(3, 4, 4), "CMYK")
    good("cmyk.tiff", encode(cmyk, "TIFF"), np.asarray(cmyk.convert("RGB")), tolerance=1)
    bad("truncated.tiff", tiff[:20], "TIFF file")


def broken():
    whole = encode(Image.fromarray(noise(40, 40, 3)), "PNG")
    bad("truncated.png", whole[:2000], "PNG file ends before its picture does: it is truncated")
    data = bytearray(whole)
    data[whole.index(b"IDAT") + 100] ^= 0xFF
    bad("damaged.png", bytes(data), "PNG file is damaged")
    bad("huge.png", png(60000, 60000, 8, 2, b"\0"), "60000×60000 pixels, decoded 10299 MiB; at most 512 MiB")
    bad("zero.png", png(0, 0, 8, 2, b"\0"), "PNG file is damaged")
    bad("header-only.png", whole[:8], "PNG file")
    bad("empty.png", b"", "the file is empty")
    bad("garbage.png", bytes(noise(1, 64, 1)[0] | 0x80), "expected PNG, JPEG, WebP, GIF, TIFF or BMP")
    bad("text.png", b"hello", "begins with `hello`")
    bad("photo.heic", b"\0\0\0\x18ftypheic\0\0\0\0", "found HEIC")
    bad("drawing.svg", b"<svg></svg>", "found SVG")


def main():
    for part in (pngs, jpegs, others, broken):
        part()
    lines = ",\n".join(json.dumps(fact, separators=(",", ":"), ensure_ascii=False) for fact in FACTS)
    (HERE / "facts.json").write_text(f"[\n{lines}\n]\n")


main()
