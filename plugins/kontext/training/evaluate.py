"""Runs the held-back cases through the model and prints a table per edit type.

    python evaluate.py --model ../models/kontext-tiny --eval ../eval

The rules are those of `../eval/README.md`. `--ceiling` scores the targets after a round trip
through the autoencoder instead: what a perfect transformer would reach.
"""

import argparse
import json
import pathlib

import numpy as np
import torch
from diffusers import AutoencoderKL, FluxTransformer2DModel
from PIL import Image
from tokenizers import Tokenizer
from transformers import CLIPTextModel, T5EncoderModel

import words
from cases import NEW_SHAPE, REGION, UNTOUCHED
from model import pack, position_ids

LIMITS = {"recolor": 30, "background": 25, "remove": 25, "grayscale": 20, "invert": 20, "night": 20}
LEAST_UNTOUCHED_DB, LEAST_UNTOUCHED_PIXELS, LEAST_IOU = 20.0, 32, 0.75


class Model:
    """A model folder in the diffusers layout, run in f32."""

    def __init__(self, folder):
        load = {"torch_dtype": torch.float32}
        self.vae = AutoencoderKL.from_pretrained(folder / "vae", **load)
        self.transformer = FluxTransformer2DModel.from_pretrained(folder / "transformer", **load)
        self.clip = CLIPTextModel.from_pretrained(folder / "text_encoder", **load)
        self.t5 = T5EncoderModel.from_pretrained(folder / "text_encoder_2", **load)
        self.shift = float(np.exp(json.loads((folder / "scheduler/scheduler_config.json").read_text())["base_shift"]))
        self.clip_words = Tokenizer.from_file(str(folder / "tokenizer/tokenizer.json"))
        self.t5_words = Tokenizer.from_file(str(folder / "tokenizer_2/tokenizer.json"))

    def encode(self, pictures):
        """Scaled latents of `[n, h, w, 3]` in 0..255."""
        x = torch.tensor(pictures).permute(0, 3, 1, 2) / 127.5 - 1
        return self.vae.encode(x).latent_dist.mode() * self.vae.config.scaling_factor

    def decode(self, latents):
        """Pictures `[n, h, w, 3]` in 0..255, rounded."""
        x = self.vae.decode(latents / self.vae.config.scaling_factor).sample
        return ((x.clamp(-1, 1) + 1) * 127.5).round().permute(0, 2, 3, 1).numpy()

    def read(self, prompts):
        """T5 states and pooled CLIP vectors."""
        t5 = torch.tensor([words.encode(self.t5_words, p, words.T5_LENGTH, 0) for p in prompts])
        clip = torch.tensor([words.encode(self.clip_words, p, words.CLIP_LENGTH, 1) for p in prompts])
        return self.t5(input_ids=t5).last_hidden_state, self.clip(input_ids=clip).pooler_output

    def sample(self, prompts, references, noise, steps, guidance, redux=None):
        """Euler from `noise` `[n, 16, h, w]`; `references` is a list of latents of the same batch size."""
        text, pooled = self.read(prompts)
        if redux is not None:
            text = torch.cat([text, redux], 1)
        n, _, h, w = noise.shape
        ids = position_ids([(r.shape[2] // 2, r.shape[3] // 2) for r in [noise, *references]]).float()
        context = [pack(r) for r in references]
        x, count = pack(noise), h * w // 4
        sigmas = np.linspace(1, 1 / steps, steps)
        sigmas = np.append(self.shift / (self.shift + 1 / sigmas - 1), 0)
        for now, then in zip(sigmas, sigmas[1:]):
            v = self.transformer(
                hidden_states=torch.cat([x, *context], 1), encoder_hidden_states=text, pooled_projections=pooled,
                timestep=torch.full((n,), now, dtype=torch.float32), guidance=torch.full((n,), float(guidance)), img_ids=ids,
                txt_ids=torch.zeros(text.shape[1], 3), return_dict=False,
            )[0][:, :count]
            x = x + float(then - now) * v
        return x.view(n, h // 2, w // 2, 16, 2, 2).permute(0, 3, 1, 4, 2, 5).reshape(n, 16, h, w)


def judge(case, colors, source, target, mask, result):
    """Whether the edit is right, and the squared error of the untouched region (None if there is none)."""
    untouched = mask == UNTOUCHED
    error = None
    if case["type"] in ("recolor", "background", "remove", "replace") and untouched.sum() >= LEAST_UNTOUCHED_PIXELS:
        error = float(((result - source)[untouched] ** 2).mean())
    kept = error is None or 10 * np.log10(255**2 / max(error, 1e-9)) >= LEAST_UNTOUCHED_DB
    region = (mask == REGION) | (mask == NEW_SHAPE)
    if case["type"] == "replace":
        near = lambda rgb: ((result - np.array(rgb)) ** 2).sum(-1)
        found = near(case["shape_rgb"]) < near(case["ground_rgb"])
        wanted = mask == NEW_SHAPE
        right = (found & wanted).sum() / max(1, ((found | wanted) & region).sum()) > LEAST_IOU
    else:
        right = np.abs(result - target)[region].mean() < LIMITS[case["type"]]
        if case["type"] == "recolor":
            mean = result[region].mean(0)
            right &= min(colors, key=lambda c: ((mean - np.array(colors[c])) ** 2).sum()) == case["color"]
    return bool(right), bool(right and kept), error


@torch.no_grad()
def evaluate(model, folder, ceiling=False, limit=None, steps=None, guidance=None):
    """Rows by type: cases, right, right and untouched kept, PSNR of the untouched region, and results."""
    table = json.loads((folder / "cases.json").read_text())
    rows, pictures = {}, {}
    for kind in dict.fromkeys(c["type"] for c in table["cases"]):
        cases = [c for c in table["cases"] if c["type"] == kind][:limit]
        sheet = np.asarray(Image.open(folder / cases[0]["sheet"]).convert("RGB")).astype(np.float32)
        tiles = [sheet[c["row"] * 64 : c["row"] * 64 + 64] for c in cases]
        sources, targets, masks = (np.stack([t[:, i * 64 : i * 64 + 64] for t in tiles]) for i in range(3))
        if ceiling:
            results = model.decode(model.encode(targets))
        else:
            noise = torch.cat([torch.randn((1, 16, 16, 16), generator=torch.Generator().manual_seed(c["seed"])) for c in cases])
            results = model.decode(model.sample([c["prompt"] for c in cases], [model.encode(sources)], noise, steps or table["steps"], guidance or table["guidance"]))
        verdicts = [judge(c, table["colors"], s, t, m[..., 0], r) for c, s, t, m, r in zip(cases, sources, targets, masks, results)]
        errors = [v[2] for v in verdicts if v[2] is not None]
        rows[kind] = {
            "cases": len(cases), "right": np.mean([v[0] for v in verdicts]), "success": np.mean([v[1] for v in verdicts]),
            "untouched_db": 10 * np.log10(255**2 / np.mean(errors)) if errors else None,
            "untouched_mean_db": np.mean([10 * np.log10(255**2 / e) for e in errors]) if errors else None,
            "whole_db": 10 * np.log10(255**2 / ((results - targets) ** 2).mean()),
        }
        pictures[kind] = (cases, sources, targets, results, [v[1] for v in verdicts])
    return rows, pictures


def show(rows):
    """Prints the table."""
    print("| edit | cases | edit right | success | untouched, pooled dB | untouched, mean dB | whole picture dB |\n|---|---|---|---|---|---|---|")
    for kind, r in rows.items():
        db = lambda v: "-" if v is None else f"{v:.1f}"
        print(f"| {kind} | {r['cases']} | {r['right']:.3f} | {r['success']:.3f} | {db(r['untouched_db'])} | {db(r['untouched_mean_db'])} | {db(r['whole_db'])} |")


def contact_sheet(pictures, file, per_kind=10):
    """Source, target, result of some cases side by side; a failed result has a red bar."""
    columns = []
    for cases, sources, targets, results, right in pictures.values():
        cells = []
        for i in range(min(per_kind, len(cases))):
            bar = np.full((64, 4, 3), (0, 160, 0) if right[i] else (255, 0, 0))
            cells.append(np.concatenate([sources[i], targets[i], results[i], bar], 1))
        while len(cells) < per_kind:
            cells.append(np.zeros_like(cells[0]))
        columns.append(np.concatenate(cells))
    Image.fromarray(np.concatenate(columns, 1).clip(0, 255).astype(np.uint8)).save(file)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("--eval", type=pathlib.Path, required=True)
    parser.add_argument("--ceiling", action="store_true")
    parser.add_argument("--limit", type=int)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--guidance", type=float)
    parser.add_argument("--sheet", type=pathlib.Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    table, results = evaluate(Model(options.model), options.eval, options.ceiling, options.limit, options.steps, options.guidance)
    show(table)
    if options.sheet:
        contact_sheet(results, options.sheet)
