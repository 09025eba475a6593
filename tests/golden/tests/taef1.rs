//! The small decoder against diffusers' own, under the names of both distributions, and where it is used.

use std::collections::BTreeMap;
use std::path::Path;

use candle_core::{Device, Tensor};
use serde::Deserialize;
use wirebrush_golden_tests::{Expected, Named, data, input, weight, write, write_as};
use wirebrush_kontext::detect;
use wirebrush_kontext::model::{ModelFiles, Part};
use wirebrush_kontext::nodes::{Latent, VaeDecode};
use wirebrush_kontext::vae::Taef1;
use wirebrush_sdk::prelude::*;
use wirebrush_sdk::testing::run;

#[derive(Deserialize)]
struct Data {
    tensors: BTreeMap<String, Vec<usize>>,
    latent: (usize, usize, usize),
    decode: Expected,
}

fn golden() -> Data {
    data(include_str!("../data/taef1.json"))
}

fn tensors() -> Vec<Named> {
    golden().tensors.iter().map(|(name, shape)| weight(name, shape)).collect()
}

/// As its author's file names them: the number of the layer, with the clamp in front.
fn numbered() -> Vec<Named> {
    let rename = |t: Named| {
        let (number, rest) = t.name.strip_prefix("decoder.layers.").unwrap().split_once('.').unwrap();
        Named { name: format!("{}.{rest}", number.parse::<usize>().unwrap() + 1), ..t }
    };
    tensors().into_iter().map(rename).collect()
}

fn latent(shape: (usize, usize, usize)) -> Tensor {
    Tensor::from_vec(input("input.latent", shape.0 * shape.1 * shape.2, 4.0), shape, &Device::Cpu).unwrap()
}

fn values(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

fn decode(model: &Taef1, latent: &Tensor) -> Vec<f32> {
    values(&model.decode(latent, &|_, _| Ok(())).unwrap())
}

/// Elements within 1e-5: f32 against f64 over some forty convolutions. The sums are of 6720 elements.
#[track_caller]
fn check(path: &Path) {
    let found = decode(&Taef1::open(path).unwrap(), &latent(golden().latent));
    golden().decode.check(&path.display().to_string(), &found, 1e-5, 1e-2);
}

#[test]
fn both_distributions_agree_with_the_reference() {
    let dir = tempfile::tempdir().unwrap();
    let diffusers = dir.path().join("diffusion_pytorch_model.safetensors");
    write(&diffusers, &tensors());
    check(&diffusers);
    let comfy = dir.path().join("taef1_decoder.safetensors");
    write(&comfy, &numbered());
    check(&comfy);
}

/// The picture is wider than a tile; a part of the latent with more around it than the decoder sees gives the same pixels.
#[test]
fn tiles_are_exact() {
    let dir = tempfile::tempdir().unwrap();
    write(&dir.path().join("taef1_decoder.safetensors"), &numbered());
    let model = Taef1::open(dir.path()).unwrap();
    let (height, width) = (8, 150);
    let whole = latent((16, height, width));
    let all = decode(&model, &whole);
    let (start, end, seen) = (40, 110, 20);
    let part = decode(&model, &whole.narrow(2, start, end - start).unwrap().contiguous().unwrap());
    let mut worst = 0f32;
    for (c, y) in (0..3).flat_map(|c| (0..8 * height).map(move |y| (c, y))) {
        for x in 8 * (start + seen)..8 * (end - seen) {
            let a = all[(c * 8 * height + y) * 8 * width + x];
            let b = part[(c * 8 * height + y) * 8 * (end - start) + x - 8 * start];
            worst = worst.max((a - b).abs());
        }
    }
    assert!(worst < 1e-5, "differs by {worst:e}");
    assert!(all.iter().all(|v| v.is_finite()));
}

#[test]
fn it_is_found_recognized_and_previews() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("vae_approx");
    std::fs::create_dir(&folder).unwrap();
    let file = folder.join("taef1_decoder.safetensors");
    write_as(&file, &numbered(), safetensors::Dtype::F16);
    write(&folder.join("taef1_encoder.safetensors"), &[weight("1.conv.0.weight", &[8, 8, 3, 3])]);
    let files = ModelFiles::find(dir.path()).unwrap();
    assert_eq!(files.get(Part::Taef1).unwrap(), file.canonicalize().unwrap());
    let report = detect::inspect(&file).unwrap();
    assert_eq!(report.models.len(), 1);
    assert_eq!(report.models[0].family.name(), "TAEF1 autoencoder");
    assert_eq!(report.models[0].problem, None);
    let preview = Taef1::open(&file).unwrap().preview(&latent((16, 20, 40)), 100).unwrap();
    assert_eq!((preview.width, preview.height, preview.bytes.len()), (80, 40, 3 * 80 * 40));
}

#[test]
fn the_decode_node_takes_it_as_the_model() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("taef1_decoder.safetensors");
    write(&file, &numbered());
    let z = latent((16, 6, 4));
    let decode_node = |factor: usize| {
        let latent = Handle::new(Latent { latent: z.clone(), factor });
        let inputs = Inputs::new().with("latent", latent).with("sample", "f32".to_owned());
        run::<VaeDecode>(inputs.with("model", file.display().to_string()))
    };
    let image: Image = decode_node(8).unwrap().value("image").unwrap();
    assert_eq!((image.width(), image.height()), (32, 48));
    let found = image.to_f32().unwrap();
    let expected = decode(&Taef1::open(&file).unwrap(), &z);
    for (at, found) in found.iter().enumerate() {
        let expected = (expected[at % 3 * 32 * 48 + at / 3] + 1.0) / 2.0;
        assert!((found - expected.clamp(0.0, 1.0)).abs() < 1e-6, "value {at}: {found}, expected {expected}");
    }
    let message = decode_node(4).unwrap_err().to_string();
    assert!(message.contains("8 pixels a latent pixel"), "{message}");
}

#[test]
fn damaged_and_foreign_files_are_sentences() {
    let dir = tempfile::tempdir().unwrap();
    let refused = |name: &str, tensors: &[Named]| {
        let path = dir.path().join(name);
        write(&path, tensors);
        Taef1::open(&path).err().unwrap().to_string()
    };
    let encoder = [weight("0.weight", &[8, 3, 3, 3]), weight("1.conv.0.weight", &[8, 8, 3, 3])];
    let message = refused("taef1_encoder.safetensors", &encoder);
    assert!(message.contains("encoder only") && message.contains("taef1_decoder"), "{message}");
    let mut missing = numbered();
    missing.retain(|t| t.name != "3.conv.2.weight");
    let message = refused("a.safetensors", &missing);
    assert!(message.contains("decoder.layers.2.conv.2.weight` is missing"), "{message}");
    let mut narrow = tensors();
    narrow.retain(|t| !t.name.starts_with("decoder.layers.0."));
    narrow.push(weight("decoder.layers.0.weight", &[4, 16, 3, 3]));
    let message = refused("b.safetensors", &narrow);
    assert!(message.contains("is no TAEF1: found a kernel of 3 over 8 channels"), "{message}");
    let mut endless = tensors();
    endless.push(weight("decoder.layers.4000000000.weight", &[4, 16, 3, 3]));
    assert!(refused("c.safetensors", &endless).contains("4000000001 layers"));
}
