//! Norms, residual blocks, mid attention and resolution levels.

use candle_core::Tensor;
use rayon::prelude::*;

use super::Steps;
use super::conv::Conv;
use super::feature::Feature;
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

/// Group norm, eps 1e-6.
pub(super) struct Norm {
    groups: usize,
    weight: Vec<f32>,
    bias: Vec<f32>,
}

/// What a norm does to one picture: scale and offset per channel.
pub(super) struct Affine {
    pub(super) scale: Vec<f32>,
    pub(super) offset: Vec<f32>,
}

impl Norm {
    /// Measures a picture. Sums are kept in f64, so one pass suffices.
    pub(super) fn affine(&self, x: &Feature) -> Affine {
        let channels = x.channels;
        let sums = x
            .values
            .par_chunks(channels * 4096)
            .map(|pixels| {
                let mut sums = vec![(0f64, 0f64); channels];
                for pixel in pixels.chunks_exact(channels) {
                    for (sum, &v) in sums.iter_mut().zip(pixel) {
                        let v = f64::from(v);
                        sum.0 += v;
                        sum.1 += v * v;
                    }
                }
                sums
            })
            .collect::<Vec<_>>();
        let per_group = channels / self.groups;
        let n = (x.pixels() * per_group) as f64;
        let mut affine = Affine { scale: vec![0.0; channels], offset: vec![0.0; channels] };
        for group in 0..self.groups {
            let range = group * per_group..(group + 1) * per_group;
            // Chunks are added in order, so that the result does not depend on the number of threads.
            let (sum, squares) = sums
                .iter()
                .flat_map(|s| &s[range.clone()])
                .fold((0f64, 0f64), |(a, b), &(sum, squares)| (a + sum, b + squares));
            let mean = sum / n;
            let inverse = 1.0 / ((squares / n - mean * mean).max(0.0) + 1e-6).sqrt();
            for c in range {
                let scale = f64::from(self.weight[c]) * inverse;
                affine.scale[c] = scale as f32;
                affine.offset[c] = (f64::from(self.bias[c]) - mean * scale) as f32;
            }
        }
        affine
    }
}

/// Two convolutions around a shortcut.
struct Residual {
    norm1: Norm,
    conv1: Conv,
    norm2: Norm,
    conv2: Conv,
    shortcut: Option<Conv>,
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

    fn forward(&self, x: Feature) -> Result<Feature> {
        let y = self.conv1.forward_normed(&x, &self.norm1)?;
        self.conv2.forward_residual(&y, &self.norm2, &x, self.shortcut.as_ref())
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

    pub(super) fn forward(&self, x: Feature, steps: &mut Steps<'_>) -> Result<Feature> {
        steps.next()?;
        let x = self.block_1.forward(x)?;
        steps.next()?;
        let x = self.attend(x)?;
        steps.next()?;
        self.block_2.forward(x)
    }

    fn attend(&self, mut x: Feature) -> Result<Feature> {
        let (pixels, channels) = (x.pixels(), x.channels);
        let affine = self.norm.affine(&x);
        let mut normed = vec![0f32; x.values.len()];
        for_rows(&mut normed, channels, |at, out| {
            let x = &x.values[at * channels..];
            for (((out, &x), &a), &b) in out.iter_mut().zip(x).zip(&affine.scale).zip(&affine.offset) {
                *out = a * x + b;
            }
        });
        let normed = tensor(normed, &[pixels, channels])?;
        let head =
            |layer: &(Tensor, Vec<f32>)| -> Result<Tensor> { Ok(linear(&normed, layer)?.unsqueeze(0)?) };
        let scale = 1.0 / (channels as f32).sqrt();
        let y = attention(&head(&self.q)?, &head(&self.k)?, &head(&self.v)?, scale, &[])?;
        let y = linear(&y, &self.proj)?;
        with_slice(&y, |y| {
            for_rows(&mut x.values, channels, |at, x| {
                x.iter_mut().zip(&y[at * channels..]).for_each(|(x, &y)| *x += y);
            });
            Ok(())
        })?;
        Ok(x)
    }
}

fn linear(x: &Tensor, (weight, bias): &(Tensor, Vec<f32>)) -> Result<Tensor> {
    let y = x.matmul(&weight.t()?)?;
    add_row(&y, bias)?;
    Ok(y)
}

/// The blocks of one resolution, then a change of resolution.
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

    /// Blocks and samplers, as counted by the progress hook.
    pub(super) fn len(&self) -> usize {
        self.blocks.len() + usize::from(self.sampler.is_some())
    }

    pub(super) fn down(&self, x: Feature, steps: &mut Steps<'_>) -> Result<Feature> {
        self.run(x, steps, Conv::forward_half)
    }

    pub(super) fn up(&self, x: Feature, steps: &mut Steps<'_>) -> Result<Feature> {
        self.run(x, steps, Conv::forward_double)
    }

    fn run(
        &self,
        mut x: Feature,
        steps: &mut Steps<'_>,
        resample: impl Fn(&Conv, &Feature) -> Result<Feature>,
    ) -> Result<Feature> {
        for block in &self.blocks {
            steps.next()?;
            x = block.forward(x)?;
        }
        if let Some(conv) = &self.sampler {
            steps.next()?;
            x = resample(conv, &x)?;
        }
        Ok(x)
    }
}
