//! What each format of a transformer takes, at any size: `format_cost [HIDDEN [DOUBLE [SINGLE [PICTURE [TEXT]]]]]`.
//!
//! Writes one model with formula weights in every format and runs a step of each in a process of its own, its weights streamed.
//! Prints a Markdown table: bytes of the file, the largest difference of its output from that of f32 (the format's own error) as a
//! share of the largest output, the peak of memory, seconds of a step, and processor seconds with their ratio to f32's, which say more
//! on a busy machine. Linux only: the figures are those of `/proc/self`.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use candle_core::quantized::{GgmlDType, QTensor, gguf_file};
use candle_core::{Device, Tensor};
use wirebrush_golden_tests::fp8::{File, Scheme};
use wirebrush_golden_tests::{Named, input, models};
use wirebrush_kontext::memory::Residency;
use wirebrush_kontext::transformer::{Conditioning, Config, Transformer};
use wirebrush_kontext::weights::{Part, Weights};

/// Steps of which the quickest counts.
const RUNS: usize = 3;

fn main() {
    let mut args = std::env::args().skip(1).peekable();
    if args.peek().is_some_and(|arg| arg == "step") {
        let args: Vec<String> = args.skip(1).collect();
        let side = |at: usize| args[at].parse().expect("a number");
        return step(Path::new(&args[0]), side(1), side(2));
    }
    let mut size = |default: usize| args.next().map_or(default, |arg| arg.parse().expect("a number"));
    let (hidden, depth, single, picture, text) = (size(1536), size(1), size(2), size(16), size(64));
    let model = models::Transformer {
        channels: 64,
        vec: 768,
        context: 4096,
        hidden,
        heads: hidden / 128,
        depth,
        single,
        axes: [16, 56, 56],
    };
    let tensors = model.bfl();
    let folder = tempfile::tempdir().unwrap();
    println!(
        "hidden {hidden}, {depth} + {single} blocks, {picture}×{picture} tokens of a picture, {text} of text"
    );
    println!(
        "\n| format | file | own error | peak | step | processor | to f32 |\n|---|---|---|---|---|---|---|"
    );
    let mut exact: Option<Measured> = None;
    for format in FORMATS {
        let path =
            folder.path().join(if matches!(format, Format::Gguf(_)) { "m.gguf" } else { "m.safetensors" });
        write(&path, &tensors, format);
        let found = measure(&path, picture, text);
        let exact = exact.get_or_insert_with(|| found.clone());
        let most = exact.output.iter().fold(0f32, |most, v| most.max(v.abs()));
        let pairs = found.output.iter().zip(&exact.output);
        let error = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max) / most;
        println!(
            "| {} | {} MiB | {error:.1e} | {} MiB | {:.2} s | {:.2} s | {:.2} |",
            name(format),
            std::fs::metadata(&path).unwrap().len() >> 20,
            found.peak >> 20,
            found.seconds,
            found.processor,
            found.processor / exact.processor
        );
        std::fs::remove_file(&path).unwrap();
    }
}

#[derive(Clone, Copy)]
enum Format {
    Plain(safetensors::Dtype),
    Fp8(Scheme),
    Gguf(GgmlDType),
}

const FORMATS: [Format; 18] = [
    Format::Plain(safetensors::Dtype::F32),
    Format::Plain(safetensors::Dtype::F16),
    Format::Plain(safetensors::Dtype::BF16),
    Format::Fp8(Scheme::PlainE4M3),
    Format::Fp8(Scheme::PlainE5M2),
    Format::Fp8(Scheme::ScaleWeight),
    Format::Fp8(Scheme::WeightScale),
    Format::Gguf(GgmlDType::F16),
    Format::Gguf(GgmlDType::Q8_0),
    Format::Gguf(GgmlDType::Q6K),
    Format::Gguf(GgmlDType::Q5K),
    Format::Gguf(GgmlDType::Q5_1),
    Format::Gguf(GgmlDType::Q5_0),
    Format::Gguf(GgmlDType::Q4K),
    Format::Gguf(GgmlDType::Q4_1),
    Format::Gguf(GgmlDType::Q4_0),
    Format::Gguf(GgmlDType::Q3K),
    Format::Gguf(GgmlDType::Q2K),
];

fn name(format: Format) -> String {
    match format {
        Format::Plain(dtype) => format!("{dtype:?}"),
        Format::Fp8(scheme) => format!("fp8 {scheme:?}"),
        Format::Gguf(kind) => format!("GGUF {kind:?}"),
    }
}

/// As tools write them: of scaled and GGUF files the matrices only.
fn write(path: &Path, tensors: &[Named], format: Format) {
    let mut file = File::default();
    match format {
        Format::Plain(dtype) => drop(file.add_as("", tensors, dtype)),
        Format::Fp8(scheme) => drop(file.add("", tensors, scheme)),
        Format::Gguf(kind) => return write_gguf(path, tensors, kind),
    }
    file.write(path);
}

fn write_gguf(path: &Path, tensors: &[Named], kind: GgmlDType) {
    let quantize = |t: &Named| {
        let values = Tensor::from_slice(&t.values, t.shape.as_slice(), &Device::Cpu).unwrap();
        let whole = t.shape.len() == 2 && t.shape[1].is_multiple_of(kind.block_size());
        (t.name.clone(), QTensor::quantize(&values, if whole { kind } else { GgmlDType::F32 }).unwrap())
    };
    let stored: Vec<_> = tensors.iter().map(quantize).collect();
    let stored: Vec<_> = stored.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
    let architecture = gguf_file::Value::String("flux".to_owned());
    let metadata = [("general.architecture", &architecture)];
    gguf_file::write(&mut std::fs::File::create(path).unwrap(), &metadata, &stored).unwrap();
}

#[derive(Clone)]
struct Measured {
    seconds: f64,
    processor: f64,
    peak: u64,
    output: Vec<f32>,
}

fn measure(path: &Path, picture: usize, text: usize) -> Measured {
    let program = std::env::current_exe().unwrap();
    let run =
        Command::new(program).arg("step").arg(path).args([picture, text].map(|n| n.to_string())).output();
    let run = run.unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let printed = String::from_utf8(run.stdout).unwrap();
    let mut words = printed.split_whitespace();
    Measured {
        seconds: words.next().unwrap().parse().unwrap(),
        processor: words.next().unwrap().parse().unwrap(),
        peak: words.next().unwrap().parse().unwrap(),
        output: words.map(|word| word.parse().unwrap()).collect(),
    }
}

/// Prints the seconds and processor seconds of a step, the peak of memory and the velocity.
fn step(path: &Path, picture: usize, text: usize) {
    let weights = Weights::open(path).unwrap().part(Part::Transformer).unwrap();
    let config = Config::from_weights(&weights, None).unwrap();
    let (channels, context, vec) = (config.in_channels, config.context_dim, config.vec_dim);
    let model = Arc::new(Transformer::load_as(&weights, config, Residency::Streamed).unwrap());
    let tensor = |name: &str, shape: &[usize]| {
        Tensor::from_vec(input(name, shape.iter().product(), 1.0), shape, &Device::Cpu).unwrap()
    };
    let conditioning = Conditioning {
        txt: tensor("input.txt", &[text, context]),
        vec: tensor("input.vec", &[vec]),
        biases: Vec::new(),
    };
    let prepared = model.prepare(&conditioning, (picture, picture), &[], 2.5).unwrap();
    let tokens = tensor("input.tokens", &[picture * picture, channels]);
    let run = |_| {
        let (start, used) = (Instant::now(), processor_seconds());
        let velocity = prepared.velocity(&tokens, 0.7, &|_, _| Ok(())).unwrap();
        (start.elapsed().as_secs_f64(), processor_seconds() - used, velocity)
    };
    let runs: Vec<_> = (0..RUNS).map(run).collect();
    let seconds = runs.iter().map(|run| run.0).fold(f64::INFINITY, f64::min);
    let processor = runs.iter().map(|run| run.1).fold(f64::INFINITY, f64::min);
    let velocity = &runs[0].2;
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    print!("{seconds} {processor} {}", peak << 10);
    velocity.flatten_all().unwrap().to_vec1::<f32>().unwrap().iter().for_each(|v| print!(" {v:e}"));
}

/// What all threads of this process have computed so far: user and system time in ticks of 10 ms, proc(5).
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let behind_name = stat.rsplit_once(')').unwrap().1;
    let ticks = behind_name.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<f64>().unwrap());
    ticks.sum::<f64>() / 100.0
}
