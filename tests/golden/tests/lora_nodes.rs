//! LoRAs on the embedded model, node by node.

use std::path::PathBuf;
use std::sync::Arc;

use tempfile::TempDir;
use wirebrush_golden_tests::{Named, value, write};
use wirebrush_kontext::memory::Residency;
use wirebrush_kontext::model::{Model, Part};
use wirebrush_kontext::nodes::{
    ClipEncode, FlowSample, InspectModel, Latent, LoadLora, PatchedModel, Pooled, T5Encode, T5Tokens,
    VaeDecode,
};
use wirebrush_kontext::weights::Weights;
use wirebrush_sdk::prelude::*;
use wirebrush_sdk::testing::{Recorder, run};

const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../plugins/kontext/models/kontext-tiny");

/// Low-rank changes under kohya's names.
struct File {
    folder: TempDir,
    tensors: Vec<Named>,
}

impl File {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), tensors: Vec::new() }
    }

    /// A change to one matrix of the embedded model.
    fn with(mut self, prefix: &str, part: Part, tensor: &str) -> Self {
        let weights = model().weights(part).unwrap();
        let &[rows, columns] = weights.shape(tensor).unwrap() else { panic!("{tensor} is no matrix") };
        let key = format!("{prefix}{}", tensor.strip_suffix(".weight").unwrap().replace('.', "_"));
        self.push(&format!("{key}.lora_up.weight"), &[rows, 2]);
        self.push(&format!("{key}.lora_down.weight"), &[2, columns]);
        self
    }

    fn push(&mut self, name: &str, shape: &[usize]) {
        let values = (0..shape.iter().product()).map(|i| value(name, i, 0.2, 0.0)).collect();
        self.tensors.push(Named { name: name.to_owned(), shape: shape.to_vec(), values });
    }

    fn write(&self) -> String {
        let path: PathBuf = self.folder.path().join("style.safetensors");
        write(&path, &self.tensors);
        path.to_string_lossy().into_owned()
    }
}

fn model() -> Arc<Model> {
    Model::open(MODEL.as_ref()).unwrap()
}

fn transformer_file() -> File {
    File::new().with("lora_unet_", Part::Transformer, "double_blocks.0.img_attn.qkv.weight").with(
        "lora_unet_",
        Part::Transformer,
        "single_blocks.0.linear1.weight",
    )
}

fn text_file() -> File {
    File::new().with("lora_te1_", Part::Clip, "text_model.encoder.layers.0.mlp.fc1.weight").with(
        "lora_te3_",
        Part::T5,
        "encoder.block.0.layer.0.SelfAttention.v.weight",
    )
}

fn named() -> Value {
    Value::Text(MODEL.to_owned())
}

fn load(model: Value, lora: &str, strength: f64) -> Value {
    let inputs = Inputs::new().with("model", model).with("lora", lora.to_owned()).with("strength", strength);
    Value::Handle(run::<LoadLora>(inputs).unwrap().value("model").unwrap())
}

fn held(value: &Value) -> Arc<Model> {
    let Value::Handle(handle) = value else { panic!("{value:?} is no handle") };
    handle.get::<PatchedModel>().unwrap().model.clone()
}

fn t5(model: &Value) -> (Handle, Vec<f32>) {
    let inputs = Inputs::new().with("model", model.clone()).with("text", "a red circle".to_owned());
    let handle: Handle = run::<T5Encode>(inputs).unwrap().value("t5").unwrap();
    let tokens = handle.get::<T5Tokens>().unwrap().tokens.flatten_all().unwrap().to_vec1().unwrap();
    (handle, tokens)
}

fn clip(model: &Value) -> (Handle, Vec<f32>) {
    let inputs = Inputs::new().with("model", model.clone()).with("text", "a red circle".to_owned());
    let handle: Handle = run::<ClipEncode>(inputs).unwrap().value("clip").unwrap();
    let vector = handle.get::<Pooled>().unwrap().vector.to_vec1().unwrap();
    (handle, vector)
}

/// A latent of two steps, with the prompt of the model as it is named.
fn sample(model: &Value) -> Vec<f32> {
    let inputs = Inputs::new()
        .with("model", model.clone())
        .with("t5", t5(&named()).0)
        .with("clip", clip(&named()).0)
        .with("steps", 2_i64);
    let handle: Handle = run::<FlowSample>(inputs).unwrap().value("latent").unwrap();
    handle.get::<Latent>().unwrap().latent.flatten_all().unwrap().to_vec1().unwrap()
}

fn furthest(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn a_lora_changes_the_picture_by_its_strength_and_the_model_stays_as_it_is() {
    let file = transformer_file();
    let lora = file.write();
    let before = sample(&named());
    let with = sample(&load(named(), &lora, 1.0));
    assert!(furthest(&before, &with) > 1e-2, "{}", furthest(&before, &with));
    assert_eq!(sample(&load(named(), &lora, 1.0)), with);
    assert_eq!(sample(&load(named(), &lora, 0.0)), before);
    assert_eq!(sample(&named()), before);
    let opposite = sample(&load(named(), &lora, -1.0));
    assert!(furthest(&before, &opposite) > 1e-2 && furthest(&with, &opposite) > 1e-2);
}

#[test]
fn a_lora_put_on_twice_at_half_strength_is_that_lora() {
    let file = transformer_file();
    let lora = file.write();
    let once = sample(&load(named(), &lora, 1.0));
    let twice = sample(&load(load(named(), &lora, 0.5), &lora, 0.5));
    // Two additions in place of one in f32, through two steps of the model.
    assert!(furthest(&once, &twice) < 1e-4, "{}", furthest(&once, &twice));
    let none = sample(&load(load(named(), &lora, 2.0), &lora, -2.0));
    assert!(furthest(&sample(&named()), &none) < 1e-4);
}

#[test]
fn text_encoders_have_a_strength_of_their_own() {
    let file = text_file();
    let lora = file.write();
    let both = load(named(), &lora, 1.0);
    assert!(furthest(&t5(&named()).1, &t5(&both).1) > 1e-3);
    assert!(furthest(&clip(&named()).1, &clip(&both).1) > 1e-3);
    let inputs = Inputs::new().with("model", named()).with("lora", lora).with("text_strength", 0.0);
    let none = Value::Handle(run::<LoadLora>(inputs).unwrap().value("model").unwrap());
    assert_eq!(t5(&named()).1, t5(&none).1);
    assert_eq!(clip(&named()).1, clip(&none).1);
}

#[test]
fn parts_that_a_lora_leaves_alone_are_the_models_own_copies() {
    let file = text_file();
    let base = model();
    let (clip, transformer) = (base.clip().unwrap(), base.transformer(Residency::Kept).unwrap());
    let value = load(named(), &file.write(), 1.0);
    let with = held(&value);
    let Value::Handle(handle) = &value else { unreachable!() };
    assert!(Arc::ptr_eq(&transformer, &with.transformer(Residency::Kept).unwrap()));
    assert!(Arc::ptr_eq(&base.vae().unwrap(), &with.vae().unwrap()));
    assert!(Arc::ptr_eq(&base.t5_tokenizer().unwrap(), &with.t5_tokenizer().unwrap()));
    assert_eq!(handle.object().size_bytes(), 0, "nothing was loaded for it alone");

    assert!(!Arc::ptr_eq(&clip, &with.clip().unwrap()));
    assert!(Arc::ptr_eq(&clip, &base.clip().unwrap()), "the model's own copy stays");
    assert_eq!(handle.object().size_bytes(), 4 * base.weights(Part::Clip).unwrap().parameter_count());
    handle.object().evict();
    assert_eq!(handle.object().size_bytes(), 0);
}

/// Every input for a model takes one with a LoRA: also where nothing of it is used.
#[test]
fn a_model_with_a_lora_goes_wherever_a_model_goes() {
    let file = transformer_file();
    let model = load(named(), &file.write(), 1.0);
    let inputs = Inputs::new()
        .with("model", model.clone())
        .with("t5", t5(&model).0)
        .with("clip", clip(&model).0)
        .with("steps", 1_i64);
    let latent: Handle = run::<FlowSample>(inputs).unwrap().value("latent").unwrap();
    let image =
        run::<VaeDecode>(Inputs::new().with("model", model).with("latent", latent)).unwrap().image("image");
    assert_eq!(image.unwrap().width(), 64);
}

#[test]
fn keys_without_effect_are_warned_of() {
    let mut file = transformer_file();
    file.push("lora_unet_mystery.lora_up.weight", &[4, 2]);
    file = file.with("diffusion_model.", Part::Transformer, "img_in.weight");
    for at in file.tensors.iter_mut().filter(|tensor| tensor.name.contains("img_in")) {
        at.name = at.name.replace("img_in", "double_blocks.77.img_attn.proj");
    }
    let host = Recorder::default();
    let inputs = Inputs::new().with("model", named()).with("lora", file.write());
    host.run::<LoadLora>(inputs).unwrap();
    let log = host.log.borrow();
    let lines: Vec<&str> = log.iter().map(|(_, line)| line.as_str()).collect();
    assert!(log.iter().all(|(level, _)| *level == LogLevel::Warn), "{lines:?}");
    assert!(
        lines[0].contains("1 keys") && lines[0].contains("lora_unet_mystery.lora_up.weight"),
        "{lines:?}"
    );
    assert!(lines[1].contains("double_blocks.77.img_attn.proj.weight"), "{lines:?}");
}

#[track_caller]
fn check_refused(inputs: Inputs, port: &str, words: &[&str]) {
    match run::<LoadLora>(inputs).expect_err("it must be refused") {
        Failure::InvalidInput { port: found, why } => {
            assert_eq!(found, port, "{why}");
            assert!(words.iter().all(|word| why.contains(word)), "{why}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_no_lora_for_the_model_is_refused_at_its_input() {
    let inputs = |lora: &str| Inputs::new().with("model", named()).with("lora", lora.to_owned());
    check_refused(inputs(""), "lora", &["expected the name"]);
    let mut file = File::new();
    file.push("lora_unet_img_in.lora_up.weight", &[3, 2]);
    file.push("lora_unet_img_in.lora_down.weight", &[2, 5]);
    check_refused(
        inputs(&file.write()),
        "lora",
        &["lora_unet_img_in.lora_up.weight", "(3, 5)", "img_in.weight"],
    );
    let vae = format!("{MODEL}/vae/diffusion_pytorch_model.safetensors");
    check_refused(inputs(&vae), "lora", &["holds no changes to layers of FLUX.1"]);
    let mut file = transformer_file();
    file.tensors[2].values[3] = f32::NAN;
    check_refused(
        inputs(&file.write()),
        "lora",
        &["lora_unet_single_blocks_0_linear1.lora_up.weight", "NaN at element 3"],
    );
    let mut file = transformer_file();
    file.tensors.push(Named {
        name: "lora_unet_single_blocks_0_linear1.alpha".to_owned(),
        shape: vec![],
        values: vec![f32::INFINITY],
    });
    check_refused(inputs(&file.write()), "lora", &["lora_unet_single_blocks_0_linear1", "alpha", "inf"]);
    let latent = Handle::new(Latent {
        latent: candle_core::Tensor::zeros((1, 1, 1), candle_core::DType::F32, &candle_core::Device::Cpu)
            .unwrap(),
        factor: 8,
    });
    let file = transformer_file();
    let inputs = Inputs::new().with("model", latent).with("lora", file.write());
    check_refused(inputs, "model", &["expected kontext/model@1", "found kontext/latent@1"]);
}

#[test]
fn a_cancelled_load_ends_without_a_model() {
    let file = transformer_file();
    let lora = file.write();
    for asked in 0..3 {
        let host = Recorder::default();
        host.cancel_after.set(Some(asked));
        let inputs = Inputs::new().with("model", named()).with("lora", lora.clone());
        match host.run::<LoadLora>(inputs) {
            Err(failure) => assert_eq!(failure, Failure::Cancelled),
            Ok(_) => assert!(asked > 0, "it was cancelled before it began"),
        }
    }
}

#[test]
fn inspection_says_what_a_lora_is() {
    let mut file =
        transformer_file().with("lora_te1_", Part::Clip, "text_model.encoder.layers.0.mlp.fc1.weight");
    file.push("lora_unet_mystery.lora_up.weight", &[4, 2]);
    let report = run::<InspectModel>(Inputs::new().with("file", file.write())).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report.value::<String>("report").unwrap()).unwrap();
    assert_eq!((&report["role"], &report["problem"]), (&"lora".into(), &serde_json::Value::Null));
    let lora = &report["lora"];
    assert_eq!(lora["families"], serde_json::json!(["kohya (sd-scripts)"]));
    assert_eq!((&lora["ranks"], &lora["scales"]), (&serde_json::json!([2]), &serde_json::json!([1.0])));
    assert_eq!(lora["targets"], serde_json::json!({ "FLUX transformer": 2, "CLIP text encoder": 1 }));
    assert_eq!(lora["unmatched"], serde_json::json!(["lora_unet_mystery.lora_up.weight"]));
}

#[test]
fn a_lora_under_a_models_own_names_is_not_taken_for_a_model() {
    let mut file = File::new();
    file.push("transformer.transformer_blocks.0.attn.to_q.lora_A.weight", &[2, 8]);
    file.push("transformer.transformer_blocks.0.attn.to_q.lora_B.weight", &[8, 2]);
    let path = file.write();
    assert!(Weights::open(&path).is_ok());
    let error = Model::open(path.as_ref()).err().expect("it is no model").to_string();
    assert!(error.contains("is a LoRA"), "{error}");
}
