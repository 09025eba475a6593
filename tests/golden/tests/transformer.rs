//! The transformer against BFL's own, with every reference placement, and a whole Euler run.

use std::ops::ControlFlow;
use std::sync::Arc;

use candle_core::{Device, Tensor};
use serde::Deserialize;
use wirebrush_golden_tests::{Expected, data, input, models, write};
use wirebrush_kontext::sampling::{self, Placement, Sampling, Schedule, Scheduler, Shift};
use wirebrush_kontext::transformer::{Conditioning, Prepared, TextBias, Transformer};

/// An f32 implementation stays within 2e-5 of the f64 values, sums of up to 256 of them within 1e-4.
const ELEMENT: f64 = 2e-5;
const SUM: f64 = 1e-4;

#[derive(Deserialize)]
struct Data {
    models: Vec<Model>,
    packed_first: Vec<f32>,
    euler: Euler,
}

#[derive(Deserialize)]
struct Model {
    name: String,
    sizes: models::Transformer,
    latent: [usize; 3],
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    references: Vec<(String, [usize; 3])>,
    placement: String,
    expected: Expected,
}

#[derive(Deserialize)]
struct Euler {
    steps: usize,
    expected: Expected,
}

fn golden() -> Data {
    data(include_str!("../data/transformer.json"))
}

fn latent(name: &str, [c, h, w]: [usize; 3]) -> Tensor {
    Tensor::from_vec(input(name, c * h * w, 1.7), (c, h, w), &Device::Cpu).unwrap()
}

fn load(sizes: &models::Transformer) -> Arc<Transformer> {
    let dir = tempfile::tempdir().unwrap();
    write(&dir.path().join("model.safetensors"), &sizes.bfl());
    std::fs::write(dir.path().join("config.json"), sizes.config_json()).unwrap();
    Arc::new(Transformer::open(dir.path()).unwrap())
}

fn conditioning(sizes: &models::Transformer) -> Conditioning {
    Conditioning {
        txt: Tensor::from_vec(input("input.txt", 5 * sizes.context, 1.0), (5, sizes.context), &Device::Cpu)
            .unwrap(),
        vec: Tensor::from_vec(input("input.vec", sizes.vec, 1.0), sizes.vec, &Device::Cpu).unwrap(),
        biases: Vec::new(),
    }
}

fn prepare(model: &Model, case: &Case) -> Prepared {
    let references: Vec<Tensor> = case.references.iter().map(|(name, shape)| latent(name, *shape)).collect();
    let [_, h, w] = model.latent;
    let placement: Placement = case.placement.parse().unwrap();
    let references = sampling::place_references(&references, (h, w), placement).unwrap();
    let conditioning = conditioning(&model.sizes);
    load(&model.sizes).prepare(&conditioning, sampling::grid(h, w), &references, 2.5).unwrap()
}

fn values(t: &Tensor) -> Vec<f32> {
    t.flatten_all().unwrap().to_vec1().unwrap()
}

#[test]
fn velocity_agrees_for_every_reference_placement() {
    for model in &golden().models {
        for case in &model.cases {
            let tokens = sampling::pack(&latent("input.latent", model.latent)).unwrap();
            let velocity = prepare(model, case).velocity(&tokens, 0.7, &|_, _| Ok(())).unwrap();
            case.expected.check(
                &format!("model {}, {}", model.name, case.name),
                &values(&velocity),
                ELEMENT,
                SUM,
            );
        }
    }
}

#[test]
fn first_packed_token_agrees() {
    let golden = golden();
    let tokens = values(&sampling::pack(&latent("input.latent", golden.models[0].latent)).unwrap());
    for (found, expected) in tokens.iter().zip(&golden.packed_first) {
        assert!((found - expected).abs() < 1e-7, "found {found}, expected {expected}");
    }
}

#[test]
fn euler_run_agrees() {
    let golden = golden();
    let model = &golden.models[0];
    let prepared = prepare(model, &model.cases[0]);
    let sigmas = Schedule::default()
        .sigmas(Scheduler::Flux, golden.euler.steps, prepared.target_tokens(), Shift::Auto, 1.0)
        .unwrap();
    let noise = latent("input.latent", model.latent);
    let run = Sampling { positive: &prepared, guide: None, noise: &noise, start: None, sigmas: &sigmas };
    let result = sampling::sample(&run, &|_| ControlFlow::Continue(())).unwrap();
    golden.euler.expected.check("Euler", &values(&result), ELEMENT, SUM);
}

/// Strength 1 is no bias; strength 0 is as if the tokens were not there, for all image tokens.
#[test]
fn text_bias_of_one_changes_nothing_and_other_strengths_do() {
    let golden = golden();
    let model = &golden.models[0];
    let transformer = load(&model.sizes);
    let tokens = sampling::pack(&latent("input.latent", model.latent)).unwrap();
    let run = |biases: Vec<TextBias>| {
        let conditioning = Conditioning { biases, ..conditioning(&model.sizes) };
        let prepared = transformer.prepare(&conditioning, (2, 3), &[], 2.5).unwrap();
        values(&prepared.velocity(&tokens, 0.7, &|_, _| Ok(())).unwrap())
    };
    let plain = run(Vec::new());
    assert_eq!(plain, run(vec![TextBias { tokens: 3..5, strength: 1.0 }]));
    let weak = run(vec![TextBias { tokens: 3..5, strength: 0.2 }]);
    assert!(plain.iter().zip(&weak).any(|(a, b)| (a - b).abs() > 1e-3));
    assert!(weak.iter().all(|v| v.is_finite()));
    assert!(run(vec![TextBias { tokens: 3..5, strength: 0.0 }]).iter().all(|v| v.is_finite()));
}

/// Pruned models ("lite") have fewer blocks and no other sign of it.
#[test]
fn blocks_are_counted() {
    #[derive(Deserialize)]
    struct Pruned {
        text: usize,
        grid: (usize, usize),
        models: Vec<PrunedModel>,
    }
    #[derive(Deserialize)]
    struct PrunedModel {
        sizes: models::Transformer,
        velocity: Expected,
    }
    let golden: Pruned = data(include_str!("../data/pruned.json"));
    for PrunedModel { sizes, velocity } in &golden.models {
        let tensor = |name: &str, shape: (usize, usize)| {
            Tensor::from_vec(input(name, shape.0 * shape.1, 1.0), shape, &Device::Cpu).unwrap()
        };
        let conditioning =
            Conditioning { txt: tensor("input.txt", (golden.text, sizes.context)), ..conditioning(sizes) };
        let prepared = load(sizes).prepare(&conditioning, golden.grid, &[], 2.5).unwrap();
        let tokens = tensor("input.tokens", (golden.grid.0 * golden.grid.1, sizes.channels));
        let found = prepared.velocity(&tokens, 0.7, &|_, _| Ok(())).unwrap();
        velocity.check(&format!("{} + {} blocks", sizes.depth, sizes.single), &values(&found), ELEMENT, SUM);
    }
}

#[test]
fn a_block_that_is_left_out_is_missed() {
    let golden = golden();
    let sizes = &golden.models[0].sizes;
    let dir = tempfile::tempdir().unwrap();
    let mut tensors = sizes.bfl();
    tensors.retain(|t| !t.name.starts_with("double_blocks.0."));
    write(&dir.path().join("model.safetensors"), &tensors);
    std::fs::write(dir.path().join("config.json"), sizes.config_json()).unwrap();
    let message = Transformer::open(dir.path()).err().unwrap().to_string();
    assert!(message.contains("double_blocks.0.") && message.contains("is missing"), "{message}");
}
