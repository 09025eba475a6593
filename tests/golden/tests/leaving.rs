//! Parts that have done their work make room for the next one: their memory goes back to the system. In a process of its own,
//! because it looks at all of its memory.

#![cfg(target_os = "linux")]

use wirebrush_golden_tests::{Named, models, weight, write};
use wirebrush_kontext::memory::{Budget, Need, Residency, Tokens};
use wirebrush_kontext::model::{Model, Part};

const WIDTH: usize = 1024;
const WIDE: usize = 4096;

/// 128 MiB in f32, in matrices that the allocator would keep for later.
fn t5() -> Vec<Named> {
    let mut tensors = vec![
        weight("shared.weight", &[64, WIDTH]),
        weight("encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight", &[32, 16]),
        weight("encoder.final_layer_norm.weight", &[WIDTH]),
    ];
    for block in 0..2 {
        let mut add = |name: &str, shape: &[usize]| {
            tensors.push(weight(&format!("encoder.block.{block}.layer.{name}.weight"), shape));
        };
        add("0.layer_norm", &[WIDTH]);
        for name in ["q", "k", "v", "o"] {
            add(&format!("0.SelfAttention.{name}"), &[WIDTH, WIDTH]);
        }
        add("1.layer_norm", &[WIDTH]);
        for name in ["wi_0", "wi_1"] {
            add(&format!("1.DenseReluDense.{name}"), &[WIDE, WIDTH]);
        }
        add("1.DenseReluDense.wo", &[WIDTH, WIDE]);
    }
    tensors
}

fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim_end_matches("kB").trim().parse::<u64>().unwrap() << 10
}

#[test]
fn an_idle_text_encoder_leaves_when_the_transformer_needs_its_memory_and_a_busy_one_stays() {
    let folder = tempfile::tempdir().unwrap();
    for part in ["transformer", "text_encoder_2"] {
        std::fs::create_dir(folder.path().join(part)).unwrap();
    }
    let sizes = models::Transformer {
        channels: 16,
        vec: 24,
        context: 40,
        hidden: 64,
        heads: 2,
        depth: 1,
        single: 1,
        axes: [8, 12, 12],
    };
    write(&folder.path().join("transformer/diffusion_pytorch_model.safetensors"), &sizes.bfl());
    std::fs::write(folder.path().join("transformer/config.json"), sizes.config_json()).unwrap();
    write(&folder.path().join("text_encoder_2/model.safetensors"), &t5());
    let model = Model::open(folder.path()).unwrap();
    let before = resident();
    let encoder = model.t5(Residency::Kept).unwrap();
    let loaded = resident();
    assert!(loaded - before > 120 << 20, "{before} bytes before, {loaded} with T5");

    let stage = || {
        let tokens = Tokens { text: 8, target: 16, references: 0, prompts: 1 };
        Need::transformer(&model, tokens).unwrap().fit(Budget { bytes: 8 << 30, asked: true }).unwrap()
    };
    // Enough for both: nobody leaves. Enough for the transformer alone: only who is idle does.
    let both = Budget { bytes: stage().peak(128 << 20) + (8 << 20), asked: true };
    let alone = Budget { bytes: stage().peak(0), asked: true };
    assert_eq!(model.make_room(&stage(), 0, both), []);
    assert_eq!(model.make_room(&stage(), 0, alone), [], "somebody holds it");
    assert_eq!(encoder.width(), WIDTH);
    drop(encoder);
    assert_eq!(model.make_room(&stage(), 0, both), []);
    assert_eq!(model.make_room(&stage(), 64 << 20, both), [Part::T5], "another stage takes what is left");
    let left = resident();
    assert!(loaded - left > 120 << 20, "{loaded} bytes with T5, {left} when it had left");
}
