//! Values across both boundaries: any to a node that gives them back, any from a node that makes them up.

use fastrand::Rng;
use wirebrush_conformance::{Build, Installed, Recorder, difference};
use wirebrush_engine::{Buffer, Bytes, Image, Runner, Tensor, Value};
use wirebrush_loader::Registry;
use wirebrush_schema::{Alpha, Color, ImageInfo, Sample};

use super::Target;

const PORTS: [&str; 12] = [
    "bool", "int", "seed", "float", "text", "choice", "bytes", "image", "mask", "tensor", "handle", "nobody",
];

pub(super) struct Values {
    registry: Registry,
    _installed: Installed,
}

impl Values {
    pub(super) fn native() -> Self {
        Self::new(Build::Native)
    }

    pub(super) fn component() -> Self {
        Self::new(Build::Component)
    }

    fn new(build: Build) -> Self {
        let installed = Installed::everything(build, |_| {});
        let registry = installed.registry();
        assert_eq!(registry.plugins()[0].refusal(), None);
        Self { registry, _installed: installed }
    }

    fn echo(&self, rng: &mut Rng) -> bool {
        let mut inputs: Vec<(String, Value)> = Vec::new();
        for port in PORTS {
            // Mostly what the port takes, sometimes anything, sometimes nothing.
            match rng.u8(..16) {
                0 => {}
                1 => inputs.push((port.to_owned(), any(rng))),
                _ if port == "nobody" || port == "handle" => {}
                _ => inputs.push((port.to_owned(), fitting(rng, port))),
            }
        }
        let Ok(outputs) = self.registry.run("everything/Echo", inputs.clone(), &Recorder::default()) else {
            return false;
        };
        // What came back is what went in.
        for (name, value) in inputs.iter().filter(|(name, _)| name != "nobody") {
            let back = outputs.iter().find(|(output, _)| output == name);
            let back = back.unwrap_or_else(|| panic!("`{name}` did not come back"));
            let [sent, back] = [value, &back.1].map(|value| [(name.clone(), value.clone())]);
            if let Some(why) = difference(&sent, &back) {
                panic!("{why}");
            }
        }
        true
    }

    fn babble(&self, rng: &mut Rng) -> bool {
        let plan: Vec<u8> = (0..rng.usize(..200)).map(|_| rng.u8(..)).collect();
        let plan = Value::Bytes(Bytes { media_type: "x/plan".into(), data: Buffer::new(plan) });
        let inputs = vec![("plan".to_owned(), plan)];
        let outputs = self.registry.run("everything/Babble", inputs, &Recorder::default());
        // Whatever is let in can be relied on.
        for (name, value) in outputs.iter().flatten() {
            if let Value::Image(image) | Value::Mask(image) = value {
                assert_eq!(image.info.size_bytes(), Some(image.data.len() as u64), "{name}");
            }
            assert!(PORTS.contains(&name.as_str()) && name != "nobody", "{name}");
        }
        outputs.is_ok()
    }
}

impl Target for Values {
    fn run(&mut self, rng: &mut Rng) -> bool {
        if rng.bool() { self.echo(rng) } else { self.babble(rng) }
    }
}

fn any(rng: &mut Rng) -> Value {
    let port = rng.choice(&PORTS[..10]).copied().unwrap_or("int");
    match rng.u8(..8) {
        0 => Value::None,
        1 => Value::Choice(text(rng).into()),
        2 => Value::Mask(mask(rng)),
        _ => fitting(rng, port),
    }
}

fn fitting(rng: &mut Rng, port: &str) -> Value {
    match port {
        "bool" => Value::Bool(rng.bool()),
        "int" | "seed" => Value::Int(rng.i64(..)),
        "float" => Value::Float(f64::from_bits(rng.u64(..))),
        "text" => Value::Text(text(rng).into()),
        "choice" => Value::Choice(rng.choice(["bilinear", "nearest"]).unwrap_or_default().into()),
        "bytes" => Value::Bytes(Bytes { media_type: text(rng).into(), data: data(rng, 64) }),
        "image" => {
            let channels = rng.choice([1, 3, 4]).unwrap_or(3);
            Value::Image(image(rng, channels))
        }
        "mask" => Value::Mask(mask(rng)),
        _ => tensor(rng),
    }
}

fn text(rng: &mut Rng) -> String {
    (0..rng.usize(..20)).map(|_| rng.char(..)).collect()
}

fn data(rng: &mut Rng, most: usize) -> Buffer {
    let length = rng.usize(..most);
    Buffer::new((0..length).map(|_| rng.u8(..)).collect::<Vec<u8>>())
}

fn image(rng: &mut Rng, channels: u32) -> Image {
    let info = ImageInfo {
        frames: rng.u32(1..3),
        height: rng.u32(1..5),
        width: rng.u32(1..5),
        channels,
        sample: rng.choice([Sample::U8, Sample::U16, Sample::F16, Sample::F32]).unwrap_or(Sample::U8),
        color: rng.choice([Color::Srgb, Color::Linear, Color::Data]).unwrap_or(Color::Srgb),
        alpha: if channels == 4 { Alpha::Straight } else { Alpha::None },
    };
    let size = info.size_bytes().and_then(|size| usize::try_from(size).ok()).unwrap_or_default();
    Image { info, data: Buffer::new((0..size).map(|_| rng.u8(..)).collect::<Vec<u8>>()) }
}

/// A picture as the SDK makes masks: what they say is no color.
fn mask(rng: &mut Rng) -> Image {
    let mut mask = image(rng, 1);
    mask.info.color = Color::Data;
    mask
}

fn tensor(rng: &mut Rng) -> Value {
    let dtype = rng.choice(["u8", "f32", "bf16", "q4", ""]).unwrap_or_default();
    // Mostly what its shape promises: others are refused before they tell anything.
    let shape: Vec<u64> = (0..rng.usize(..4)).map(|_| rng.u64(..4)).collect();
    let element = match dtype {
        "f32" => 4,
        "bf16" => 2,
        _ => 1,
    };
    let length = shape.iter().product::<u64>() as usize * element + usize::from(rng.u8(..16) == 0);
    let data = Buffer::new((0..length).map(|_| rng.u8(..)).collect::<Vec<u8>>());
    Value::Tensor(Tensor { dtype: dtype.into(), shape: shape.into(), data })
}
