//! Text encoders, vision tower and Redux against Hugging Face transformers 4.38 and BFL's flux package.

use std::collections::BTreeMap;
use std::path::Path;

use candle_core::{Device, Tensor};
use serde_json::{Value, json};
use wirebrush_golden_tests::{Expected, Named, data, input, weight, write};
use wirebrush_kontext::Result;
use wirebrush_kontext::text::{ClipConfig, ClipEncoder, T5Config, T5Encoder};
use wirebrush_kontext::vision::{Redux, SiglipConfig, SiglipVision};
use wirebrush_kontext::weights::{Part, Weights};

fn expected(name: &str) -> Expected {
    let mut all: BTreeMap<String, Expected> = data(include_str!("../data/encoders.json"));
    all.remove(name).unwrap()
}

// f32 against the reference's f64 (CLIP: f32): single values within 2e-5, sums of some thousand values within 2e-3.
fn check(name: &str, found: &Tensor) {
    let values: Vec<f32> = found.flatten_all().unwrap().to_vec1().unwrap();
    expected(name).check(name, &values, 2e-5, 2e-3);
}

fn open(tensors: &[Named], part: Part) -> Weights {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    write(&path, tensors);
    // The map outlives the folder's name.
    Weights::open(&path).unwrap().part(part).unwrap()
}

fn t5_tensors() -> Vec<Named> {
    let (vocabulary, width, inner, wide, heads) = (64, 32, 24, 48, 3);
    let mut tensors = vec![
        // The printed numbers belong to an embedding of this name; `shared.weight` gives others.
        weight("encoder.embed_tokens.weight", &[vocabulary, width]),
        weight("encoder.final_layer_norm.weight", &[width]),
        weight("encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight", &[32, heads]),
    ];
    for layer in 0..2 {
        let name = |part: &str| format!("encoder.block.{layer}.layer.{part}.weight");
        for part in ["q", "k", "v"] {
            tensors.push(weight(&name(&format!("0.SelfAttention.{part}")), &[inner, width]));
        }
        tensors.push(weight(&name("0.SelfAttention.o"), &[width, inner]));
        tensors.push(weight(&name("0.layer_norm"), &[width]));
        tensors.push(weight(&name("1.layer_norm"), &[width]));
        tensors.push(weight(&name("1.DenseReluDense.wi_0"), &[wide, width]));
        tensors.push(weight(&name("1.DenseReluDense.wi_1"), &[wide, width]));
        tensors.push(weight(&name("1.DenseReluDense.wo"), &[width, wide]));
    }
    tensors
}

fn t5_ids(count: u32) -> Vec<u32> {
    (0..count).map(|i| (i * i * 7 + 3 * i + 2) % 64).collect()
}

fn quiet(_: usize, _: usize) -> Result<()> {
    Ok(())
}

#[test]
fn t5_agrees_with_the_reference_padded_and_beyond_the_last_bucket() {
    let t5 = T5Encoder::new(open(&t5_tensors(), Part::T5), T5Config::default()).unwrap();
    let mut padded = t5_ids(39);
    padded.push(1);
    padded.extend([0; 10]);
    check("t5_39_words_and_padding", &t5.forward(&padded, quiet).unwrap());
    check("t5_unpadded", &t5.forward(&padded[..40], quiet).unwrap());
    check("t5_200_words", &t5.forward(&t5_ids(200), quiet).unwrap());
}

#[test]
fn t5_reads_an_embedding_that_is_stored_under_its_other_name() {
    let mut tensors = t5_tensors();
    let whole = T5Encoder::new(open(&tensors, Part::T5), T5Config::default()).unwrap();
    tensors[0].name = "shared.weight".to_owned();
    let renamed = T5Encoder::new(open(&tensors, Part::T5), T5Config::default()).unwrap();
    let values = |t5: &T5Encoder| {
        t5.forward(&t5_ids(20), quiet).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap()
    };
    assert_eq!(values(&whole), values(&renamed));
}

#[test]
fn t5_names_a_missing_tensor_and_a_foreign_token() {
    let mut tensors = t5_tensors();
    tensors.retain(|tensor| !tensor.name.ends_with("1.layer.1.DenseReluDense.wo.weight"));
    let error = T5Encoder::new(open(&tensors, Part::T5), T5Config::default()).err().unwrap().to_string();
    assert!(
        error.contains("encoder.block.1.layer.1.DenseReluDense.wo.weight") && error.contains("missing"),
        "{error}"
    );
    let t5 = T5Encoder::new(open(&t5_tensors(), Part::T5), T5Config::default()).unwrap();
    let error = t5.forward(&[64], quiet).unwrap_err().to_string();
    assert!(error.contains("64") && error.contains("tokenizer"), "{error}");
}

/// The same encoder under llama.cpp's names, as the PyPI package gguf maps them.
#[test]
fn t5_in_a_gguf_file_agrees_with_the_weights_in_it() {
    use candle_core::quantized::gguf_file::{self, Value};
    use candle_core::quantized::{GgmlDType, QTensor};

    const NAMES: [(&str, &str); 11] = [
        ("shared", "token_embd"),
        ("encoder.final_layer_norm", "enc.output_norm"),
        ("encoder.block.", "enc.blk."),
        ("layer.0.SelfAttention.relative_attention_bias", "attn_rel_b"),
        ("layer.0.SelfAttention.", "attn_"),
        ("layer.0.layer_norm", "attn_norm"),
        ("layer.1.layer_norm", "ffn_norm"),
        ("layer.1.DenseReluDense.wi_0", "ffn_gate"),
        ("layer.1.DenseReluDense.wi_1", "ffn_up"),
        ("layer.1.DenseReluDense.wo", "ffn_down"),
        ("encoder.embed_tokens", "token_embd"),
    ];
    for architecture in ["t5", "t5encoder", "pig"] {
        let mut seen = Vec::new();
        let stored: Vec<(String, QTensor)> = t5_tensors()
            .into_iter()
            .map(|t| {
                let values = Tensor::from_slice(&t.values, t.shape.as_slice(), &Device::Cpu).unwrap();
                let blocks = t.shape.len() == 2 && t.shape[1] % 32 == 0;
                let kind = if blocks { GgmlDType::Q8_0 } else { GgmlDType::F32 };
                let stored = QTensor::quantize(&values, kind).unwrap();
                let values =
                    stored.dequantize(&Device::Cpu).unwrap().flatten_all().unwrap().to_vec1().unwrap();
                let name = NAMES.iter().fold(t.name.clone(), |name, (hf, llama)| name.replace(hf, llama));
                seen.push(Named { values, ..t });
                (name, stored)
            })
            .collect();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t5.gguf");
        let stored: Vec<_> = stored.iter().map(|(n, t)| (n.as_str(), t)).collect();
        let metadata = [("general.architecture", &Value::String(architecture.to_owned()))];
        gguf_file::write(&mut std::fs::File::create(&path).unwrap(), &metadata, &stored).unwrap();

        let quantized = Weights::open(&path).unwrap().part(Part::T5).unwrap();
        let run = |weights| {
            let t5 = T5Encoder::new(weights, T5Config::default()).unwrap();
            let hidden = t5.forward(&t5_ids(20), quiet).unwrap();
            hidden.flatten_all().unwrap().to_vec1::<f32>().unwrap()
        };
        assert_eq!(run(quantized), run(open(&seen, Part::T5)), "{architecture}");
    }
}

#[test]
fn t5_stops_between_layers() {
    let t5 = T5Encoder::new(open(&t5_tensors(), Part::T5), T5Config::default()).unwrap();
    let stop = |done, _| if done == 1 { Err(wirebrush_kontext::Error::Cancelled) } else { Ok(()) };
    assert!(matches!(t5.forward(&t5_ids(4), stop), Err(wirebrush_kontext::Error::Cancelled)));
}

fn layers(root: &str, width: usize, wide: usize) -> Vec<Named> {
    let mut tensors = Vec::new();
    for layer in 0..2 {
        let mut both = |part: &str, shape: &[usize]| {
            let name = format!("{root}.encoder.layers.{layer}.{part}");
            tensors.push(weight(&format!("{name}.weight"), shape));
            tensors.push(weight(&format!("{name}.bias"), &shape[..1]));
        };
        for part in ["q_proj", "k_proj", "v_proj", "out_proj"] {
            both(&format!("self_attn.{part}"), &[width, width]);
        }
        both("layer_norm1", &[width]);
        both("layer_norm2", &[width]);
        both("mlp.fc1", &[wide, width]);
        both("mlp.fc2", &[width, wide]);
    }
    tensors
}

#[test]
fn clip_agrees_with_the_reference_padded_or_not() {
    let mut tensors = layers("text_model", 32, 64);
    tensors.push(weight("text_model.embeddings.token_embedding.weight", &[64, 32]));
    tensors.push(weight("text_model.embeddings.position_embedding.weight", &[16, 32]));
    tensors.push(weight("text_model.final_layer_norm.weight", &[32]));
    tensors.push(weight("text_model.final_layer_norm.bias", &[32]));
    let clip = ClipEncoder::new(&open(&tensors, Part::Clip), &ClipConfig { heads: Some(4) }).unwrap();
    let mut ids = vec![62, 5, 17, 40, 2, 9, 63];
    check("clip_pooled", &clip.pooled(&ids, 63).unwrap());
    ids.extend([63; 9]);
    check("clip_hidden", &clip.hidden(&ids).unwrap());
    check("clip_pooled", &clip.pooled(&ids, 63).unwrap());
    assert!(clip.hidden(&[62; 17]).is_err());
}

#[test]
fn siglip_agrees_with_the_reference() {
    let mut tensors = layers("vision_model", 32, 52);
    tensors.push(weight("vision_model.embeddings.patch_embedding.weight", &[32, 3, 4, 4]));
    tensors.push(weight("vision_model.embeddings.patch_embedding.bias", &[32]));
    tensors.push(weight("vision_model.embeddings.position_embedding.weight", &[9, 32]));
    tensors.push(weight("vision_model.post_layernorm.weight", &[32]));
    tensors.push(weight("vision_model.post_layernorm.bias", &[32]));
    let config = SiglipConfig::from_json(&json!({ "num_attention_heads": 4 }), &Value::Null).unwrap();
    let vision = SiglipVision::new(&open(&tensors, Part::Siglip), config).unwrap();
    assert_eq!((vision.side(), vision.image_size(), vision.width()), (3, 12, 32));
    let pixels =
        Tensor::from_vec(input("input.pixels", 3 * 12 * 12, 1.0), (1, 3, 12, 12), &Device::Cpu).unwrap();
    check("siglip", &vision.forward(&pixels).unwrap());
}

#[test]
fn siglip_sees_black_as_minus_one_and_white_as_one() {
    let mut tensors = layers("vision_model", 32, 52);
    tensors.push(weight("vision_model.embeddings.patch_embedding.weight", &[32, 3, 4, 4]));
    tensors.push(weight("vision_model.embeddings.patch_embedding.bias", &[32]));
    tensors.push(weight("vision_model.embeddings.position_embedding.weight", &[9, 32]));
    tensors.push(weight("vision_model.post_layernorm.weight", &[32]));
    tensors.push(weight("vision_model.post_layernorm.bias", &[32]));
    let config = SiglipConfig { heads: Some(4), ..SiglipConfig::default() };
    let vision = SiglipVision::new(&open(&tensors, Part::Siglip), config).unwrap();
    let pixels = vision.prepare(&[0, 255, 0].repeat(20 * 10), (20, 10)).unwrap();
    assert_eq!(pixels.dims(), [1, 3, 12, 12]);
    let planes: Vec<Vec<f32>> = pixels.reshape((3, 144)).unwrap().to_vec2().unwrap();
    assert!(planes[0].iter().chain(&planes[2]).all(|value| *value == -1.0));
    assert!(planes[1].iter().all(|value| *value == 1.0));
}

#[test]
fn redux_agrees_with_the_reference() {
    let tensors = [
        weight("redux_up.weight", &[120, 24]),
        weight("redux_up.bias", &[120]),
        weight("redux_down.weight", &[40, 120]),
        weight("redux_down.bias", &[40]),
    ];
    let redux = Redux::new(&open(&tensors, Part::Redux)).unwrap();
    assert_eq!((redux.input(), redux.output()), (24, 40));
    let seen = Tensor::from_vec(input("input.siglip", 9 * 24, 1.0), (1, 9, 24), &Device::Cpu).unwrap();
    check("redux", &redux.forward(&seen).unwrap());
    let other = seen.reshape((1, 12, 18)).unwrap();
    assert!(redux.forward(&other).unwrap_err().to_string().contains("18"));
}

#[test]
fn encoders_of_unknown_kinds_are_refused_by_name() {
    let error = |result: Result<()>| result.unwrap_err().to_string();
    let clip = ClipConfig::from_json(&json!({ "hidden_act": "gelu" })).map(drop);
    assert!(error(clip).contains("`gelu`"));
    let t5 = T5Config::from_json(&json!({ "feed_forward_proj": "gated-swish" })).map(drop);
    assert!(error(t5).contains("`gated-swish`"));
    let vision =
        SiglipConfig::from_json(&json!({ "vision_config": { "hidden_act": "quick_gelu" } }), &Value::Null);
    assert!(error(vision.map(drop)).contains("`quick_gelu`"));
    assert!(Weights::open(Path::new("/nonexistent/t5.safetensors")).is_err());
}
