//! What a run will take, known from the sizes alone: [`decode_bytes`], [`encode_bytes`], [`fitting_mode`].
//!
//! A [`Walk`] goes through the layers as a run does and adds up instead of computing.

use super::bands::{bands, halved};
use super::config::Config;
use super::conv::{Sampling, Shape};
use super::feature::Span;
use super::layers::QUERIES;
use super::tiling::Grid;
use crate::kernels::SCORE_BYTES;

/// How a picture is encoded or decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// All of it at once: the quickest.
    Whole,
    /// The highest resolution in bands of rows: half the memory and a third more time, the same result.
    Bands,
    /// In tiles of at most so many pixels a side: little memory however large the picture is, more than twice the time, and a result
    /// that differs slightly in tone; see [`super::Vae::decode_as`].
    Tiles(usize),
}

/// The ways that [`fitting_mode`] tries, the quickest first.
pub const MODES: [Mode; 8] = [
    Mode::Whole,
    Mode::Bands,
    Mode::Tiles(1024),
    Mode::Tiles(768),
    Mode::Tiles(512),
    Mode::Tiles(384),
    Mode::Tiles(256),
    Mode::Tiles(128),
];

/// Most bytes in memory while a picture of this size is decoded, without weights and input; see [`super::Vae::decode_as`].
///
/// Measured peaks are within 10 % of it.
pub fn decode_bytes(config: &Config, height: usize, width: usize, mode: Mode) -> u64 {
    decode(config, height / config.factor(), width / config.factor(), mode).bytes()
}

/// Most bytes in memory while a picture of this size is encoded, without weights and input; see [`super::Vae::encode_as`].
pub fn encode_bytes(config: &Config, height: usize, width: usize, mode: Mode) -> u64 {
    encode(config, height / config.factor(), width / config.factor(), mode).bytes()
}

/// Floating-point operations of decoding; see [`decode_bytes`].
pub fn decode_flop(config: &Config, height: usize, width: usize, mode: Mode) -> f64 {
    2.0 * decode(config, height / config.factor(), width / config.factor(), mode).work as f64
}

/// Floating-point operations of encoding; see [`encode_bytes`].
pub fn encode_flop(config: &Config, height: usize, width: usize, mode: Mode) -> f64 {
    2.0 * encode(config, height / config.factor(), width / config.factor(), mode).work as f64
}

/// How to stay within `bytes`, by [`decode_bytes`] or [`encode_bytes`]: the first of [`MODES`] that does. When none does, the first
/// of those that need least: what is done at the latent's own size is never tiled, so that small tiles may save nothing more.
pub fn fitting_mode(bytes: u64, needed: impl Fn(Mode) -> u64) -> Mode {
    let least = MODES.into_iter().map(&needed).min().unwrap_or(0).max(bytes);
    MODES.into_iter().find(|&mode| needed(mode) <= least).unwrap_or(Mode::Whole)
}

/// The grid of tiles over a latent; `None` when the mode has none or one would be enough.
pub(super) fn grid(
    config: &Config,
    height: usize,
    width: usize,
    mode: Mode,
    margin: impl Fn(&Config) -> usize,
) -> Option<Grid> {
    let Mode::Tiles(side) = mode else { return None };
    let side = (side / config.factor()).max(1);
    (height.max(width) > side).then(|| Grid { height, width, side, margin: margin(config) })
}

/// Latent pixels beyond a tile that its decoding looks at.
pub(super) fn decoder_margin(config: &Config) -> usize {
    let mut walk = Walk::inside(config.last());
    let start = walk.batch[0][0].start;
    walk.decoder_fine(config, false);
    walk.batch[0][0].start.div_ceil(config.factor()) - start
}

/// Latent pixels beyond a tile that its encoding looks at.
pub(super) fn encoder_margin(config: &Config) -> usize {
    let mut walk = Walk::inside(config.image_channels);
    let [before, _] = walk.batch[0];
    walk.encoder_fine(config, false);
    let [after, _] = walk.batch[0];
    let factor = config.factor();
    (after.start - before.start / factor).max(before.end / factor - after.end)
}

pub(super) fn decode(config: &Config, height: usize, width: usize, mode: Mode) -> Walk {
    let mut walk = Walk::new(vec![[Span::all(height), Span::all(width)]], config.latent_channels);
    walk.hold(config.latent_channels);
    walk.forward(3, config.last(), Sampling::Same, false);
    walk.mid();
    walk.blocks(config.decoder_blocks, config.last());
    let image = (config.image_channels * config.factor().pow(2) * height * width) as u64;
    match grid(config, height, width, mode, decoder_margin) {
        None => {
            walk.decoder_fine(config, mode == Mode::Bands);
            walk.see(2 * image);
        }
        Some(grid) => {
            walk.held += walk.values(walk.channels) + image;
            let tile = |batch: Vec<[Span; 2]>| {
                let mut tile = Walk::new(batch, config.last());
                tile.decoder_fine(config, false);
                tile
            };
            walk.tiles(&grid, tile);
        }
    }
    walk
}

pub(super) fn encode(config: &Config, height: usize, width: usize, mode: Mode) -> Walk {
    let factor = config.factor();
    let whole = [Span::all(factor * height), Span::all(factor * width)];
    let mut walk = Walk::new(vec![whole], config.image_channels);
    match grid(config, height, width, mode, encoder_margin) {
        None => walk.encoder_fine(config, mode == Mode::Bands),
        Some(grid) => {
            let tile = |batch: Vec<[Span; 2]>| {
                let batch = batch.into_iter().map(|spans| spans.map(|span| span.times(factor))).collect();
                let mut tile = Walk::new(batch, config.image_channels);
                tile.encoder_fine(config, false);
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

    fn decoder_fine(&mut self, config: &Config, in_bands: bool) {
        let first = config.channels[0];
        for &channels in config.channels.iter().rev().skip(1).take(config.channels.len().saturating_sub(2)) {
            self.forward(3, self.channels, Sampling::Double, false);
            self.blocks(config.decoder_blocks, channels);
        }
        if config.channels.len() > 1 {
            if in_bands && config.decoder_blocks > 0 {
                self.doubled(first);
                (1..config.decoder_blocks).for_each(|_| self.in_place());
            } else {
                self.forward(3, self.channels, Sampling::Double, false);
                self.blocks(config.decoder_blocks, first);
            }
        }
        self.forward(3, config.image_channels, Sampling::Same, true);
    }

    fn encoder_fine(&mut self, config: &Config, in_bands: bool) {
        self.forward(3, config.channels[0], Sampling::Same, false);
        for (i, &channels) in config.channels[..config.channels.len() - 1].iter().enumerate() {
            if in_bands && i == 0 {
                (0..config.encoder_blocks).for_each(|_| self.in_place());
            } else {
                self.blocks(config.encoder_blocks, channels);
            }
            self.forward(3, self.channels, Sampling::Half, false);
        }
    }

    /// [`bands::in_place`](super::bands::in_place).
    fn in_place(&mut self) {
        let channels = self.channels;
        let [rows, columns] = self.batch[0];
        let shape = Shape { kernel: 3, inputs: channels, outputs: channels };
        let mut most = 0;
        for band in bands(rows, columns, channels) {
            let [one, two] = [1, 2].map(|margin| Span::around(&band, margin, rows.whole));
            self.work += shape.work((2 * band.len() + one.len()) * columns.len());
            let scratch = scratch(shape, Sampling::Same, true, [two, columns]);
            most = most.max((one.len() + two.len()) * columns.len() * channels + scratch);
        }
        self.see(self.values(channels) + most as u64);
    }

    /// [`bands::doubled`](super::bands::doubled).
    fn doubled(&mut self, outputs: usize) {
        let inputs = self.channels;
        let input = self.values(inputs);
        let [low_rows, low_columns] = self.batch[0];
        let (rows, columns) = (low_rows.times(2), low_columns.times(2));
        let width = columns.len();
        let double = Shape { kernel: 3, inputs, outputs: inputs };
        let first = Shape { kernel: 3, inputs, outputs };
        let second = Shape { kernel: 3, inputs: outputs, outputs };
        let mut most = 0;
        for band in bands(rows, columns, inputs) {
            let [zero, one, two] = [0, 1, 2].map(|margin| Span::around(&band, margin, rows.whole));
            for rows in [zero, one, two] {
                self.work += double.work(double.output(halved(rows), Sampling::Double).len() * width);
            }
            self.work += first.work((band.len() + one.len()) * width) + second.work(band.len() * width);
            if inputs != outputs {
                self.work += Shape { kernel: 1, inputs, outputs }.work(two.len() * width);
            }
            let low = halved(two);
            let read = low.len() * low_columns.len() * inputs
                + double.output(low, Sampling::Double).len() * width * inputs
                + scratch(double, Sampling::Double, false, [low, low_columns]);
            let sum = two.len() * width * inputs.max(outputs);
            let inner = one.len() * width * outputs;
            let convolved = sum + inner + scratch(first, Sampling::Same, true, [two, columns]);
            most = most.max(read).max(convolved);
        }
        self.batch = vec![[rows, columns]];
        self.channels = outputs;
        self.see(input + self.values(outputs) + most as u64);
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

    fn scratch(&self, shape: Shape, sampling: Sampling, normed: bool) -> u64 {
        self.batch.iter().map(|&spans| scratch(shape, sampling, normed, spans)).max().unwrap_or(0) as u64
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

/// Values of the largest band of a convolution: patches, their results, and the normed rows they are made of.
fn scratch(shape: Shape, sampling: Sampling, normed: bool, [rows, columns]: [Span; 2]) -> usize {
    let width = shape.output(columns, sampling).len();
    let band = shape.band(width).min(shape.output(rows, sampling).len());
    let source = if normed { (band + 2).min(rows.len()) * columns.len() * shape.inputs } else { 0 };
    band * width * (shape.patch() + shape.outputs) + source
}
