//! What a run will take, known from the sizes alone: [`decode_bytes`], [`encode_bytes`], [`fitting_tile`].
//!
//! A [`Walk`] goes through the layers as a run does and adds up instead of computing.

use super::config::Config;
use super::conv::{Sampling, Shape};
use super::feature::Span;
use super::layers::QUERIES;
use super::tiling::Grid;
use crate::kernels::SCORE_BYTES;

/// Longest sides of tiles in pixels that [`fitting_tile`] tries, the quickest first.
pub const TILES: [usize; 6] = [1024, 768, 512, 384, 256, 128];

/// Most bytes in memory while a picture of this size is decoded, without weights and input; see [`super::Vae::decode_in_tiles`].
///
/// Measured peaks are within 10 % of it.
pub fn decode_bytes(config: &Config, height: usize, width: usize, tile: Option<usize>) -> u64 {
    let factor = config.factor();
    decode(config, height / factor, width / factor, grid(config, height, width, tile, decoder_margin)).bytes()
}

/// Most bytes in memory while a picture of this size is encoded, without weights and input; see [`super::Vae::encode_in_tiles`].
pub fn encode_bytes(config: &Config, height: usize, width: usize, tile: Option<usize>) -> u64 {
    let factor = config.factor();
    encode(config, height / factor, width / factor, grid(config, height, width, tile, encoder_margin)).bytes()
}

/// Floating-point operations of decoding; see [`decode_bytes`].
pub fn decode_flop(config: &Config, height: usize, width: usize, tile: Option<usize>) -> f64 {
    let factor = config.factor();
    let grid = grid(config, height, width, tile, decoder_margin);
    2.0 * decode(config, height / factor, width / factor, grid).work as f64
}

/// Floating-point operations of encoding; see [`encode_bytes`].
pub fn encode_flop(config: &Config, height: usize, width: usize, tile: Option<usize>) -> f64 {
    let factor = config.factor();
    let grid = grid(config, height, width, tile, encoder_margin);
    2.0 * encode(config, height / factor, width / factor, grid).work as f64
}

/// How to stay within `bytes`, by one of the functions above: `None` is without tiles, else the largest of [`TILES`] that fits,
/// or the smallest when none does.
pub fn fitting_tile(bytes: u64, needed: impl Fn(Option<usize>) -> u64) -> Option<usize> {
    if needed(None) <= bytes {
        return None;
    }
    TILES.into_iter().find(|&tile| needed(Some(tile)) <= bytes).or(TILES.last().copied())
}

/// The grid of tiles of at most `tile` pixels a side; `None` when one would be enough.
pub(super) fn grid(
    config: &Config,
    height: usize,
    width: usize,
    tile: Option<usize>,
    margin: impl Fn(&Config) -> usize,
) -> Option<Grid> {
    let factor = config.factor();
    let (height, width, side) = (height / factor, width / factor, (tile? / factor).max(1));
    (height.max(width) > side).then(|| Grid { height, width, side, margin: margin(config) })
}

/// Latent pixels beyond a tile that its decoding looks at.
pub(super) fn decoder_margin(config: &Config) -> usize {
    let mut walk = Walk::inside(config.last());
    let start = walk.batch[0][0].start;
    walk.decoder_fine(config);
    walk.batch[0][0].start.div_ceil(config.factor()) - start
}

/// Latent pixels beyond a tile that its encoding looks at.
pub(super) fn encoder_margin(config: &Config) -> usize {
    let mut walk = Walk::inside(config.image_channels);
    let [before, _] = walk.batch[0];
    walk.encoder_fine(config);
    let [after, _] = walk.batch[0];
    let factor = config.factor();
    (after.start - before.start / factor).max(before.end / factor - after.end)
}

pub(super) fn decode(config: &Config, height: usize, width: usize, grid: Option<Grid>) -> Walk {
    let mut walk = Walk::new(vec![[Span::all(height), Span::all(width)]], config.latent_channels);
    walk.hold(config.latent_channels);
    walk.forward(3, config.last(), Sampling::Same, false);
    walk.mid();
    walk.blocks(config.decoder_blocks, config.last());
    let image = (config.image_channels * config.factor().pow(2) * height * width) as u64;
    match grid {
        None => {
            walk.decoder_fine(config);
            walk.see(2 * image);
        }
        Some(grid) => {
            walk.held += walk.values(walk.channels) + image;
            let tile = |batch: Vec<[Span; 2]>| {
                let mut tile = Walk::new(batch, config.last());
                tile.decoder_fine(config);
                tile
            };
            walk.tiles(&grid, tile);
        }
    }
    walk
}

pub(super) fn encode(config: &Config, height: usize, width: usize, grid: Option<Grid>) -> Walk {
    let factor = config.factor();
    let whole = [Span::all(factor * height), Span::all(factor * width)];
    let mut walk = Walk::new(vec![whole], config.image_channels);
    match grid {
        None => walk.encoder_fine(config),
        Some(grid) => {
            let tile = |batch: Vec<[Span; 2]>| {
                let batch = batch.into_iter().map(|spans| spans.map(|span| span.times(factor))).collect();
                let mut tile = Walk::new(batch, config.image_channels);
                tile.encoder_fine(config);
                tile
            };
            let channels = tile(vec![[Span::all(1); 2]]).channels;
            walk.batch = vec![[Span::all(height), Span::all(width)]];
            walk.channels = channels;
            let held = walk.values(channels);
            walk.held += held;
            walk.tiles(&grid, tile);
            walk.held -= held;
        }
    }
    walk.blocks(config.encoder_blocks, config.last());
    walk.mid();
    walk.forward(3, 2 * config.latent_channels, Sampling::Same, true);
    walk
}

/// Multiplications of so many queries with all keys and values.
pub(super) fn attention_work(queries: usize, keys: usize, channels: usize) -> u64 {
    (2 * queries * keys * channels) as u64
}

/// A batch of features on its way through the layers.
pub(super) struct Walk {
    batch: Vec<[Span; 2]>,
    channels: usize,
    /// Values that are in memory beside the layers' own.
    held: u64,
    /// Most values in memory so far.
    peak: u64,
    /// Multiplications so far.
    pub(super) work: u64,
}

impl Walk {
    fn new(batch: Vec<[Span; 2]>, channels: usize) -> Self {
        Self { batch, channels, held: 0, peak: 0, work: 0 }
    }

    /// A part that touches no end of its picture.
    fn inside(channels: usize) -> Self {
        let span = Span { start: 1 << 12, end: 1 << 13, whole: 1 << 14 };
        Self::new(vec![[span; 2]], channels)
    }

    fn bytes(&self) -> u64 {
        4 * self.peak
    }

    fn decoder_fine(&mut self, config: &Config) {
        for (i, &channels) in config.channels.iter().enumerate().rev() {
            if i + 1 < config.channels.len() {
                self.blocks(config.decoder_blocks, channels);
            }
            if i > 0 {
                self.forward(3, self.channels, Sampling::Double, false);
            }
        }
        self.forward(3, config.image_channels, Sampling::Same, true);
    }

    fn encoder_fine(&mut self, config: &Config) {
        self.forward(3, config.channels[0], Sampling::Same, false);
        for &channels in &config.channels[..config.channels.len() - 1] {
            self.blocks(config.encoder_blocks, channels);
            self.forward(3, channels, Sampling::Half, false);
        }
    }

    /// Samples once, tiles twice.
    fn tiles(&mut self, grid: &Grid, run: impl Fn(Vec<[Span; 2]>) -> Self) {
        let samples = run(grid.samples());
        self.see(samples.peak);
        self.work += samples.work;
        for tile in grid.tiles() {
            let tile = run(vec![[tile.rows, tile.columns]]);
            self.see(tile.peak);
            self.work += 2 * tile.work;
        }
    }

    fn blocks(&mut self, count: usize, channels: usize) {
        (0..count).for_each(|_| self.residual(channels));
    }

    fn mid(&mut self) {
        self.residual(self.channels);
        self.attention();
        self.residual(self.channels);
    }

    /// A convolution whose result takes the place of its input.
    fn forward(&mut self, kernel: usize, outputs: usize, sampling: Sampling, normed: bool) {
        let shape = Shape { kernel, inputs: self.channels, outputs };
        let before = self.values(self.channels) + self.scratch(shape, sampling, normed);
        self.convolve(shape, sampling);
        self.see(before + self.values(outputs));
    }

    fn residual(&mut self, outputs: usize) {
        let inputs = self.channels;
        let input = self.values(inputs);
        let sum = self.values(outputs);
        let shape = Shape { kernel: 3, inputs, outputs };
        let scratch = self.scratch(shape, Sampling::Same, true);
        let whole = self.pixels();
        self.convolve(shape, Sampling::Same);
        let inner = self.values(outputs);
        self.see(input + inner + scratch);
        if inputs != outputs {
            let shape = Shape { kernel: 1, inputs, outputs };
            self.work += shape.work(whole);
            let band = whole.min(shape.band(1)) * (inputs + outputs);
            self.see(input + inner + band as u64 + if outputs > inputs { sum } else { 0 });
        }
        let shape = Shape { kernel: 3, inputs: outputs, outputs };
        let scratch = self.scratch(shape, Sampling::Same, true);
        self.convolve(shape, Sampling::Same);
        self.see(sum + inner + scratch);
    }

    fn attention(&mut self) {
        let (pixels, channels) = (self.pixels(), self.channels);
        self.work += attention_work(pixels, pixels, channels) + (4 * pixels * channels * channels) as u64;
        let queries = QUERIES.min(pixels);
        let scores = (SCORE_BYTES / 4).min(queries * pixels).max(pixels);
        // Features, keys and values; normed pixels, queries, results of attention and projection.
        self.see((3 * pixels * channels + 4 * queries * channels + scores) as u64);
    }

    fn convolve(&mut self, shape: Shape, sampling: Sampling) {
        for spans in &mut self.batch {
            *spans = spans.map(|span| shape.output(span, sampling));
        }
        self.channels = shape.outputs;
        self.work += shape.work(self.pixels());
    }

    /// Values of the largest band: patches, their results, and the normed rows they are made of.
    fn scratch(&self, shape: Shape, sampling: Sampling, normed: bool) -> u64 {
        let band = |&[rows, columns]: &[Span; 2]| {
            let width = shape.output(columns, sampling).len();
            let band = shape.band(width).min(shape.output(rows, sampling).len());
            let source = if normed { (band + 2).min(rows.len()) * columns.len() * shape.inputs } else { 0 };
            band * width * (shape.patch() + shape.outputs) + source
        };
        self.batch.iter().map(band).max().unwrap_or(0) as u64
    }

    fn hold(&mut self, channels: usize) {
        self.held += self.values(channels);
    }

    fn see(&mut self, values: u64) {
        self.peak = self.peak.max(self.held + values);
    }

    fn pixels(&self) -> usize {
        self.batch.iter().map(|[rows, columns]| rows.len() * columns.len()).sum()
    }

    fn values(&self, channels: usize) -> u64 {
        (self.pixels() * channels) as u64
    }
}
