//! Resizing agrees with Pillow to the bit; the expected bytes were made by `data/make_resample.py`.

use serde::Deserialize;
use wirebrush_sdk::resample::{Filter, resize, resize_f32, resize_rgba_u8, resize_u8, resize_u16};
use wirebrush_sdk::testing::Recorder;
use wirebrush_sdk::{Context, Failure, Image, ImageInfo, Sample};

#[derive(Deserialize)]
struct Case {
    mode: String,
    filter: String,
    from: (u32, u32),
    to: (u32, u32),
    pixels: String,
    expected: String,
}

fn cases(mode: &str) -> Vec<Case> {
    let all: Vec<Case> = serde_json::from_str(include_str!("data/resample.json")).unwrap();
    let cases: Vec<Case> = all.into_iter().filter(|case| case.mode == mode).collect();
    assert_eq!(cases.len(), 50, "10 sizes with 5 filters each");
    cases
}

fn hex(text: &str) -> Vec<u8> {
    text.as_bytes()
        .chunks(2)
        .map(|digits| u8::from_str_radix(str::from_utf8(digits).unwrap(), 16).unwrap())
        .collect()
}

fn check_u8(mode: &str, run: impl Fn(&[u8], &Case, Filter) -> Vec<u8>) {
    for case in cases(mode) {
        let found = run(&hex(&case.pixels), &case, case.filter.parse().unwrap());
        assert_eq!(
            found,
            hex(&case.expected),
            "{mode} {:?} -> {:?} with {}",
            case.from,
            case.to,
            case.filter
        );
    }
}

#[test]
fn gray_bytes_equal_pillows() {
    check_u8("L", |pixels, case, filter| resize_u8(pixels, case.from, 1, case.to, filter).unwrap());
}

#[test]
fn rgb_bytes_equal_pillows() {
    check_u8("RGB", |pixels, case, filter| resize_u8(pixels, case.from, 3, case.to, filter).unwrap());
}

#[test]
fn rgba_bytes_equal_pillows_because_alpha_is_multiplied_in() {
    check_u8("RGBA", |pixels, case, filter| resize_rgba_u8(pixels, case.from, case.to, filter).unwrap());
}

#[test]
fn an_image_with_straight_alpha_is_resized_like_pillows_rgba() {
    let recorder = Recorder::default();
    check_u8("RGBA", |pixels, case, filter| {
        let info = ImageInfo::srgb(case.from.0, case.from.1, 4, Sample::U8);
        let image = Image::new(info, pixels.to_vec()).unwrap();
        let resized = resize(&image, case.to, filter, &Context::new(&recorder)).unwrap();
        assert_eq!((resized.width(), resized.height()), case.to);
        resized.into_bytes().unwrap()
    });
}

#[test]
fn sixteen_bit_samples_equal_pillows() {
    for case in cases("I;16") {
        let read = |text: &str| -> Vec<u16> {
            hex(text).as_chunks::<2>().0.iter().map(|bytes| u16::from_le_bytes(*bytes)).collect()
        };
        let filter = case.filter.parse().unwrap();
        let found = resize_u16(&read(&case.pixels), case.from, 1, case.to, filter).unwrap();
        assert_eq!(found, read(&case.expected), "{:?} -> {:?} with {filter}", case.from, case.to);
    }
}

#[test]
fn floating_point_samples_equal_pillows() {
    for case in cases("F") {
        let read = |text: &str| -> Vec<f32> {
            hex(text).as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
        };
        let filter = case.filter.parse().unwrap();
        let found = resize_f32(&read(&case.pixels), case.from, 1, case.to, filter).unwrap();
        for (found, expected) in found.iter().zip(read(&case.expected)) {
            // One rounding of `f32`: a platform's sine may differ in its last bit.
            let tolerance = f32::EPSILON * expected.abs().max(1.0);
            assert!(
                (found - expected).abs() <= tolerance,
                "{found} is not {expected}: {:?} -> {:?} with {filter}",
                case.from,
                case.to
            );
        }
    }
}

// Source: Pillow 13.0, `Image.resize((4, 3), LANCZOS)` of the same picture.
#[test]
fn the_lanczos_golden_of_seven_by_five_to_four_by_three_holds() {
    let mut pixels = Vec::new();
    for y in 0..5_u32 {
        for x in 0..7_u32 {
            pixels.extend([(40 * x % 256) as u8, (60 * y) as u8, (17 * x * y % 256) as u8]);
        }
    }
    let out = resize_u8(&pixels, (7, 5), 3, (4, 3), Filter::Lanczos).unwrap();
    let channel = |c: usize| -> Vec<u8> { out.iter().skip(c).step_by(3).copied().collect() };
    assert_eq!(channel(0), [15, 83, 157, 225].repeat(3));
    assert_eq!(channel(2), [2, 12, 17, 36, 13, 68, 151, 171, 21, 139, 144, 125]);
}

#[test]
fn an_unchanged_size_changes_nothing_even_where_alpha_is_zero() {
    let pixels = [200, 100, 50, 0, 1, 2, 3, 4];
    assert_eq!(resize_rgba_u8(&pixels, (2, 1), (2, 1), Filter::Lanczos).unwrap(), pixels);
}

#[test]
fn frames_are_resized_one_by_one() {
    let info = ImageInfo { frames: 2, ..ImageInfo::srgb(1, 2, 1, Sample::U8) };
    let image = Image::new(info, vec![10, 10, 200, 200]).unwrap();
    let recorder = Recorder::default();
    let resized = resize(&image, (2, 3), Filter::Lanczos, &Context::new(&recorder)).unwrap();
    assert_eq!(resized.bytes().unwrap(), [[10; 6], [200; 6]].concat());
}

#[test]
fn half_precision_keeps_values_outside_zero_to_one() {
    let info = ImageInfo::srgb(2, 1, 1, Sample::F16);
    let image = Image::from_f32(info, &[4.0, 4.0]).unwrap();
    let recorder = Recorder::default();
    let resized = resize(&image, (5, 4), Filter::Bicubic, &Context::new(&recorder)).unwrap();
    assert_eq!(resized.to_f32().unwrap(), vec![4.0; 20]);
}

#[test]
fn channels_beyond_four_are_resized_independently() {
    let deep: Vec<u8> = (0..6 * 5).map(|i| (i * 37 % 251) as u8).collect();
    let out = resize_u8(&deep, (6, 1), 5, (4, 3), Filter::Bicubic).unwrap();
    for c in 0..5 {
        let one: Vec<u8> = deep.iter().skip(c).step_by(5).copied().collect();
        let expected = resize_u8(&one, (6, 1), 1, (4, 3), Filter::Bicubic).unwrap();
        assert_eq!(out.iter().skip(c).step_by(5).copied().collect::<Vec<_>>(), expected);
    }
}

#[test]
fn wrong_sizes_are_sentences() {
    let message = |result: Result<Vec<u8>, Failure>| result.unwrap_err().to_string();
    assert_eq!(
        message(resize_u8(&[0; 3], (2, 2), 1, (1, 1), Filter::Box)),
        "resize of 2×2 pixels with 1 channel(s): expected 4 samples, found 3"
    );
    assert_eq!(
        message(resize_u8(&[0; 4], (2, 2), 1, (0, 1), Filter::Box)),
        "resize of 2×2 pixels with 1 channel(s) to 0×1: expected at least 1 of each"
    );
    assert!(matches!(
        resize_u8(&[0; 4], (2, 2), 1, (u32::MAX, u32::MAX), Filter::Nearest),
        Err(Failure::OutOfMemory { .. })
    ));
    assert!("sinc".parse::<Filter>().unwrap_err().to_string().contains("lanczos, bicubic, bilinear"));
}

#[test]
fn a_cancelled_run_stops() {
    let image = Image::new(ImageInfo::srgb(2, 2, 1, Sample::U8), vec![0; 4]).unwrap();
    let recorder = Recorder::default();
    recorder.cancel_after.set(Some(1));
    let result = resize(&image, (8, 8), Filter::Lanczos, &Context::new(&recorder));
    assert_eq!(result.unwrap_err(), Failure::Cancelled);
}
