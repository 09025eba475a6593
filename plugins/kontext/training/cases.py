"""Writes the held-back cases (`../eval`) and the example pictures (`examples/pictures`).

    python cases.py --eval ../eval --pictures ../../../examples/pictures

The seeds used here are used nowhere in training.
"""

import argparse
import json
import pathlib
from dataclasses import replace

import numpy as np
from PIL import Image

import edits
import scenes

COUNTS = {"recolor": 40, "background": 40, "remove": 40, "replace": 40, "grayscale": 20, "invert": 20, "night": 20}
SEED = 20_260_101
OUTSIDE, REGION, NEW_SHAPE, UNTOUCHED = 0, 128, 192, 255


def to_bytes(picture):
    """Floats in [0, 1] to 8 bits."""
    return (np.clip(picture, 0, 1) * 255).round().astype(np.uint8)


def shape_mask(shape, scene):
    """Coverage of one shape over the whole picture."""
    mask = np.zeros((scene.height, scene.width), np.float32)
    top, left, part = scenes.coverage(shape, scene)
    mask[top : top + part.shape[0], left : left + part.shape[1]] = part
    return mask


def grow(mask, pixels):
    """Dilation of a boolean mask by a square of `2 * pixels + 1`."""
    padded = np.pad(mask, pixels)
    h, w = mask.shape
    shifts = range(2 * pixels + 1)
    return np.any([padded[y : y + h, x : x + w] for y in shifts for x in shifts], axis=0)


def regions(case):
    """The mask of a case: what is judged, and what must stay as it was."""
    scene, mask = case.source_scene, np.full(case.source.shape[:2], OUTSIDE, np.uint8)
    if case.target_scene is None:
        return np.full_like(mask, REGION)
    changed = np.abs(to_bytes(case.source).astype(int) - to_bytes(case.target)).max(-1) > 2
    mask[~grow(changed, 1)] = UNTOUCHED
    if case.kind == "background":
        shapes = np.sum([shape_mask(s, scene) for s in scene.shapes], axis=0) > 0
        mask[~grow(shapes, 1)] = REGION
    elif case.kind == "recolor":
        mask[shape_mask(scene.shape(case.shape), scene) > 0.99] = REGION
    elif case.kind == "remove":
        mask[shape_mask(scene.shape(case.shape), scene) > 0] = REGION
    else:
        old = shape_mask(scene.shape(case.shape), scene)
        new = shape_mask(case.target_scene.shape(case.new_shape), scene)
        mask[grow((old > 0) | (new > 0), 1)] = REGION
        mask[new >= 0.5] = NEW_SHAPE
    return mask


def write_cases(folder):
    """One sheet per type (a row per case: source, target, mask) and `cases.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    rng, rows = np.random.default_rng(SEED), []
    for kind, count in COUNTS.items():
        sheet = []
        for row in range(count):
            case = edits.random_edit(rng, kind)
            mask = regions(case)
            entry = {"id": len(rows), "type": kind, "sheet": f"{kind}.png", "row": row, "size": [64, 64], "prompt": case.prompt, "seed": len(rows)}
            entry["shapes"] = [{"kind": s.kind, "color": s.color} for s in case.source_scene.shapes]
            for key in ("shape", "color", "new_shape"):
                if getattr(case, key):
                    entry[key] = getattr(case, key)
            if case.color:
                entry["color_rgb"] = list(scenes.COLORS[case.color])
            if case.new_shape:
                ground = scenes.draw(replace(case.source_scene, shapes=()))
                entry["shape_rgb"] = to_bytes(np.array(case.source_scene.shape(case.shape).rgb)).tolist()
                entry["ground_rgb"] = to_bytes(ground[(mask == REGION) | (mask == NEW_SHAPE)].mean(0)).tolist()
            rows.append(entry)
            sheet.append(np.concatenate([to_bytes(case.source), to_bytes(case.target), np.repeat(mask[..., None], 3, -1)], 1))
        Image.fromarray(np.concatenate(sheet)).save(folder / f"{kind}.png", optimize=True)
    table = {"steps": 8, "guidance": 2.5, "colors": {k: list(v) for k, v in scenes.COLORS.items()}, "cases": rows}
    text = json.dumps(table, indent=1)
    (folder / "cases.json").write_text(text + "\n")


def write_pictures(folder):
    """The pictures that the examples edit: scenes at eight times their size."""
    folder.mkdir(parents=True, exist_ok=True)
    color = lambda name: scenes.unit(scenes.COLORS[name])

    def scene(size, ground, angle, *shapes):
        return scenes.Scene(*size, (color(ground[0]), tuple((a + b) / 2 for a, b in zip(color(ground[0]), color(ground[1])))), ground, angle,
                            tuple(scenes.Shape(k, c, color(c), x, y, r) for k, c, x, y, r in shapes))

    pictures = {
        "shapes": scene((64, 64), ("white", "blue"), 1.2, ("circle", "red", 18, 19, 12), ("star", "yellow", 45, 22, 13), ("square", "green", 31, 47, 12)),
        "landscape": scene((80, 50), ("blue", "white"), 1.57, ("triangle", "green", 24, 30, 15), ("circle", "yellow", 58, 17, 11), ("ring", "black", 58, 39, 9)),
        "two": scene((64, 64), ("purple", "purple"), 0, ("triangle", "orange", 22, 40, 15), ("ring", "white", 46, 20, 12)),
        "style": scene((64, 64), ("orange", "yellow"), 0.7, ("star", "blue", 20, 42, 14), ("circle", "white", 44, 18, 11)),
    }
    for name, picture in pictures.items():
        Image.fromarray(to_bytes(scenes.draw(picture, 8))).save(folder / f"{name}.png", optimize=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--eval", type=pathlib.Path)
    parser.add_argument("--pictures", type=pathlib.Path)
    options = parser.parse_args()
    if options.eval:
        write_cases(options.eval)
    if options.pictures:
        write_pictures(options.pictures)
