//! The flow transformer: [`Transformer::open`], [`Transformer::prepare`], [`Prepared::velocity`].
//!
//! Joint attention over text, target and reference tokens, computed in f32. What does not change between steps (text and reference
//! tokens, rotary table, embedded guidance and pooled text) is computed once, in `prepare`.
//!
//! Invariant: a `Transformer` is immutable and shared between runs; all state of a run is in its [`Prepared`].
//!
//! Source: <https://github.com/black-forest-labs/flux/blob/main/src/flux/model.py>.

mod block;
pub(crate) mod config;
mod embed;

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use candle_core::{Device, Tensor};

use crate::error::{Error, Result};
use crate::kernels::{self, ColumnBias, RopeTable};
use crate::memory::Residency;
use crate::weights::{Part, ReadAhead, Weights};

pub use config::Config;

use crate::linear::{Linear, Loader};
pub(crate) use block::ROWS;
use block::{Double, LastLayer, Single};
use embed::Mlp;

/// Called between blocks with the number done and the total; an error stops the run and is returned from it.
pub type OnBlock<'a> = &'a (dyn Fn(usize, usize) -> Result<()> + 'a);

/// The loaded model. `Send + Sync`; share it in an [`Arc`].
pub struct Transformer {
    config: Config,
    weights: Weights,
    residency: Residency,
    img_in: Linear,
    txt_in: Linear,
    time_in: Mlp,
    guidance_in: Mlp,
    vector_in: Mlp,
    double: Vec<Double>,
    single: Vec<Single>,
    last: LastLayer,
}

/// What the text encoders say, and Redux tokens if any.
#[derive(Debug, Clone)]
pub struct Conditioning {
    /// Text tokens, then Redux tokens: `(L, context_dim)`, f32.
    pub txt: Tensor,
    /// Pooled text: `(vec_dim)`, f32.
    pub vec: Tensor,
    /// Attention strengths of rows of `txt`, in rising order; see [`TextBias`].
    pub biases: Vec<TextBias>,
}

/// Makes all earlier text and all image tokens look at some text tokens more or less.
///
/// Adds `ln(strength)` to the attention scores of these columns. Rows of the same and of later text tokens keep their scores.
#[derive(Debug, Clone, PartialEq)]
pub struct TextBias {
    /// Rows of [`Conditioning::txt`].
    pub tokens: Range<usize>,
    /// 1 changes nothing, 0 hides the tokens.
    pub strength: f32,
}

/// A reference picture as packed latent tokens.
#[derive(Debug, Clone)]
pub struct Reference {
    /// `(rows·columns, in_channels)`, f32; see [`crate::sampling::pack`].
    pub tokens: Tensor,
    /// Rows and columns of tokens.
    pub grid: (usize, usize),
    /// Position of the first token: plane, row, column. The target is on plane 0 at (0, 0).
    pub position: [i64; 3],
}

/// One run: a prompt, a target size and references, ready for any number of steps.
pub struct Prepared {
    model: Arc<Transformer>,
    txt: Tensor,
    references: Option<Tensor>,
    rope: RopeTable,
    /// Embedded guidance + pooled text.
    vec: Tensor,
    biases: Vec<ColumnBias>,
    target: usize,
    /// Where weights are streamed.
    ahead: Option<ReadAhead>,
}

impl Transformer {
    /// Loads from a file, an index or a diffusers folder, with its configuration when it has one.
    ///
    /// # Errors
    /// As [`Weights::open`], [`Weights::part`], [`Config::from_weights`] and [`Transformer::load`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let weights = Weights::open(path)?.part(Part::Transformer)?;
        let json = config::read_json_of(path, &weights)?;
        let config = Config::from_weights(&weights, json.as_ref())?;
        Self::load(&weights, config)
    }

    /// Loads from canonical weights ([`Part::Transformer`]); kept when the model is at most 1 GiB in f32, else streamed.
    ///
    /// # Errors
    /// [`Error::Tensor`] when a tensor is missing or has another shape; [`Error::Unsupported`] for its encoding.
    pub fn load(weights: &Weights, config: Config) -> Result<Self> {
        Self::load_as(weights, config, Residency::of(weights))
    }

    /// As [`Transformer::load`], with the weights where the caller wants them. That changes no bit of the result.
    ///
    /// # Errors
    /// As [`Transformer::load`].
    pub fn load_as(weights: &Weights, config: Config, residency: Residency) -> Result<Self> {
        config.check()?;
        let loader = Loader::new(weights, residency == Residency::Kept);
        let (c, hidden) = (&config, config.hidden);
        Ok(Self {
            img_in: loader.linear("img_in", c.in_channels, hidden)?,
            txt_in: loader.linear("txt_in", c.context_dim, hidden)?,
            time_in: Mlp::load(&loader, "time_in", embed::WIDTH, hidden)?,
            guidance_in: Mlp::load(&loader, "guidance_in", embed::WIDTH, hidden)?,
            vector_in: Mlp::load(&loader, "vector_in", c.vec_dim, hidden)?,
            double: (0..c.depth).map(|n| Double::load(&loader, n, c)).collect::<Result<_>>()?,
            single: (0..c.depth_single).map(|n| Single::load(&loader, n, c)).collect::<Result<_>>()?,
            last: LastLayer::load(&loader, c)?,
            weights: weights.clone(),
            residency,
            config,
        })
    }

    /// Checks that all tensors are there in the right shapes, as [`Transformer::load`] does, without reading the matrices.
    ///
    /// # Errors
    /// As [`Transformer::load`].
    pub fn check(weights: &Weights, config: Config) -> Result<()> {
        Self::load_as(weights, config, Residency::Streamed).map(|_| ())
    }

    /// The sizes of the model.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What the names of a block's tensors begin with. Behind the last block comes the first one of the next step.
    fn prefix(&self, block: usize) -> String {
        let (double, all) = (self.double.len(), self.double.len() + self.single.len());
        match block % all.max(1) {
            n if n < double => format!("double_blocks.{n}."),
            n => format!("single_blocks.{}.", n - double),
        }
    }

    /// Prepares a run.
    ///
    /// `grid` is rows and columns of target tokens (16×16 pixels each); `guidance` the distilled guidance scale, usually 1.5 to 4.
    /// Cost: embeds text and reference tokens once, less than one block.
    ///
    /// # Errors
    /// [`Error::Input`] when a shape does not fit the model.
    pub fn prepare(
        self: &Arc<Self>,
        conditioning: &Conditioning,
        grid: (usize, usize),
        references: &[Reference],
        guidance: f64,
    ) -> Result<Prepared> {
        let c = &self.config;
        let (tokens, _) = check_matrix("txt", &conditioning.txt, c.context_dim)?;
        if conditioning.vec.elem_count() != c.vec_dim {
            let found = format!("{:?}", conditioning.vec.dims());
            return Err(Error::input("pooled text", format!("({})", c.vec_dim), found));
        }
        let mut ids = vec![[0, 0, 0]; tokens];
        ids.extend(grid_ids(grid, [0, 0, 0]));
        let mut embedded = Vec::new();
        for (k, reference) in references.iter().enumerate() {
            let (rows, _) = check_matrix(&format!("reference {}", k + 1), &reference.tokens, c.in_channels)?;
            if rows != reference.grid.0 * reference.grid.1 {
                let expected = format!("{} × {} tokens", reference.grid.0, reference.grid.1);
                return Err(Error::input(format!("reference {}", k + 1), expected, format!("{rows}")));
            }
            ids.extend(grid_ids(reference.grid, reference.position));
            embedded.push(self.img_in.forward(&reference.tokens)?);
        }
        let guidance = self.guidance_in.forward(&embed::sinusoid(guidance)?)?;
        let pooled = self.vector_in.forward(&conditioning.vec.reshape((1, c.vec_dim))?)?;
        Ok(Prepared {
            model: self.clone(),
            txt: self.txt_in.forward(&conditioning.txt)?,
            references: if embedded.is_empty() { None } else { Some(Tensor::cat(&embedded, 0)?) },
            rope: RopeTable::new(&ids, &c.axes_dims, c.theta),
            vec: (guidance + pooled)?,
            biases: column_biases(&conditioning.biases, tokens)?,
            target: grid.0 * grid.1,
            ahead: (self.residency == Residency::Streamed).then(|| ReadAhead::new(&self.weights)),
        })
    }
}

impl Prepared {
    /// The model.
    pub fn model(&self) -> &Arc<Transformer> {
        &self.model
    }

    /// Number of target tokens.
    pub fn target_tokens(&self) -> usize {
        self.target
    }

    /// Number of all tokens: text, target and references.
    pub fn tokens(&self) -> usize {
        self.txt.dims()[0] + self.target + self.references.as_ref().map_or(0, |r| r.dims()[0])
    }

    /// Has the system read the block of this number while the one before it is computed.
    fn ask(&self, block: usize) {
        if let Some(ahead) = &self.ahead {
            ahead.ask(self.model.prefix(block));
        }
    }

    /// Whether prompt, guidance and references hold only finite numbers.
    pub(crate) fn inputs_finite(&self) -> Result<bool> {
        let parts = [Some(&self.txt), Some(&self.vec), self.references.as_ref()];
        for part in parts.into_iter().flatten() {
            if !kernels::with_slice(part, |v| Ok(v.iter().all(|v| v.is_finite())))? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The velocity of the target tokens at time `t` (1 is noise, 0 the picture).
    ///
    /// Shapes: `latent` `(target_tokens, in_channels)`, f32; gives the same shape. Cost: one pass through the model; at the real
    /// size 112 + 53 TFLOP for 512 text tokens, a 1-megapixel target and one reference.
    ///
    /// # Errors
    /// [`Error::Input`] for a wrong shape, whatever `on_block` returns, [`Error::Candle`].
    pub fn velocity(&self, latent: &Tensor, t: f64, on_block: OnBlock<'_>) -> Result<Tensor> {
        let model = &*self.model;
        let (rows, _) = check_matrix("latent", latent, model.config.in_channels)?;
        if rows != self.target {
            return Err(Error::input("latent", format!("{} tokens", self.target), format!("{rows}")));
        }
        let total = model.double.len() + model.single.len();
        let time = model.time_in.forward(&embed::sinusoid(t)?)?;
        let vec = (time + &self.vec)?;
        kernels::silu(&vec)?;

        let mut img = model.img_in.forward(latent)?;
        if let Some(references) = &self.references {
            img = Tensor::cat(&[&img, references], 0)?;
        }
        let mut txt = self.txt.clone();
        let run = block::Run { config: &model.config, vec: &vec, rope: &self.rope, biases: &self.biases };
        for (done, block) in model.double.iter().enumerate() {
            on_block(done, total)?;
            self.ask(done + 1);
            (txt, img) = block.forward(&txt, &img, &run)?;
        }
        let first = txt.dims()[0];
        let mut x = Tensor::cat(&[&txt, &img], 0)?;
        drop((txt, img));
        for (done, block) in model.single.iter().enumerate() {
            let done = model.double.len() + done;
            on_block(done, total)?;
            self.ask(done + 1);
            x = block.forward(&x, &run)?;
        }
        on_block(total, total)?;
        model.last.forward(&x.narrow(0, first, self.target)?.contiguous()?, &vec)
    }
}

/// Positions of a grid of tokens whose first one is at `origin`.
fn grid_ids(grid: (usize, usize), origin: [i64; 3]) -> impl Iterator<Item = [i64; 3]> {
    let [plane, row, column] = origin;
    (0..grid.0 as i64).flat_map(move |r| (0..grid.1 as i64).map(move |c| [plane, row + r, column + c]))
}

/// Bias of text columns: image tokens and earlier text tokens see it.
fn column_biases(biases: &[TextBias], tokens: usize) -> Result<Vec<ColumnBias>> {
    let bias = |b: &TextBias| {
        if b.tokens.start > b.tokens.end || b.tokens.end > tokens || b.strength.is_nan() || b.strength < 0.0 {
            let found = format!("{:?} with strength {}", b.tokens, b.strength);
            return Err(Error::input(
                "text bias",
                format!("tokens in 0..{tokens}, strength 0 or more"),
                found,
            ));
        }
        Ok(ColumnBias {
            columns: b.tokens.clone(),
            except_rows: b.tokens.start..tokens,
            value: b.strength.ln(),
        })
    };
    biases.iter().filter(|b| b.strength != 1.0).map(bias).collect()
}

fn check_matrix(what: &str, tensor: &Tensor, width: usize) -> Result<(usize, usize)> {
    match tensor.dims() {
        &[rows, columns] if columns == width && rows > 0 => Ok((rows, columns)),
        found => Err(Error::input(what, format!("tokens of width {width}"), format!("shape {found:?}"))),
    }
}

/// A CPU tensor with one row.
fn row(values: Vec<f32>) -> Result<Tensor> {
    let width = values.len();
    Ok(Tensor::from_vec(values, (1, width), &Device::Cpu)?)
}
