//! Residual blocks, mid attention and resolution levels.
//!
//! Features come as a batch: one whole picture, one tile, or several samples of a picture that are measured together.

use candle_core::Tensor;

use super::bands;
use super::conv::{Conv, Sampling};
use super::cost::attention_work;
use super::feature::Feature;
use super::norm::{Norm, Norms, Sums};
use super::progress::Progress;
use crate::error::{Error, Result};
use crate::kernels::{add_row, attention, for_rows, tensor, with_slice};
use crate::weights::Weights;

/// Makes layers from canonical weights.
pub(super) struct Loader<'a> {
    pub(super) weights: &'a Weights,
    pub(super) groups: usize,
}

impl Loader<'_> {
    pub(super) fn conv(&self, name: &str, inputs: usize, outputs: usize, kernel: usize) -> Result<Conv> {
        let weight = self.weights.get(&format!("{name}.weight"), &[outputs, inputs, kernel, kernel])?;
        Conv::new(&weight, self.vector(&format!("{name}.bias"), outputs)?)
    }

    pub(super) fn norm(&self, name: &str, channels: usize) -> Result<Norm> {
        if !channels.is_multiple_of(self.groups) {
            let problem =
                format!("norm `{name}` has {channels} channels, which {} groups do not divide", self.groups);
            return Err(Error::file(self.weights.label(), problem));
        }
        Ok(Norm {
            groups: self.groups,
            weight: self.vector(&format!("{name}.weight"), channels)?,
            bias: self.vector(&format!("{name}.bias"), channels)?,
        })
    }

    fn vector(&self, name: &str, len: usize) -> Result<Vec<f32>> {
        Ok(self.weights.get(name, &[len])?.to_vec1()?)
    }

    /// A 1×1 convolution as a matrix `(out, in)` and its bias; the file may store it with two or four dimensions.
    fn pointwise(&self, name: &str, width: usize) -> Result<(Tensor, Vec<f32>)> {
        let weight = self.weights.get(&format!("{name}.weight"), &[width, width])?;
        Ok((weight, self.vector(&format!("{name}.bias"), width)?))
    }
}

/// What the layers of one run share.
pub(super) struct Run<'a> {
    pub(super) norms: Norms<'a>,
    pub(super) progress: &'a Progress<'a>,
}

/// Two convolutions around a shortcut.
pub(super) struct Residual {
    pub(super) norm1: Norm,
    pub(super) conv1: Conv,
    pub(super) norm2: Norm,
    pub(super) conv2: Conv,
    pub(super) shortcut: Option<Conv>,
}

impl Residual {
    fn load(loader: &Loader<'_>, name: &str, inputs: usize, outputs: usize) -> Result<Self> {
        let shortcut = format!("{name}.nin_shortcut");
        Ok(Self {
            norm1: loader.norm(&format!("{name}.norm1"), inputs)?,
            conv1: loader.conv(&format!("{name}.conv1"), inputs, outputs, 3)?,
            norm2: loader.norm(&format!("{name}.norm2"), outputs)?,
            conv2: loader.conv(&format!("{name}.conv2"), outputs, outputs, 3)?,
            shortcut: (inputs != outputs).then(|| loader.conv(&shortcut, inputs, outputs, 1)).transpose()?,
        })
    }

    /// The sum grows in the place of the input: beside it there is only what is between the convolutions.
    pub(super) fn forward(&self, mut batch: Vec<Feature>, run: &mut Run<'_>) -> Result<Vec<Feature>> {
        let affine = run.norms.next(&self.norm1, &batch);
        let inner =
            forward_all(&batch, |x| self.conv1.forward(x, Some(&affine), Sampling::Same, run.progress))?;
        if let Some(shortcut) = &self.shortcut {
            batch = map_all(batch, |x| shortcut.forward_pointwise(x, run.progress))?;
        }
        let affine = run.norms.next(&self.norm2, &inner);
        for (sum, inner) in batch.iter_mut().zip(inner) {
            self.conv2.add_to(sum, &inner, Some(&affine), run.progress)?;
        }
        Ok(batch)
    }
}

/// The lowest resolution: a block, attention over all pixels with one head, a block.
pub(super) struct Mid {
    block_1: Residual,
    norm: Norm,
    q: (Tensor, Vec<f32>),
    k: (Tensor, Vec<f32>),
    v: (Tensor, Vec<f32>),
    proj: (Tensor, Vec<f32>),
    block_2: Residual,
}

/// Pixels whose queries are in memory at once: few enough to be done in a fraction of a second.
pub(super) const QUERIES: usize = 256;

impl Mid {
    pub(super) fn load(loader: &Loader<'_>, name: &str, width: usize) -> Result<Self> {
        let attention = |field: &str| loader.pointwise(&format!("{name}.attn_1.{field}"), width);
        Ok(Self {
            block_1: Residual::load(loader, &format!("{name}.block_1"), width, width)?,
            norm: loader.norm(&format!("{name}.attn_1.norm"), width)?,
            q: attention("q")?,
            k: attention("k")?,
            v: attention("v")?,
            proj: attention("proj_out")?,
            block_2: Residual::load(loader, &format!("{name}.block_2"), width, width)?,
        })
    }

    pub(super) fn forward(&self, batch: Vec<Feature>, run: &mut Run<'_>) -> Result<Vec<Feature>> {
        let mut batch = self.block_1.forward(batch, run)?;
        for x in &mut batch {
            self.attend(x, run.progress)?;
        }
        self.block_2.forward(batch, run)
    }

    /// Beside `x` there are only its keys and values; queries come and go a few hundred pixels at a time.
    fn attend(&self, x: &mut Feature, progress: &Progress<'_>) -> Result<()> {
        let (pixels, channels) = (x.pixels(), x.channels);
        let affine = self.norm.affine(&Sums::of_all(std::slice::from_ref(x)));
        let normed = |values: &[f32]| tensor(affine.apply(values), &[values.len() / channels, channels]);
        let (mut k, mut v) = (vec![0f32; pixels * channels], vec![0f32; pixels * channels]);
        let step = QUERIES * channels;
        for ((k, v), x) in k.chunks_mut(step).zip(v.chunks_mut(step)).zip(x.values.chunks(step)) {
            let normed = normed(x)?;
            fill(k, &linear(&normed, &self.k)?)?;
            fill(v, &linear(&normed, &self.v)?)?;
            progress.advance(2 * (x.len() * channels) as u64)?;
        }
        let (k, v) = (tensor(k, &[1, pixels, channels])?, tensor(v, &[1, pixels, channels])?);
        let scale = 1.0 / (channels as f32).sqrt();
        for x in x.values.chunks_mut(step) {
            let q = linear(&normed(x)?, &self.q)?.unsqueeze(0)?;
            let rows = x.len() / channels;
            let y = linear(&attention(&q, &k, &v, scale, &[])?, &self.proj)?;
            with_slice(&y, |y| {
                for_rows(x, channels, |at, x| {
                    x.iter_mut().zip(&y[at * channels..]).for_each(|(x, &y)| *x += y);
                });
                Ok(())
            })?;
            progress
                .advance(attention_work(rows, pixels, channels) + 2 * (rows * channels * channels) as u64)?;
        }
        Ok(())
    }
}

fn fill(out: &mut [f32], y: &Tensor) -> Result<()> {
    with_slice(y, |y| {
        out.copy_from_slice(y);
        Ok(())
    })
}

fn linear(x: &Tensor, (weight, bias): &(Tensor, Vec<f32>)) -> Result<Tensor> {
    let y = x.matmul(&weight.t()?)?;
    add_row(&y, bias)?;
    Ok(y)
}

/// The blocks of one resolution, and the change to the next.
pub(super) struct Level {
    blocks: Vec<Residual>,
    sampler: Option<Conv>,
}

impl Level {
    pub(super) fn load(
        loader: &Loader<'_>,
        name: &str,
        blocks: usize,
        inputs: usize,
        outputs: usize,
        sampler: Option<&str>,
    ) -> Result<Self> {
        let block = |i: usize| {
            Residual::load(
                loader,
                &format!("{name}.block.{i}"),
                if i == 0 { inputs } else { outputs },
                outputs,
            )
        };
        // Without blocks nothing changes the width.
        let width = if blocks == 0 { inputs } else { outputs };
        let sampler =
            sampler.map(|s| loader.conv(&format!("{name}.{s}.conv"), width, outputs, 3)).transpose()?;
        Ok(Self { blocks: (0..blocks).map(block).collect::<Result<_>>()?, sampler })
    }

    /// Channels behind the change of resolution.
    pub(super) fn outputs(&self) -> Option<usize> {
        self.sampler.as_ref().map(Conv::outputs)
    }

    pub(super) fn blocks(&self, mut batch: Vec<Feature>, run: &mut Run<'_>) -> Result<Vec<Feature>> {
        for block in &self.blocks {
            batch = block.forward(batch, run)?;
        }
        Ok(batch)
    }

    /// What [`Level::resample`] of the level `below` and the blocks of this level make of one whole picture, in bands.
    pub(super) fn blocks_in_bands(&self, below: &Self, x: Feature, run: &mut Run<'_>) -> Result<Feature> {
        let (mut x, rest) = match (self.blocks.split_first(), &below.sampler) {
            (Some((first, rest)), Some(double)) => (bands::doubled(first, double, &x, run)?, rest),
            _ => {
                let batch = below.resample(vec![x], Sampling::Double, run)?;
                return Ok(self.blocks(batch, run)?.remove(0));
            }
        };
        for block in rest {
            x = bands::in_place(block, x, run)?;
        }
        Ok(x)
    }

    /// Like [`Level::blocks`] of one whole picture, in bands where the number of channels stays.
    pub(super) fn blocks_in_place(&self, mut x: Feature, run: &mut Run<'_>) -> Result<Feature> {
        for block in &self.blocks {
            x = match block.shortcut {
                None => bands::in_place(block, x, run)?,
                Some(_) => block.forward(vec![x], run)?.remove(0),
            };
        }
        Ok(x)
    }

    /// The change of resolution, if there is one.
    pub(super) fn resample(
        &self,
        batch: Vec<Feature>,
        sampling: Sampling,
        run: &Run<'_>,
    ) -> Result<Vec<Feature>> {
        match &self.sampler {
            Some(conv) => map_all(batch, |x| conv.forward(&x, None, sampling, run.progress)),
            None => Ok(batch),
        }
    }
}

pub(super) fn forward_all(
    batch: &[Feature],
    f: impl FnMut(&Feature) -> Result<Feature>,
) -> Result<Vec<Feature>> {
    batch.iter().map(f).collect()
}

pub(super) fn map_all(
    batch: Vec<Feature>,
    f: impl FnMut(Feature) -> Result<Feature>,
) -> Result<Vec<Feature>> {
    batch.into_iter().map(f).collect()
}
