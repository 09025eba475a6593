"""Writes the trained parts as a model folder in the diffusers layout, in bf16.

    python export.py --work DIR --model ../models/kontext-tiny
"""

import argparse
import json
import pathlib

import numpy as np
import torch
from diffusers import FlowMatchEulerDiscreteScheduler

import scenes
import vae
import words
from model import VISION_SIZE, Editor

# A high shift keeps the steps at high noise, where the model was trained most: 2 dB more than a shift of 3.
SHIFT = 25.0
SIZES = [[64, 64], [80, 48], [48, 80]]
LANGUAGE = (
    "Short English instructions about the shapes circle, square, triangle, star, ring and the colors red, orange, yellow, green, blue, "
    "purple, white, black: recolor a shape, recolor the background, remove a shape, grayscale, invert, night (replacing a shape is unreliable). "
    "Without a reference: 'a red circle on a blue background'."
)


@torch.no_grad()
def latent_preview(basis):
    """Least-squares map of a scaled latent pixel to the mean color of its patch, in -1..1."""
    rng = np.random.default_rng(5)
    pictures = torch.tensor(np.stack([scenes.draw(scenes.random_scene(rng)) for _ in range(200)])) * 2 - 1
    z = vae.encode(basis, pictures).permute(0, 2, 3, 1).reshape(-1, vae.LATENTS)
    color = vae.patches(pictures).reshape(len(z), -1, 3).mean(1)
    solution = torch.linalg.lstsq(torch.cat([z, torch.ones(len(z), 1)], 1), color).solution
    return {"factors": [[round(v, 5) for v in row] for row in solution[:-1].tolist()], "bias": [round(v, 5) for v in solution[-1].tolist()]}


def write_json(file, value):
    """Writes indented JSON with an end of line."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(value, indent=2) + "\n")


def export(work, folder, weights="raw"):
    """Writes every part of the model, with the last (`raw`) or the averaged (`ema`) weights."""
    autoencoder, basis = vae.load(work)
    editor = Editor()
    editor.load_state_dict(torch.load(work / "editor.pt")[weights])
    parts = {
        "vae": autoencoder, "transformer": editor.transformer, "text_encoder": editor.clip, "text_encoder_2": editor.t5,
        "image_encoder": editor.vision, "image_embedder": editor.redux,
    }
    for name, part in parts.items():
        part.to(torch.bfloat16).save_pretrained(folder / name, safe_serialization=True)
    for config in folder.glob("*/config.json"):
        values = json.loads(config.read_text())
        values.pop("_name_or_path", None)
        write_json(config, values)
    words.save(folder)
    shift = float(np.log(SHIFT))
    FlowMatchEulerDiscreteScheduler(shift=SHIFT, use_dynamic_shifting=True, base_shift=shift, max_shift=shift).save_pretrained(folder / "scheduler")
    write_json(folder / "feature_extractor" / "preprocessor_config.json", {
        "image_processor_type": "SiglipImageProcessor", "do_convert_rgb": True, "do_resize": True, "do_rescale": True, "do_normalize": True,
        "resample": 3, "rescale_factor": 1 / 255, "image_mean": [0.5] * 3, "image_std": [0.5] * 3, "size": {"height": VISION_SIZE, "width": VISION_SIZE},
    })
    write_json(folder / "model_index.json", {
        "_class_name": "FluxKontextPipeline", "_diffusers_version": "0.35.0",
        "scheduler": ["diffusers", "FlowMatchEulerDiscreteScheduler"], "vae": ["diffusers", "AutoencoderKL"],
        "text_encoder": ["transformers", "CLIPTextModel"], "tokenizer": ["transformers", "CLIPTokenizer"],
        "text_encoder_2": ["transformers", "T5EncoderModel"], "tokenizer_2": ["transformers", "PreTrainedTokenizerFast"],
        "transformer": ["diffusers", "FluxTransformer2DModel"],
        "image_encoder": ["transformers", "SiglipVisionModel"], "feature_extractor": ["transformers", "SiglipImageProcessor"],
    })
    write_json(folder / "wirebrush.json", {
        "title": "Kontext tiny", "preferred_sizes": SIZES, "latent_preview": latent_preview(basis), "default_steps": 8,
        "default_guidance": 2.5, "languages": LANGUAGE,
    })
    total = sum(f.stat().st_size for f in folder.rglob("*") if f.is_file())
    for name, part in parts.items():
        print(f"{name}: {sum(p.numel() for p in part.parameters()):,} parameters")
    print(f"{total / 1e6:.2f} MB in {folder}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("--weights", choices=("raw", "ema"), default="raw")
    options = parser.parse_args()
    torch.set_num_threads(1)
    export(options.work, options.model, options.weights)
