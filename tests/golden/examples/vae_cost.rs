//! What the autoencoders take at the real size, with formula weights: `vae_cost decode|encode SIDE [whole|bands|TILE]` and
//! `vae_cost taef1 SIDE`.
//!
//! Prints the predicted and the measured peak of memory and the seconds. Linux only: the peak is `VmHWM` of the kernel.

use std::time::Instant;

use candle_core::{Device, Tensor};
use wirebrush_golden_tests::{Named, input, models, weight, write};
use wirebrush_kontext::vae::{Mode, Taef1, Vae, decode_bytes, encode_bytes};

fn main() {
    let mut args = std::env::args().skip(1);
    let what = args.next().expect("decode, encode or taef1");
    let side: usize = args.next().expect("a side in pixels").parse().expect("a number");
    if what == "taef1" {
        return taef1(side);
    }
    let mode = match args.next().as_deref() {
        None | Some("whole") => Mode::Whole,
        Some("bands") => Mode::Bands,
        Some(side) => Mode::Tiles(side.parse().expect("whole, bands or a number")),
    };
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ae.safetensors");
    write(&path, &models::Vae { channels: vec![128, 256, 512, 512], blocks: 2, z: 16 }.bfl());
    let vae = Vae::open(&path).unwrap();
    drop(dir);
    let (c, h, predicted) = match what.as_str() {
        "decode" => (16, side / 8, decode_bytes(vae.config(), side, side, mode)),
        _ => (3, side, encode_bytes(vae.config(), side, side, mode)),
    };
    let x = Tensor::from_vec(input("x", c * h * h, 1.0), (c, h, h), &Device::Cpu).unwrap();
    let quiet = |_: usize, _: usize| Ok(());
    measure(&format!("{what} {side}² {mode:?}"), predicted, || match what.as_str() {
        "decode" => vae.decode_as(&x, mode, &quiet).unwrap(),
        _ => vae.encode_as(&x, mode, &quiet).unwrap(),
    });
}

fn taef1(side: usize) {
    let dir = tempfile::tempdir().unwrap();
    write(&dir.path().join("taef1_decoder.safetensors"), &taef1_tensors());
    let model = Taef1::open(dir.path()).unwrap();
    let (predicted, _) = model.cost(side, side);
    let shape = (16, side / 8, side / 8);
    let x = Tensor::from_vec(input("x", shape.0 * shape.1 * shape.2, 1.0), shape, &Device::Cpu).unwrap();
    measure(&format!("TAEF1 {side}²"), predicted, || model.decode(&x, &|_, _| Ok(())).unwrap());
}

/// The decoder as its author's file has it: the first layer is behind a clamp, and an upsampling before every fourth block has no
/// tensors.
fn taef1_tensors() -> Vec<Named> {
    let conv = |name: String, outputs: usize, inputs: usize| weight(&name, &[outputs, inputs, 3, 3]);
    let bias = |layer: &str, outputs: usize| weight(&format!("{layer}.bias"), &[outputs]);
    let mut tensors = vec![conv("1.weight".to_owned(), 64, 16), bias("1", 64)];
    for block in [3, 4, 5, 8, 9, 10, 13, 14, 15, 18] {
        for at in [0, 2, 4] {
            let layer = format!("{block}.conv.{at}");
            tensors.extend([conv(format!("{layer}.weight"), 64, 64), bias(&layer, 64)]);
        }
    }
    tensors.extend([7, 12, 17].map(|layer| conv(format!("{layer}.weight"), 64, 64)));
    tensors.extend([conv("19.weight".to_owned(), 3, 64), bias("19", 3)]);
    tensors
}

/// Prints seconds and the peak beyond what is there before.
fn measure(what: &str, predicted: u64, run: impl FnOnce() -> Tensor) {
    // Forgets the peak of loading.
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = status("VmRSS:");
    let start = Instant::now();
    let y = run();
    let seconds = start.elapsed().as_secs_f64();
    let peak = status("VmHWM:");
    println!(
        "{what}: {seconds:.1} s, peak {} MiB over {} MiB before, predicted {} MiB, result {:?}",
        (peak - before) >> 20,
        before >> 20,
        predicted >> 20,
        y.dims()
    );
}

/// A line of `/proc/self/status` in bytes.
fn status(line: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let value = status.lines().find_map(|l| l.strip_prefix(line)).unwrap();
    1024 * value.trim().trim_end_matches(" kB").parse::<u64>().unwrap()
}
