"""Measures the Redux pair: what it carries of a picture that the prompt does not mention.

    python redux.py --model ../models/kontext-tiny

Redux tokens of held-back scenes stand after the tokens of an empty prompt, without a reference; the
result is compared with the scene. The pair is trained by `train.py`, in the batches whose layout
has `redux` set.
"""

import argparse
import pathlib

import numpy as np
import torch
from diffusers.pipelines.flux.modeling_flux import ReduxImageEncoder
from PIL import Image
from transformers import SiglipVisionModel

import scenes
from cases import grow, shape_mask, to_bytes
from evaluate import Model
from model import VISION_SIZE

SEED, COUNT = 20_260_202, 60


def see(folder, pictures):
    """Redux tokens of pictures `[n, h, w, 3]` in 0..255, prepared as the model's preprocessor says."""
    vision = SiglipVisionModel.from_pretrained(folder / "image_encoder", torch_dtype=torch.float32)
    redux = ReduxImageEncoder.from_pretrained(folder / "image_embedder", torch_dtype=torch.float32)
    small = [np.asarray(Image.fromarray(p).resize((VISION_SIZE, VISION_SIZE), Image.BICUBIC)) for p in pictures]
    pixels = torch.tensor(np.stack(small)).float().permute(0, 3, 1, 2) / 127.5 - 1
    return redux(vision(pixel_values=pixels).last_hidden_state)[0]


@torch.no_grad()
def measure(folder, sheet=None):
    """Prints PSNR, color errors of background and shapes, and overlap of the shapes' places."""
    rng = np.random.default_rng(SEED)
    drawn = [scenes.random_scene(rng) for _ in range(COUNT)]
    pictures = np.stack([to_bytes(scenes.draw(s)) for s in drawn])
    model = Model(folder)
    noise = torch.cat([torch.randn((1, 16, 16, 16), generator=torch.Generator().manual_seed(i)) for i in range(COUNT)])
    results = model.decode(model.sample([""] * COUNT, [], noise, 8, 2.5, see(folder, pictures)))
    ground, inside, overlap, other = [], [], [], []
    for i, (scene, picture, result) in enumerate(zip(drawn, pictures.astype(float), results)):
        parts = [shape_mask(s, scene) for s in scene.shapes]
        free = ~grow(np.sum(parts, axis=0) > 0, 1)
        ground.append(np.abs(result - picture)[free].mean())
        other.append(np.abs(results[i - 1] - picture)[free].mean())
        plain = scenes.draw(scene.__class__(scene.width, scene.height, scene.ground, scene.ground_colors, scene.angle)) * 255
        for part, shape in zip(parts, scene.shapes):
            inside.append(np.abs(result - picture)[part > 0.99].mean())
            near = ((result - np.array(shape.rgb) * 255) ** 2).sum(-1) < ((result - plain) ** 2).sum(-1)
            window = grow(part > 0, 3)
            overlap.append((near & (part > 0.5)).sum() / max(1, ((near | (part > 0.5)) & window).sum()))
    psnr = 10 * np.log10(255**2 / ((results - pictures) ** 2).mean())
    print(f"{COUNT} scenes: PSNR {psnr:.1f} dB; background off by {np.mean(ground):.1f}/255 (another scene's: {np.mean(other):.1f}); "
          f"shape color off by {np.mean(inside):.1f}/255; overlap of shape places {np.mean(overlap):.2f}")
    if sheet:
        rows = [np.concatenate([pictures[i : i + 10].reshape(-1, 64, 3), results[i : i + 10].reshape(-1, 64, 3)], 1) for i in range(0, 40, 10)]
        Image.fromarray(np.concatenate(rows, 1).astype(np.uint8)).save(sheet)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("--sheet", type=pathlib.Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    measure(options.model, options.sheet)
