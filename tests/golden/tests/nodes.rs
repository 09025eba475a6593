//! The nodes on the embedded model: what they accept, refuse and say.

use std::sync::Arc;

use wirebrush_kontext::nodes::{
    ClipEncode, FitToModel, FlowSample, InspectModel, Latent, ReduxEncode, ReduxTokens, T5Encode, T5Tokens,
    UndoFit, VaeDecode, VaeEncode,
};
use wirebrush_sdk::prelude::*;
use wirebrush_sdk::testing::{Recorder, run};

const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../plugins/kontext/models/kontext-tiny");

fn with_model() -> Inputs {
    Inputs::new().with("model", MODEL.to_owned())
}

fn picture(width: u32, height: u32) -> Image {
    let pixel = |at: u32| [(at % width * 3) as u8, (at / width * 3) as u8, 128];
    let pixels = (0..width * height).flat_map(pixel).collect();
    Image::new(ImageInfo::srgb(width, height, 3, Sample::U8), pixels).unwrap()
}

fn prompt(text: &str) -> Inputs {
    let t5 = run::<T5Encode>(with_model().with("text", text.to_owned())).unwrap();
    let clip = run::<ClipEncode>(with_model().with("text", text.to_owned())).unwrap();
    with_model()
        .with("t5", t5.value::<Handle>("t5").unwrap())
        .with("clip", clip.value::<Handle>("clip").unwrap())
        .with("steps", 2_i64)
}

fn encode(image: Image) -> Handle {
    run::<VaeEncode>(with_model().with("image", image)).unwrap().value("latent").unwrap()
}

fn latent(outputs: &Outputs) -> Arc<Latent> {
    outputs.value::<Handle>("latent").unwrap().get().unwrap()
}

fn values(latent: &Latent) -> Vec<f32> {
    latent.latent.flatten_all().unwrap().to_vec1().unwrap()
}

#[test]
fn text_alone_gives_a_picture_of_the_asked_or_preferred_size() {
    let decode = |inputs: Inputs| {
        let latent = run::<FlowSample>(inputs).unwrap().value::<Handle>("latent").unwrap();
        run::<VaeDecode>(with_model().with("latent", latent)).unwrap().image("image").unwrap()
    };
    let image = decode(prompt("a red circle"));
    assert_eq!((image.width(), image.height(), image.info().sample), (64, 64, Sample::U8));
    let image = decode(prompt("a red circle").with("width", 80_i64).with("height", 48_i64));
    assert_eq!((image.width(), image.height()), (80, 48));
}

#[test]
fn a_seed_decides_the_picture_and_nothing_else_does() {
    let sample =
        |seed: i64| values(&latent(&run::<FlowSample>(prompt("a star").with("seed", seed)).unwrap()));
    assert_eq!(sample(7), sample(7));
    assert_ne!(sample(7), sample(8));
}

#[test]
fn references_redux_and_negative_prompts_each_change_the_result() {
    let sample = |inputs: Inputs| values(&latent(&run::<FlowSample>(inputs).unwrap()));
    let words = || prompt("make the circle red");
    let reference = encode(picture(64, 64));
    let plain = sample(words());
    let one = sample(words().with("references", reference.clone()));
    let two = || words().with("references", reference.clone()).with("references", encode(picture(80, 48)));
    let offset = sample(two());
    let index = sample(two().with_choice("reference_method", "index"));
    let style = run::<ReduxEncode>(with_model().with("image", picture(50, 30))).unwrap();
    let style: Handle = style.value("redux").unwrap();
    let redux = sample(words().with("redux", style));
    let other = prompt("blue").take("t5").unwrap();
    let clip = prompt("blue").take("clip").unwrap();
    let guided = || words().with("negative_t5", other.clone()).with("negative_clip", clip.clone());
    assert_eq!(sample(guided()), plain);
    let negative = sample(guided().with("cfg", 3.0));
    let all = [plain, one, offset, index, redux, negative];
    for (at, left) in all.iter().enumerate() {
        assert!(left.iter().all(|value| value.is_finite()));
        assert!(all[at + 1..].iter().all(|right| left != right), "{at}");
    }
}

#[test]
fn redux_strength_and_grid_are_kept() {
    let tokens = |inputs: Inputs| {
        let handle: Handle =
            run::<ReduxEncode>(inputs.with("image", picture(50, 30))).unwrap().value("redux").unwrap();
        handle.get::<ReduxTokens>().unwrap()
    };
    let whole = tokens(with_model());
    let few =
        tokens(with_model().with("downsample", 2_i64).with("strength", 0.5).with_choice("mode", "attention"));
    assert!(few.tokens.dims()[0] < whole.tokens.dims()[0]);
    assert_eq!(few.strength, 0.5);
    let cropped = tokens(with_model().with_choice("fit", "crop"));
    assert_eq!(cropped.tokens.dims(), whole.tokens.dims());
}

#[test]
fn prompts_are_filled_up_to_the_models_length_or_the_asked_one() {
    let length = |inputs: Inputs| {
        let handle: Handle = run::<T5Encode>(inputs).unwrap().value("t5").unwrap();
        handle.get::<T5Tokens>().unwrap().tokens.dims()[0]
    };
    let model = wirebrush_kontext::model::Model::open(MODEL.as_ref()).unwrap();
    let own = model.t5_length().unwrap();
    assert_eq!(length(with_model().with("text", "red".to_owned())), own);
    assert_eq!(length(with_model().with("text", String::new())), own);
    assert_eq!(length(with_model().with("text", "red".to_owned()).with("max_length", 40_i64)), 40);
}

#[test]
fn a_prompt_of_ten_thousand_words_is_cut_with_a_warning() {
    let host = Recorder::default();
    host.run::<T5Encode>(with_model().with("text", "red ".repeat(10_000))).unwrap();
    let log = host.log.borrow();
    let (level, line) = log.first().expect("a warning was logged");
    assert_eq!(*level, LogLevel::Warn);
    assert!(line.contains("of 10000") && line.contains("behind word"), "{line}");
}

#[track_caller]
fn check_refused<T>(result: Result<T>, port: &str, words: &[&str]) {
    match result.err().expect("it must be refused") {
        Failure::InvalidInput { port: found, why } => {
            assert_eq!(found, port, "{why}");
            assert!(words.iter().all(|word| why.contains(word)), "{why}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn pictures_that_do_not_fit_are_refused_with_what_would() {
    let encode = |image: Image| run::<VaeEncode>(with_model().with("image", image));
    check_refused(encode(picture(65, 64)), "image", &["65×64", "multiples of", "Fit to Model"]);
    let cropped =
        run::<VaeEncode>(with_model().with("image", picture(69, 75)).with_choice("odd_size", "crop"))
            .unwrap();
    assert_eq!(latent(&cropped).size(), (64, 72));
    struct Endless;
    impl Pixels for Endless {
        fn read(&self, _: u64, _: &mut [u8]) -> Result<()> {
            panic!("no pixel of a picture that is too large is read")
        }
        fn into_vec(self: Arc<Self>) -> std::result::Result<Vec<u8>, Arc<dyn Pixels>> {
            Err(self)
        }
        fn as_any(&self) -> &dyn std::any::Any {
            self
        }
    }
    use wirebrush_sdk::Pixels;
    let huge = || Image::foreign(ImageInfo::srgb(60_000, 60_000, 3, Sample::U8), Arc::new(Endless));
    check_refused(encode(huge()), "image", &["60000×60000"]);
    check_refused(run::<ReduxEncode>(with_model().with("image", huge())), "image", &["60000×60000"]);
    let odd = with_model().with("image", picture(65, 64)).with_choice("fit", "none");
    check_refused(run::<FitToModel>(odd), "image", &["65×64"]);
}

#[test]
fn sizes_that_do_not_fit_are_refused_at_their_port() {
    let sample =
        |width: i64, height: i64| run::<FlowSample>(prompt("x").with("width", width).with("height", height));
    check_refused(sample(65, 64), "width", &["65"]);
    check_refused(sample(64, 0), "height", &["0"]);
    check_refused(sample(0, 64), "width", &["0"]);
    check_refused(sample(8192, 8192), "width", &["8192×8192", "tokens"]);
}

#[test]
fn a_model_that_is_not_there_or_lacks_a_part_is_named() {
    let nowhere = Inputs::new().with("text", String::new()).with("model", "/nowhere".to_owned());
    assert!(run::<T5Encode>(nowhere).unwrap_err().to_string().contains("/nowhere"));
    let vae = format!("{MODEL}/vae");
    let text = Inputs::new().with("text", String::new()).with("model", vae);
    check_refused(run::<T5Encode>(text), "model", &["T5"]);
}

#[test]
fn not_a_number_in_a_reference_stops_the_run_and_says_so() {
    let broken = encode(picture(64, 64));
    let broken = broken.get::<Latent>().unwrap();
    let nan = (&broken.latent * f64::NAN).unwrap();
    let reference = Handle::new(Latent { latent: nan, factor: broken.factor });
    let error = run::<FlowSample>(prompt("x").with("references", reference)).unwrap_err().to_string();
    println!("{error}");
    assert!(error.contains("step 1 of 2"), "{error}");
}

#[test]
fn each_step_is_reported_shown_and_a_place_to_stop() {
    let host = Recorder::default();
    host.run::<FlowSample>(prompt("x").with("references", encode(picture(64, 64)))).unwrap();
    assert_eq!(host.previews.borrow().len(), 2);
    assert_eq!(host.progress.borrow().last().map(|(step, total, _)| (*step, *total)), Some((2, 2)));
    let host = Recorder::default();
    host.cancel_after.set(Some(2));
    assert_eq!(host.run::<FlowSample>(prompt("x")).unwrap_err(), Failure::Cancelled);
}

#[test]
fn steps_left_empty_are_those_the_model_recommends() {
    let settings = std::fs::read_to_string(format!("{MODEL}/wirebrush.json")).unwrap();
    let settings: serde_json::Value = serde_json::from_str(&settings).unwrap();
    let recommended = settings["default_steps"].as_u64().unwrap();
    let host = Recorder::default();
    let mut inputs = prompt("x");
    assert_eq!(inputs.optional::<i64>("steps").unwrap(), Some(2), "takes the number away");
    host.run::<FlowSample>(inputs).unwrap();
    let last = host.progress.borrow().last().map(|(step, total, _)| (*step, *total));
    assert_eq!(last, Some((recommended, recommended)));
}

#[test]
fn a_size_far_beyond_the_models_is_warned_of() {
    let warned = |side: i64| {
        let host = Recorder::default();
        let inputs = prompt("x").with("width", side).with("height", side);
        host.run::<FlowSample>(inputs).unwrap();
        let log = host.log.borrow();
        log.iter().any(|(_, message)| message.contains("made for"))
    };
    assert!(!warned(64));
    assert!(warned(160));
}

#[test]
fn a_fit_is_undone_to_the_size_of_the_picture() {
    let back = |fit: &str| {
        let fitted =
            run::<FitToModel>(with_model().with("image", picture(200, 150)).with_choice("fit", fit)).unwrap();
        let (width, height) = (fitted.value::<i64>("width").unwrap(), fitted.value::<i64>("height").unwrap());
        let image = fitted.image("image").unwrap();
        assert_eq!((i64::from(image.width()), i64::from(image.height())), (width, height));
        let fit: Handle = fitted.value("fit").unwrap();
        let image = run::<UndoFit>(Inputs::new().with("image", image).with("fit", fit))
            .unwrap()
            .image("image")
            .unwrap();
        (image.width(), image.height())
    };
    assert_eq!(back("pad"), (200, 150));
    assert_eq!(back("stretch"), (200, 150));
    let cropped = back("crop");
    assert!(cropped.0 == 200 || cropped.1 == 150, "{cropped:?}");
}

#[test]
fn the_embedded_model_lacks_nothing() {
    let report = run::<InspectModel>(Inputs::new().with("file", MODEL.to_owned())).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report.value::<String>("report").unwrap()).unwrap();
    assert_eq!(report["missing"], serde_json::json!([]));
    assert_eq!(report["missing_for_redux"], serde_json::json!([]));
    let parts = report["parts"].as_object().unwrap();
    assert!(parts.values().all(|part| part["problem"].is_null()), "{report:#}");
}
