//! What a run is allowed to take, and that less changes nothing but speed.

use std::sync::Arc;

use candle_core::{Device, Tensor};
use serde_json::Value as Json;
use wirebrush_golden_tests::{input, models, write_as};
use wirebrush_kontext::memory::Residency;
use wirebrush_kontext::nodes::{ClipEncode, FlowSample, Latent, PlanMemory, T5Encode, T5Tokens, VaeEncode};
use wirebrush_kontext::transformer::{Conditioning, Reference, Transformer};
use wirebrush_kontext::weights::{Part, Weights};
use wirebrush_sdk::prelude::*;
use wirebrush_sdk::testing::{Recorder, run};

const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../plugins/kontext/models/kontext-tiny");

fn with_model() -> Inputs {
    Inputs::new().with("model", MODEL.to_owned())
}

fn tensor(name: &str, shape: (usize, usize)) -> Tensor {
    Tensor::from_vec(input(name, shape.0 * shape.1, 1.0), shape, &Device::Cpu).unwrap()
}

/// Layers of several tiles of rows, so that tiling is really done.
#[test]
fn kept_and_streamed_weights_give_the_same_bits() {
    let sizes = models::Transformer {
        channels: 16,
        vec: 24,
        context: 40,
        hidden: 512,
        heads: 4,
        depth: 2,
        single: 2,
        axes: [16, 56, 56],
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    write_as(&path, &sizes.bfl(), safetensors::Dtype::BF16);
    let weights = Weights::open(&path).unwrap().part(Part::Transformer).unwrap();
    let config = Transformer::load(&weights, config(&weights)).unwrap().config().clone();
    let conditioning = Conditioning {
        txt: tensor("txt", (5, 40)),
        vec: tensor("vec", (1, 24)).squeeze(0).unwrap(),
        biases: Vec::new(),
    };
    let reference = Reference { tokens: tensor("reference", (6, 16)), grid: (2, 3), position: [1, 0, 0] };
    let velocity = |residency: Residency| {
        let model = Arc::new(Transformer::load_as(&weights, config.clone(), residency).unwrap());
        let run = model.prepare(&conditioning, (3, 4), std::slice::from_ref(&reference), 2.5).unwrap();
        let mut values = Vec::new();
        for t in [1.0, 0.6] {
            let velocity = run.velocity(&tensor("latent", (12, 16)), t, &|_, _| Ok(())).unwrap();
            values.extend(velocity.flatten_all().unwrap().to_vec1::<f32>().unwrap());
        }
        values
    };
    let kept = velocity(Residency::Kept);
    assert!(kept.iter().all(|value| value.is_finite()) && kept.iter().any(|value| *value != 0.0));
    assert_eq!(velocity(Residency::Streamed), kept);
}

fn config(weights: &Weights) -> wirebrush_kontext::transformer::Config {
    wirebrush_kontext::transformer::Config::from_weights(weights, None).unwrap()
}

/// So little that the parts of the embedded model leave for one another.
#[test]
fn nodes_give_the_same_result_under_little_memory() {
    let all = |memory: &str| {
        let inputs = || with_model().with("memory", memory.to_owned());
        let text = || inputs().with("text", "make the circle red".to_owned());
        let t5: Handle = run::<T5Encode>(text()).unwrap().value("t5").unwrap();
        let clip: Handle = run::<ClipEncode>(text()).unwrap().value("clip").unwrap();
        let pixels = (0..64 * 64 * 3).map(|at| (at % 251) as u8).collect();
        let image = Image::new(ImageInfo::srgb(64, 64, 3, Sample::U8), pixels).unwrap();
        let reference: Handle =
            run::<VaeEncode>(with_model().with("image", image)).unwrap().value("latent").unwrap();
        let sampled = inputs().with("t5", t5.clone()).with("clip", clip).with("steps", 1_i64);
        let latent: Handle =
            run::<FlowSample>(sampled.with("references", reference)).unwrap().value("latent").unwrap();
        let values = |tensor: &Tensor| tensor.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        let (t5, latent) = (t5.get::<T5Tokens>().unwrap(), latent.get::<Latent>().unwrap());
        (values(&t5.tokens), values(&latent.latent))
    };
    let free = all("");
    assert_eq!(all("256M"), free);
}

#[test]
fn too_little_memory_is_refused_at_its_input_with_the_least_that_works() {
    let error = run::<T5Encode>(with_model().with("text", "red".to_owned()).with("memory", "16M".to_owned()));
    let Err(Failure::InvalidInput { port, why }) = error else { panic!("{error:?}") };
    assert_eq!(port, "memory");
    assert!(why.starts_with("expected at least ") && why.ends_with(", found 16M"), "{why}");
    // What it names is enough.
    let least = why.trim_start_matches("expected at least ").split(' ').next().unwrap().to_owned();
    run::<T5Encode>(with_model().with("text", "red".to_owned()).with("memory", least)).unwrap();

    let error = run::<FlowSample>(with_model().with("memory", "a lot".to_owned())).unwrap_err();
    assert!(matches!(error, Failure::InvalidInput { .. }), "{error}");
}

#[test]
fn the_plan_names_every_stage_and_grows_with_the_picture() {
    let plan = |width: i64, references: i64, memory: &str| -> Json {
        let inputs = with_model().with("width", width).with("height", width).with("references", references);
        let outputs = run::<PlanMemory>(inputs.with("memory", memory.to_owned())).unwrap();
        serde_json::from_str(&outputs.value::<String>("plan").unwrap()).unwrap()
    };
    let small = plan(64, 1, "8G");
    let parts: Vec<_> =
        small["stages"].as_array().unwrap().iter().map(|it| it["part"].as_str().unwrap()).collect();
    assert_eq!(parts, ["t5", "clip", "vae", "transformer", "vae"]);
    assert_eq!(small["budget"], 8_u64 << 30);
    assert!(small["stages"].as_array().unwrap().iter().all(|stage| stage["weights"] == "kept"));
    let number = |plan: &Json, name: &str| plan[name].as_u64().unwrap();
    assert!(number(&small, "least") <= number(&small, "peak"));
    let large = plan(512, 1, "8G");
    let more = plan(512, 3, "8G");
    assert!(number(&small, "peak") < number(&large, "peak"));
    let working = |plan: &Json| plan["stages"][3]["working"].as_u64().unwrap();
    assert!(working(&large) < working(&more));
    // A picture to edit is brought to what the model prefers, 64×64, however large the result; a token is 8×8 pixels.
    let purpose = large["stages"][3]["purpose"].as_str().unwrap();
    assert!(purpose.contains("4096 of the picture and 64 of references"), "{purpose}");
    assert_eq!(
        plan(64, 0, "8G")["stages"].as_array().unwrap().len(),
        4,
        "nothing is encoded without references"
    );
}

/// A host that cancels while a part loads; the part is not taken for loaded.
#[test]
fn a_cancelled_load_leaves_nothing_behind() {
    let host = Recorder::default();
    host.cancel_after.set(Some(1));
    let inputs = with_model().with("text", "red".to_owned());
    assert_eq!(host.run::<T5Encode>(inputs).unwrap_err(), Failure::Cancelled);
    run::<T5Encode>(with_model().with("text", "red".to_owned())).unwrap();
}
