//! What does a transformer of the real size take? Writes one with formula weights, runs one step, and prints what it took
//! beside what the plan said.
//!
//! `cargo xtask full-size [--encoding q4k|q8-0] [--memory 12G] [--folder DIR]`; needs 7 or 13 GB of disk while it runs.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use candle_core::{Device, Tensor};
use clap::{Parser, ValueEnum};
use half::f16;
use wirebrush_kontext::memory::{Budget, Need, Residency, Tokens, format_bytes};
use wirebrush_kontext::model::Model;
use wirebrush_kontext::nodes::{FlowSample, Latent, Pooled, T5Tokens};
use wirebrush_sdk::prelude::*;
use wirebrush_sdk::testing::Recorder;

/// Measures a transformer of the real size on formula weights.
#[derive(Parser)]
struct Args {
    /// How the matrices are stored.
    #[arg(long, value_enum, default_value_t = Encoding::Q4K)]
    encoding: Encoding,
    /// Memory that the run may use.
    #[arg(long, default_value = "12G")]
    memory: String,
    /// Where the file is written and removed again.
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Side of the picture and of its reference in pixels.
    #[arg(long, default_value_t = 256)]
    side: usize,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Encoding {
    Q4K,
    Q8_0,
}

// FLUX.1's sizes.
const HIDDEN: usize = 3072;
const WIDE: usize = 12_288;
const HEAD: usize = 128;
const CHANNELS: usize = 64;
const POOLED: usize = 768;
const CONTEXT: usize = 4096;
const DOUBLE: usize = 19;
const SINGLE: usize = 38;
const TEXT_TOKENS: usize = 512;

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let folder = match &args.folder {
        Some(folder) => tempfile::tempdir_in(folder)?,
        None => tempfile::tempdir()?,
    };
    let path = folder.path().join("flux1-kontext-dev.gguf");
    let begin = Instant::now();
    write(&path, args.encoding)?;
    println!("written: {} in {:.1?}", format_bytes(path.metadata()?.len()), begin.elapsed());

    forget(&path)?;
    for state in ["cold", "warm"] {
        let begin = Instant::now();
        let model = Model::open(&path)?;
        model.transformer(Residency::Streamed)?;
        wirebrush_kontext::model::evict_idle();
        println!("loaded {state}: {:.2?}", begin.elapsed());
    }

    let model = Model::open(&path)?;
    let cells = (args.side / 16).pow(2);
    let tokens = Tokens { text: TEXT_TOKENS, target: cells, references: cells, prompts: 1 };
    let stage = Need::transformer(&model, tokens)?.fit(Budget::parse(&args.memory)?)?;
    println!("plan: {}, at most {}", stage.describe(), format_bytes(stage.peak(0)));
    for after in [0.01, 0.5, 3.0, 10.0] {
        wirebrush_kontext::model::evict_idle();
        forget(&path)?;
        println!("cancelled {after} s after the start: it ended {:.0?} later", cancel(&args, &path, after)?);
    }
    forget(&path)?;
    let begin = Instant::now();
    let host = Recorder::default();
    let outputs = host.run::<FlowSample>(inputs(&args, &path)?)?;
    let took = begin.elapsed();
    let peak = status("VmHWM:").unwrap_or_default();
    for (_, line) in host.log.borrow().iter() {
        println!("{line}");
    }
    let latent = outputs.value::<Handle>("latent")?.get::<Latent>().context("not a latent")?;
    let values = latent.latent.flatten_all()?.to_vec1::<f32>()?;
    anyhow::ensure!(values.iter().all(|value| value.is_finite()), "the result is not finite");
    println!("one step of {0}×{0}, file not in memory before: {took:.1?}", args.side);
    let share = 100.0 * peak as f64 / stage.peak(0) as f64;
    println!("most memory: {} of {} planned ({share:.0} %)", format_bytes(peak), format_bytes(stage.peak(0)));
    println!("memory behind it: {}", format_bytes(status("VmRSS:").unwrap_or_default()));
    Ok(())
}

/// How long a run goes on after it was cancelled `after` seconds after its start.
fn cancel(args: &Args, path: &Path, after: f64) -> anyhow::Result<Duration> {
    let inputs = inputs(args, path)?;
    let host = Recorder::default();
    let moment = Instant::now() + Duration::from_secs_f64(after);
    host.cancel_at.set(Some(moment));
    let answer = host.run::<FlowSample>(inputs);
    anyhow::ensure!(matches!(answer, Err(Failure::Cancelled)), "the run ended before it was cancelled");
    Ok(moment.elapsed())
}

fn inputs(args: &Args, path: &Path) -> anyhow::Result<Inputs> {
    let tensor = |name: &str, shape: &[usize]| {
        let mut bits = Bits::of(name);
        let values = (0..shape.iter().product()).map(|_| bits.uniform()).collect::<Vec<_>>();
        Tensor::from_vec(values, shape, &Device::Cpu)
    };
    let side = args.side as i64;
    let latent = tensor("reference", &[CHANNELS / 4, args.side / 8, args.side / 8])?;
    Ok(Inputs::new()
        .with("model", path.display().to_string())
        .with("t5", Handle::new(T5Tokens { tokens: tensor("t5", &[TEXT_TOKENS, CONTEXT])? }))
        .with("clip", Handle::new(Pooled { vector: tensor("clip", &[POOLED])? }))
        .with("references", Handle::new(Latent { latent, factor: 8 }))
        .with("width", side)
        .with("height", side)
        .with("steps", 1_i64)
        .with("memory", args.memory.clone()))
}

/// Has the system drop the file from its cache, as far as it can.
fn forget(path: &Path) -> anyhow::Result<()> {
    let file = format!("of={}", path.display());
    let done =
        Command::new("dd").args([&file, "oflag=nocache", "conv=notrunc,fdatasync", "count=0"]).output()?;
    anyhow::ensure!(done.status.success(), "dd: {}", String::from_utf8_lossy(&done.stderr));
    Ok(())
}

/// A line of `/proc/self/status` in bytes.
fn status(name: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim_end_matches("kB").trim().parse::<u64>().ok()? << 10)
}

/// Name and shape of every tensor, matrices as (out, in).
fn tensors() -> Vec<(String, Vec<usize>)> {
    let mut all = Vec::new();
    let mut linear = |name: String, inputs: usize, outputs: usize| {
        all.push((format!("{name}.weight"), vec![outputs, inputs]));
        all.push((format!("{name}.bias"), vec![outputs]));
    };
    linear("img_in".into(), CHANNELS, HIDDEN);
    linear("txt_in".into(), CONTEXT, HIDDEN);
    for (name, inputs) in [("time_in", 256), ("guidance_in", 256), ("vector_in", POOLED)] {
        linear(format!("{name}.in_layer"), inputs, HIDDEN);
        linear(format!("{name}.out_layer"), HIDDEN, HIDDEN);
    }
    for block in (0..DOUBLE).flat_map(|n| ["img", "txt"].map(|stream| format!("double_blocks.{n}.{stream}")))
    {
        linear(format!("{block}_mod.lin"), HIDDEN, 6 * HIDDEN);
        linear(format!("{block}_attn.qkv"), HIDDEN, 3 * HIDDEN);
        linear(format!("{block}_attn.proj"), HIDDEN, HIDDEN);
        linear(format!("{block}_mlp.0"), HIDDEN, WIDE);
        linear(format!("{block}_mlp.2"), WIDE, HIDDEN);
    }
    for n in 0..SINGLE {
        linear(format!("single_blocks.{n}.modulation.lin"), HIDDEN, 3 * HIDDEN);
        linear(format!("single_blocks.{n}.linear1"), HIDDEN, 3 * HIDDEN + WIDE);
        linear(format!("single_blocks.{n}.linear2"), HIDDEN + WIDE, HIDDEN);
    }
    linear("final_layer.adaLN_modulation.1".into(), HIDDEN, 2 * HIDDEN);
    linear("final_layer.linear".into(), HIDDEN, CHANNELS);
    for which in ["query", "key"] {
        let norm = |block: String| (format!("{block}norm.{which}_norm.scale"), vec![HEAD]);
        let streams = |n| ["img", "txt"].map(|stream| norm(format!("double_blocks.{n}.{stream}_attn.")));
        all.extend((0..DOUBLE).flat_map(streams));
        all.extend((0..SINGLE).map(|n| norm(format!("single_blocks.{n}."))));
    }
    all
}

/// How a tensor is stored: GGUF's number of the type, elements and bytes of a block.
fn stored(shape: &[usize], encoding: Encoding) -> (u32, usize, usize) {
    match (shape, encoding) {
        // As published files have it: vectors and matrices that have no whole blocks stay floats.
        (&[_, inputs], Encoding::Q4K) if inputs % 256 == 0 => (12, 256, 144),
        (&[_, inputs], Encoding::Q8_0) if inputs % 32 == 0 => (8, 32, 34),
        _ => (0, 1, 4),
    }
}

/// Writes the model as GGUF, one tensor after another.
///
/// Source: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>
fn write(path: &Path, encoding: Encoding) -> anyhow::Result<()> {
    const ALIGNMENT: usize = 32;
    let tensors = tensors();
    let mut header = b"GGUF".to_vec();
    header.extend(3_u32.to_le_bytes());
    header.extend((tensors.len() as u64).to_le_bytes());
    header.extend(1_u64.to_le_bytes());
    let text = |header: &mut Vec<u8>, text: &str| {
        header.extend((text.len() as u64).to_le_bytes());
        header.extend(text.as_bytes());
    };
    text(&mut header, "general.architecture");
    header.extend(8_u32.to_le_bytes());
    text(&mut header, "flux");
    let mut offset = 0;
    for (name, shape) in &tensors {
        let (kind, elements, bytes) = stored(shape, encoding);
        text(&mut header, name);
        header.extend((shape.len() as u32).to_le_bytes());
        shape.iter().rev().for_each(|&side| header.extend((side as u64).to_le_bytes()));
        header.extend(kind.to_le_bytes());
        header.extend((offset as u64).to_le_bytes());
        offset += (shape.iter().product::<usize>() / elements * bytes).next_multiple_of(ALIGNMENT);
    }
    header.resize(header.len().next_multiple_of(ALIGNMENT), 0);
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    file.write_all(&header)?;
    for (name, shape) in &tensors {
        let (kind, elements, bytes) = stored(shape, encoding);
        let blocks = shape.iter().product::<usize>() / elements;
        let mut bits = Bits::of(name);
        for _ in 0..blocks {
            bits.block(kind, shape, &mut file)?;
        }
        let length = blocks * bytes;
        file.write_all(&[0; ALIGNMENT][..length.next_multiple_of(ALIGNMENT) - length])?;
    }
    file.flush()?;
    Ok(())
}

/// SplitMix64 from the FNV-1a hash of a name.
struct Bits(u64);

impl Bits {
    fn of(name: &str) -> Self {
        let hash = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        Self(name.bytes().fold(0xcbf2_9ce4_8422_2325, hash))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// In `[-1, 1)`.
    fn uniform(&mut self) -> f32 {
        2.0 * ((self.next() >> 40) as f32 / (1 << 24) as f32) - 1.0
    }

    /// Any bits are quants; the scales make the deviation of a row's sum about a half.
    fn block(&mut self, kind: u32, shape: &[usize], file: &mut impl Write) -> std::io::Result<()> {
        let deviation = 0.5 / (*shape.last().unwrap_or(&1) as f32).sqrt();
        let half = |value: f32| f16::from_f32(value).to_le_bytes();
        match kind {
            // 6-bit scales around 32 times 4-bit quants around 7.5, less 6-bit minima around 32.
            12 => {
                let scale = deviation / 145.0;
                let mut block = [0; 144];
                block[..2].copy_from_slice(&half(scale));
                block[2..4].copy_from_slice(&half(7.5 * scale));
                block[4..].chunks_mut(8).for_each(|bytes| self.fill(bytes));
                file.write_all(&block)
            }
            8 => {
                let mut block = [0; 34];
                block[..2].copy_from_slice(&half(deviation / 74.0));
                block[2..].chunks_mut(8).for_each(|bytes| self.fill(bytes));
                file.write_all(&block)
            }
            _ => {
                let value = match shape {
                    [_, _] => deviation * self.uniform(),
                    [HEAD] => 1.0,
                    _ => 0.1 * self.uniform(),
                };
                file.write_all(&value.to_le_bytes())
            }
        }
    }

    fn fill(&mut self, bytes: &mut [u8]) {
        bytes.copy_from_slice(&self.next().to_le_bytes()[..bytes.len()]);
    }
}
