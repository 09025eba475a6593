//! Models made smaller: what the new files hold, and what happens to conversions that do not end well.

use std::cell::Cell;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use wirebrush_golden_tests::{Named, models, weight, write, write_as};
use wirebrush_kontext::convert::{Request, Summary, Target, convert};
use wirebrush_kontext::transformer::Transformer;
use wirebrush_kontext::weights::{Encoding, Part, Weights};
use wirebrush_kontext::{Error, Result};

/// Rows of 256 and more, so that every encoding fits.
fn transformer() -> Vec<Named> {
    let sizes = models::Transformer {
        channels: 16,
        vec: 24,
        context: 40,
        hidden: 256,
        heads: 8,
        depth: 1,
        single: 1,
        axes: [8, 12, 12],
    };
    sizes.bfl()
}

/// The tensors of a T5 encoder with one block.
fn t5() -> Vec<Named> {
    let block = |tail: &str, shape: &[usize]| weight(&format!("encoder.block.0.layer.{tail}.weight"), shape);
    let mut tensors: Vec<Named> =
        ["q", "k", "v", "o"].iter().map(|it| block(&format!("0.SelfAttention.{it}"), &[256, 256])).collect();
    tensors.extend([
        weight("shared.weight", &[300, 256]),
        weight("encoder.final_layer_norm.weight", &[256]),
        block("0.SelfAttention.relative_attention_bias", &[32, 4]),
        block("0.layer_norm", &[256]),
        block("1.layer_norm", &[256]),
        block("1.DenseReluDense.wi_0", &[512, 256]),
        block("1.DenseReluDense.wi_1", &[512, 256]),
        block("1.DenseReluDense.wo", &[256, 512]),
    ]);
    tensors
}

struct Files {
    folder: TempDir,
    from: PathBuf,
}

impl Files {
    fn new(tensors: &[Named]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let from = folder.path().join("source.safetensors");
        write(&from, tensors);
        Self { folder, from }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn to(&self, target: Target) -> PathBuf {
        let is_gguf = matches!(target, Target::Q8_0 | Target::Q6K | Target::Q5K | Target::Q4K);
        self.path(&format!("{}.{}", target.key(), if is_gguf { "gguf" } else { "safetensors" }))
    }

    fn convert(&self, to: &Path, target: Target) -> Result<Summary> {
        let request = Request { from: &self.from, to, target, part: None, replace: false };
        convert(&request, &mut |_, _, _| Ok(()))
    }
}

fn values(weights: &Weights, name: &str) -> Vec<f32> {
    weights.get_any(name).unwrap().flatten_all().unwrap().to_vec1().unwrap()
}

/// Root mean square of the difference as a share of that of the first.
fn error(exact: &[f32], found: &[f32]) -> f64 {
    assert_eq!(exact.len(), found.len());
    let square = |x: f32| f64::from(x) * f64::from(x);
    let difference: f64 = exact.iter().zip(found).map(|(a, b)| square(a - b)).sum();
    (difference / exact.iter().map(|x| square(*x)).sum::<f64>()).sqrt()
}

#[test]
fn every_target_is_read_again_within_the_error_of_its_format() {
    let files = Files::new(&transformer());
    let exact = Weights::open(&files.from).unwrap();
    let name = "double_blocks.0.img_mlp.0.weight";
    // Evenly spread numbers: a step of 2/(levels) of the range has an error of step/√12, for f32 values in ±1 that is
    // 1/(levels − 1) of their own root mean square 1/√3. K-quants lose a little of that to six-bit scales; fp8 has four
    // significant bits, at most 1/16 and on average 2.6 % off.
    for (target, encoding, most) in [
        (Target::F16, Encoding::F16, 1.0 / 2048.0),
        (Target::Bf16, Encoding::BF16, 1.0 / 256.0),
        (Target::Q8_0, Encoding::Q8_0, 1.05 / 254.0),
        (Target::Q6K, Encoding::Q6K, 1.15 / 63.0),
        (Target::Q5K, Encoding::Q5K, 1.15 / 31.0),
        (Target::Q4K, Encoding::Q4K, 1.15 / 15.0),
        (Target::Fp8, Encoding::F8E4M3, 0.03),
    ] {
        let to = files.to(target);
        let summary = files.convert(&to, target).unwrap();
        assert_eq!(summary.bytes, std::fs::metadata(&to).unwrap().len());
        let found = Weights::open(&to).unwrap().part(Part::Transformer).unwrap();
        assert_eq!(found.len(), exact.len());
        assert_eq!(found.encoding(name).unwrap(), encoding);
        let off = error(&values(&exact, name), &values(&found, name));
        println!("{}: {off:.5} of {most:.5}", target.key());
        assert!(0.0 < off && off <= most, "{}: {off}", target.key());
    }
}

#[test]
fn a_conversion_that_was_stopped_goes_on_and_gives_the_same_bytes() {
    let files = Files::new(&transformer());
    for target in [Target::Q4K, Target::Fp8] {
        let whole = files.path(&format!("whole-{}", files.to(target).file_name().unwrap().display()));
        files.convert(&whole, target).unwrap();
        let to = files.to(target);
        let request = Request { from: &files.from, to: &to, target, part: None, replace: false };
        let calls = Cell::new(0);
        let stopped = convert(&request, &mut |_, _, _| {
            calls.set(calls.get() + 1);
            if calls.get() > 40 { Err(Error::Cancelled) } else { Ok(()) }
        });
        assert!(matches!(stopped, Err(Error::Cancelled)));
        assert!(!to.exists());
        let part = files.path(&format!("{}.part", to.file_name().unwrap().display()));
        assert!(part.exists());
        let summary = convert(&request, &mut |_, _, _| Ok(())).unwrap();
        assert!(0 < summary.continued && summary.continued < summary.tensors, "{summary:?}");
        assert!(std::fs::read(&to).unwrap() == std::fs::read(&whole).unwrap());
        assert!(!part.exists());
    }
}

#[test]
fn damage_to_an_unfinished_file_is_noticed_and_mended() {
    let files = Files::new(&transformer());
    let whole = files.path("whole.gguf");
    files.convert(&whole, Target::Q8_0).unwrap();
    let to = files.to(Target::Q8_0);
    let request = Request { from: &files.from, to: &to, target: Target::Q8_0, part: None, replace: false };
    // Behind the last tensor, none is at hand.
    let stop = |_, _, tensor: &str| if tensor.is_empty() { Err(Error::Cancelled) } else { Ok(()) };
    assert!(convert(&request, &mut { stop }).is_err());
    let part = files.path("q8_0.gguf.part");
    let mut bytes = std::fs::read(&part).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&part, bytes).unwrap();
    let summary = convert(&request, &mut |_, _, _| Ok(())).unwrap();
    assert_eq!(summary.continued, summary.tensors - 1);
    assert!(std::fs::read(&to).unwrap() == std::fs::read(&whole).unwrap());
}

#[test]
fn t5_gets_the_names_of_llama_cpp_and_is_found_again() {
    let files = Files::new(&t5());
    let to = files.to(Target::Q4K);
    files.convert(&to, Target::Q4K).unwrap();
    let stored = Weights::open(&to).unwrap();
    assert!(stored.contains("enc.blk.0.attn_q.weight") && stored.contains("token_embd.weight"));
    let found = stored.part(Part::T5).unwrap();
    let exact = Weights::open(&files.from).unwrap().part(Part::T5).unwrap();
    assert_eq!(found.names().collect::<Vec<_>>(), exact.names().collect::<Vec<_>>());
    assert_eq!(found.encoding("shared.weight").unwrap(), Encoding::Q6K);
}

#[track_caller]
fn check_refused(outcome: Result<Summary>, expected: &[&str]) {
    let message = outcome.unwrap_err().to_string();
    println!("{message}");
    for part in expected {
        assert!(message.contains(part), "expected `{part}` in `{message}`");
    }
}

#[test]
fn what_cannot_be_written_is_refused_and_nothing_is_harmed() {
    let files = Files::new(&transformer());
    let before = std::fs::read(&files.from).unwrap();
    check_refused(files.convert(&files.from, Target::Bf16), &["the source itself"]);
    check_refused(files.convert(&files.path("x.safetensors"), Target::Q4K), &["ends in .gguf"]);
    check_refused(files.convert(&files.path("x.gguf"), Target::Fp8), &["ends in .safetensors"]);
    std::fs::write(files.path("there.gguf"), "mine").unwrap();
    check_refused(files.convert(&files.path("there.gguf"), Target::Q4K), &["there.gguf", "exists"]);
    assert_eq!(std::fs::read(files.path("there.gguf")).unwrap(), b"mine");
    check_refused(files.convert(&files.path("nowhere/x.gguf"), Target::Q4K), &["nowhere/x.gguf.part"]);
    assert!(std::fs::read(&files.from).unwrap() == before);
}

#[test]
fn a_file_that_got_the_name_meanwhile_is_kept() {
    let files = Files::new(&transformer());
    let to = files.to(Target::Q8_0);
    let request = Request { from: &files.from, to: &to, target: Target::Q8_0, part: None, replace: false };
    let outcome = convert(&request, &mut |_, _, tensor| {
        if tensor.is_empty() {
            std::fs::write(&to, "mine").unwrap();
        }
        Ok(())
    });
    check_refused(outcome, &["q8_0.gguf", "exists"]);
    assert_eq!(std::fs::read(&to).unwrap(), b"mine");
    let summary = convert(&Request { replace: true, ..request }, &mut |_, _, _| Ok(())).unwrap();
    assert_eq!(summary.continued, summary.tensors, "the work was not lost");
}

#[cfg(unix)]
#[test]
fn what_is_no_unfinished_file_is_not_written_to() {
    let files = Files::new(&transformer());
    let (to, part) = (files.to(Target::Q8_0), files.path("q8_0.gguf.part"));
    std::fs::write(files.path("precious"), "mine").unwrap();
    std::os::unix::fs::symlink(files.path("precious"), &part).unwrap();
    check_refused(files.convert(&to, Target::Q8_0), &["q8_0.gguf.part", "no plain file"]);
    assert_eq!(std::fs::read(files.path("precious")).unwrap(), b"mine");
    assert!(!to.exists() && part.is_symlink());
}

#[test]
fn a_lora_is_not_taken_for_the_model_whose_layers_it_names() {
    let name = |which: &str| format!("diffusion_model.double_blocks.0.img_attn.qkv.lora_{which}.weight");
    let files = Files::new(&[weight(&name("A"), &[4, 256]), weight(&name("B"), &[768, 4])]);
    check_refused(files.convert(&files.to(Target::Q8_0), Target::Q8_0), &["LoRA", "as it is"]);
    assert_eq!(std::fs::read_dir(files.folder.path()).unwrap().count(), 1);
}

/// The heads of this model are 32 wide, which nothing in its tensors says of its axes.
#[test]
fn a_configuration_goes_along_into_the_new_file() {
    let files = Files::new(&transformer());
    let config = r#"{"_class_name": "FluxTransformer2DModel", "axes_dims_rope": [8, 12, 12]}"#;
    std::fs::write(files.path("config.json"), config).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let sizes = |path: &Path| Transformer::open(path).unwrap().config().clone();
    for target in [Target::Q8_0, Target::Fp8] {
        let to = elsewhere.path().join(files.to(target).file_name().unwrap());
        files.convert(&to, target).unwrap();
        assert_eq!(sizes(&to), sizes(&files.from));
        let again = elsewhere.path().join("again.safetensors");
        let request = Request { from: &to, to: &again, target: Target::Bf16, part: None, replace: true };
        convert(&request, &mut |_, _, _| Ok(())).unwrap();
        assert_eq!(sizes(&again), sizes(&files.from));
    }
    // One that describes another part, as may lie in a folder of downloads, does not.
    std::fs::write(files.path("config.json"), r#"{"_class_name": "AutoencoderKL"}"#).unwrap();
    let to = elsewhere.path().join("plain.gguf");
    files.convert(&to, Target::Q4K).unwrap();
    assert_eq!(Weights::open(&to).unwrap().config().unwrap(), None);
}

#[test]
fn a_source_that_changes_meanwhile_is_noticed() {
    let files = Files::new(&transformer());
    let to = files.to(Target::Q8_0);
    let request = Request { from: &files.from, to: &to, target: Target::Q8_0, part: None, replace: false };
    let mut calls = 0;
    let outcome = convert(&request, &mut |_, _, _| {
        calls += 1;
        if calls == 20 {
            // Half of it: a reader of the map would die here.
            let file = std::fs::OpenOptions::new().write(true).open(&files.from).unwrap();
            file.set_len(std::fs::metadata(&files.from).unwrap().len() / 2).unwrap();
        }
        Ok(())
    });
    check_refused(outcome, &["source.safetensors", "was changed while it was in use"]);
    assert!(!to.exists() && !files.path("q8_0.gguf.part").exists());
}

#[test]
fn numbers_that_a_target_cannot_hold_are_refused_with_the_tensor() {
    for (number, target) in [(f32::NAN, Target::Q4K), (f32::INFINITY, Target::Fp8), (1e5, Target::F16)] {
        let mut tensors = transformer();
        let spoilt = tensors.iter_mut().find(|it| it.name == "double_blocks.0.img_mlp.0.weight").unwrap();
        spoilt.values[7] = number;
        let files = Files::new(&tensors);
        check_refused(
            files.convert(&files.to(target), target),
            &["double_blocks.0.img_mlp.0.weight", "holds"],
        );
        assert_eq!(std::fs::read_dir(files.folder.path()).unwrap().count(), 1);
    }
}

#[test]
fn a_copy_in_the_same_encoding_changes_no_bit() {
    let files = Files::new(&[]);
    write_as(&files.from, &transformer(), safetensors::Dtype::BF16);
    let to = files.to(Target::Bf16);
    files.convert(&to, Target::Bf16).unwrap();
    let (exact, found) = (Weights::open(&files.from).unwrap(), Weights::open(&to).unwrap());
    for name in exact.names() {
        assert_eq!(
            exact.encoded(name).unwrap().pieces[0].bytes,
            found.encoded(name).unwrap().pieces[0].bytes
        );
    }
}
