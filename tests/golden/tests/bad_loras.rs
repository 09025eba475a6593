//! LoRA files that are not what they say: each is refused in a sentence that names file and tensor.

use std::fs;
use std::path::{Path, PathBuf};

use safetensors::Dtype;
use safetensors::tensor::TensorView;
use serde_json::Value as Json;
use tempfile::TempDir;
use wirebrush_golden_tests::bad::{check_refused, cuts};
use wirebrush_golden_tests::{Named, weight, write};
use wirebrush_kontext::lora::Lora;

const FILES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/lora");
const LAYER: &str = "lora_unet_double_blocks_0_img_attn_proj";

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("bad.safetensors")
    }

    /// The tensors of one layer, by what follows its name.
    fn layer(&self, tensors: &[(&str, &[usize])]) -> Vec<Named> {
        tensors.iter().map(|(end, shape)| weight(&format!("{LAYER}.{end}"), shape)).collect()
    }

    #[track_caller]
    fn check_refused(&self, tensors: &[Named], parts: &[&str]) {
        write(&self.path(), tensors);
        check_refused(&self.path(), parts, |path| Lora::open(path));
    }
}

#[test]
fn files_cut_at_any_place_that_matters_are_refused() {
    let folder = Folder::new();
    for name in ["kohya", "diffusers", "xlabs", "loha", "lokr"] {
        let whole = fs::read(Path::new(FILES).join(format!("{name}.safetensors"))).unwrap();
        let header = u64::from_le_bytes(whole[..8].try_into().unwrap()) as usize;
        let document: Json = serde_json::from_slice(&whole[8..8 + header]).unwrap();
        let ends = document.as_object().unwrap().values().filter_map(|it| it["data_offsets"][1].as_u64());
        for length in cuts(ends.map(|end| 8 + header + end as usize).chain([8 + header]), whole.len()) {
            fs::write(folder.path(), &whole[..length]).unwrap();
            check_refused(&folder.path(), &[], |path| Lora::open(path));
        }
    }
}

#[test]
fn factors_that_are_alone_or_do_not_meet_are_refused_by_name() {
    let folder = Folder::new();
    for (tensors, parts) in [
        (&[("lora_down.weight", &[4, 64][..])][..], &["lora_down", "has no other factor beside it"][..]),
        (
            &[("lora_down.weight", &[4, 64]), ("lora_up.weight", &[64, 8])],
            &["lora_up", "[64, 8]", "expected 4"],
        ),
        (&[("lora_down.weight", &[0, 64]), ("lora_up.weight", &[64, 0])], &["[0, 64]", "expected a matrix"]),
        (&[("hada_w1_a", &[64, 4]), ("hada_w1_b", &[4, 64])], &["hada_w1_a", "no second product"]),
        (&[("lokr_w1", &[4, 4])], &["lokr_w1", "no second factor"]),
    ] {
        folder.check_refused(&folder.layer(tensors), &[&[LAYER], parts].concat());
    }
}

#[test]
fn an_alpha_that_is_no_number_is_refused_by_name() {
    let folder = Folder::new();
    let layer = folder.layer(&[("lora_down.weight", &[4, 64]), ("lora_up.weight", &[64, 4]), ("alpha", &[])]);
    for alpha in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut tensors = layer.clone();
        tensors[2].values = vec![alpha];
        folder.check_refused(&tensors, &[LAYER, "alpha", "expected a finite number"]);
    }
    let mut tensors = layer;
    tensors[2] = weight(&format!("{LAYER}.alpha"), &[2]);
    folder.check_refused(&tensors, &["alpha", "expected one number"]);
}

#[test]
fn factors_in_types_that_hold_no_numbers_are_refused_by_name() {
    let folder = Folder::new();
    let bytes = [1; 4 * 64];
    let view = |shape: &[usize]| TensorView::new(Dtype::BOOL, shape.to_vec(), &bytes).unwrap();
    let tensors = [("lora_down.weight", view(&[4, 64])), ("lora_up.weight", view(&[64, 4]))]
        .map(|(end, view)| (format!("{LAYER}.{end}"), view));
    safetensors::serialize_to_file(tensors, None, &folder.path()).unwrap();
    check_refused(&folder.path(), &[LAYER, "BOOL"], |path| Lora::open(path));
}

/// Two names of one layer that both say what it becomes.
#[test]
fn a_factor_that_is_there_twice_is_refused() {
    let folder = Folder::new();
    let mut tensors = folder.layer(&[("lora_down.weight", &[4, 64]), ("lora_up.weight", &[64, 4])]);
    tensors.push(weight(&format!("{LAYER}.lora_A.weight"), &[4, 64]));
    folder.check_refused(&tensors, &["lora_A", "says the same as", "lora_down"]);
}

#[test]
fn what_is_no_lora_is_refused() {
    let folder = Folder::new();
    folder.check_refused(&[weight("double_blocks.0.img_attn.proj.weight", &[64, 64])], &[]);
    folder.check_refused(&[weight("nobody.knows.this", &[64, 64])], &["nobody.knows.this"]);
    folder.check_refused(&[], &[]);
}

#[test]
fn header_metadata_that_is_no_json_is_refused() {
    let folder = Folder::new();
    let factors = [1u8; 4 * 4 * 64];
    let view = |shape: &[usize]| TensorView::new(Dtype::F32, shape.to_vec(), &factors).unwrap();
    let tensors = ["lora_A.weight", "lora_B.weight"].iter().zip([view(&[4, 64]), view(&[64, 4])]);
    let tensors = tensors.map(|(end, view)| (format!("transformer.proj_out.{end}"), view));
    let metadata = [("lora_adapter_metadata".to_owned(), "{\"r\": ".to_owned())].into();
    safetensors::serialize_to_file(tensors, Some(metadata), &folder.path()).unwrap();
    check_refused(&folder.path(), &["lora_adapter_metadata", "not valid JSON"], |path| Lora::open(path));
}
