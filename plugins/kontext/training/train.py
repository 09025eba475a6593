"""Trains text encoders, vision tower and transformer together.

    OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive torchrun --nproc-per-node 2 train.py --work DIR --until 01:00

The learning rate follows the clock: constant, then a cosine that ends at `--until`. A run that is
stopped resumes from `DIR`/editor.pt, with the schedule that its first start laid down unless
`--restart-clock` is given.
"""

import argparse
import copy
import datetime
import json
import math
import pathlib
import time

import numpy as np
import torch
import torch.distributed as dist
import torch.nn.functional as F

import data
from model import Editor, pack, position_ids
from muon import MuonAdamW

EMA = 0.998


def guidance_strength(guidance):
    """How much of the edit a guidance value asks for: none at 1, all from 2 on."""
    return (guidance - 1).clamp(0, 1)


def draw_levels(n):
    """Noise levels: 35 % pure noise, 15 % uniform, the rest mostly high."""
    t = torch.sigmoid(2.0 + 1.4 * torch.randn(n))
    kind = torch.rand(n)
    t = torch.where(kind < 0.35, torch.ones(n), t)
    return torch.where(kind > 0.85, torch.rand(n).clamp(0.01), t)


def draw_guidance(n):
    """Guidance values: 10 % between 1 and 2, half at the usual values, the rest up to 10."""
    usual = torch.tensor([2.5, 2.5, 3.0, 3.5, 4.0])[torch.randint(0, 5, (n,))]
    g = torch.where(torch.rand(n) < 0.55, usual, 2 + 8 * torch.rand(n))
    return torch.where(torch.rand(n) < 0.1, 1 + torch.rand(n), g)


def text_loss(editor, text, pooled, batch):
    """Both text encoders should tell kind, shape, color and new shape."""
    loss = 0.0
    for logits in (editor.reads["text_t5"](text.mean(1)), editor.reads["text_clip"](pooled)):
        for part, key in zip(logits.split((9, 6, 9, 6), -1), ("kind", "shape", "color", "new_shape")):
            loss = loss + F.cross_entropy(part, batch[key], ignore_index=-100)
    return loss / 8


def losses(editor, batch, layout, hard_weight):
    """Loss of one batch, and the figures that are logged."""
    n, rows, cols = len(batch["source"]), layout.height // data.CELL, layout.width // data.CELL
    text, pooled = editor.read_text(batch["t5"], batch["clip"])
    spoken = text_loss(editor, text, pooled, batch) if not layout.redux else 0.0
    if layout.redux:
        redux = editor.see(batch["seen"])
        text = torch.cat([text, redux], 1)
    source, target = pack(batch["source"]), pack(batch["target"])
    guidance = draw_guidance(n)
    if layout.references:
        target = source + guidance_strength(guidance)[:, None, None] * (target - source)
    t, noise = draw_levels(n), torch.randn_like(target)
    level = t[:, None, None]
    parts = [(1 - level) * target + level * noise]
    parts += [source] if layout.references else []
    parts += [pack(batch["second"])] if layout.references == 2 else []
    ids = position_ids([(rows, cols)] * (1 + layout.references))
    velocity, helper = editor(torch.cat(parts, 1), rows * cols, ids, text, pooled, t, guidance)
    error = (velocity - (noise - target)).square().mean(-1)
    # Hard tokens count more: those that change or, where the whole picture does, those that hold shapes.
    whole = batch["change"].mean(1, keepdim=True) > 0.6
    hard = torch.where(whole, batch["kinds"].amax(-1), batch["change"])
    weight = 1 + (hard_weight - 1) * hard
    weight = weight / weight.mean(1, keepdim=True)
    loss = (error * weight).mean() + 0.1 * spoken
    if layout.references:
        seen = helper["kinds"][:, : rows * cols]
        loss = loss + 0.4 * F.binary_cross_entropy_with_logits(seen, batch["kinds"])
        loss = loss + 0.3 * F.binary_cross_entropy_with_logits(helper["change"], batch["change"])
    if layout.redux:
        side = data.model.VISION_SIZE // data.model.VISION_PATCH
        there = F.adaptive_max_pool2d(batch["kinds"].transpose(1, 2).unflatten(2, (rows, cols)), side).flatten(2).transpose(1, 2)
        loss = loss + 0.3 * F.binary_cross_entropy_with_logits(editor.reads["kinds"](redux), there)
    loss = loss + 0.3 * F.binary_cross_entropy_with_logits(helper["new_kinds"], batch["new_kinds"])
    with torch.no_grad():
        figures = {"loss": error.mean().item()}
        if layout.redux:
            figures["redux"] = [((noise - velocity - target)[t == 1].square().mean() / target[t == 1].var()).item()] if (t == 1).any() else []
        if layout.references == 1:
            estimate = noise - velocity
            full = (t == 1) & (guidance >= 2)
            for index in full.nonzero().flatten().tolist():
                kind = int(batch["kind"][index])
                if kind < 0:
                    continue
                moved = batch["change"][index] > 0
                off = (estimate[index] - target[index]).square().mean(-1)
                if moved.any():
                    edit = (target[index] - source[index]).square().mean(-1)
                    figures.setdefault(data.SPOKEN[kind], []).append((off[moved].sum() / edit[moved].sum()).item())
                if (~moved).any() and kind < 4:
                    figures.setdefault("same:" + data.SPOKEN[kind], []).append(off[~moved].mean().item())
    return loss, figures


def rate(part):
    """Learning rate factor at this part of the run."""
    return 1.0 if part < 0.45 else 0.03 + 0.97 * math.cos(math.pi / 2 * min(1.0, (part - 0.45) / 0.55)) ** 2


def clock(text):
    """The next moment at which a UTC clock shows HH:MM."""
    now = datetime.datetime.now(datetime.timezone.utc)
    hour, minute = map(int, text.split(":"))
    at = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return (at if at > now else at + datetime.timedelta(days=1)).timestamp()


class Trainer:
    """State of a run on one of `world` processes."""

    def __init__(self, work, until, restart_clock, rank, world):
        self.file, self.rank, self.world = work / "editor.pt", rank, world
        self.editor = Editor()
        self.average = copy.deepcopy(self.editor).requires_grad_(False)
        transformer = dict(self.editor.transformer.named_parameters())
        hidden = {n: p for n, p in transformer.items() if p.dim() == 2 and "blocks." in n and "norm" not in n}
        chosen = {id(p) for p in hidden.values()}
        self.optimizer = MuonAdamW(hidden.values(), [p for p in self.editor.parameters() if id(p) not in chosen], 0.015, 1.5e-3)
        self.step, self.samples, self.begin, self.end = 0, 0, time.time(), until
        if self.file.exists():
            saved = torch.load(self.file)
            self.editor.load_state_dict(saved["raw"])
            self.average.load_state_dict(saved["ema"])
            self.optimizer.load_state_dict(saved["optimizer"])
            self.step, self.samples = saved["step"], saved["samples"]
            if not restart_clock:
                self.begin = saved["begin"]
        self.warm = self.step
        self.source = data.Source(torch.load(work / "basis.pt"), [int(time.time()), rank])

    def save(self):
        """Writes everything needed to resume, replacing the old file in one move."""
        state = {
            "raw": self.editor.state_dict(), "ema": self.average.state_dict(), "optimizer": self.optimizer.state_dict(),
            "step": self.step, "samples": self.samples, "begin": self.begin,
        }
        torch.save(state, self.file.with_suffix(".new"))
        self.file.with_suffix(".new").replace(self.file)

    def read_first(self, steps):
        """Head start: teaches the text encoders the words."""
        parameters = [p for m in (self.editor.t5, self.editor.clip, self.editor.reads) for p in m.parameters()]
        optimizer = torch.optim.AdamW(parameters, 2e-3, betas=(0.9, 0.98))
        for step in range(steps):
            batch = self.source.texts(64)
            loss = text_loss(self.editor, *self.editor.read_text(batch["t5"], batch["clip"]), batch)
            loss.backward()
            self._share()
            optimizer.step()
            optimizer.zero_grad()
            if self.rank == 0 and step % 25 == 24:
                print(f"words {step + 1}  loss {loss.item():.3f}", flush=True)

    def _share(self):
        if self.world > 1:
            grads = [p.grad for p in self.editor.parameters() if p.grad is not None]
            flat = torch.cat([g.flatten() for g in grads])
            dist.all_reduce(flat)
            flat /= self.world
            for g, part in zip(grads, flat.split([g.numel() for g in grads])):
                g.copy_(part.view_as(g))

    def part(self):
        """How much of the planned time is over; the same on all processes."""
        now = torch.tensor([time.time()], dtype=torch.float64)
        if self.world > 1:
            dist.broadcast(now, 0)
        return (now.item() - self.begin) / (self.end - self.begin)

    def run(self, size):
        """Trains until the clock says stop."""
        figures, logged, saved = {}, time.time(), time.time()
        while (part := self.part()) < 1:
            shares = data.EARLY if part < 0.4 else data.LATE
            draw = np.random.default_rng([self.step, 5]).choice(len(shares), p=np.array(list(shares.values())) / sum(shares.values()))
            layout = list(shares)[draw]
            batch = self.source.batch(layout, size)
            loss, new = losses(self.editor, batch, layout, 5.0 if part < 0.5 else 3.0)
            loss.backward()
            self._share()
            torch.nn.utils.clip_grad_norm_(self.editor.parameters(), 1.0)
            self.optimizer.set_rate(rate(part) * min(1.0, (self.step - self.warm + 1) / (20 if self.warm else 60)))
            self.optimizer.step()
            self.optimizer.zero_grad()
            self.step += 1
            self.samples += size * self.world
            with torch.no_grad():
                keep = min(EMA, (self.step + 1) / (self.step + 10))
                torch._foreach_lerp_(list(self.average.parameters()), list(self.editor.parameters()), 1 - keep)
            for key, value in new.items():
                figures.setdefault(key, []).extend(value if isinstance(value, list) else [value])
            if self.rank == 0 and self.step % 50 == 0:
                row = {k: round(float(np.mean(v)) if ":" in k or k == "loss" else 1 - float(np.mean(v)), 3) for k, v in sorted(figures.items())}
                speed = 50 * size * self.world / (time.time() - logged)
                print(f"{part:.3f} step {self.step} samples {self.samples} {speed:.1f}/s {json.dumps(row)}", flush=True)
                figures, logged = {}, time.time()
            if self.rank == 0 and time.time() - saved > 180:
                self.save()
                saved = time.time()
        if self.rank == 0:
            self.save()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--until", required=True, help="UTC time HH:MM at which training ends")
    parser.add_argument("--batch", type=int, default=20, help="samples a step and process")
    parser.add_argument("--restart-clock", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    world = rank = 0
    if dist.is_torchelastic_launched():
        dist.init_process_group("gloo")
        rank, world = dist.get_rank(), dist.get_world_size()
    trainer = Trainer(options.work, clock(options.until), options.restart_clock, rank, max(1, world))
    torch.manual_seed(1000 + rank + trainer.step)
    if trainer.step == 0:
        trainer.read_first(120)
    trainer.run(options.batch)


if __name__ == "__main__":
    main()
