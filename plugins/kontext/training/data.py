"""Training batches: what is drawn, how often, and as which tensors."""

from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F

import edits
import model
import scenes
import vae
import words
from edits import KINDS
from scenes import COLOR_NAMES, SHAPES

# How often each sort of sample is drawn in batches with a reference.
MIX = {
    "recolor": 0.36, "background": 0.25, "remove": 0.13, "replace": 0.10, "grayscale": 0.03, "invert": 0.04,
    "night": 0.03, "absent": 0.03, "empty": 0.03,
}
SPOKEN = (*KINDS, "describe", "empty")
CLIP_LENGTH = 20  # The pooled vector is causal, so training may pad less than inference.
CELL = 8  # Pixels a token is wide.


@dataclass(frozen=True)
class Layout:
    """The form of a batch: picture size, number of references, whether Redux speaks instead of a prompt."""

    width: int = 64
    height: int = 64
    references: int = 1
    redux: bool = False


# Layouts with their shares, early and late in training. Small pictures come first: they cost 0.6 of a
# large one, and what is learned on them carries over.
EARLY = {
    Layout(48, 48): 0.50, Layout(): 0.32, Layout(80, 48): 0.03, Layout(48, 80): 0.03, Layout(references=0): 0.04,
    Layout(references=0, redux=True): 0.08,
}
LATE = {
    Layout(): 0.77, Layout(80, 48): 0.06, Layout(48, 80): 0.06, Layout(references=0): 0.04,
    Layout(references=0, redux=True): 0.03, Layout(references=2): 0.04,
}


class Source:
    """Draws batches; half of each batch is new, half was drawn before."""

    def __init__(self, basis, seed):
        self.basis, self.rng = basis, np.random.default_rng(seed)
        self.t5, self.clip = words.t5_tokenizer(), words.clip_tokenizer()
        self.pools = {}

    def batch(self, layout, size):
        """`size` samples of this layout as a dictionary of tensors."""
        pool = self.pools.setdefault(replace(layout, references=min(layout.references, 1)), [])
        new = [self._sample(layout) for _ in range(size if len(pool) < 4 * size else size // 2)]
        old = [pool[i] for i in self.rng.integers(0, len(pool), size - len(new))] if len(new) < size else []
        pool.extend(new)
        del pool[:-3000]
        out = {key: torch.stack([s[key] for s in new + old]) for key in new[0]}
        if layout.references == 2:
            out["second"] = out["source"].roll(1, 0)
        return out

    def _case(self, layout):
        size = (layout.width, layout.height)
        if layout.redux:
            return edits.silent(self.rng, *size)
        if layout.references == 0:
            return edits.describe(self.rng, *size)
        kind = str(self.rng.choice(list(MIX), p=np.array(list(MIX.values())) / sum(MIX.values())))
        if kind in ("absent", "empty"):
            return (edits.absent if kind == "absent" else edits.silent)(self.rng, *size)
        return edits.random_edit(self.rng, kind, *size)

    def _sample(self, layout):
        case = self._case(layout)
        source = torch.tensor(case.source)[None] * 2 - 1
        target = torch.tensor(case.target)[None] * 2 - 1
        moved = (target - source).abs().mean(-1)
        kinds = torch.tensor(scenes.kind_map(case.source_scene, CELL)).flatten(0, 1)
        after = case.target_scene or case.source_scene
        out = {
            "source": vae.encode(self.basis, source)[0],
            "target": vae.encode(self.basis, target)[0],
            **self._words(case),
            "kinds": kinds.gt(0.04).float(),
            "new_kinds": torch.tensor(scenes.kind_map(after, CELL)).flatten(0, 1).gt(0.04).float(),
            "change": F.avg_pool2d(moved[None], CELL)[0].flatten().gt(0.02).float(),
        }
        if layout.redux:
            out["seen"] = thumbnail(target)[0]
        return out

    def texts(self, size):
        """Prompts alone with their meaning, for the text encoders' head start."""
        rows = []
        for _ in range(size):
            kind = str(self.rng.choice((*KINDS, "describe")))
            rows.append(self._words(edits.describe(self.rng) if kind == "describe" else edits.random_edit(self.rng, kind)))
        return {key: torch.stack([r[key] for r in rows]) for key in rows[0]}

    def _words(self, case):
        return {
            "t5": torch.tensor(words.encode(self.t5, case.prompt, words.T5_LENGTH, 0)),
            "clip": torch.tensor(words.encode(self.clip, case.prompt, CLIP_LENGTH, 1)),
            "kind": torch.tensor(SPOKEN.index(case.kind) if case.kind in SPOKEN else -100),
            "shape": torch.tensor(SHAPES.index(case.shape) if case.shape else 5),
            "color": torch.tensor(COLOR_NAMES.index(case.color) if case.color else 8),
            "new_shape": torch.tensor(SHAPES.index(case.new_shape) if case.new_shape else 5),
        }


def thumbnail(pictures):
    """What the vision tower sees of `[n, h, w, 3]` in -1..1: `[n, 3, 32, 32]`, bicubic."""
    size = (model.VISION_SIZE, model.VISION_SIZE)
    return F.interpolate(pictures.permute(0, 3, 1, 2), size, mode="bicubic", antialias=True).clamp(-1, 1)
