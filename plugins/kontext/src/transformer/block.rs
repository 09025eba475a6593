//! Double-stream and single-stream blocks and the last layer.

use candle_core::Tensor;

use super::config::Config;
use crate::error::Result;
use crate::kernels::{self, ColumnBias, RopeTable, add_gated, layer_norm_modulate, split_qkv};
use crate::linear::{Linear, Loader};

/// Tokens that are in the wide layers at once. These are four times as wide as the stream; for many tokens they would be most of
/// what a step needs. Streamed weights are widened once for each chunk, some percent of the work on so many tokens.
pub(crate) const ROWS: usize = 2048;

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

    /// Writes normed, rotated queries, keys and values into `(3, H, L, D)`, from token `first` on.
    fn attend(
        &self,
        x: &Tensor,
        modulation: &Chunks,
        first: usize,
        qkv: &mut [f32],
        run: &Run<'_>,
    ) -> Result<()> {
        for (at, x) in in_chunks(x)? {
            let x = layer_norm_modulate(&x, modulation.get(0), modulation.get(1))?;
            let x = self.qkv.forward(&x)?;
            let QkNorm { query, key } = &self.norm;
            split_qkv(&x, run.config.heads, query, key, run.rope, first + at, qkv)?;
        }
        Ok(())
    }

    /// Both residuals.
    fn finish(&self, x: &Tensor, attention: &Tensor, modulation: &Chunks) -> Result<Tensor> {
        map_chunks(x, |at, x| {
            let attention = attention.narrow(0, at, x.dim(0)?)?;
            let x = add_gated(x, &self.proj.forward(&attention)?, modulation.get(2))?;
            let y = layer_norm_modulate(&x, modulation.get(3), modulation.get(4))?;
            let y = self.mlp_in.forward(&y)?;
            kernels::gelu(&y)?;
            add_gated(&x, &self.mlp_out.forward(&y)?, modulation.get(5))
        })
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
        let mut qkv = vec![0f32; 3 * run.config.hidden * (n_txt + n_img)];
        self.txt.attend(txt, &txt_mod, 0, &mut qkv, run)?;
        self.img.attend(img, &img_mod, n_txt, &mut qkv, run)?;
        let attention = attend(qkv, run)?;
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
        let normed = |x: &Tensor| layer_norm_modulate(x, modulation.get(0), modulation.get(1));
        let columns = 3 * run.config.hidden;
        let mut qkv = vec![0f32; columns * x.dim(0)?];
        for (at, x) in in_chunks(x)? {
            let x = self.linear1.forward_part(&normed(&x)?, 0..columns)?;
            split_qkv(&x, run.config.heads, &self.norm.query, &self.norm.key, run.rope, at, &mut qkv)?;
        }
        let attention = attend(qkv, run)?;
        // Normed once more: cheaper than to keep what is four times as wide as the stream for all tokens.
        map_chunks(x, |at, x| {
            let mlp = self.linear1.forward_part(&normed(x)?, columns..self.linear1.outputs())?;
            kernels::gelu(&mlp)?;
            let attention = attention.narrow(0, at, x.dim(0)?)?;
            add_gated(x, &self.linear2.forward_joined(&attention, &mlp)?, modulation.get(2))
        })
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

/// Tokens with their places, some at a time.
fn in_chunks(x: &Tensor) -> Result<impl Iterator<Item = (usize, Tensor)>> {
    let rows = x.dim(0)?;
    let chunk = |at| Ok((at, x.narrow(0, at, ROWS.min(rows - at))?));
    Ok((0..rows).step_by(ROWS).map(chunk).collect::<Result<Vec<_>>>()?.into_iter())
}

/// What `f` makes of tokens, some at a time; as wide as they are.
fn map_chunks(x: &Tensor, f: impl Fn(usize, &Tensor) -> Result<Tensor>) -> Result<Tensor> {
    let (rows, width) = x.dims2()?;
    if rows <= ROWS {
        return f(0, x);
    }
    let mut out = vec![0f32; rows * width];
    for ((at, x), out) in in_chunks(x)?.zip(out.chunks_mut(ROWS * width)) {
        kernels::with_slice(&f(at, &x)?, |y| {
            out.copy_from_slice(y);
            Ok(())
        })?;
    }
    kernels::tensor(out, &[rows, width])
}

/// Joint attention of `(3, H, L, D)`, giving `(L, hidden)`.
fn attend(qkv: Vec<f32>, run: &Run<'_>) -> Result<Tensor> {
    let (heads, dim) = (run.config.heads, run.config.head_dim);
    let qkv = kernels::tensor(qkv, &[3, heads, run.rope.tokens(), dim])?;
    let scale = 1.0 / (run.config.head_dim as f32).sqrt();
    kernels::attention(&qkv.get(0)?, &qkv.get(1)?, &qkv.get(2)?, scale, run.biases)
}
