//! Double-stream and single-stream blocks and the last layer.

use candle_core::Tensor;

use super::config::Config;
use crate::error::Result;
use crate::kernels::{self, ColumnBias, RopeTable, add_gated, layer_norm_modulate, split_qkv};
use crate::linear::{Linear, Loader};

/// What all blocks of one step share.
pub(super) struct Run<'a> {
    pub(super) config: &'a Config,
    /// SiLU of the embedded time, guidance and pooled text, `(1, hidden)`.
    pub(super) vec: &'a Tensor,
    pub(super) rope: &'a RopeTable,
    pub(super) biases: &'a [ColumnBias],
}

/// Learned scales of the query and key norms.
struct QkNorm {
    query: Vec<f32>,
    key: Vec<f32>,
}

/// One stream of a double block.
struct Stream {
    modulation: Linear,
    qkv: Linear,
    norm: QkNorm,
    proj: Linear,
    mlp_in: Linear,
    mlp_out: Linear,
}

/// Text and image keep their own weights and attend jointly.
pub(super) struct Double {
    txt: Stream,
    img: Stream,
}

/// Text and image share the weights; attention and MLP run side by side.
pub(super) struct Single {
    modulation: Linear,
    linear1: Linear,
    norm: QkNorm,
    linear2: Linear,
}

/// Modulated norm and projection to latent channels.
pub(super) struct LastLayer {
    modulation: Linear,
    linear: Linear,
}

impl QkNorm {
    fn load(loader: &Loader, name: &str, dim: usize) -> Result<Self> {
        Ok(Self {
            query: loader.vector(&format!("{name}.query_norm.scale"), dim)?,
            key: loader.vector(&format!("{name}.key_norm.scale"), dim)?,
        })
    }
}

impl Stream {
    fn load(loader: &Loader, block: &str, stream: &str, c: &Config) -> Result<Self> {
        let (attn, mlp) = (format!("{block}.{stream}_attn"), format!("{block}.{stream}_mlp"));
        Ok(Self {
            modulation: loader.linear(&format!("{block}.{stream}_mod.lin"), c.hidden, 6 * c.hidden)?,
            qkv: loader.linear(&format!("{attn}.qkv"), c.hidden, 3 * c.hidden)?,
            norm: QkNorm::load(loader, &format!("{attn}.norm"), c.head_dim)?,
            proj: loader.linear(&format!("{attn}.proj"), c.hidden, c.hidden)?,
            mlp_in: loader.linear(&format!("{mlp}.0"), c.hidden, c.mlp_hidden)?,
            mlp_out: loader.linear(&format!("{mlp}.2"), c.mlp_hidden, c.hidden)?,
        })
    }

    /// Normed, rotated queries, keys and values: `(3, H, L, D)`.
    fn attend(&self, x: &Tensor, modulation: &Chunks, first: usize, run: &Run<'_>) -> Result<Tensor> {
        let x = layer_norm_modulate(x, modulation.get(0), modulation.get(1))?;
        let qkv = self.qkv.forward(&x)?;
        split_qkv(&qkv, run.config.heads, &self.norm.query, &self.norm.key, run.rope, first)
    }

    /// Both residuals.
    fn finish(&self, x: &Tensor, attention: &Tensor, modulation: &Chunks) -> Result<Tensor> {
        let x = add_gated(x, &self.proj.forward(attention)?, modulation.get(2))?;
        let y = layer_norm_modulate(&x, modulation.get(3), modulation.get(4))?;
        let y = self.mlp_in.forward(&y)?;
        kernels::gelu(&y)?;
        add_gated(&x, &self.mlp_out.forward(&y)?, modulation.get(5))
    }
}

impl Double {
    pub(super) fn load(loader: &Loader, n: usize, c: &Config) -> Result<Self> {
        let block = format!("double_blocks.{n}");
        Ok(Self {
            txt: Stream::load(loader, &block, "txt", c)?,
            img: Stream::load(loader, &block, "img", c)?,
        })
    }

    /// New text and image rows.
    pub(super) fn forward(&self, txt: &Tensor, img: &Tensor, run: &Run<'_>) -> Result<(Tensor, Tensor)> {
        let txt_mod = Chunks::new(&self.txt.modulation, run)?;
        let img_mod = Chunks::new(&self.img.modulation, run)?;
        let (n_txt, n_img) = (txt.dim(0)?, img.dim(0)?);
        let qkv = {
            let txt = self.txt.attend(txt, &txt_mod, 0, run)?;
            let img = self.img.attend(img, &img_mod, n_txt, run)?;
            Tensor::cat(&[&txt, &img], 2)?
        };
        let attention = attend(&qkv, run)?;
        drop(qkv);
        Ok((
            self.txt.finish(txt, &attention.narrow(0, 0, n_txt)?, &txt_mod)?,
            self.img.finish(img, &attention.narrow(0, n_txt, n_img)?, &img_mod)?,
        ))
    }
}

impl Single {
    pub(super) fn load(loader: &Loader, n: usize, c: &Config) -> Result<Self> {
        let block = format!("single_blocks.{n}");
        Ok(Self {
            modulation: loader.linear(&format!("{block}.modulation.lin"), c.hidden, 3 * c.hidden)?,
            linear1: loader.linear(&format!("{block}.linear1"), c.hidden, 3 * c.hidden + c.mlp_hidden)?,
            norm: QkNorm::load(loader, &format!("{block}.norm"), c.head_dim)?,
            linear2: loader.linear(&format!("{block}.linear2"), c.hidden + c.mlp_hidden, c.hidden)?,
        })
    }

    /// New rows of text and image.
    pub(super) fn forward(&self, x: &Tensor, run: &Run<'_>) -> Result<Tensor> {
        let modulation = Chunks::new(&self.modulation, run)?;
        let normed = layer_norm_modulate(x, modulation.get(0), modulation.get(1))?;
        let (qkv, mlp) = self.linear1.forward_split(&normed, 3 * run.config.hidden)?;
        drop(normed);
        let attention = {
            let qkv = split_qkv(&qkv, run.config.heads, &self.norm.query, &self.norm.key, run.rope, 0)?;
            attend(&qkv, run)?
        };
        drop(qkv);
        kernels::gelu(&mlp)?;
        add_gated(x, &self.linear2.forward_joined(&attention, &mlp)?, modulation.get(2))
    }
}

impl LastLayer {
    pub(super) fn load(loader: &Loader, c: &Config) -> Result<Self> {
        Ok(Self {
            modulation: loader.linear("final_layer.adaLN_modulation.1", c.hidden, 2 * c.hidden)?,
            linear: loader.linear("final_layer.linear", c.hidden, c.out_channels)?,
        })
    }

    pub(super) fn forward(&self, x: &Tensor, vec: &Tensor) -> Result<Tensor> {
        let modulation = self.modulation.forward_row(vec)?;
        let (shift, scale) = modulation.split_at(modulation.len() / 2);
        self.linear.forward(&layer_norm_modulate(x, shift, scale)?)
    }
}

/// Modulation of one stream: vectors of `hidden` in the order of the checkpoint (shift, scale, gate, …).
struct Chunks {
    values: Vec<f32>,
    width: usize,
}

impl Chunks {
    fn new(modulation: &Linear, run: &Run<'_>) -> Result<Self> {
        Ok(Self { values: modulation.forward_row(run.vec)?, width: run.config.hidden })
    }

    fn get(&self, i: usize) -> &[f32] {
        &self.values[i * self.width..][..self.width]
    }
}

/// Joint attention of `(3, H, L, D)`, giving `(L, hidden)`.
fn attend(qkv: &Tensor, run: &Run<'_>) -> Result<Tensor> {
    let scale = 1.0 / (run.config.head_dim as f32).sqrt();
    kernels::attention(&qkv.get(0)?, &qkv.get(1)?, &qkv.get(2)?, scale, run.biases)
}
