//! The autoencoder against BFL's own, in every naming of its files.

use candle_core::{Device, Tensor};
use serde::Deserialize;
use wirebrush_golden_tests::{Expected, Named, data, input, models, write};
use wirebrush_kontext::vae::{Mode, Vae};

#[derive(Deserialize)]
struct Data {
    sizes: models::Vae,
    image: (usize, usize, usize),
    latent: (usize, usize, usize),
    moments: Expected,
    encode: Expected,
    decode: Expected,
}

fn golden() -> Data {
    data(include_str!("../data/vae.json"))
}

fn load(tensors: &[Named]) -> Vae {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ae.safetensors");
    write(&path, tensors);
    Vae::open(path).unwrap()
}

fn tensor(name: &str, shape: (usize, usize, usize)) -> Tensor {
    Tensor::from_vec(input(name, shape.0 * shape.1 * shape.2, 1.0), shape, &Device::Cpu).unwrap()
}

fn values(t: &Tensor) -> Vec<f32> {
    t.flatten_all().unwrap().to_vec1().unwrap()
}

/// Elements within 2e-5, sums of up to 300 of them within 1e-4, as f32 runs of the reference itself.
#[track_caller]
fn check(what: &str, tensors: &[Named]) {
    let golden = golden();
    let vae = load(tensors);
    let image = tensor("input.image", golden.image);
    let quiet = |_: usize, _: usize| Ok(());
    golden.moments.check(
        &format!("{what}: moments"),
        &values(&vae.moments(&image, Mode::Whole, &quiet).unwrap()),
        2e-5,
        1e-4,
    );
    golden.encode.check(
        &format!("{what}: encode"),
        &values(&vae.encode(&image, &quiet).unwrap()),
        2e-5,
        1e-4,
    );
    let z = tensor("input.z", golden.latent);
    golden.decode.check(&format!("{what}: decode"), &values(&vae.decode(&z, &quiet).unwrap()), 2e-5, 1e-4);
}

#[test]
fn bfl_file_agrees() {
    check("BFL", &golden().sizes.bfl());
}

#[test]
fn diffusers_file_with_attention_matrices_agrees() {
    check("diffusers", &golden().sizes.diffusers());
}

#[test]
fn old_diffusers_file_agrees() {
    check("old diffusers", &golden().sizes.old_diffusers());
}

#[test]
fn prefixed_file_agrees() {
    for prefix in ["vae.", "first_stage_model."] {
        let tensors =
            golden().sizes.bfl().into_iter().map(|t| Named { name: format!("{prefix}{}", t.name), ..t });
        check(prefix, &tensors.collect::<Vec<_>>());
    }
}
