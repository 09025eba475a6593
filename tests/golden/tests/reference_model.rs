//! Whole edits, node by node, against pictures that diffusers made from the same weights.
//!
//! `WIREBRUSH_REFERENCE_MODEL` names a folder with a diffusers-layout `model`, pictures, and `cases.json`: a list of
//! `{image, prompt, steps, guidance, seed, expected}`. The pictures must have the model's own size. `cargo xtask test` runs
//! these tests when it is set, and says so when it is not.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use wirebrush_kontext::nodes::{
    ClipEncode, FitToModel, FlowSample, InspectModel, T5Encode, UndoFit, VaeDecode, VaeEncode,
};
use wirebrush_sdk::prelude::*;
use wirebrush_sdk::testing::Recorder;

#[derive(Deserialize)]
struct Case {
    image: String,
    prompt: String,
    steps: i64,
    guidance: f64,
    seed: i64,
    expected: String,
}

fn folder() -> PathBuf {
    let folder = std::env::var_os("WIREBRUSH_REFERENCE_MODEL");
    folder.expect("WIREBRUSH_REFERENCE_MODEL names a folder with a model and cases.json").into()
}

fn read(path: &Path) -> Image {
    let mut decoder = png::Decoder::new(BufReader::new(File::open(path).unwrap()));
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    pixels.truncate(info.buffer_size());
    let channels = info.color_type.samples() as u32;
    Image::new(ImageInfo::srgb(info.width, info.height, channels, Sample::U8), pixels).unwrap()
}

/// One edit as the standard graph wires it.
fn edit(host: &Recorder, model: &str, image: Image, case: &Case) -> Result<Image> {
    let text = || Inputs::new().with("text", case.prompt.clone()).with("model", model.to_owned());
    let fitted =
        host.run::<FitToModel>(Inputs::new().with("image", image).with("model", model.to_owned()))?;
    let latent = host.run::<VaeEncode>(
        Inputs::new().with("image", fitted.image("image")?).with("model", model.to_owned()),
    )?;
    let sampled = host.run::<FlowSample>(
        Inputs::new()
            .with("model", model.to_owned())
            .with("t5", host.run::<T5Encode>(text())?.value::<Handle>("t5")?)
            .with("clip", host.run::<ClipEncode>(text())?.value::<Handle>("clip")?)
            .with("references", latent.value::<Handle>("latent")?)
            .with("steps", case.steps)
            .with("guidance", case.guidance)
            .with("seed", case.seed),
    )?;
    let latent = sampled.value::<Handle>("latent")?;
    let decoded =
        host.run::<VaeDecode>(Inputs::new().with("latent", latent).with("model", model.to_owned()))?;
    let undone = host.run::<UndoFit>(
        Inputs::new().with("image", decoded.image("image")?).with("fit", fitted.value::<Handle>("fit")?),
    )?;
    undone.image("image")
}

#[test]
#[ignore = "needs WIREBRUSH_REFERENCE_MODEL"]
fn edits_agree_with_diffusers_within_two_of_255() {
    let folder = folder();
    let cases: Vec<Case> = serde_json::from_reader(File::open(folder.join("cases.json")).unwrap()).unwrap();
    let model = folder.join("model").display().to_string();
    let mut worst = 0;
    for case in &cases {
        let host = Recorder::default();
        let found = edit(&host, &model, read(&folder.join(&case.image)), case).unwrap();
        let expected = read(&folder.join(&case.expected));
        assert_eq!((found.width(), found.height()), (expected.width(), expected.height()));
        let (found, expected) = (found.to_u8().unwrap(), expected.to_u8().unwrap());
        let pairs = || found.iter().zip(&expected).map(|(left, right)| left.abs_diff(*right));
        let differing = pairs().filter(|difference| *difference > 0).count();
        let most = pairs().max().unwrap();
        println!("{:?}: at most {most}, {differing} of {} samples differ", case.prompt, found.len());
        worst = worst.max(most);
        assert_eq!(host.previews.borrow().len() as i64, case.steps);
    }
    assert!(worst <= 2, "a sample differs by {worst}");
}

#[test]
#[ignore = "needs WIREBRUSH_REFERENCE_MODEL"]
fn an_edit_gives_back_the_size_of_its_picture_and_stops_when_told() {
    let folder = folder();
    let model = folder.join("model").display().to_string();
    let case = |steps| Case {
        image: String::new(),
        prompt: "make it night ".repeat(5000),
        steps,
        guidance: 2.5,
        seed: -1,
        expected: String::new(),
    };
    let pixels = (0..50 * 30 * 4).map(|at| at as u8).collect();
    let image = Image::new(ImageInfo::srgb(50, 30, 4, Sample::U8), pixels).unwrap();
    let host = Recorder::default();
    let found = edit(&host, &model, image.clone(), &case(1)).unwrap();
    assert_eq!((found.width(), found.height()), (30, 30));
    let warned = host
        .log
        .borrow()
        .iter()
        .any(|(level, line)| *level == LogLevel::Warn && line.contains("behind word"));
    assert!(warned, "a prompt of 15000 words is cut with a warning");
    let host = Recorder::default();
    host.cancel_after.set(Some(30));
    assert_eq!(edit(&host, &model, image, &case(100)).unwrap_err(), Failure::Cancelled);
}

#[test]
#[ignore = "needs WIREBRUSH_REFERENCE_MODEL"]
fn inspection_reports_every_part() {
    let folder = folder();
    let model = folder.join("model").display().to_string();
    let report: String = Recorder::default()
        .run::<InspectModel>(Inputs::new().with("file", model))
        .unwrap()
        .value("report")
        .unwrap();
    println!("{report}");
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["missing"], serde_json::json!([]));
    for part in ["transformer", "vae", "clip", "t5"] {
        assert!(report["parts"][part]["parameters"].as_u64().unwrap() > 0, "{part}");
        assert!(report["parts"][part]["problem"].is_null(), "{part}");
    }
}

/// The manifest that is shipped lists the nodes by hand; the host refuses a plugin whose nodes differ.
#[test]
fn the_manifest_names_the_nodes_that_there_are() {
    let manifest: serde_json::Value =
        serde_json::from_str(include_str!("../../../plugins/kontext/plugin.json")).unwrap();
    let description: serde_json::Value =
        serde_json::from_str(&wirebrush_kontext::__wirebrush_plugin().describe()).unwrap();
    let nodes: Vec<_> =
        description["nodes"].as_array().unwrap().iter().map(|node| node["id"].clone()).collect();
    assert_eq!(manifest["nodes"], serde_json::Value::from(nodes));
}
