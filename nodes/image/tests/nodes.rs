//! The image nodes, run in-process. Small pictures, values computed by hand unless a source is named.

use wirebrush_nodes_image::{Composite, Crop, Invert, LoadImage, Pad, Resize, SaveImage};
use wirebrush_sdk::prelude::*;
use wirebrush_sdk::schema::Manifest;
use wirebrush_sdk::testing::{Recorder, run};

fn gray(width: u32, height: u32, pixels: &[u8]) -> Image {
    Image::new(ImageInfo::srgb(width, height, 1, Sample::U8), pixels.to_vec()).unwrap()
}

fn rgba(width: u32, height: u32, pixels: &[[u8; 4]]) -> Image {
    Image::new(ImageInfo::srgb(width, height, 4, Sample::U8), pixels.concat()).unwrap()
}

#[track_caller]
fn bytes_of(outputs: &Outputs, name: &str) -> Vec<u8> {
    outputs.image(name).unwrap().into_bytes().unwrap()
}

#[track_caller]
fn check<N: Node>(inputs: Inputs, size: (u32, u32), expected: &[u8]) {
    let image = run::<N>(inputs).unwrap().image("image").unwrap();
    assert_eq!((image.width(), image.height()), size);
    assert_eq!(image.into_bytes().unwrap(), expected);
}

#[track_caller]
fn check_fails<N: Node>(inputs: Inputs, message: &str) {
    assert_eq!(run::<N>(inputs).unwrap_err().to_string(), message);
}

const THREE_BY_TWO: [u8; 6] = [1, 2, 3, 4, 5, 6];

fn three_by_two() -> Inputs {
    Inputs::new().with("image", gray(3, 2, &THREE_BY_TWO))
}

#[test]
fn crop_cuts_the_rectangle_out() {
    let inputs = three_by_two().with("x", 1).with("y", 1).with("width", 2).with("height", 1);
    check::<Crop>(inputs, (2, 1), &[5, 6]);
    check::<Crop>(three_by_two().with("x", 2), (1, 2), &[3, 6]);
    check::<Crop>(three_by_two(), (3, 2), &THREE_BY_TWO);
}

#[test]
fn crop_beyond_the_picture_warns_and_ends_there() {
    let recorder = Recorder::default();
    let outputs = recorder.run::<Crop>(three_by_two().with("x", 1).with("width", 9)).unwrap();
    assert_eq!(bytes_of(&outputs, "image"), [2, 3, 5, 6]);
    let log = recorder.log.borrow();
    assert_eq!(log[0].1, "`width` is 2 instead of 9: the picture ends there");
    check_fails::<Crop>(
        three_by_two().with("y", 2),
        "input `y`: expected 0 to 1 inside the picture, found 2",
    );
}

#[test]
fn crop_treats_all_frames_alike() {
    let info = ImageInfo { frames: 2, ..ImageInfo::srgb(2, 1, 1, Sample::U8) };
    let image = Image::new(info, vec![1, 2, 3, 4]).unwrap();
    let outputs = run::<Crop>(Inputs::new().with("image", image).with("x", 1)).unwrap();
    assert_eq!(bytes_of(&outputs, "image"), [2, 4]);
}

#[test]
fn pad_borders_show_color_edge_or_mirror() {
    let inputs = |mode: &str| {
        Inputs::new()
            .with("image", gray(3, 1, &[1, 2, 3]))
            .with("left", 2)
            .with("right", 4)
            .with_choice("mode", mode)
            .with("color", "#fff")
    };
    check::<Pad>(inputs("color"), (9, 1), &[255, 255, 1, 2, 3, 255, 255, 255, 255]);
    check::<Pad>(inputs("edge"), (9, 1), &[1, 1, 1, 2, 3, 3, 3, 3, 3]);
    check::<Pad>(inputs("mirror"), (9, 1), &[2, 1, 1, 2, 3, 3, 2, 1, 1]);
}

#[test]
fn pad_says_where_the_border_is() {
    let inputs = Inputs::new().with("image", gray(1, 1, &[9])).with("top", 1).with("right", 1);
    let outputs = run::<Pad>(inputs).unwrap();
    assert_eq!(bytes_of(&outputs, "image"), [0, 0, 9, 0]);
    let mask = outputs.value::<Mask>("mask").unwrap().into_image();
    assert_eq!(mask.into_bytes().unwrap(), [255, 255, 0, 255]);
}

#[test]
fn pad_keeps_the_sample_type() {
    let info = ImageInfo::srgb(1, 1, 3, Sample::F32);
    let image = Image::from_f32(info, &[2.0, 0.5, -1.0]).unwrap();
    let outputs =
        run::<Pad>(Inputs::new().with("image", image).with("left", 1).with("color", "#f00")).unwrap();
    assert_eq!(outputs.image("image").unwrap().to_f32().unwrap(), [1.0, 0.0, 0.0, 2.0, 0.5, -1.0]);
}

#[test]
fn invert_keeps_alpha() {
    let image = rgba(1, 1, &[[0, 100, 255, 40]]);
    check::<Invert>(Inputs::new().with("image", image.clone()), (1, 1), &[255, 155, 0, 40]);
    check::<Invert>(Inputs::new().with("image", image).with("amount", 0.0), (1, 1), &[0, 100, 255, 40]);
}

#[test]
fn invert_of_premultiplied_color_stays_within_alpha() {
    let info = ImageInfo { alpha: Alpha::Premultiplied, ..ImageInfo::srgb(1, 1, 4, Sample::U8) };
    let image = Image::new(info, vec![40, 0, 10, 40]).unwrap();
    check::<Invert>(Inputs::new().with("image", image), (1, 1), &[0, 40, 30, 40]);
}

fn resize_to(image: Image, width: i64, height: i64, fit: &str) -> Inputs {
    Inputs::new().with("image", image).with("width", width).with("height", height).with_choice("fit", fit)
}

// Source: Pillow 13.0, `Image.frombytes("L", (3, 2), bytes([10, 200, 30, 90, 60, 250])).resize((2, 3), LANCZOS)`.
#[test]
fn resize_equals_pillow() {
    let image = gray(3, 2, &[10, 200, 30, 90, 60, 250]);
    check::<Resize>(resize_to(image, 2, 3, "stretch"), (2, 3), &[91, 93, 77, 143, 63, 192]);
}

#[test]
fn a_zero_size_follows_from_the_proportions() {
    for (width, height, expected) in [(6, 0, (6, 4)), (0, 1, (2, 1)), (1, 0, (1, 1))] {
        let outputs = run::<Resize>(resize_to(gray(3, 2, &THREE_BY_TWO), width, height, "stretch")).unwrap();
        let image = outputs.image("image").unwrap();
        assert_eq!((image.width(), image.height()), expected);
    }
    check_fails::<Resize>(
        resize_to(gray(1, 1, &[0]), 0, 0, "stretch"),
        "input `width`: expected a width or a height, found 0 for both",
    );
}

#[test]
fn fit_crop_keeps_the_middle() {
    let image = gray(4, 2, &[1, 2, 3, 4, 5, 6, 7, 8]);
    check::<Resize>(resize_to(image, 2, 2, "crop"), (2, 2), &[2, 3, 6, 7]);
}

#[test]
fn fit_pad_centers_and_fit_inside_is_smaller() {
    let image = gray(2, 1, &[7, 7]);
    check::<Resize>(resize_to(image.clone(), 2, 4, "pad"), (2, 4), &[0, 0, 7, 7, 0, 0, 0, 0]);
    check::<Resize>(resize_to(image, 4, 9, "inside"), (4, 2), &[7; 8]);
}

#[test]
fn results_too_large_for_any_machine_are_refused_before_any_work() {
    check_fails::<Resize>(
        resize_to(gray(1, 1, &[0]), 32768, 32768, "stretch"),
        "input `width`: expected a picture of at most 268435456 pixels, found 32768×32768",
    );
}

fn over(base: Image, top: Image) -> Inputs {
    Inputs::new().with("base", base).with("top", top)
}

// Source: Porter and Duff 1984: αo = 0.5 + 0.5·0.5 = 0.75; color (1·0.5 + 0·0.25) / 0.75 = 2/3.
#[test]
fn over_follows_porter_and_duff() {
    let base = Image::from_f32(ImageInfo::srgb(1, 1, 4, Sample::F32), &[0.0, 0.0, 0.0, 0.5]).unwrap();
    let top = Image::from_f32(ImageInfo::srgb(1, 1, 4, Sample::F32), &[1.0, 1.0, 1.0, 0.5]).unwrap();
    let image = run::<Composite>(over(base, top)).unwrap().image("image").unwrap();
    for (found, expected) in image.to_f32().unwrap().iter().zip([2.0 / 3.0, 2.0 / 3.0, 2.0 / 3.0, 0.75]) {
        assert!((found - expected).abs() < 1e-6, "{found} is not {expected}");
    }
}

#[test]
fn the_upper_picture_may_stick_out_on_every_side() {
    let base = gray(3, 1, &[1, 2, 3]);
    let top = gray(2, 1, &[8, 9]);
    let at = |x: i64, y: i64| over(base.clone(), top.clone()).with("x", x).with("y", y);
    check::<Composite>(at(0, 0), (3, 1), &[8, 9, 3]);
    check::<Composite>(at(-1, 0), (3, 1), &[9, 2, 3]);
    check::<Composite>(at(2, 0), (3, 1), &[1, 2, 8]);
    for (x, y) in [(3, 0), (-2, 0), (0, 1), (0, -1)] {
        check::<Composite>(at(x, y), (3, 1), &[1, 2, 3]);
    }
}

#[test]
fn mask_and_opacity_multiply() {
    let mask = Mask::new(gray(2, 1, &[0, 255])).unwrap();
    let inputs =
        over(gray(2, 1, &[100, 100]), gray(2, 1, &[200, 200])).with("mask", mask).with("opacity", 0.5);
    check::<Composite>(inputs, (2, 1), &[100, 150]);
}

#[test]
fn a_mask_of_another_size_is_refused() {
    let mask = Mask::new(gray(1, 1, &[0])).unwrap();
    check_fails::<Composite>(
        over(gray(2, 1, &[0, 0]), gray(2, 1, &[0, 0])).with("mask", mask),
        "input `mask`: expected the size of `top`, 2×1 pixels, found 1×1",
    );
}

#[test]
fn color_over_gray_gives_color() {
    let top = rgba(1, 1, &[[255, 0, 0, 255]]);
    check::<Composite>(over(gray(2, 1, &[5, 6]), top), (2, 1), &[255, 0, 0, 6, 6, 6]);
}

// Half of linear white over black is sRGB 188, half of sRGB white is 128 (IEC 61966-2-1).
#[test]
fn linear_blending_is_brighter_in_the_middle() {
    let inputs = over(gray(1, 1, &[0]), gray(1, 1, &[255])).with("opacity", 0.5);
    check::<Composite>(inputs.clone(), (1, 1), &[128]);
    check::<Composite>(inputs.with_choice("blend", "linear"), (1, 1), &[188]);
}

fn save(image: Image, format: &str) -> Inputs {
    Inputs::new().with("image", image).with_choice("format", format)
}

#[track_caller]
fn saved(inputs: Inputs) -> Bytes {
    run::<SaveImage>(inputs).unwrap().value("file").unwrap()
}

fn reopened(file: Bytes) -> Image {
    run::<LoadImage>(Inputs::new().with("file", file)).unwrap().image("image").unwrap()
}

#[test]
fn lossless_formats_give_the_same_picture_back() {
    let pictures = [
        gray(3, 2, &THREE_BY_TWO),
        Image::new(ImageInfo::srgb(1, 2, 3, Sample::U8), THREE_BY_TWO.to_vec()).unwrap(),
        rgba(2, 1, &[[1, 2, 3, 4], [200, 100, 50, 255]]),
    ];
    for picture in pictures {
        for (format, media_type) in [("png", "image/png"), ("webp", "image/webp"), ("tiff", "image/tiff")] {
            let file = saved(save(picture.clone(), format));
            assert_eq!(file.media_type, media_type);
            let image = reopened(file);
            // WebP knows no gray.
            if (format, picture.info().channels) != ("webp", 1) {
                assert_eq!(image, picture, "{format}");
            }
        }
    }
}

#[test]
fn sixteen_bits_survive_png_and_tiff() {
    for channels in [1, 3, 4] {
        let info = ImageInfo::srgb(2, 1, channels, Sample::U16);
        let samples: Vec<u8> = (0..2 * channels as u16).flat_map(|i| (i * 9001 + 77).to_ne_bytes()).collect();
        let picture = Image::new(info, samples).unwrap();
        for format in ["png", "tiff"] {
            let inputs = save(picture.clone(), format).with_choice("depth", "16");
            assert_eq!(reopened(saved(inputs)), picture, "{format}");
        }
    }
}

#[test]
fn floats_are_rounded_and_clamped_when_saved() {
    let info = ImageInfo::srgb(4, 1, 1, Sample::F32);
    let image = Image::from_f32(info, &[-1.0, 0.501, 2.0, f32::NAN]).unwrap();
    assert_eq!(reopened(saved(save(image, "png"))).into_bytes().unwrap(), [0, 128, 255, 0]);
}

// IEC 61966-2-1: ((128/255 + 0.055) / 1.055)^2.4 = 0.215861.
#[test]
fn linear_light_is_saved_as_srgb() {
    let info = ImageInfo { color: Color::Linear, ..ImageInfo::srgb(1, 1, 3, Sample::F32) };
    let image = Image::from_f32(info, &[0.0, 0.215_861, 1.0]).unwrap();
    assert_eq!(reopened(saved(save(image, "png"))).into_bytes().unwrap(), [0, 128, 255]);
}

#[test]
fn premultiplied_alpha_is_saved_straight() {
    let info = ImageInfo { alpha: Alpha::Premultiplied, ..ImageInfo::srgb(1, 1, 4, Sample::F32) };
    let image = Image::from_f32(info, &[0.5, 0.25, 0.0, 0.5]).unwrap();
    assert_eq!(reopened(saved(save(image, "png"))).into_bytes().unwrap(), [255, 128, 0, 128]);
}

#[test]
fn jpeg_lays_alpha_over_the_background() {
    let image = rgba(8, 8, &[[255, 0, 0, 0]; 64]);
    let pixels = reopened(saved(save(image, "jpeg").with("background", "#00f"))).into_bytes().unwrap();
    // JPEG's color conversion rounds twice.
    assert!(pixels.as_chunks::<3>().0.iter().all(|[r, g, b]| *r < 4 && *g < 4 && *b > 251), "{pixels:?}");
}

#[test]
fn jpeg_quality_trades_size() {
    let noise: Vec<u8> = (0..64 * 64_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let size = |quality: i64| saved(save(gray(64, 64, &noise), "jpeg").with("quality", quality)).data.len();
    assert!(size(10) < size(95));
}

#[test]
fn saving_is_the_same_each_time() {
    for format in ["png", "jpeg", "webp", "tiff"] {
        let file = || saved(save(gray(3, 2, &THREE_BY_TWO), format));
        assert_eq!(file(), file(), "{format}");
    }
}

#[test]
fn sizes_that_a_format_cannot_hold_are_refused() {
    check_fails::<SaveImage>(
        save(gray(20000, 1, &[0; 20000]), "webp"),
        "input `image`: expected sides of at most 16383 pixels for image/webp, found 20000×1",
    );
}

#[test]
fn one_of_several_frames_is_saved_with_a_warning() {
    let info = ImageInfo { frames: 2, ..ImageInfo::srgb(1, 1, 1, Sample::U8) };
    let image = Image::new(info, vec![3, 4]).unwrap();
    let recorder = Recorder::default();
    let outputs = recorder.run::<SaveImage>(save(image.clone(), "png").with("frame", 1)).unwrap();
    assert_eq!(reopened(outputs.value("file").unwrap()).into_bytes().unwrap(), [4]);
    assert_eq!(recorder.log.borrow()[0].1, "the picture has 2 frames: frame 1 is written");
    check_fails::<SaveImage>(save(image, "png").with("frame", 2), "input `frame`: expected 0 to 1, found 2");
}

#[test]
fn long_work_stops_when_cancelled() {
    let recorder = Recorder::default();
    recorder.cancel_after.set(Some(1));
    let image = gray(100, 400, &[0; 40000]);
    assert_eq!(recorder.run::<Invert>(Inputs::new().with("image", image)).unwrap_err(), Failure::Cancelled);
    assert_eq!(recorder.progress.borrow().len(), 1);
}

#[test]
fn the_manifest_names_the_nodes_that_the_plugin_has() {
    let manifest: Manifest = serde_json::from_str(include_str!("../plugin.json")).unwrap();
    let plugin = wirebrush_nodes_image::__wirebrush_plugin();
    let ids: Vec<_> = plugin.nodes.iter().map(|node| node.definition.id.clone()).collect();
    assert_eq!(manifest.nodes, ids);
    assert_eq!(manifest.version, env!("CARGO_PKG_VERSION"));
}
