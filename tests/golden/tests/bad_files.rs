//! safetensors files that are not what they say: each is refused in a sentence that names it.

use std::fs;
use std::path::{Path, PathBuf};

use safetensors::Dtype;
use safetensors::tensor::TensorView;
use serde_json::Value as Json;
use tempfile::TempDir;
use wirebrush_golden_tests::bad::{check_refused, cuts};
use wirebrush_golden_tests::fp8::{self, Scheme};
use wirebrush_golden_tests::{Named, models, weight, write};
use wirebrush_kontext::convert::{Request, Target, convert};
use wirebrush_kontext::detect;
use wirebrush_kontext::transformer::Transformer;
use wirebrush_kontext::weights::{Part, Weights};

fn transformer() -> Vec<Named> {
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
    sizes.bfl()
}

/// A folder with one good file.
fn good() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    write(&path, &transformer());
    (folder, path)
}

/// A safetensors file of a header and as many bytes behind it.
fn with_header(path: &Path, header: &str, data: usize) {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.resize(bytes.len() + data, 0);
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_file_cut_at_any_place_that_matters_is_refused() {
    let (folder, path) = good();
    let whole = fs::read(&path).unwrap();
    let header = u64::from_le_bytes(whole[..8].try_into().unwrap()) as usize;
    let document: Json = serde_json::from_slice(&whole[8..8 + header]).unwrap();
    let ends = document.as_object().unwrap().values().filter_map(|it| it["data_offsets"][1].as_u64());
    let places = ends.map(|end| 8 + header + end as usize).chain([8 + header]);
    let lengths = cuts(places, whole.len());
    assert!(lengths.len() > 150, "{} lengths", lengths.len());
    let cut = folder.path().join("cut.safetensors");
    for length in lengths {
        fs::write(&cut, &whole[..length]).unwrap();
        check_refused(&cut, &[], |path| Weights::open(path));
    }
}

#[test]
fn headers_that_contradict_themselves_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bad.safetensors");
    let tensor = |shape: &str, start: u64, end: u64| {
        format!(r#"{{"dtype":"F32","shape":{shape},"data_offsets":[{start},{end}]}}"#)
    };
    let eight = tensor("[2]", 0, 8);
    for (header, expected) in [
        (format!(r#"{{"a":{eight},"a":{}}}"#, tensor("[2]", 8, 16)), "wrong place"),
        (format!(r#"{{"a":{eight},"b":{eight}}}"#), "wrong place"),
        (format!(r#"{{"a":{},"b":{}}}"#, tensor("[3]", 0, 12), tensor("[2]", 8, 16)), "wrong place"),
        (format!(r#"{{"a":{}}}"#, tensor("[18446744073709551615]", 0, 16)), "do not agree"),
        (format!(r#"{{"a":{}}}"#, tensor("[4294967296,4294967296]", 0, 16)), "do not agree"),
        (format!(r#"{{"a":{}}}"#, tensor("[2]", 0, u64::MAX)), "bad.safetensors"),
        (format!(r#"{{"a":{}}}"#, tensor("[-2]", 0, 16)), "cannot be read"),
        (r#"{"a":{"dtype":"F99","shape":[2],"data_offsets":[0,16]}}"#.to_owned(), "cannot be read"),
        (r#"{"a":null}"#.to_owned(), "cannot be read"),
        ("[]".to_owned(), "bad.safetensors"),
        (format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)), "bad.safetensors"),
    ] {
        with_header(&path, &header, 16);
        check_refused(&path, &[expected], |path| Weights::open(path));
    }
    // No tensor at all is no damage, but no model either.
    with_header(&path, "{}", 0);
    check_refused(&path, &["holds no"], |path| Weights::open(path).and_then(|it| it.part(Part::Transformer)));
}

#[test]
fn an_empty_tensor_may_have_any_other_dimension() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("empty.safetensors");
    with_header(
        &path,
        r#"{"a":{"dtype":"F32","shape":[0,1099511627776,1099511627776],"data_offsets":[0,0]}}"#,
        0,
    );
    let weights = Weights::open(&path).unwrap();
    assert_eq!(weights.parameter_count(), 0);
    weights.read_rows("a", 0..0, &mut []).unwrap();
    assert!(weights.read_rows("a", 0..1, &mut []).is_err());
}

#[test]
fn factors_and_numbers_that_are_none_are_refused_before_they_spread() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scaled.safetensors");
    fp8::write(&path, "", &transformer(), Scheme::ScaleWeight);
    let mut bytes = fs::read(&path).unwrap();
    let header = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let document: Json = serde_json::from_slice(&bytes[8..8 + header]).unwrap();
    let (name, info) =
        document.as_object().unwrap().iter().find(|(name, _)| name.ends_with(".scale_weight")).unwrap();
    let at = 8 + header + info["data_offsets"][0].as_u64().unwrap() as usize;
    for factor in [f32::NAN, f32::INFINITY, 0.0, -1.0] {
        bytes[at..at + 4].copy_from_slice(&factor.to_le_bytes());
        fs::write(&path, &bytes).unwrap();
        check_refused(&path, &[name, "positive number"], |path| Weights::open(path));
    }
}

#[test]
fn a_model_in_numbers_of_another_kind_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("integers.safetensors");
    let tensors = transformer();
    let data: Vec<Vec<u8>> = tensors.iter().map(|it| vec![1; it.values.len() * 8]).collect();
    let views = tensors
        .iter()
        .zip(&data)
        .map(|(it, data)| (it.name.clone(), TensorView::new(Dtype::I64, it.shape.clone(), data).unwrap()));
    safetensors::serialize_to_file(views, None, &path).unwrap();
    check_refused(&path, &["I64"], |path| Transformer::open(path));
}

#[test]
fn a_file_of_several_models_is_told_apart_and_has_to_be_chosen_from() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mixed.safetensors");
    let mut tensors = transformer();
    tensors.extend(
        transformer()
            .into_iter()
            .map(|it| Named { name: format!("model.diffusion_model.{}", it.name), ..it }),
    );
    tensors.push(weight("text_encoders.t5xxl.transformer.encoder.block.0.layer.0.layer_norm.weight", &[64]));
    write(&path, &tensors);
    detect::inspect(&path).unwrap();
    let to = folder.path().join("out.gguf");
    let request = Request { from: &path, to: &to, target: Target::Q8_0, part: None, replace: false };
    let error = convert(&request, &mut |_, _, _| Ok(())).unwrap_err().to_string();
    assert!(error.contains("expected transformer or t5"), "{error}");
    assert!(!to.exists());
}

#[test]
fn blocks_of_two_models_in_one_file_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("merged.safetensors");
    for other in
        ["input_blocks.4.1.transformer_blocks.0.attn1.to_q.weight", "joint_blocks.0.x_block.attn.qkv.weight"]
    {
        let mut tensors = transformer();
        tensors.push(weight(other, &[8, 8]));
        write(&path, &tensors);
        check_refused(&path, &["several models", other], |path| Transformer::open(path));
        let report = detect::inspect(&path).unwrap();
        assert!(report.models.iter().any(|it| it.problem.as_ref().is_some_and(|why| why.contains(other))));
    }
}

#[test]
fn names_from_a_file_cannot_break_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("names.safetensors");
    let long = "x".repeat(100_000);
    let name = format!("double_blocks.0\n\u{1b}[2J{long}");
    let header = serde_json::json!({ (name): { "dtype": "F32", "shape": [2], "data_offsets": [0, 4] } });
    with_header(&path, &header.to_string(), 4);
    check_refused(&path, &["do not agree"], |path| Weights::open(path));
    let header = header.to_string().replace("[0,4]", "[4,12]");
    with_header(&path, &header, 12);
    check_refused(&path, &["double_blocks.0\\n\\u{1b}[2J", "wrong place"], |path| Weights::open(path));
}
