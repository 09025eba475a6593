//! Tensor lists of tiny models, in the namings that circulate.

use serde::Deserialize;

use crate::{Named, weight};

/// Sizes of a transformer.
#[derive(Debug, Clone, Deserialize)]
pub struct Transformer {
    /// Width of a packed latent token, in and out.
    pub channels: usize,
    /// Width of the pooled text.
    pub vec: usize,
    /// Width of a text token.
    pub context: usize,
    /// Width of the residual stream; the MLP is four times as wide.
    pub hidden: usize,
    /// Attention heads.
    pub heads: usize,
    /// Double blocks.
    pub depth: usize,
    /// Single blocks.
    pub single: usize,
    /// Rotary axes.
    pub axes: [usize; 3],
}

impl Transformer {
    /// All tensors under BFL names.
    pub fn bfl(&self) -> Vec<Named> {
        let (h, head) = (self.hidden, self.hidden / self.heads);
        let mut out = Vec::new();
        let mut linear = |name: &str, inputs: usize, outputs: usize| {
            out.push(weight(&format!("{name}.weight"), &[outputs, inputs]));
            out.push(weight(&format!("{name}.bias"), &[outputs]));
        };
        linear("img_in", self.channels, h);
        linear("txt_in", self.context, h);
        for (name, inputs) in [("time_in", 256), ("guidance_in", 256), ("vector_in", self.vec)] {
            linear(&format!("{name}.in_layer"), inputs, h);
            linear(&format!("{name}.out_layer"), h, h);
        }
        for n in 0..self.depth {
            for s in ["img", "txt"] {
                linear(&format!("double_blocks.{n}.{s}_mod.lin"), h, 6 * h);
                linear(&format!("double_blocks.{n}.{s}_attn.qkv"), h, 3 * h);
                linear(&format!("double_blocks.{n}.{s}_attn.proj"), h, h);
                linear(&format!("double_blocks.{n}.{s}_mlp.0"), h, 4 * h);
                linear(&format!("double_blocks.{n}.{s}_mlp.2"), 4 * h, h);
            }
        }
        for m in 0..self.single {
            linear(&format!("single_blocks.{m}.modulation.lin"), h, 3 * h);
            linear(&format!("single_blocks.{m}.linear1"), h, 7 * h);
            linear(&format!("single_blocks.{m}.linear2"), 5 * h, h);
        }
        linear("final_layer.adaLN_modulation.1", h, 2 * h);
        linear("final_layer.linear", h, self.channels);
        for which in ["query", "key"] {
            for n in 0..self.depth {
                for s in ["img", "txt"] {
                    out.push(weight(&format!("double_blocks.{n}.{s}_attn.norm.{which}_norm.scale"), &[head]));
                }
            }
            for m in 0..self.single {
                out.push(weight(&format!("single_blocks.{m}.norm.{which}_norm.scale"), &[head]));
            }
        }
        out
    }

    /// The same tensors as diffusers stores them: q, k, v apart, the last modulation with its halves swapped.
    pub fn diffusers(&self) -> Vec<Named> {
        self.bfl().iter().flat_map(|t| self.to_diffusers(t)).collect()
    }

    /// The `config.json` of the diffusers folder.
    pub fn config_json(&self) -> String {
        let head = self.hidden / self.heads;
        serde_json::json!({
            "_class_name": "FluxTransformer2DModel", "attention_head_dim": head, "num_attention_heads": self.heads,
            "axes_dims_rope": self.axes, "guidance_embeds": true, "in_channels": self.channels,
            "joint_attention_dim": self.context, "num_layers": self.depth, "num_single_layers": self.single,
            "out_channels": null, "patch_size": 1, "pooled_projection_dim": self.vec
        })
        .to_string()
    }

    fn to_diffusers(&self, t: &Named) -> Vec<Named> {
        let h = self.hidden;
        let (path, field) = t.name.rsplit_once('.').unwrap();
        if path == "final_layer.adaLN_modulation.1" {
            let mut values = t.values.clone();
            let half = values.len() / 2;
            values.rotate_left(half);
            return vec![Named { name: format!("norm_out.linear.{field}"), shape: t.shape.clone(), values }];
        }
        for (bfl, diffusers) in OUTER {
            if path == bfl {
                return vec![Named { name: format!("{diffusers}.{field}"), ..t.clone() }];
            }
        }
        let mut parts = path.splitn(3, '.');
        let (kind, n, tail) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
        let root = if kind == "double_blocks" { "transformer_blocks" } else { "single_transformer_blocks" };
        let named = |name: &str| vec![Named { name: format!("{root}.{n}.{name}"), ..t.clone() }];
        let split = |names: &[&str], rows: &[usize]| {
            let width = t.shape.get(1).copied().unwrap_or(1);
            let mut rest = t.values.as_slice();
            let part = |(name, &rows): (&&str, &usize)| {
                let (values, tail) = rest.split_at(rows * width);
                rest = tail;
                let mut shape = t.shape.clone();
                shape[0] = rows;
                Named { name: format!("{root}.{n}.{name}.{field}"), shape, values: values.to_vec() }
            };
            names.iter().zip(rows).map(part).collect()
        };
        match tail {
            "img_attn.qkv" => split(&["attn.to_q", "attn.to_k", "attn.to_v"], &[h, h, h]),
            "txt_attn.qkv" => split(&["attn.add_q_proj", "attn.add_k_proj", "attn.add_v_proj"], &[h, h, h]),
            "linear1" => split(&["attn.to_q", "attn.to_k", "attn.to_v", "proj_mlp"], &[h, h, h, 4 * h]),
            "img_attn.norm.query_norm" | "norm.query_norm" => named("attn.norm_q.weight"),
            "img_attn.norm.key_norm" | "norm.key_norm" => named("attn.norm_k.weight"),
            "txt_attn.norm.query_norm" => named("attn.norm_added_q.weight"),
            "txt_attn.norm.key_norm" => named("attn.norm_added_k.weight"),
            tail => {
                let (_, diffusers) =
                    INNER.iter().find(|(bfl, _)| *bfl == tail).expect("every BFL name is in the table");
                named(&format!("{diffusers}.{field}"))
            }
        }
    }
}

const OUTER: [(&str, &str); 9] = [
    ("img_in", "x_embedder"),
    ("txt_in", "context_embedder"),
    ("time_in.in_layer", "time_text_embed.timestep_embedder.linear_1"),
    ("time_in.out_layer", "time_text_embed.timestep_embedder.linear_2"),
    ("guidance_in.in_layer", "time_text_embed.guidance_embedder.linear_1"),
    ("guidance_in.out_layer", "time_text_embed.guidance_embedder.linear_2"),
    ("vector_in.in_layer", "time_text_embed.text_embedder.linear_1"),
    ("vector_in.out_layer", "time_text_embed.text_embedder.linear_2"),
    ("final_layer.linear", "proj_out"),
];

const INNER: [(&str, &str); 10] = [
    ("img_mod.lin", "norm1.linear"),
    ("txt_mod.lin", "norm1_context.linear"),
    ("img_attn.proj", "attn.to_out.0"),
    ("txt_attn.proj", "attn.to_add_out"),
    ("img_mlp.0", "ff.net.0.proj"),
    ("img_mlp.2", "ff.net.2"),
    ("txt_mlp.0", "ff_context.net.0.proj"),
    ("txt_mlp.2", "ff_context.net.2"),
    ("modulation.lin", "norm.linear"),
    ("linear2", "proj_out"),
];

/// Sizes of an autoencoder.
#[derive(Debug, Clone, Deserialize)]
pub struct Vae {
    /// Channels of each level.
    pub channels: Vec<usize>,
    /// Residual blocks per encoder level; the decoder has one more.
    pub blocks: usize,
    /// Latent channels.
    pub z: usize,
}

impl Vae {
    /// All tensors under BFL names.
    pub fn bfl(&self) -> Vec<Named> {
        let mut v = VaeTensors(Vec::new());
        let (first, last) = (self.channels[0], self.channels[self.channels.len() - 1]);
        v.conv("encoder.conv_in", 3, first, 3);
        let mut width = first;
        for (i, &c) in self.channels.iter().enumerate() {
            for j in 0..self.blocks {
                v.block(&format!("encoder.down.{i}.block.{j}"), width, c);
                width = c;
            }
            if i + 1 < self.channels.len() {
                v.conv(&format!("encoder.down.{i}.downsample.conv"), c, c, 3);
            }
        }
        v.ends("encoder", last, last, 2 * self.z);
        v.conv("decoder.conv_in", self.z, last, 3);
        width = last;
        for (i, &c) in self.channels.iter().enumerate().rev() {
            for j in 0..=self.blocks {
                v.block(&format!("decoder.up.{i}.block.{j}"), width, c);
                width = c;
            }
            if i > 0 {
                v.conv(&format!("decoder.up.{i}.upsample.conv"), c, c, 3);
            }
        }
        v.ends("decoder", last, first, 3);
        v.0
    }

    /// The same tensors as diffusers stores them, with attention matrices of two dimensions.
    pub fn diffusers(&self) -> Vec<Named> {
        let levels = self.channels.len();
        self.bfl().into_iter().map(|t| rename_vae(t, levels, &["to_q", "to_k", "to_v", "to_out.0"])).collect()
    }

    /// The same tensors as diffusers stored them before 2023.
    pub fn old_diffusers(&self) -> Vec<Named> {
        let levels = self.channels.len();
        self.bfl()
            .into_iter()
            .map(|t| rename_vae(t, levels, &["query", "key", "value", "proj_attn"]))
            .collect()
    }
}

struct VaeTensors(Vec<Named>);

impl VaeTensors {
    fn conv(&mut self, name: &str, inputs: usize, outputs: usize, kernel: usize) {
        self.0.push(weight(&format!("{name}.weight"), &[outputs, inputs, kernel, kernel]));
        self.0.push(weight(&format!("{name}.bias"), &[outputs]));
    }

    fn norm(&mut self, name: &str, channels: usize) {
        self.0.push(weight(&format!("{name}.weight"), &[channels]));
        self.0.push(weight(&format!("{name}.bias"), &[channels]));
    }

    fn block(&mut self, name: &str, inputs: usize, outputs: usize) {
        self.norm(&format!("{name}.norm1"), inputs);
        self.conv(&format!("{name}.conv1"), inputs, outputs, 3);
        self.norm(&format!("{name}.norm2"), outputs);
        self.conv(&format!("{name}.conv2"), outputs, outputs, 3);
        if inputs != outputs {
            self.conv(&format!("{name}.nin_shortcut"), inputs, outputs, 1);
        }
    }

    fn ends(&mut self, side: &str, mid: usize, out: usize, channels: usize) {
        self.block(&format!("{side}.mid.block_1"), mid, mid);
        self.norm(&format!("{side}.mid.attn_1.norm"), mid);
        for field in ["q", "k", "v", "proj_out"] {
            self.conv(&format!("{side}.mid.attn_1.{field}"), mid, mid, 1);
        }
        self.block(&format!("{side}.mid.block_2"), mid, mid);
        self.norm(&format!("{side}.norm_out"), out);
        self.conv(&format!("{side}.conv_out"), out, channels, 3);
    }
}

fn rename_vae(mut t: Named, levels: usize, attention: &[&str; 4]) -> Named {
    if t.name.contains(".attn_1.") && t.shape.len() == 4 {
        t.shape.truncate(2);
    }
    let mut name = t.name.clone();
    for i in 0..levels {
        name = name.replace(&format!("decoder.up.{i}."), &format!("decoder.up_blocks.{}.", levels - 1 - i));
        name = name.replace(&format!("encoder.down.{i}."), &format!("encoder.down_blocks.{i}."));
    }
    let name = name
        .replace(".block.", ".resnets.")
        .replace("downsample.conv", "downsamplers.0.conv")
        .replace("upsample.conv", "upsamplers.0.conv")
        .replace("mid.block_1", "mid_block.resnets.0")
        .replace("mid.block_2", "mid_block.resnets.1")
        .replace("mid.attn_1.norm", "mid_block.attentions.0.group_norm")
        .replace("mid.attn_1.q.", &format!("mid_block.attentions.0.{}.", attention[0]))
        .replace("mid.attn_1.k.", &format!("mid_block.attentions.0.{}.", attention[1]))
        .replace("mid.attn_1.v.", &format!("mid_block.attentions.0.{}.", attention[2]))
        .replace("mid.attn_1.proj_out", &format!("mid_block.attentions.0.{}", attention[3]))
        .replace("nin_shortcut", "conv_shortcut")
        .replace("coder.norm_out", "coder.conv_norm_out");
    Named { name, ..t }
}
