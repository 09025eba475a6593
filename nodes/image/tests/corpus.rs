//! Every picture of the corpus opens as Pillow opens it, or is refused with a sentence.
//!
//! `corpus/make.py` draws the pictures and writes down what Pillow makes of them.

use std::fs;
use std::path::Path;

use serde_json::Value as Json;
use wirebrush_nodes_image::LoadImage;
use wirebrush_sdk::prelude::*;
use wirebrush_sdk::testing::Recorder;

fn facts() -> Vec<Json> {
    serde_json::from_str(include_str!("corpus/facts.json")).unwrap()
}

fn open(name: &str, recorder: &Recorder) -> Result<Outputs> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(name);
    let data = fs::read(path).unwrap();
    recorder.run::<LoadImage>(Inputs::new().with("file", Bytes { media_type: String::new(), data }))
}

fn log_of(recorder: &Recorder) -> String {
    recorder.log.borrow().iter().map(|(_, line)| line.as_str()).collect::<Vec<_>>().join("\n")
}

/// Samples as integers, whatever their width; the file has them little endian.
fn numbers(bytes: &[u8], bits: u64, read: fn([u8; 2]) -> u16) -> Vec<i32> {
    match bits {
        8 => bytes.iter().map(|byte| i32::from(*byte)).collect(),
        _ => bytes.as_chunks::<2>().0.iter().map(|pair| i32::from(read(*pair))).collect(),
    }
}

fn hex(text: &Json) -> Vec<u8> {
    let digits = text.as_str().unwrap().as_bytes();
    digits.chunks(2).map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

#[track_caller]
fn check_close(found: &Image, expected: &Json, fact: &Json) {
    let bits = fact["bits"].as_u64().unwrap();
    let tolerance = fact["tolerance"].as_i64().unwrap() as i32;
    let found = numbers(&found.bytes().unwrap(), bits, u16::from_ne_bytes);
    let expected = numbers(&hex(expected), bits, u16::from_le_bytes);
    assert_eq!(found.len(), expected.len(), "{}", fact["file"]);
    let worst = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).max().unwrap();
    assert!(worst <= tolerance, "{}: off by {worst}, expected at most {tolerance}", fact["file"]);
}

#[test]
fn good_pictures_open_as_pillow_opens_them() {
    for fact in facts().iter().filter(|fact| fact["error"].is_null()) {
        let name = fact["file"].as_str().unwrap();
        let recorder = Recorder::default();
        let outputs = open(name, &recorder).unwrap_or_else(|failure| panic!("{name}: {failure}"));
        let image = outputs.image("image").unwrap();
        let info = image.info();
        let found = [info.width, info.height, info.channels, info.sample.bytes() * 8].map(u64::from);
        let expected = ["width", "height", "channels", "bits"].map(|key| fact[key].as_u64().unwrap());
        assert_eq!(found, expected, "{name}");
        assert_eq!((info.frames, info.color), (1, Color::Srgb), "{name}");
        assert_eq!(outputs.value::<i64>("width").unwrap(), i64::from(info.width), "{name}");
        assert_eq!(outputs.value::<i64>("height").unwrap(), i64::from(info.height), "{name}");
        check_close(&image, &fact["pixels"], fact);

        let mask = matches!(outputs.get("mask"), Some(Value::Mask(_)));
        assert_eq!(mask, info.channels == 4, "{name}: a mask comes with alpha");
        if !fact["mask"].is_null() {
            check_close(outputs.value::<Mask>("mask").unwrap().image(), &fact["mask"], fact);
        }
        match fact["log"].as_str() {
            Some(expected) => assert!(log_of(&recorder).contains(expected), "{name}: {}", log_of(&recorder)),
            None => assert_eq!(log_of(&recorder), "", "{name}"),
        }
    }
}

#[test]
fn bad_files_are_refused_with_a_sentence() {
    for fact in facts().iter().filter(|fact| !fact["error"].is_null()) {
        let name = fact["file"].as_str().unwrap();
        let failure = open(name, &Recorder::default()).expect_err(name);
        let Failure::InvalidInput { port, why } = failure else { panic!("{name}: {failure:?}") };
        assert_eq!(port, "file", "{name}");
        assert!(why.contains(fact["error"].as_str().unwrap()), "{name}: {why}");
    }
}

/// A decoder may take an early end for the end of an animation; it must never panic or invent another size.
#[test]
fn good_pictures_cut_anywhere_open_or_are_refused() {
    for fact in facts().iter().filter(|fact| fact["error"].is_null()) {
        let name = fact["file"].as_str().unwrap();
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(name);
        let data = fs::read(path).unwrap();
        for end in (0..data.len()).step_by(1 + data.len() / 60) {
            let file = Bytes { media_type: String::new(), data: data[..end].to_vec() };
            match Recorder::default().run::<LoadImage>(Inputs::new().with("file", file)) {
                Ok(outputs) => {
                    let image = outputs.image("image").unwrap();
                    assert_eq!(
                        u64::from(image.width()),
                        fact["width"].as_u64().unwrap(),
                        "{name} cut at {end}"
                    );
                }
                Err(failure) => {
                    assert!(
                        matches!(failure, Failure::InvalidInput { .. }),
                        "{name} cut at {end}: {failure}"
                    );
                }
            }
        }
    }
}

#[test]
fn the_mask_can_show_the_transparent_part() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/gray-alpha.png");
    let file = Bytes { media_type: "image/png".to_owned(), data: fs::read(path).unwrap() };
    let mask = |choice: &str| {
        let inputs = Inputs::new().with("file", file.clone()).with_choice("mask", choice);
        let outputs = Recorder::default().run::<LoadImage>(inputs).unwrap();
        outputs.value::<Mask>("mask").unwrap().into_image().into_bytes().unwrap()
    };
    let sums: Vec<u16> =
        mask("opaque").iter().zip(mask("transparent")).map(|(a, b)| u16::from(*a) + u16::from(b)).collect();
    assert_eq!(sums, [255; 6]);
}
