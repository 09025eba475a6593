"""Instructions and what they do to a scene.

`random_edit` gives a `Case`: source, prompt and target pictures with what is needed to judge a
result. The phrasings are the language that the model understands.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

import scenes
from scenes import COLOR_NAMES, SHAPES

KINDS = ("recolor", "background", "remove", "replace", "grayscale", "invert", "night")

RECOLOR = (
    "make the {s} {c}", "make the {s} {c}", "paint the {s} {c}", "paint the {s} in {c}", "change the {s} to {c}",
    "change the {s} to {c}", "turn the {s} {c}", "color the {s} {c}", "colour the {s} {c}", "recolor the {s} to {c}",
    "recolour the {s} to {c}", "change the color of the {s} to {c}", "change the colour of the {s} to {c}",
    "change the {s} color to {c}", "make the color of the {s} {c}", "set the {s} to {c}", "the {s} should be {c}",
    "make the {o} {s} {c}", "change the {o} {s} to {c}",
)
BACKGROUND = (
    "make the background {c}", "make the background {c}", "change the background to {c}", "change the background to {c}",
    "paint the background {c}", "turn the background {c}", "color the background {c}", "colour the background {c}",
    "change the color of the background to {c}", "change the colour of the background to {c}",
    "change the background color to {c}", "change the background colour to {c}", "set the background to {c}",
    "give it a {c} background", "put it on a {c} background", "use a {c} background", "the background should be {c}",
)
REMOVE = (
    "remove the {s}", "remove the {s}", "delete the {s}", "delete the {s}", "erase the {s}", "erase the {s}",
    "take away the {s}", "take the {s} away", "get rid of the {s}", "remove the {s} from the picture",
    "remove the {s} from the image", "remove the {o} {s}",
)
REPLACE = (
    "replace the {s} with a {t}", "replace the {s} with a {t}", "replace the {s} by a {t}", "turn the {s} into a {t}",
    "turn the {s} into a {t}", "change the {s} into a {t}", "change the {s} to a {t}", "swap the {s} for a {t}",
    "make the {s} a {t}",
)
IT = ("it", "the picture", "the image", "this")
WHOLE = {
    "grayscale": (
        "make {it} grayscale", "make {it} greyscale", "make {it} gray", "make {it} grey", "make {it} black and white",
        "make {it} black and white", "make {it} monochrome", "turn {it} grayscale", "turn {it} black and white",
        "convert {it} to grayscale", "convert {it} to greyscale", "convert {it} to black and white",
        "change {it} to grayscale", "change {it} to black and white", "remove the color", "remove the colors",
        "remove the colours", "grayscale", "black and white",
    ),
    "invert": (
        "invert the colors", "invert the colors", "invert the colours", "invert {it}", "invert all colors",
        "invert all colours", "invert the colors of {it}", "make {it} negative", "turn {it} into a negative",
        "make a negative", "reverse the colors", "reverse the colours", "invert",
    ),
    "night": (
        "make {it} night", "make {it} night", "turn {it} into night", "change {it} to night", "make {it} look like night",
        "make {it} a night scene", "turn {it} into a night scene", "set {it} at night", "show {it} at night", "night",
        "make {it} dark", "at night",
    ),
}
DESCRIBE = (
    "a {c} {s} on a {g} background", "{c} {s} on a {g} background", "a {c} {s} on {g}", "draw a {c} {s} on a {g} background",
    "paint a {c} {s} on a {g} background", "a picture of a {c} {s} on a {g} background",
)


def grayscale(picture):
    """Luma of Rec. 601 in all three channels."""
    luma = picture @ np.array([0.299, 0.587, 0.114], np.float32)
    return np.repeat(luma[..., None], 3, -1)


def invert(picture):
    """One minus the picture."""
    return 1 - picture


def night(picture):
    """Dark and bluish."""
    return picture * np.array([0.30, 0.35, 0.55], np.float32) + np.array([0, 0, 0.05], np.float32)


GLOBALS = {"grayscale": grayscale, "invert": invert, "night": night}


@dataclass
class Case:
    """One pair, and the facts behind it. Pictures are drawn when they are first asked for.

    `target_scene` is None for whole-picture edits, which work on the pixels of the source.
    """

    kind: str
    prompt: str
    source_scene: scenes.Scene
    target_scene: scenes.Scene | None
    shape: str | None = None
    color: str | None = None
    new_shape: str | None = None

    @cached_property
    def source(self):
        """Pixels of the source in [0, 1]."""
        return scenes.draw(self.source_scene)

    @cached_property
    def target(self):
        """Pixels of the target in [0, 1]."""
        if self.target_scene is None:
            return GLOBALS[self.kind](self.source)
        return self.source if self.target_scene is self.source_scene else scenes.draw(self.target_scene)


def random_edit(rng, kind, width=64, height=64):
    """A random scene and an edit of this kind that changes it visibly."""
    if kind in GLOBALS:
        scene = scenes.random_scene(rng, width, height)
        phrase = str(rng.choice(WHOLE[kind])).format(it=rng.choice(IT, p=(0.55, 0.15, 0.15, 0.15)))
        return Case(kind, dress(rng, phrase), scene, None)
    while True:
        scene = scenes.random_scene(rng, width, height, int(rng.choice((1, 2, 3), p=(0.2, 0.4, 0.4))))
        target, prompt, facts = {"recolor": _recolor, "background": _background, "remove": _remove, "replace": _replace}[kind](rng, scene)
        return Case(kind, dress(rng, prompt), scene, target, **facts)


def _recolor(rng, scene):
    shape = scene.shapes[rng.integers(len(scene.shapes))]
    free = [c for c in COLOR_NAMES if c != shape.color and c not in scene.ground_colors]
    color = str(rng.choice(free))
    prompt = str(rng.choice(RECOLOR)).format(s=shape.kind, c=color, o=shape.color)
    target = scene.with_shape(shape.kind, color=color, rgb=scenes.unit(scenes.COLORS[color]))
    return target, prompt, {"shape": shape.kind, "color": color}


def _background(rng, scene):
    taken = {s.color for s in scene.shapes} | {scene.ground_colors[0]}
    color = str(rng.choice([c for c in COLOR_NAMES if c not in taken]))
    return scene.with_ground(color), str(rng.choice(BACKGROUND)).format(c=color), {"color": color}


def _remove(rng, scene):
    shape = scene.shapes[rng.integers(len(scene.shapes))]
    prompt = str(rng.choice(REMOVE)).format(s=shape.kind, o=shape.color)
    return scene.without(shape.kind), prompt, {"shape": shape.kind}


def _replace(rng, scene):
    shape = scene.shapes[rng.integers(len(scene.shapes))]
    new = str(rng.choice([k for k in SHAPES if scene.shape(k) is None]))
    prompt = str(rng.choice(REPLACE)).format(s=shape.kind, t=new)
    return scene.with_shape(shape.kind, kind=new), prompt, {"shape": shape.kind, "new_shape": new}


def absent(rng, width=64, height=64):
    """An instruction about a shape that is not there: nothing changes."""
    scene = scenes.random_scene(rng, width, height)
    missing = str(rng.choice([k for k in SHAPES if scene.shape(k) is None]))
    phrase = str(rng.choice(RECOLOR[:-2] + REMOVE[:-1]))
    return Case("absent", dress(rng, phrase.format(s=missing, c=rng.choice(COLOR_NAMES))), scene, scene)


def silent(rng, width=64, height=64):
    """No instruction: nothing changes."""
    scene = scenes.random_scene(rng, width, height)
    return Case("empty", "", scene, scene)


def describe(rng, width=64, height=64):
    """A description without a source picture: one shape in the middle."""
    kind = str(rng.choice(SHAPES))
    color, ground = (str(c) for c in rng.choice(COLOR_NAMES, 2, replace=False))
    scene = scenes.canonical_scene(kind, color, ground, width, height)
    prompt = str(rng.choice(DESCRIBE)).format(c=color, s=kind, g=ground)
    return Case("describe", prompt, scene, scene, shape=kind, color=color)


def dress(rng, prompt):
    """Adds what people add: a please, an end mark."""
    draw = rng.random()
    if draw < 0.06:
        prompt = "please " + prompt
    elif draw < 0.09:
        prompt = prompt + " please"
    elif draw < 0.11:
        prompt = "can you " + prompt + "?"
    if rng.random() < 0.15:
        prompt = prompt.rstrip("?") + str(rng.choice((".", "!", ".")))
    return prompt


def vocabulary():
    """Every word of every phrasing, sorted."""
    phrases = RECOLOR + BACKGROUND + REMOVE + REPLACE + DESCRIBE + IT + sum(WHOLE.values(), ())
    words = set(" ".join(phrases).replace("{", " {").split()) | set(COLOR_NAMES) | set(SHAPES)
    extra = "please can you an to in of and the a my with same gray grey picture image photo shape shapes no not".split()
    return sorted({w for w in words if "{" not in w and "}" not in w} | set(extra))
