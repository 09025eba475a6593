use std::cell::Cell;
use std::sync::Arc;

use candle_core::Tensor;
use wirebrush_sdk::prelude::*;

use super::failure::OrFail;
use super::handles::Latent;
use super::work::{Teller, budget, make_room, work};
use super::{model_port, open_model, picture};
use crate::interrupt;
use crate::memory::{Budget, Need, format_bytes};
use crate::model::{Model, Part};
use crate::vae::Mode;

/// Brings a picture into the model's latent space.
#[derive(Default)]
pub struct VaeEncode;

impl Node for VaeEncode {
    fn definition() -> Definition {
        Definition::new("kontext/VAEEncode", "kontext/latent")
            .title("VAE Encode")
            .description(
                "Encodes a picture into a latent, for example as a reference for FlowSample. Uses the mean of the \
                 distribution, so equal pictures give equal latents.",
            )
            .concurrency(Concurrency::OnePerNode)
            .input(Port::image("image").tooltip("Both sides must be multiples of 16 (for FLUX.1); see Fit to Model."))
            .input(model_port())
            .input(
                Port::choice("odd_size", &["refuse", "crop"])
                    .advanced()
                    .tooltip("What happens to a side that is no multiple: refuse, or cut off the border evenly."),
            )
            .input(memory_port())
            .input(tiles_port())
            .output(Port::handle("latent", Latent::KIND))
    }

    fn run(&self, mut inputs: Inputs, cx: &Context<'_>) -> Result<Outputs> {
        let image = inputs.image("image")?;
        let crop = inputs.choice("odd_size")? == "crop";
        let (budget, asked) = (budget(&mut inputs)?, mode(&inputs.choice("tiles")?));
        let model = open_model(&mut inputs, cx)?;
        picture::check_size(&image)?;
        cx.progress_with(0, 1, "loading the VAE")?;
        let factor = model.factor().or_fail("model")?;
        let part = part(&image, 2 * factor, crop)?;
        let (need, mode) = Need::vae_encode(&model, (part.3, part.2), asked, budget).or_fail("model")?;
        warn_of_tiles(mode, asked, budget, cx);
        let _room = make_room(need, budget, &model, cx, "")?;
        let vae = work(cx, |_| model.vae())?.or_fail("model")?;
        let rgb = picture::rgb(&image, cx)?;
        let planes = picture::planes(&rgb, image.width() as usize, part)?;
        drop(rgb);
        let latent = work(cx, |tell| vae.encode_as(&planes, mode, &report(tell)))?.or_fail("image")?;
        Ok(Outputs::new().with("latent", Handle::new(Latent { latent, factor })))
    }
}

/// Left, top, width and height of what is encoded.
fn part(image: &Image, multiple: usize, crop: bool) -> Result<(usize, usize, usize, usize)> {
    let (width, height) = (image.width() as usize, image.height() as usize);
    let (kept_width, kept_height) = (width / multiple * multiple, height / multiple * multiple);
    let is_whole = (kept_width, kept_height) == (width, height);
    if kept_width == 0 || kept_height == 0 || !is_whole && !crop {
        return Err(Failure::invalid(
            "image",
            format!(
                "expected sides in multiples of {multiple} pixels, found {width}×{height}: bring it to the model's \
                 size with Fit to Model, or choose `crop`"
            ),
        ));
    }
    Ok(((width - kept_width) / 2, (height - kept_height) / 2, kept_width, kept_height))
}

// No hint: where memory is short for bands, tiles change the picture.
fn memory_port() -> Port {
    Port::memory("memory").tooltip(
        "How much memory the program may use, such as 8G; empty is what is free. When it is not enough for the whole picture at \
         once, bands or tiles save some; see `tiles`.",
    )
}

fn tiles_port() -> Port {
    Port::choice("tiles", &["auto", "off", "bands", "1024", "512", "256"]).advanced().tooltip(
        "How to save memory. `bands` takes half the memory and a third more time for the same picture. Tiles of so many pixels a side \
         take little, more than twice the time, and change the picture's tone a little; there are no seams. `auto` does what the \
         memory asks for.",
    )
}

fn mode(choice: &str) -> Option<Mode> {
    match choice {
        "auto" => None,
        "bands" => Some(Mode::Bands),
        side => Some(side.parse().map_or(Mode::Whole, Mode::Tiles)),
    }
}

/// Says that the picture is not what it would be with more memory, when nobody asked for that.
fn warn_of_tiles(mode: Mode, asked: Option<Mode>, budget: Budget, cx: &Context<'_>) {
    if let (Mode::Tiles(side), None, false) = (mode, asked, budget.asked) {
        let free = format_bytes(budget.bytes);
        cx.warn(format!(
            "worked on in tiles of {side} pixels, which differ a little in tone: only {free} of memory are free"
        ));
    }
}

/// Tells the host each thousandth once.
fn report<'a>(tell: &'a Teller<'_>) -> impl Fn(usize, usize) -> crate::Result<()> + 'a {
    let told = Cell::new(None);
    move |done, all| {
        if told.replace(Some(done)) == Some(done) {
            return interrupt::check();
        }
        tell.progress(done, all, "")
    }
}

/// Makes a picture of a latent.
#[derive(Default)]
pub struct VaeDecode;

impl Node for VaeDecode {
    fn definition() -> Definition {
        Definition::new("kontext/VAEDecode", "kontext/latent")
            .title("VAE Decode")
            .description("Decodes a latent into an sRGB picture.")
            .concurrency(Concurrency::OnePerNode)
            .input(Port::handle("latent", Latent::KIND).tooltip("From Flow Sample or VAE Encode."))
            .input(model_port())
            .input(
                Port::choice("sample", &["u8", "f32"])
                    .advanced()
                    .tooltip("Type of the picture's samples: 8 bits, rounded, or single precision."),
            )
            .input(Port::choice("decoder", &["full", "fast"]).advanced().tooltip(
                "`fast` is the model's TAEF1: seconds instead of a minute, and a little less detail.",
            ))
            .input(memory_port())
            .input(tiles_port())
            .output(Port::image("image"))
    }

    fn run(&self, mut inputs: Inputs, cx: &Context<'_>) -> Result<Outputs> {
        let latent = inputs.handle::<Latent>("latent")?;
        let sample = if inputs.choice("sample")? == "f32" { Sample::F32 } else { Sample::U8 };
        let (budget, asked) = (budget(&mut inputs)?, mode(&inputs.choice("tiles")?));
        let fast = inputs.choice("decoder")? == "fast";
        let model = open_model(&mut inputs, cx)?;
        let (files, taef1) = (model.files(), model.files().get(Part::Taef1));
        // Whoever names the file itself, or has no other, means it.
        let only = taef1.is_some() && (files.get(Part::Vae).is_none() || taef1 == Some(&files.path));
        if fast || only {
            let planes = decode_fast(&model, &latent, budget, cx)?;
            return Ok(Outputs::new().with("image", picture::image(&planes, sample)?));
        }
        cx.progress_with(0, 1, "loading the VAE")?;
        let (width, height) = latent.size();
        let (need, mode) = Need::vae_decode(&model, (height, width), asked, budget).or_fail("model")?;
        warn_of_tiles(mode, asked, budget, cx);
        let _room = make_room(need, budget, &model, cx, "")?;
        let vae = work(cx, |_| model.vae())?.or_fail("model")?;
        check_factor(vae.config().factor(), &latent)?;
        let planes =
            work(cx, |tell| vae.decode_as(&latent.latent, mode, &report(tell)))?.or_fail("latent")?;
        Ok(Outputs::new().with("image", picture::image(&planes, sample)?))
    }
}

fn decode_fast(model: &Arc<Model>, latent: &Latent, budget: Budget, cx: &Context<'_>) -> Result<Tensor> {
    let taef1 = model.taef1().or_fail("model")?;
    check_factor(taef1.factor(), latent)?;
    let (width, height) = latent.size();
    let need = Need::taef1(model, &taef1, (height, width)).or_fail("model")?;
    let _room = make_room(need, budget, model, cx, "")?;
    work(cx, |tell| taef1.decode(&latent.latent, &report(tell)))?.or_fail("latent")
}

fn check_factor(factor: usize, latent: &Latent) -> Result<()> {
    if factor == latent.factor {
        return Ok(());
    }
    Err(Failure::invalid(
        "latent",
        format!(
            "expected a latent of this model's VAE ({factor} pixels a latent pixel), found one of {}",
            latent.factor
        ),
    ))
}
