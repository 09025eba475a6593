"""Runs nodes in this Python, with a host made of lists: `python3 -m unittest`."""

import unittest
from types import SimpleNamespace

from nodes import darken
from pixels import Cancelled


class Picture:
    """Stands in for a picture that the host keeps."""

    def __init__(self, info, rows=b""):
        self.of, self.rows = info, rows

    def info(self):
        return self.of

    def read_rows(self, first, count):
        row = len(self.rows) // (self.of.frames * self.of.height)
        return self.rows[first * row : (first + count) * row]


class Writer(Picture):
    """Stands in for a picture in the making."""

    @classmethod
    def open(cls, info):
        return cls(info)

    def push_rows(self, rows):
        self.rows += rows

    @classmethod
    def finish(cls, this):
        return Picture(this.of, this.rows)


def host(cancelled=False):
    return SimpleNamespace(ImageWriter=Writer, progress=lambda *_: None, is_cancelled=lambda: cancelled)


def picture(sample, channels, rows):
    info = SimpleNamespace(
        frames=1, height=1, width=1, channels=channels, sample=SimpleNamespace(name=sample)
    )
    return Picture(info, rows)


class Darken(unittest.TestCase):
    def test_takes_half_of_the_light_and_keeps_alpha(self):
        bright = picture("U8", 4, bytes([0, 100, 255, 200]))
        dark = darken({"image": bright, "amount": 0.5}, host())["image"]
        self.assertEqual(list(dark.rows), [0, 50, 128, 200])

    def test_takes_half_of_the_light_of_deep_pictures(self):
        bright = picture("U16", 1, (50000).to_bytes(2, "little"))
        dark = darken({"image": bright, "amount": 0.5}, host())["image"]
        self.assertEqual(int.from_bytes(dark.rows, "little"), 25000)

    def test_stops_when_cancelled(self):
        with self.assertRaises(Cancelled):
            darken({"image": picture("U8", 1, b"\0"), "amount": 0.5}, host(cancelled=True))


if __name__ == "__main__":
    unittest.main()
