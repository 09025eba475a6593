//! Autoencoding in tiles against autoencoding as a whole.

use std::cell::Cell;

use candle_core::{Device, Tensor};
use wirebrush_golden_tests::{input, models, write};
use wirebrush_kontext::vae::{Config, Vae, decode_bytes, encode_bytes, fitting_tile};

/// Three levels with two blocks each, as the real one has, with weights from the formula.
fn formula() -> Vae {
    let dir = tempfile::tempdir().unwrap();
    write(
        &dir.path().join("ae.safetensors"),
        &models::Vae { channels: vec![32, 64, 64], blocks: 2, z: 4 }.bfl(),
    );
    Vae::open(dir.path()).unwrap()
}

fn quiet(_: usize, _: usize) -> wirebrush_kontext::Result<()> {
    Ok(())
}

fn tensor(name: &str, shape: (usize, usize, usize), scale: f64) -> Tensor {
    Tensor::from_vec(input(name, shape.0 * shape.1 * shape.2, scale), shape, &Device::Cpu).unwrap()
}

fn values(t: &Tensor) -> Vec<f32> {
    t.flatten_all().unwrap().to_vec1().unwrap()
}

#[test]
fn every_size_works_in_tiles() {
    let vae = formula();
    for (h, w) in [(1, 1), (1, 33), (17, 2), (16, 16), (31, 45)] {
        let latent = tensor("z", (4, h, w), 1.0);
        let image = vae.decode_in_tiles(&latent, Some(32), &quiet).unwrap();
        assert_eq!(image.dims(), [3, 4 * h, 4 * w]);
        let again = vae.encode_in_tiles(&image, Some(32), &quiet).unwrap();
        assert_eq!(again.dims(), [4, h, w]);
        assert!(values(&again).iter().chain(&values(&image)).all(|v| v.is_finite()));
        if h.max(w) <= 8 {
            // One tile is the whole.
            assert_eq!(values(&image), values(&vae.decode(&latent, &quiet).unwrap()));
        }
    }
}

#[test]
fn progress_rises_to_the_end_and_an_error_ends_the_work() {
    let vae = formula();
    let latent = tensor("z", (4, 40, 24), 1.0);
    for tile in [None, Some(64)] {
        let (told, calls) = (Cell::new(0), Cell::new(0));
        let count = |done: usize, all: usize| {
            assert!(done >= told.replace(done) && done <= all, "{done} of {all}");
            calls.set(calls.get() + 1);
            Ok(())
        };
        vae.decode_in_tiles(&latent, tile, &count).unwrap();
        assert_eq!(told.get(), 1000);
        // The bill made before the work covers all of it: the last band but one was not told as the end.
        let half = calls.get() / 2;
        calls.set(0);
        let stop = |_: usize, _: usize| {
            calls.set(calls.get() + 1);
            if calls.get() == half { Err(wirebrush_kontext::Error::Cancelled) } else { Ok(()) }
        };
        let stopped = vae.decode_in_tiles(&latent, tile, &stop);
        assert!(matches!(stopped, Err(wirebrush_kontext::Error::Cancelled)));
        assert_eq!(calls.get(), half);
    }
}

#[test]
fn the_quickest_way_that_fits_is_chosen() {
    let c = &Config {
        image_channels: 3,
        channels: vec![128, 256, 512, 512],
        encoder_blocks: 2,
        decoder_blocks: 3,
        latent_channels: 16,
        groups: 32,
        scaling_factor: 0.3611,
        shift_factor: 0.1159,
    };
    let decode = |tile| decode_bytes(c, 2048, 2048, tile);
    assert_eq!(fitting_tile(u64::MAX, decode), None);
    assert_eq!(fitting_tile(decode(Some(512)), decode), Some(512));
    assert_eq!(fitting_tile(0, decode), Some(128));
    // Smaller tiles take less.
    for (small, large) in [(Some(128), Some(512)), (Some(512), Some(1024)), (Some(1024), None)] {
        assert!(decode(small) < decode(large));
        assert!(encode_bytes(c, 2048, 2048, small) < encode_bytes(c, 2048, 2048, large));
    }
}
