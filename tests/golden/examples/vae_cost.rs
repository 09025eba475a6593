//! What the autoencoder takes at the real size, with formula weights: `vae_cost decode|encode SIDE [whole|bands|TILE]`.
//!
//! Prints the predicted and the measured peak of memory and the seconds. Linux only: the peak is `VmHWM` of the kernel.

use std::time::Instant;

use candle_core::{Device, Tensor};
use wirebrush_golden_tests::{input, models, write};
use wirebrush_kontext::vae::{Mode, Vae, decode_bytes, encode_bytes};

fn main() {
    let mut args = std::env::args().skip(1);
    let what = args.next().expect("decode or encode");
    let side: usize = args.next().expect("a side in pixels").parse().expect("a number");
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
    // Forgets the peak of loading.
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = status("VmRSS:");
    let start = Instant::now();
    let quiet = |_: usize, _: usize| Ok(());
    let y = match what.as_str() {
        "decode" => vae.decode_as(&x, mode, &quiet).unwrap(),
        _ => vae.encode_as(&x, mode, &quiet).unwrap(),
    };
    let seconds = start.elapsed().as_secs_f64();
    let peak = status("VmHWM:");
    println!(
        "{what} {side}² {mode:?}: {seconds:.1} s, peak {} MiB over {} MiB before, predicted {} MiB, result {:?}",
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
