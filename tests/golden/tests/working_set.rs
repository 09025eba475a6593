//! What a stage allocates at its worst moment is what the plan says. In a process of its own, because it looks at all of its memory.

#![cfg(target_os = "linux")]

use std::sync::Arc;

use candle_core::{Device, Tensor};
use wirebrush_golden_tests::{Named, input, models, weight, write};
use wirebrush_kontext::memory::{Need, Residency, Tokens};
use wirebrush_kontext::model::{Model, evict_idle};
use wirebrush_kontext::transformer::{Conditioning, Reference};

/// A line of `/proc/self/status` in bytes.
fn status(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim_end_matches("kB").trim().parse::<u64>().unwrap() << 10
}

/// The most memory that `work` needs beyond what is there before it.
fn peak<T>(work: impl FnOnce() -> T) -> u64 {
    // What the allocator still holds would be used again without being seen.
    evict_idle();
    // 5 sets the high-water mark back to what is in use now: proc(5).
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = status("VmRSS:");
    work();
    status("VmHWM:") - before
}

/// The plan must not be exceeded by more than a tenth, and must not be so careful that work is refused that would fit.
#[track_caller]
fn check(what: &str, found: u64, planned: u64) {
    let share = found as f64 / planned as f64;
    println!("{what}: {} of {} MiB planned, {:.0} %", found >> 20, planned >> 20, 100.0 * share);
    assert!((0.7..=1.1).contains(&share), "{what}: {found} bytes, planned were {planned}");
}

fn tensor(name: &str, shape: (usize, usize)) -> Tensor {
    Tensor::from_vec(input(name, shape.0 * shape.1, 1.0), shape, &Device::Cpu).unwrap()
}

/// One encoder layer with so many heads that attention outweighs what is the same in all sizes.
fn t5() -> Vec<Named> {
    let layer = "encoder.block.0.layer";
    let tensors: [(String, &[usize]); 12] = [
        ("shared.weight".to_owned(), &[64, 256]),
        (format!("{layer}.0.SelfAttention.relative_attention_bias.weight"), &[32, 64]),
        (format!("{layer}.0.layer_norm.weight"), &[256]),
        (format!("{layer}.0.SelfAttention.q.weight"), &[1024, 256]),
        (format!("{layer}.0.SelfAttention.k.weight"), &[1024, 256]),
        (format!("{layer}.0.SelfAttention.v.weight"), &[1024, 256]),
        (format!("{layer}.0.SelfAttention.o.weight"), &[256, 1024]),
        (format!("{layer}.1.layer_norm.weight"), &[256]),
        (format!("{layer}.1.DenseReluDense.wi_0.weight"), &[512, 256]),
        (format!("{layer}.1.DenseReluDense.wi_1.weight"), &[512, 256]),
        (format!("{layer}.1.DenseReluDense.wo.weight"), &[256, 512]),
        ("encoder.final_layer_norm.weight".to_owned(), &[256]),
    ];
    tensors.iter().map(|(name, shape)| weight(name, shape)).collect()
}

#[test]
fn stages_allocate_what_was_planned() {
    let folder = tempfile::tempdir().unwrap();
    for part in ["transformer", "text_encoder_2"] {
        std::fs::create_dir(folder.path().join(part)).unwrap();
    }
    let sizes = models::Transformer {
        channels: 16,
        vec: 24,
        context: 40,
        hidden: 512,
        heads: 4,
        depth: 1,
        single: 1,
        axes: [16, 56, 56],
    };
    write(&folder.path().join("transformer/diffusion_pytorch_model.safetensors"), &sizes.bfl());
    std::fs::write(folder.path().join("transformer/config.json"), sizes.config_json()).unwrap();
    write(&folder.path().join("text_encoder_2/model.safetensors"), &t5());
    let model = Model::open(folder.path()).unwrap();

    let encoder = model.t5(Residency::Kept).unwrap();
    let ids = vec![1; 512];
    let found = peak(|| encoder.forward(&ids, |_, _| Ok(())).unwrap());
    check("T5", found, Need::t5(&model, ids.len()).unwrap().working_bytes);

    let transformer = model.transformer(Residency::Kept).unwrap();
    let (text, grid) = (128, (32, 32));
    let conditioning = Conditioning {
        txt: tensor("txt", (text, 40)),
        vec: Tensor::zeros(24, candle_core::DType::F32, &Device::Cpu).unwrap(),
        biases: Vec::new(),
    };
    let reference = Reference { tokens: tensor("reference", (1024, 16)), grid, position: [1, 0, 0] };
    let latent = tensor("latent", (1024, 16));
    let found = peak(|| {
        let run = Arc::clone(&transformer).prepare(&conditioning, grid, &[reference], 2.5).unwrap();
        run.velocity(&latent, 0.5, &|_, _| Ok(())).unwrap()
    });
    let tokens = Tokens { text, target: 1024, references: 1024, prompts: 1 };
    check("transformer", found, Need::transformer(&model, tokens).unwrap().working_bytes);
}
