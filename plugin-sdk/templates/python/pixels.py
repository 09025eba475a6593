"""Pictures, band by band: a large one never lies in the component's memory as a whole."""

import struct
from array import array

# Some rows a call: after each the user sees progress and may cancel.
BAND_BYTES = 256 << 10


class Cancelled(Exception):
    """The user wants the run to stop."""


class Invalid(Exception):
    """What came in at input `port` cannot be used; the user sees why at that input."""

    def __init__(self, port, why):
        super().__init__(why)
        self.port = port


def map_rows(image, f, host):
    """A picture of the same shape from `f`, which gets the bytes of some whole rows and gives as many others."""
    info = image.info()
    writer = host.ImageWriter.open(info)
    row_bytes = info.width * info.channels * _BYTES[info.sample.name]
    total = info.frames * info.height
    step = max(1, BAND_BYTES // row_bytes)
    for first in range(0, total, step):
        count = min(step, total - first)
        writer.push_rows(f(image.read_rows(first, count)))
        host.progress(first + count, total, "")
        if host.is_cancelled():
            raise Cancelled
    return host.ImageWriter.finish(writer)


def map_colors(image, f, host):
    """A picture of the same shape in which `f` has changed every color sample, a number from 0 to 1.

    Integers are looked up in a table that `f` is asked for once; float samples call it one by one, which is slow.
    """
    return map_rows(image, _table(image.info(), f), host)


_BYTES = {"U8": 1, "U16": 2, "F16": 2, "F32": 4}


def _table(info, f):
    """A function from rows to rows."""
    if info.sample.name == "U8":
        table = bytes(_round(f(value / 255), 255) for value in range(256))
        return lambda rows: _keep_alpha(info, rows, bytearray(rows.translate(table)))
    if info.sample.name == "U16":
        table = array("H", (_round(f(value / 65535), 65535) for value in range(65536)))
        changed = lambda rows: array("H", map(table.__getitem__, array("H", rows))).tobytes()
    elif info.sample.name == "F32":
        changed = lambda rows: array("f", map(f, array("f", rows))).tobytes()
    else:
        changed = lambda rows: _half(rows, f)
    return lambda rows: _keep_alpha(info, rows, bytearray(changed(rows)))


def _round(value, largest):
    return max(0, min(largest, int(value * largest + 0.5)))


def _half(rows, f):
    layout = f"<{len(rows) // 2}e"
    return struct.pack(layout, *map(f, struct.unpack(layout, rows)))


def _keep_alpha(info, old, new):
    if info.channels == 4:
        size = _BYTES[info.sample.name]
        for byte in range(3 * size, 4 * size):
            new[byte :: 4 * size] = old[byte :: 4 * size]
    return bytes(new)
