//! Autoencoding in bands and tiles against autoencoding as a whole.

use std::cell::Cell;
use std::path::Path;

use candle_core::{Device, Tensor};
use wirebrush_golden_tests::{input, models, write};
use wirebrush_kontext::vae::{Config, MODES, Mode, Vae, decode_bytes, encode_bytes, fitting_mode};

fn embedded() -> Vae {
    Vae::open(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/kontext/models/kontext-tiny/vae"))
        .unwrap()
}

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

/// A drawn picture, cut or repeated to a size, in `[-1, 1]`.
fn picture(name: &str, height: usize, width: usize) -> Tensor {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/pictures").join(name);
    let mut reader =
        png::Decoder::new(std::io::BufReader::new(std::fs::File::open(path).unwrap())).read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut bytes).unwrap();
    let (w, h, samples) = (info.width as usize, info.height as usize, info.color_type.samples());
    let at = |i: usize| {
        let (c, y, x) = (i / (height * width), i / width % height, i % width);
        f32::from(bytes[((y % h) * w + x % w) * samples + c]) / 127.5 - 1.0
    };
    Tensor::from_vec((0..3 * height * width).map(at).collect(), (3, height, width), &Device::Cpu).unwrap()
}

fn values(t: &Tensor) -> Vec<f32> {
    t.flatten_all().unwrap().to_vec1().unwrap()
}

/// Largest difference, and signal to noise in decibels for signals from -1 to 1.
fn difference(a: &Tensor, b: &Tensor) -> (f64, f64) {
    assert_eq!(a.dims(), b.dims());
    let (a, b) = (values(a), values(b));
    let squares = a.iter().zip(&b).map(|(a, b)| f64::from(a - b).powi(2));
    let mean = squares.clone().sum::<f64>() / a.len() as f64;
    (squares.fold(0.0, f64::max).sqrt(), 10.0 * (4.0 / mean).log10())
}

/// Compares tiles of a drawn picture with the whole.
#[track_caller]
fn compare(vae: &Vae, name: &str, (height, width): (usize, usize), tiles: &[usize]) {
    let image = picture(name, height, width);
    let latent = vae.encode(&image, &quiet).unwrap();
    let whole = vae.decode(&latent, &quiet).unwrap();
    for &tile in tiles {
        let mode = Mode::Tiles(tile);
        let (most, psnr) = difference(&vae.decode_as(&latent, mode, &quiet).unwrap(), &whole);
        let (most_latent, _) = difference(&vae.encode_as(&image, mode, &quiet).unwrap(), &latent);
        println!(
            "{name}: tiles of {tile}: decode {psnr:.1} dB, most {:.2}/255; encode most {most_latent:.1e}",
            most * 127.5
        );
        // One step of 255 is lost to rounding anyway.
        assert!(psnr > 48.0, "{name} in tiles of {tile}: {psnr:.1} dB");
    }
}

#[test]
fn tiles_of_a_real_picture_differ_by_less_than_an_eye_sees() {
    compare(&embedded(), "landscape.png", (192, 256), &[64]);
}

#[test]
#[ignore = "takes a minute"]
fn tiles_of_many_real_pictures_differ_by_less_than_an_eye_sees() {
    let vae = embedded();
    for name in ["landscape.png", "shapes.png", "style.png", "two.png"] {
        compare(&vae, name, (384, 512), &[256, 128, 64]);
    }
}

#[test]
fn every_size_works_in_tiles() {
    let vae = formula();
    for (h, w) in [(1, 1), (1, 33), (17, 2), (16, 16), (31, 45)] {
        let latent = tensor("z", (4, h, w), 1.0);
        let image = vae.decode_as(&latent, Mode::Tiles(32), &quiet).unwrap();
        assert_eq!(image.dims(), [3, 4 * h, 4 * w]);
        let again = vae.encode_as(&image, Mode::Tiles(32), &quiet).unwrap();
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
    for mode in [Mode::Whole, Mode::Bands, Mode::Tiles(64)] {
        let (told, calls) = (Cell::new(0), Cell::new(0));
        let count = |done: usize, all: usize| {
            assert!(done >= told.replace(done) && done <= all, "{done} of {all}");
            calls.set(calls.get() + 1);
            Ok(())
        };
        vae.decode_as(&latent, mode, &count).unwrap();
        assert_eq!(told.get(), 1000);
        // The bill made before the work covers all of it: the last band but one was not told as the end.
        let half = calls.get() / 2;
        calls.set(0);
        let stop = |_: usize, _: usize| {
            calls.set(calls.get() + 1);
            if calls.get() == half { Err(wirebrush_kontext::Error::Cancelled) } else { Ok(()) }
        };
        let stopped = vae.decode_as(&latent, mode, &stop);
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
    let decode = |mode| decode_bytes(c, 2048, 2048, mode);
    assert_eq!(fitting_mode(u64::MAX, decode), Mode::Whole);
    assert_eq!(fitting_mode(decode(Mode::Whole) - 1, decode), Mode::Bands);
    assert_eq!(fitting_mode(decode(Mode::Tiles(512)), decode), Mode::Tiles(512));
    // Each takes less than the one before, down to what the latent's own size takes, and bands about half of the whole.
    let floor = Mode::Tiles(384);
    assert_eq!(fitting_mode(0, decode), floor);
    let encode = |mode| encode_bytes(c, 2048, 2048, mode);
    for modes in MODES.windows(2) {
        for needed in [&decode as &dyn Fn(Mode) -> u64, &encode] {
            let (more, less) = (needed(modes[0]), needed(modes[1]));
            assert!(less < more || less == needed(floor), "{modes:?}: {more}, {less}");
        }
    }
    assert!(2 * decode(Mode::Bands) < decode(Mode::Whole) + (512 << 20));
}

/// Bands measure the same values and add them in another order.
#[test]
fn bands_give_the_picture_of_the_whole() {
    let vae = formula();
    let latent = tensor("z", (4, 40, 24), 1.0);
    let image = vae.decode(&latent, &quiet).unwrap();
    let found = vae.decode_as(&latent, Mode::Bands, &quiet).unwrap();
    let worst = |a: &Tensor, b: &Tensor| {
        values(a).iter().zip(values(b)).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    };
    assert!(worst(&image, &found) < 1e-4, "decoding differs by {:e}", worst(&image, &found));
    let encoded = vae.encode(&image, &quiet).unwrap();
    let found = vae.encode_as(&image, Mode::Bands, &quiet).unwrap();
    assert!(worst(&encoded, &found) < 1e-4, "encoding differs by {:e}", worst(&encoded, &found));
}
