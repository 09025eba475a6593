"""The autoencoder: an encoder that is exactly linear, written down, and a decoder that is trained.

The encoder projects each 4x4 patch of the picture on its 16 strongest directions. Written into the
weights of a stock `AutoencoderKL`, it needs no training, and latents of training pictures cost one
matrix product (`encode`).

    python vae.py --work DIR --minutes 40
"""

import argparse
import copy
import pathlib
import time

import numpy as np
import torch
from diffusers import AutoencoderKL

import scenes
from muon import MuonAdamW

PATCH, LATENTS = 4, 16
CHANNELS, GROUPS = 64, 8
BALLAST = 768.0  # Constant that dominates a norm group, so that the norm becomes a plain scaling.


def build():
    """A stock autoencoder with random weights."""
    torch.manual_seed(1)
    return AutoencoderKL(
        block_out_channels=(CHANNELS,) * 3,
        down_block_types=("DownEncoderBlock2D",) * 3,
        up_block_types=("UpDecoderBlock2D",) * 3,
        layers_per_block=0,
        latent_channels=LATENTS,
        norm_num_groups=GROUPS,
        sample_size=64,
        scaling_factor=1.0,
        shift_factor=0.0,
        use_quant_conv=False,
        use_post_quant_conv=False,
    )


def patches(pictures):
    """`[n, h, w, 3]` in -1..1 to `[n, h/4, w/4, 48]`, each patch row by row, colors fastest."""
    n, h, w, _ = pictures.shape
    split = pictures.reshape(n, h // PATCH, PATCH, w // PATCH, PATCH, 3)
    return split.transpose(2, 3).reshape(n, h // PATCH, w // PATCH, -1)


def encode(basis, pictures):
    """Scaled latents `[n, 16, h/4, w/4]` of pictures `[n, h, w, 3]` in -1..1."""
    return ((patches(pictures) - basis["mean"]) @ basis["forward"].T).permute(0, 3, 1, 2)


def measure_basis(n=1500):
    """Directions of most variance over `n` scenes, half whitened, scaled to unit deviation overall.

    Rounded to bf16, so that the stored encoder and the cached latents agree.
    """
    rng = np.random.default_rng(11)
    pictures = np.stack([scenes.draw(scenes.random_scene(rng)) for _ in range(n)]) * 2 - 1
    x = patches(torch.tensor(pictures)).reshape(-1, PATCH * PATCH * 3).double()
    values, vectors = torch.linalg.eigh(torch.cov((x - x.mean(0)).T))
    values, vectors = values.flip(0)[:LATENTS], vectors.flip(1)[:, :LATENTS]
    raw = vectors.T * values[:, None] ** -0.25
    scale = float(1 / ((x - x.mean(0)) @ raw.T).square().mean().sqrt())
    # The stock encoder adds its bias once, so the mean color is that of the whole patch.
    mean = x.mean(0).reshape(-1, 3).mean(0).repeat(PATCH * PATCH)
    raw = raw.bfloat16().double()
    return {"forward": (raw * scale).float(), "raw": raw.float(), "scale": scale, "mean": mean.float()}


@torch.no_grad()
def write_encoder(vae, basis):
    """Writes the projection into the encoder, exactly but for rounding."""
    encoder = vae.encoder
    for p in encoder.parameters():
        p.zero_()
    for c in range(3):
        encoder.conv_in.weight[c, c, 1, 1] = 1
    first = encoder.down_blocks[0].downsamplers[0].conv.weight
    for row in range(2):
        for col in range(2):
            for c in range(3):
                first[(row * 2 + col) * 3 + c, c, row, col] = 1
    # After the first halving channel (row, col, color) lies at (outer row, outer col).
    raw = basis["raw"].reshape(LATENTS, 2, 2, 2, 2, 3)  # latent, outer row, row, outer col, col, color
    second = encoder.down_blocks[1].downsamplers[0].conv
    kernel = raw.permute(0, 2, 4, 5, 1, 3).reshape(LATENTS, 12, 2, 2)
    offset = -(basis["raw"] @ basis["mean"])
    per_group = CHANNELS // GROUPS
    for z in range(LATENTS):
        plus = (z % GROUPS) * per_group + 2 * (z // GROUPS)
        for lane, sign in ((plus, 1), (plus + 1, -1)):
            second.weight[lane, :12, :2, :2] = sign * kernel[z]
            second.bias[lane] = sign * offset[z]
            encoder.conv_out.weight[z, lane, 1, 1] = sign
    for g in range(GROUPS):
        second.bias[g * per_group + 4], second.bias[g * per_group + 5] = BALLAST, -BALLAST
    encoder.conv_norm_out.weight.fill_(BALLAST * (2 / per_group) ** 0.5)
    encoder.conv_out.bias[LATENTS:] = -30
    vae.register_to_config(scaling_factor=basis["scale"])


@torch.no_grad()
def start_decoder(vae, basis):
    """Lets the mean color of each patch pass straight to the output; everything else starts small."""
    decoder = vae.decoder
    for name, p in decoder.named_parameters():
        if name.endswith("conv2.weight") or name.endswith("to_out.0.weight"):
            p.mul_(0.1)
    mean_color = torch.linalg.pinv(basis["forward"]).reshape(PATCH * PATCH, 3, LATENTS).mean(0) * basis["scale"]
    bias = basis["mean"][:3]
    per_group = CHANNELS // GROUPS
    lanes = [(g * per_group, g * per_group + 1, g * per_group + 2, g * per_group + 3) for g in range(3)]
    for conv in (decoder.conv_in, decoder.up_blocks[0].upsamplers[0].conv, decoder.up_blocks[1].upsamplers[0].conv):
        middle = conv.weight.shape[-1] // 2
        for c, (plus, minus, up, down) in enumerate(lanes):
            for lane in (plus, minus, up, down):
                conv.weight[lane], conv.bias[lane] = 0, 0
                if conv is not decoder.conv_in:
                    conv.weight[lane, lane, middle, middle] = 1
            if conv is decoder.conv_in:
                conv.weight[plus, :, middle, middle] = mean_color[c]
                conv.weight[minus, :, middle, middle] = -mean_color[c]
                conv.bias[plus], conv.bias[minus] = bias[c], -bias[c]
                conv.bias[up], conv.bias[down] = 2, -2
    decoder.conv_out.weight.mul_(0.1)
    decoder.conv_out.bias.zero_()
    for c, (plus, minus, up, down) in enumerate(lanes):
        decoder.conv_norm_out.weight[[plus, minus]] = 2 * (2 / per_group) ** 0.5
        decoder.conv_out.weight[:, [plus, minus]] = 0
        decoder.conv_out.weight[c, plus, 1, 1], decoder.conv_out.weight[c, minus, 1, 1] = 1, -1


def psnr(a, b):
    """Peak signal-to-noise ratio in dB of pictures in -1..1."""
    return float(-10 * torch.log10(((a.clamp(-1, 1) - b) / 2).square().mean()))


def random_pictures(rng, n):
    """Training pictures: scenes, some of them inverted, darkened or gray, `[n, 64, 64, 3]` in -1..1."""
    import edits

    out = []
    for _ in range(n):
        picture = scenes.draw(scenes.random_scene(rng))
        if rng.random() < 0.25:
            picture = edits.GLOBALS[str(rng.choice(list(edits.GLOBALS)))](picture)
        out.append(picture)
    return torch.tensor(np.stack(out)) * 2 - 1


def train(work, minutes, batch=8):
    """Trains the decoder for `minutes` of wall time; resumes from `work`/vae.pt if it exists."""
    file, started = work / "vae.pt", time.time()
    vae, rng = build(), np.random.default_rng(int(started))
    basis = measure_basis()
    write_encoder(vae, basis)
    start_decoder(vae, basis)
    torch.save(basis, work / "basis.pt")
    vae.encoder.requires_grad_(False)
    decoder = vae.decoder
    held = random_pictures(np.random.default_rng(99), 64)
    with torch.no_grad():
        gap = vae.encode(held[:4].permute(0, 3, 1, 2)).latent_dist.mode() * basis["scale"] - encode(basis, held[:4])
        print(f"encoder against matrix product: {gap.abs().max():.4f}", flush=True)
    average, done = copy.deepcopy(decoder), 0
    if file.exists():
        saved = torch.load(file)
        decoder.load_state_dict(saved["raw"])
        average.load_state_dict(saved["ema"])
        done = saved["steps"]
    matrices = [p for n, p in decoder.named_parameters() if p.dim() > 1 and n not in ("conv_in.weight", "conv_out.weight")]
    others = [p for p in decoder.parameters() if all(p is not m for m in matrices)]
    optimizer = MuonAdamW(matrices, others, 0.01, 1.5e-3, decay=0.0)
    decoder.to(memory_format=torch.channels_last)
    run = torch.compile(decoder)
    pool, step = None, 0
    while (part := (time.time() - started) / (minutes * 60)) < 1:
        if step % 8 == 0:
            pool = random_pictures(rng, 4 * batch)
        optimizer.set_rate(min(1, (step + 1) / 50) * (1 if part < 0.3 else 0.03 + 0.97 * np.cos(np.pi / 2 * (part - 0.3) / 0.7) ** 2))
        target = pool[torch.tensor(rng.choice(len(pool), batch, replace=False))]
        z = encode(basis, target)
        if part < 0.8:
            top, left = rng.integers(0, 5, 2)
            z, target = z[:, :, top : top + 12, left : left + 12], target[:, top * 4 : top * 4 + 48, left * 4 : left * 4 + 48]
        z = z + 0.03 * torch.randn_like(z)
        out = run((z / basis["scale"]).contiguous(memory_format=torch.channels_last))
        diff = out - target.permute(0, 3, 1, 2)
        loss = diff.abs().mean() + 3 * diff.square().mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(decoder.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        step += 1
        with torch.no_grad():
            for a, p in zip(average.parameters(), decoder.parameters()):
                a.lerp_(p, 1 - min(0.998, (step + 1) / (step + 10)))
        if step % 100 == 0:
            with torch.no_grad():
                value = psnr(average(encode(basis, held) / basis["scale"]).permute(0, 2, 3, 1), held)
            print(f"{time.time() - started:6.0f} s  step {done + step}  loss {loss:.4f}  held-out {value:.2f} dB", flush=True)
            torch.save({"raw": decoder.state_dict(), "ema": average.state_dict(), "steps": done + step, "psnr": value}, file)
    torch.save({"raw": decoder.state_dict(), "ema": average.state_dict(), "steps": done + step, "psnr": value}, file)


def load(work):
    """The autoencoder with the averaged decoder of the last run, and the basis."""
    basis = torch.load(work / "basis.pt")
    vae = build()
    write_encoder(vae, basis)
    vae.decoder.load_state_dict(torch.load(work / "vae.pt")["ema"])
    return vae.eval(), basis


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--minutes", type=float, default=40)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    train(options.work, options.minutes)
