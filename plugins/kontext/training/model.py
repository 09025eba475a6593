"""The editor: text encoders, vision tower and transformer of stock classes, with helper heads.

`Editor.forward` computes what the stock `FluxTransformer2DModel` computes, from the same
parameters, written so that one compiled function serves all blocks of a sort and so that the
helper heads can read hidden states. The helper heads exist in training only.
"""

import math

import torch
import torch.nn.functional as F
from diffusers import FluxTransformer2DModel
from diffusers.pipelines.flux.modeling_flux import ReduxImageEncoder
from torch import nn
from transformers import CLIPTextConfig, CLIPTextModel, SiglipVisionConfig, SiglipVisionModel, T5Config, T5EncoderModel

import words

WIDTH, HEADS, AXES = 128, 4, (8, 12, 12)
DOUBLE, SINGLE = 2, 4
VISION_SIZE, VISION_PATCH = 32, 8


def build_text():
    """The CLIP and T5 encoders."""
    clip = CLIPTextConfig(
        vocab_size=words.clip_tokenizer().get_vocab_size(), hidden_size=WIDTH, intermediate_size=2 * WIDTH, num_hidden_layers=2,
        num_attention_heads=4, max_position_embeddings=words.CLIP_LENGTH, projection_dim=WIDTH, bos_token_id=0, eos_token_id=1, pad_token_id=1,
    )
    t5 = T5Config(
        vocab_size=words.t5_tokenizer().get_vocab_size(), d_model=WIDTH, d_kv=32, d_ff=2 * WIDTH, num_layers=2, num_heads=4,
        feed_forward_proj="gated-gelu", dropout_rate=0.0, is_encoder_decoder=False, use_cache=False, pad_token_id=0, eos_token_id=1,
    )
    return CLIPTextModel(clip), T5EncoderModel(t5)


def build_vision():
    """The SigLIP tower and the Redux embedder."""
    config = SiglipVisionConfig(
        hidden_size=WIDTH, intermediate_size=2 * WIDTH, num_hidden_layers=2, num_attention_heads=4, image_size=VISION_SIZE,
        patch_size=VISION_PATCH, hidden_act="gelu_pytorch_tanh", vision_use_head=False,
    )
    return SiglipVisionModel(config), ReduxImageEncoder(redux_dim=WIDTH, txt_in_features=WIDTH)


def build_transformer():
    """The transformer, started so that references are copied from the first step on."""
    model = FluxTransformer2DModel(
        in_channels=64, num_layers=DOUBLE, num_single_layers=SINGLE, attention_head_dim=WIDTH // HEADS, num_attention_heads=HEADS,
        joint_attention_dim=WIDTH, pooled_projection_dim=WIDTH, guidance_embeds=True, axes_dims_rope=AXES,
    )
    for name, p in model.named_parameters():
        if p.dim() == 2:
            nn.init.xavier_uniform_(p)
            if ".norm" in name or name.startswith("norm"):
                p.data.mul_(0.25)
        elif name.endswith(".bias"):
            nn.init.zeros_(p)
    nn.init.zeros_(model.proj_out.weight)
    with torch.no_grad():
        for block in model.transformer_blocks:
            for norm in (block.norm1, block.norm1_context):
                norm.linear.bias[2 * WIDTH : 3 * WIDTH] = 0.6
                norm.linear.bias[5 * WIDTH :] = 0.6
            _look_at_reference(block.attn)
        for block in model.single_transformer_blocks:
            block.norm.linear.bias[2 * WIDTH :] = 0.6
            _look_at_reference(block.attn)
    return model


def _look_at_reference(attention, strength=2.5):
    """Biases that make head 0 attend to the same place of the reference, head 1 to the own place."""
    size = WIDTH // HEADS
    toward = torch.zeros(size)
    toward[0::2] = strength
    for head, plane in ((0, 1.0), (1, 0.0)):
        key = toward.clone()
        for i in range(AXES[0] // 2):
            angle = -plane * 10000 ** (-2 * i / AXES[0])
            key[2 * i], key[2 * i + 1] = strength * math.cos(angle), strength * math.sin(angle)
        attention.to_q.bias[head * size : (head + 1) * size] = toward
        attention.to_k.bias[head * size : (head + 1) * size] = key
    attention.norm_q.weight.fill_(1.4)
    attention.norm_k.weight.fill_(1.4)


def rotary(ids):
    """Cosine and sine tables `[tokens, 16]` of position ids `[tokens, 3]`."""
    angles = []
    for axis, size in enumerate(AXES):
        omega = 10000.0 ** (-torch.arange(0, size, 2, dtype=torch.float64) / size)
        angles.append(ids[:, axis : axis + 1].double() * omega)
    angles = torch.cat(angles, 1)
    return angles.cos().float(), angles.sin().float()


def _heads(x, weight, bias, scale, cos, sin):
    b, n, _ = x.shape
    y = F.linear(x, weight, bias).view(b, n, HEADS, -1)
    y = y * torch.rsqrt(y.square().mean(-1, keepdim=True) + 1e-6) * scale
    even, odd = y[..., 0::2], y[..., 1::2]
    cos, sin = cos[None, :, None, :], sin[None, :, None, :]
    return torch.stack([even * cos - odd * sin, odd * cos + even * sin], -1).flatten(-2)


def _norm(x, scale, shift):
    return F.layer_norm(x, (WIDTH,), eps=1e-6) * (1 + scale[:, None]) + shift[:, None]


def _attend(q, k, v):
    out = F.scaled_dot_product_attention(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2))
    return out.transpose(1, 2).flatten(2)


def _double(w, image, text, vec, cos, sin):
    vec = F.silu(vec)
    mi = F.linear(vec, w["norm1.linear.weight"], w["norm1.linear.bias"]).chunk(6, -1)
    mt = F.linear(vec, w["norm1_context.linear.weight"], w["norm1_context.linear.bias"]).chunk(6, -1)
    n = text.shape[1]
    x, y = _norm(image, mi[1], mi[0]), _norm(text, mt[1], mt[0])
    b = x.shape[0]
    q, k = (
        torch.cat([
            _heads(y, w[f"attn.add_{p}_proj.weight"], w[f"attn.add_{p}_proj.bias"], w[f"attn.norm_added_{p}.weight"], cos[:n], sin[:n]),
            _heads(x, w[f"attn.to_{p}.weight"], w[f"attn.to_{p}.bias"], w[f"attn.norm_{p}.weight"], cos[n:], sin[n:]),
        ], 1)
        for p in "qk"
    )
    v = torch.cat([
        F.linear(y, w["attn.add_v_proj.weight"], w["attn.add_v_proj.bias"]),
        F.linear(x, w["attn.to_v.weight"], w["attn.to_v.bias"]),
    ], 1).view(b, -1, HEADS, WIDTH // HEADS)
    out = _attend(q, k, v)
    image = image + mi[2][:, None] * F.linear(out[:, n:], w["attn.to_out.0.weight"], w["attn.to_out.0.bias"])
    text = text + mt[2][:, None] * F.linear(out[:, :n], w["attn.to_add_out.weight"], w["attn.to_add_out.bias"])
    hidden = F.gelu(F.linear(_norm(image, mi[4], mi[3]), w["ff.net.0.proj.weight"], w["ff.net.0.proj.bias"]), approximate="tanh")
    image = image + mi[5][:, None] * F.linear(hidden, w["ff.net.2.weight"], w["ff.net.2.bias"])
    hidden = F.gelu(F.linear(_norm(text, mt[4], mt[3]), w["ff_context.net.0.proj.weight"], w["ff_context.net.0.proj.bias"]), approximate="tanh")
    text = text + mt[5][:, None] * F.linear(hidden, w["ff_context.net.2.weight"], w["ff_context.net.2.bias"])
    return image, text


def _single(w, x, vec, cos, sin):
    shift, scale, gate = F.linear(F.silu(vec), w["norm.linear.weight"], w["norm.linear.bias"]).chunk(3, -1)
    y = _norm(x, scale, shift)
    q = _heads(y, w["attn.to_q.weight"], w["attn.to_q.bias"], w["attn.norm_q.weight"], cos, sin)
    k = _heads(y, w["attn.to_k.weight"], w["attn.to_k.bias"], w["attn.norm_k.weight"], cos, sin)
    v = F.linear(y, w["attn.to_v.weight"], w["attn.to_v.bias"]).view(q.shape)
    hidden = F.gelu(F.linear(y, w["proj_mlp.weight"], w["proj_mlp.bias"]), approximate="tanh")
    out = F.linear(torch.cat([_attend(q, k, v), hidden], -1), w["proj_out.weight"], w["proj_out.bias"])
    return x + gate[:, None] * out


def position_ids(sizes):
    """Ids of target and references: `sizes` are (rows, columns) in tokens, the target first.

    References lie on plane 1, the first at the origin, the next beside or below it.
    """
    ids, height, width = [], 0, 0
    for index, (rows, cols) in enumerate(sizes):
        top = left = 0
        if index > 0:
            if rows + height > cols + width:
                left = width
            else:
                top = height
            height, width = max(height, rows + top), max(width, cols + left)
        y, x = torch.meshgrid(torch.arange(rows) + top, torch.arange(cols) + left, indexing="ij")
        ids.append(torch.stack([torch.full_like(y, min(index, 1)), y, x], -1).reshape(-1, 3))
    return torch.cat(ids)


def pack(latents):
    """`[n, 16, h, w]` to tokens `[n, h/2 * w/2, 64]`."""
    n, c, h, w = latents.shape
    return latents.view(n, c, h // 2, 2, w // 2, 2).permute(0, 2, 4, 1, 3, 5).reshape(n, h * w // 4, c * 4)


class Editor(nn.Module):
    """Everything that is trained together after the autoencoder."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(3)
        self.clip, self.t5 = build_text()
        self.vision, self.redux = build_vision()
        self.transformer = build_transformer()
        self.reads = nn.ModuleDict({
            "kinds": nn.Linear(WIDTH, 5), "change": nn.Linear(WIDTH, 1), "new_kinds": nn.Linear(WIDTH, 5),
            "text_t5": nn.Linear(WIDTH, 9 + 6 + 9 + 6), "text_clip": nn.Linear(WIDTH, 9 + 6 + 9 + 6),
        })
        self.double, self.single = _double, _single

    def compile(self):
        """Compiles the two sorts of blocks."""
        self.double, self.single = torch.compile(_double, dynamic=False), torch.compile(_single, dynamic=False)

    def read_text(self, t5_ids, clip_ids):
        """T5 hidden states and the pooled CLIP vector (at the first end mark)."""
        text = self.t5(input_ids=t5_ids).last_hidden_state
        states = self.clip(input_ids=clip_ids).last_hidden_state
        end = (clip_ids == 1).int().argmax(1)
        return text, states[torch.arange(len(end)), end]

    def see(self, pictures):
        """Redux tokens of pictures `[n, 3, 32, 32]` in -1..1."""
        return self.redux(self.vision(pixel_values=pictures).last_hidden_state)[0]

    def forward(self, tokens, n_target, ids, text, pooled, t, guidance):
        """Velocity of the target tokens, and the helper heads' logits."""
        m = self.transformer
        vec = m.time_text_embed(t * 1000, guidance * 1000, pooled)
        image, text = m.x_embedder(tokens), m.context_embedder(text)
        n = text.shape[1]
        cos, sin = rotary(torch.cat([torch.zeros(n, 3), ids.float()]))
        for block in m.transformer_blocks:
            image, text = self.double(dict(block.named_parameters()), image, text, vec, cos, sin)
        helper = {"kinds": self.reads["kinds"](image[:, n_target:])}
        x = torch.cat([text, image], 1)
        for index, block in enumerate(m.single_transformer_blocks):
            x = self.single(dict(block.named_parameters()), x, vec, cos, sin)
            if index == 1:
                helper["change"] = self.reads["change"](x[:, n : n + n_target])[..., 0]
            if index == 2:
                helper["new_kinds"] = self.reads["new_kinds"](x[:, n : n + n_target])
        out = m.proj_out(m.norm_out(x[:, n : n + n_target], vec))
        return out, helper
