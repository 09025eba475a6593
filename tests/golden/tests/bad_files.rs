//! Files that are not what they say: each is refused in a sentence that names it, whatever was done to it and whenever.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};

use safetensors::Dtype;
use safetensors::tensor::TensorView;
use serde_json::{Value as Json, json};
use tempfile::TempDir;
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

/// The file's own name and every one of `parts` are in the message, which is one line.
#[track_caller]
fn check_message<T>(outcome: wirebrush_kontext::Result<T>, path: &Path, parts: &[&str]) {
    let Err(error) = outcome else { panic!("{} was taken as good, expected {parts:?}", path.display()) };
    let message = error.to_string();
    println!("{message}");
    let name = path.file_name().unwrap().to_string_lossy();
    for part in parts.iter().copied().chain([&*name]) {
        assert!(message.contains(part), "expected `{part}` in `{message}`");
    }
    assert!(!message.contains('\n'), "{message}");
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
    let mut lengths: Vec<usize> = ends.map(|end| 8 + header + end as usize).collect();
    lengths.extend((0..64).chain([8 + header - 1, 8 + header, 8 + header + 1]));
    let cut = folder.path().join("cut.safetensors");
    let lengths: std::collections::BTreeSet<usize> = lengths
        .iter()
        .flat_map(|at| [at.saturating_sub(1), *at, at + 1])
        .filter(|at| *at < whole.len())
        .collect();
    assert!(lengths.len() > 150, "{} lengths", lengths.len());
    for length in lengths {
        fs::write(&cut, &whole[..length]).unwrap();
        let error = Weights::open(&cut).map(drop).expect_err("a part of a file").to_string();
        assert!(error.contains("cut.safetensors"), "{length}: {error}");
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
        check_message(Weights::open(&path), &path, &[expected]);
    }
    // No tensor at all is no damage, but no model either.
    with_header(&path, "{}", 0);
    check_message(Weights::open(&path).and_then(|it| it.part(Part::Transformer)), &path, &["holds no"]);
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
fn what_is_no_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    check_message(Weights::open(path("gone.safetensors")), &path("gone.safetensors"), &[]);
    fs::create_dir(path("folder.safetensors")).unwrap();
    check_message(
        Weights::open(path("folder.safetensors")),
        &path("folder.safetensors"),
        &["holds no safetensors or GGUF file"],
    );
    fs::write(path("nothing.gguf"), "").unwrap();
    check_message(Weights::open(path("nothing.gguf")), &path("nothing.gguf"), &["is empty"]);
    fs::write(path("zeros.safetensors"), vec![0; 4096]).unwrap();
    check_message(
        Weights::open(path("zeros.safetensors")),
        &path("zeros.safetensors"),
        &["not a safetensors"],
    );
}

#[cfg(unix)]
#[test]
fn links_and_permissions_end_in_a_sentence() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let (folder, good) = good();
    let path = |name: &str| folder.path().join(name);
    symlink("loop.safetensors", path("loop.safetensors")).unwrap();
    check_message(Weights::open(path("loop.safetensors")), &path("loop.safetensors"), &[]);
    symlink("nowhere", path("dangling.safetensors")).unwrap();
    check_message(Weights::open(path("dangling.safetensors")), &path("dangling.safetensors"), &[]);
    symlink(&good, path("link.safetensors")).unwrap();
    assert!(Weights::open(path("link.safetensors")).is_ok(), "a link to a good file is good");
    fs::set_permissions(&good, fs::Permissions::from_mode(0)).unwrap();
    // Nothing is forbidden to root.
    if fs::File::open(&good).is_err() {
        check_message(Weights::open(&good), &good, &["ermission"]);
    }
}

#[test]
fn a_file_that_is_shortened_or_written_while_mapped_is_an_error() {
    for shorten in [true, false] {
        let (_folder, path) = good();
        let weights = Weights::open(&path).unwrap().part(Part::Transformer).unwrap();
        let name = "final_layer.linear.weight";
        assert!(weights.get_any(name).is_ok());
        let file = OpenOptions::new().write(true).open(&path).unwrap();
        if shorten {
            // A page that is gone would end the process with SIGBUS.
            file.set_len(100).unwrap();
        } else {
            // The clock of the file system may be coarse, so the time is set and not waited for.
            let later = std::time::SystemTime::now() + std::time::Duration::from_secs(5);
            file.set_modified(later).unwrap();
        }
        let expected = ["was changed while it was in use"];
        check_message(weights.get_any(name), &path, &expected);
        check_message(weights.encoded(name), &path, &expected);
        check_message(weights.read_rows(name, 0..1, &mut [0.0; 64]), &path, &expected);
    }
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
        check_message(Weights::open(&path), &path, &[name, "positive number"]);
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
    check_message(Transformer::open(&path), &path, &["I64"]);
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
    assert!(error.contains("FLUX transformer") && error.contains("T5 text encoder"), "{error}");
    assert!(!to.exists());
}

#[test]
fn an_index_that_lies_is_refused() {
    let (folder, _) = good();
    let index = folder.path().join("model.safetensors.index.json");
    let owner = |shard: Json| json!({ "weight_map": { "img_in.weight": shard } });
    for (document, expected) in [
        (owner(json!("../model.safetensors")), "plain file name"),
        (owner(json!("/etc/passwd")), "plain file name"),
        (owner(json!("..")), "plain file name"),
        (owner(json!("")), "model.safetensors.index.json"),
        (owner(json!("a\0b")), "a\\0b"),
        (owner(json!(7)), "names no shard"),
        (owner(json!("model.safetensors.index.json")), "not a safetensors"),
        (json!({ "weight_map": { "no.such": "model.safetensors" } }), "but it does not"),
        (json!({ "weight_map": [] }), "weight_map"),
        (json!({ "weight_map": {} }), "model.safetensors.index.json"),
        (json!([]), "weight_map"),
    ] {
        fs::write(&index, document.to_string()).unwrap();
        let error = match Weights::open(&index) {
            Ok(_) => panic!("taken as good: {document}"),
            Err(error) => error.to_string(),
        };
        println!("{error}");
        assert!(error.contains(expected) || error.contains("not beside it"), "{document}: {error}");
    }
}
