//! How a run behaves: cancelling, bad numbers, negative prompts, odd sizes, previews.

use std::cell::Cell;
use std::ops::ControlFlow;
use std::sync::Arc;

use candle_core::{Device, Tensor};
use wirebrush_golden_tests::{input, models, write};
use wirebrush_kontext::Error;
use wirebrush_kontext::sampling::{
    Guide, Placement, Preview, Progress, Sampling, grid, initial_noise, place_references, sample,
};
use wirebrush_kontext::transformer::{Conditioning, Prepared, Transformer};
use wirebrush_kontext::vae::Vae;

const SIGMAS: [f64; 4] = [1.0, 0.7, 0.3, 0.0];

fn transformer() -> Arc<Transformer> {
    let sizes = models::Transformer {
        channels: 16,
        vec: 24,
        context: 40,
        hidden: 64,
        heads: 2,
        depth: 2,
        single: 2,
        axes: [8, 12, 12],
    };
    let dir = tempfile::tempdir().unwrap();
    write(&dir.path().join("model.safetensors"), &sizes.bfl());
    std::fs::write(dir.path().join("config.json"), sizes.config_json()).unwrap();
    Arc::new(Transformer::open(dir.path()).unwrap())
}

fn vae() -> Vae {
    let dir = tempfile::tempdir().unwrap();
    write(&dir.path().join("ae.safetensors"), &models::Vae { channels: vec![32, 64], blocks: 1, z: 4 }.bfl());
    Vae::open(dir.path()).unwrap()
}

fn prepare(text: &str, size: (usize, usize)) -> Prepared {
    let tensor = |name: &str, shape: &[usize]| {
        Tensor::from_vec(input(name, shape.iter().product(), 1.0), shape, &Device::Cpu).unwrap()
    };
    let conditioning =
        Conditioning { txt: tensor(text, &[5, 40]), vec: tensor("v", &[24]), biases: Vec::new() };
    let reference = initial_noise(3, 4, 3, 5).unwrap();
    let references = place_references(&[reference], size, Placement::Offset).unwrap();
    transformer().prepare(&conditioning, grid(size.0, size.1), &references, 2.5).unwrap()
}

fn run<'a>(positive: &'a Prepared, noise: &'a Tensor) -> Sampling<'a> {
    Sampling { positive, guide: None, noise, start: None, sigmas: &SIGMAS }
}

fn go(run: &Sampling<'_>) -> Vec<f32> {
    sample(run, &|_| ControlFlow::Continue(())).unwrap().flatten_all().unwrap().to_vec1().unwrap()
}

#[test]
fn odd_latents_keep_their_size() {
    let positive = prepare("txt", (5, 3));
    let noise = initial_noise(1, 4, 5, 3).unwrap();
    let result = sample(&run(&positive, &noise), &|_| ControlFlow::Continue(())).unwrap();
    assert_eq!(result.dims(), [4, 5, 3]);
}

#[test]
fn runs_repeat_bit_for_bit() {
    let positive = prepare("txt", (4, 6));
    let noise = initial_noise(1, 4, 4, 6).unwrap();
    assert_eq!(go(&run(&positive, &noise)), go(&run(&positive, &noise)));
}

#[test]
fn cancel_stops_between_blocks() {
    let positive = prepare("txt", (4, 6));
    let noise = initial_noise(1, 4, 4, 6).unwrap();
    let calls = Cell::new(0);
    let stop = |_: Progress<'_>| {
        calls.set(calls.get() + 1);
        if calls.get() == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    assert!(matches!(sample(&run(&positive, &noise), &stop), Err(Error::Cancelled)));
    assert_eq!(calls.get(), 3, "nothing runs after the hook said stop");
}

#[test]
fn progress_counts_steps_and_shows_the_denoised_estimate() {
    let positive = prepare("txt", (4, 6));
    let noise = initial_noise(1, 4, 4, 6).unwrap();
    let steps = std::cell::RefCell::new(Vec::new());
    let result = sample(&run(&positive, &noise), &|progress| {
        if let Progress::Step { step, n_steps, sigma, denoised } = progress {
            steps.borrow_mut().push((step, n_steps, sigma, denoised.clone()));
        }
        ControlFlow::Continue(())
    });
    let steps = steps.into_inner();
    let seen: Vec<_> = steps.iter().map(|s| (s.0, s.1, s.2)).collect();
    assert_eq!(seen, [(1, 3, 1.0), (2, 3, 0.7), (3, 3, 0.3)]);
    // The last step goes all the way to the estimate.
    let difference = (result.unwrap() - &steps[2].3).unwrap().abs().unwrap().max_all().unwrap();
    assert!(difference.to_scalar::<f32>().unwrap() < 1e-6);
}

#[test]
fn nan_in_the_noise_stops_with_step_and_cause() {
    let positive = prepare("txt", (4, 6));
    let mut values = input("noise", 96, 1.0);
    values[50] = f32::NAN;
    let noise = Tensor::from_vec(values, (4, 4, 6), &Device::Cpu).unwrap();
    let message = sample(&run(&positive, &noise), &|_| ControlFlow::Continue(())).unwrap_err().to_string();
    assert_eq!(
        message,
        "the latents are no longer finite at step 1 of 3: the starting latent already holds infinite or not-a-number values"
    );
}

#[test]
fn guide_of_scale_one_or_the_same_prompt_changes_nothing() {
    let (positive, negative) = (prepare("txt", (4, 6)), prepare("other", (4, 6)));
    let noise = initial_noise(1, 4, 4, 6).unwrap();
    let plain = go(&run(&positive, &noise));
    let guided =
        |negative, scale| go(&Sampling { guide: Some(Guide { negative, scale }), ..run(&positive, &noise) });
    assert_eq!(plain, guided(&negative, 1.0));
    assert_eq!(plain, guided(&positive, 4.0));
    let strong = guided(&negative, 4.0);
    assert!(plain.iter().zip(&strong).any(|(a, b)| (a - b).abs() > 1e-3));
}

#[test]
fn start_counts_only_below_full_noise() {
    let positive = prepare("txt", (4, 6));
    let noise = initial_noise(1, 4, 4, 6).unwrap();
    let start = initial_noise(2, 4, 4, 6).unwrap();
    assert_eq!(go(&run(&positive, &noise)), go(&Sampling { start: Some(&start), ..run(&positive, &noise) }));
    let late = Sampling { sigmas: &SIGMAS[2..], ..run(&positive, &noise) };
    assert_ne!(go(&late), go(&Sampling { start: Some(&start), ..late }));
}

#[test]
fn wrong_shapes_and_levels_are_sentences() {
    let positive = prepare("txt", (4, 6));
    let noise = initial_noise(1, 4, 4, 6).unwrap();
    let check = |run: &Sampling<'_>, expected: &str| {
        let message = sample(run, &|_| ControlFlow::Continue(())).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    };
    check(
        &run(&positive, &initial_noise(1, 4, 4, 8).unwrap()),
        "input `noise`: expected 4 channels and 6 tokens",
    );
    check(&run(&positive, &initial_noise(1, 3, 4, 6).unwrap()), "input `noise`");
    check(&Sampling { sigmas: &[0.0, 1.0], ..run(&positive, &noise) }, "input `sigmas`");
    check(&Sampling { sigmas: &[f64::NAN, 0.0], ..run(&positive, &noise) }, "input `sigmas`");
    let bad = vae()
        .encode(&Tensor::zeros((3, 7, 8), candle_core::DType::F32, &Device::Cpu).unwrap(), &|_, _| Ok(()));
    assert!(bad.unwrap_err().to_string().contains("multiples of 2"));
}

#[test]
fn autoencoder_stops_between_blocks() {
    let image = Tensor::zeros((3, 8, 8), candle_core::DType::F32, &Device::Cpu).unwrap();
    let calls = Cell::new(0);
    let stop = |done: usize, total: usize| {
        assert!(done <= total);
        calls.set(calls.get() + 1);
        if calls.get() == 2 { Err(Error::Cancelled) } else { Ok(()) }
    };
    assert!(matches!(vae().encode(&image, &stop), Err(Error::Cancelled)));
    assert_eq!(calls.get(), 2);
}

#[test]
fn preview_has_a_pixel_for_each_latent_pixel() {
    let preview = Preview::for_vae(&vae()).unwrap();
    let picture = preview.apply(&initial_noise(1, 4, 5, 7).unwrap()).unwrap();
    assert_eq!((picture.width, picture.height, picture.bytes.len()), (7, 5, 105));
    // A zero latent shows the bias of FLUX.1's factors: (1 − 0.0329)·127.5 = 123, and so on.
    let zero = Tensor::zeros((16, 1, 1), candle_core::DType::F32, &Device::Cpu).unwrap();
    assert_eq!(Preview::flux().apply(&zero).unwrap().bytes, [123, 118, 117]);
    assert!(Preview::flux().apply(&initial_noise(1, 4, 5, 7).unwrap()).is_err());
}
