//! How well does a model edit the held-back scenes? Prints a table; `eval/README.md` has the rules.
//!
//! `cargo xtask eval [--model PATH] [--steps N] [--only TYPE] [--write DIR]`

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Parser;
use image::RgbImage;
use serde::Deserialize;
use wirebrush_kontext::nodes::{ClipEncode, FlowSample, T5Encode, VaeDecode, VaeEncode};
use wirebrush_sdk::prelude::*;
use wirebrush_sdk::testing::Recorder;

/// Measures a model on the held-back scenes.
#[derive(Parser)]
struct Args {
    /// Model folder.
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/models/kontext-tiny"))]
    model: PathBuf,
    /// Sampling steps instead of those of `cases.json`.
    #[arg(long)]
    steps: Option<i64>,
    /// Only this type of edit.
    #[arg(long)]
    only: Option<String>,
    /// Write source, target and result of each case, side by side, into this folder.
    #[arg(long)]
    write: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Cases {
    steps: i64,
    guidance: f64,
    colors: BTreeMap<String, [u8; 3]>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: u32,
    #[serde(rename = "type")]
    edit: String,
    sheet: String,
    row: u32,
    size: [u32; 2],
    prompt: String,
    seed: u64,
    color: Option<String>,
    shape_rgb: Option<[u8; 3]>,
    ground_rgb: Option<[u8; 3]>,
}

/// Source, target, mask: the three tiles of a case.
type Tiles = [RgbImage; 3];

// Values of the mask, see `eval/README.md`.
const NEW_SHAPE: u8 = 192;
const UNTOUCHED: u8 = 255;

/// The judgement of one case.
struct Score {
    right: bool,
    /// Mean squared difference to the source over the untouched pixels.
    untouched: Option<f64>,
}

impl Score {
    // An edit that ruins the rest is no success; 20 dB is plainly visible damage.
    fn success(&self) -> bool {
        self.right && self.untouched.is_none_or(|error| psnr(error) >= 20.0)
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args = Args::parse();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("eval");
    let cases: Cases = serde_json::from_slice(&std::fs::read(folder.join("cases.json"))?)?;
    let mut sheets: BTreeMap<String, RgbImage> = BTreeMap::new();
    let mut scores: BTreeMap<String, Vec<Score>> = BTreeMap::new();
    for case in cases.cases.iter().filter(|case| args.only.as_ref().is_none_or(|only| *only == case.edit)) {
        if !sheets.contains_key(&case.sheet) {
            sheets.insert(case.sheet.clone(), image::open(folder.join(&case.sheet))?.to_rgb8());
        }
        let tiles = tiles(case, &sheets[&case.sheet]);
        let result = edit(&args, &cases, case, &tiles[0])?;
        if let Some(folder) = &args.write {
            write(folder, case, &tiles, &result)?;
        }
        scores.entry(case.edit.clone()).or_default().push(judge(case, &cases, &tiles, &result));
    }
    println!(
        "{:12} {:>5} {:>7} {:>8} {:>15} {:>13}",
        "edit", "cases", "right", "success", "untouched (all)", "(mean)"
    );
    for (edit, scores) in &scores {
        report(edit, scores);
    }
    Ok(())
}

fn report(edit: &str, scores: &[Score]) {
    let share = |count: usize| 100.0 * count as f64 / scores.len() as f64;
    let right = share(scores.iter().filter(|score| score.right).count());
    let success = share(scores.iter().filter(|score| score.success()).count());
    let errors: Vec<f64> = scores.iter().filter_map(|score| score.untouched).collect();
    let (pooled, mean) = if errors.is_empty() {
        ("-".to_owned(), "-".to_owned())
    } else {
        let average = |values: &mut dyn Iterator<Item = f64>| values.sum::<f64>() / errors.len() as f64;
        let pooled = psnr(average(&mut errors.iter().copied()));
        (
            format!("{pooled:.1} dB"),
            format!("{:.1} dB", average(&mut errors.iter().map(|error| psnr(*error)))),
        )
    };
    println!("{edit:12} {:5} {right:6.1}% {success:7.1}% {pooled:>15} {mean:>13}", scores.len());
}

/// Runs the edit through the plugin's own nodes.
fn edit(args: &Args, cases: &Cases, case: &Case, source: &RgbImage) -> Result<RgbImage> {
    let host = Recorder::default();
    let model = args.model.to_string_lossy().into_owned();
    let info = ImageInfo::srgb(source.width(), source.height(), 3, Sample::U8);
    let image = Image::new(info, source.as_raw().clone())?;
    let with_model = || Inputs::new().with("model", model.as_str());
    let take = |outputs: Outputs, name: &str| outputs.value::<Handle>(name);

    let reference = take(host.run::<VaeEncode>(with_model().with("image", image))?, "latent")?;
    let t5 = take(host.run::<T5Encode>(with_model().with("text", case.prompt.as_str()))?, "t5")?;
    let clip = take(host.run::<ClipEncode>(with_model().with("text", case.prompt.as_str()))?, "clip")?;
    let sample = with_model()
        .with("t5", t5)
        .with("clip", clip)
        .with("references", reference)
        .with("steps", args.steps.unwrap_or(cases.steps))
        .with("guidance", cases.guidance)
        .with("seed", case.seed);
    let latent = take(host.run::<FlowSample>(sample)?, "latent")?;
    let image = host.run::<VaeDecode>(with_model().with("latent", latent))?.image("image")?;
    let pixels = image.to_u8()?;
    RgbImage::from_raw(image.width(), image.height(), pixels)
        .ok_or_else(|| Failure::failed("the decoded picture is not RGB"))
}

fn tiles(case: &Case, sheet: &RgbImage) -> Tiles {
    let [width, height] = case.size;
    [0, 1, 2].map(|column| {
        image::imageops::crop_imm(sheet, column * width, case.row * height, width, height).to_image()
    })
}

fn judge(case: &Case, cases: &Cases, [source, target, mask]: &Tiles, result: &RgbImage) -> Score {
    let marked = |wanted: fn(u8) -> bool| {
        let pixels = mask.enumerate_pixels().filter(move |(_, _, mask)| wanted(mask.0[0]));
        pixels.map(|(x, y, _)| (x, y)).collect::<Vec<_>>()
    };
    let region = marked(|mask| mask == 128 || mask == NEW_SHAPE);
    let untouched = marked(|mask| mask == UNTOUCHED);
    let error = mean(&region, |x, y, c| f64::from(result[(x, y)].0[c].abs_diff(target[(x, y)].0[c])));
    let right = match case.edit.as_str() {
        "recolor" => error < 30.0 && Some(nearest(&cases.colors, &region, result)) == case.color.as_deref(),
        "background" | "remove" => error < 25.0,
        "replace" => overlap(case, &region, mask, result) > 0.75,
        _ => error < 20.0,
    };
    let squared = |x, y, c: usize| f64::from(result[(x, y)].0[c].abs_diff(source[(x, y)].0[c])).powi(2);
    let judged = matches!(case.edit.as_str(), "recolor" | "background" | "remove" | "replace");
    let untouched = (judged && untouched.len() >= 32).then(|| mean(&untouched, squared));
    Score { right, untouched }
}

/// Mean of `f` over pixels and channels.
fn mean(pixels: &[(u32, u32)], f: impl Fn(u32, u32, usize) -> f64) -> f64 {
    let sum: f64 =
        pixels.iter().flat_map(|&(x, y)| (0..3).map(move |c| (x, y, c))).map(|(x, y, c)| f(x, y, c)).sum();
    sum / (pixels.len() * 3) as f64
}

fn psnr(error: f64) -> f64 {
    10.0 * (255.0 * 255.0 / error.max(1e-9)).log10()
}

/// Name of the color nearest to the region's mean.
fn nearest<'a>(colors: &'a BTreeMap<String, [u8; 3]>, region: &[(u32, u32)], result: &RgbImage) -> &'a str {
    let average = [0, 1, 2].map(|c| {
        region.iter().map(|&(x, y)| f64::from(result[(x, y)].0[c])).sum::<f64>() / region.len() as f64
    });
    let distance =
        |rgb: &[u8; 3]| -> f64 { rgb.iter().zip(average).map(|(a, b)| (f64::from(*a) - b).powi(2)).sum() };
    let found = colors.iter().min_by(|(_, a), (_, b)| distance(a).total_cmp(&distance(b)));
    found.map_or("", |(name, _)| name)
}

/// Intersection over union of the new shape: found by color, wanted by mask.
fn overlap(case: &Case, region: &[(u32, u32)], mask: &RgbImage, result: &RgbImage) -> f64 {
    let (Some(shape), Some(ground)) = (case.shape_rgb, case.ground_rgb) else { return 0.0 };
    let (mut both, mut either) = (0_u32, 0_u32);
    for &(x, y) in region {
        let pixel = result[(x, y)].0;
        let distance = |rgb: [u8; 3]| -> u32 {
            rgb.iter().zip(pixel).map(|(a, b)| u32::from(a.abs_diff(b)).pow(2)).sum()
        };
        let found = distance(shape) < distance(ground);
        let wanted = mask[(x, y)].0[0] == NEW_SHAPE;
        both += u32::from(found && wanted);
        either += u32::from(found || wanted);
    }
    f64::from(both) / f64::from(either.max(1))
}

fn write(
    folder: &Path,
    case: &Case,
    [source, target, _]: &Tiles,
    result: &RgbImage,
) -> Result<(), Box<dyn std::error::Error>> {
    std::fs::create_dir_all(folder)?;
    let [width, height] = case.size;
    let mut sheet = RgbImage::new(width * 3, height);
    for (column, tile) in (0..).zip([source, target, result]) {
        image::imageops::replace(&mut sheet, tile, i64::from(column * width), 0);
    }
    sheet.save(folder.join(format!("{:03}-{}.png", case.id, case.edit)))?;
    Ok(())
}
