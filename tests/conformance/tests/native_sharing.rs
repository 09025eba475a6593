//! What native plugins are for: pictures are shared and not copied, and many threads run at once.

use wirebrush_conformance::{Build, Installed, Recorder};
use wirebrush_engine::{Buffer, Image, Runner, Value};
use wirebrush_loader::Registry;
use wirebrush_schema::{ImageInfo, Sample};

fn image(outputs: Vec<(String, Value)>) -> Image {
    let value = outputs.into_iter().find(|(name, _)| name == "image").unwrap().1;
    let Value::Image(image) = value else { panic!("{value:?}") };
    image
}

/// Runs the node that makes a picture in memory of its own.
fn turn(registry: &Registry, picture: &Image) -> Image {
    let inputs = vec![("image".to_owned(), Value::Image(picture.clone()))];
    image(registry.run("everything/Owned", inputs, &Recorder::default()).unwrap())
}

/// Runs the node that hands its picture on, with all the inputs it needs.
fn pass_on(registry: &Registry, picture: &Image) -> Image {
    let inputs = [
        ("bool", Value::Bool(true)),
        ("int", Value::Int(1)),
        ("seed", Value::Int(-1)),
        ("float", Value::Float(0.5)),
        ("text", Value::Text("".into())),
        ("choice", Value::Choice("nearest".into())),
        ("image", Value::Image(picture.clone())),
    ];
    let inputs = inputs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    image(registry.run("everything/Echo", inputs, &Recorder::default()).unwrap())
}

#[test]
fn a_picture_that_is_handed_on_stays_where_it_is() {
    let installed = Installed::everything(Build::Native, |_| {});
    let registry = installed.registry();
    let info = ImageInfo::srgb(64, 32, 4, Sample::F32);
    let ours = Image { info, data: Buffer::new(vec![7_u8; info.size_bytes().unwrap() as usize]) };

    let back = pass_on(&registry, &ours);
    assert_eq!(back.data.as_ptr(), ours.data.as_ptr());
    assert!(back.data.owner::<Vec<u8>>().is_some(), "it is the host's buffer again");

    let theirs = turn(&registry, &ours);
    assert_ne!(theirs.data.as_ptr(), ours.data.as_ptr());
    let again = pass_on(&registry, &pass_on(&registry, &theirs));
    assert_eq!(again.data.as_ptr(), theirs.data.as_ptr());

    // The plugin's memory outlives the plugin's registry: libraries are never unloaded.
    drop(registry);
    assert!(again.data.iter().all(|byte| *byte == 7));
}

#[test]
fn many_threads_open_and_use_a_plugin_at_once() {
    let installed = Installed::everything(Build::Native, |_| {});
    drop(installed.registry());
    // The description is kept by now: the first run opens the library.
    let registry = installed.registry();
    std::thread::scope(|scope| {
        for thread in 0..8_i64 {
            let registry = &registry;
            scope.spawn(move || {
                for number in 0..200 {
                    let number = thread * 1000 + number;
                    let inputs = vec![("number".to_owned(), Value::Int(number))];
                    let outputs = registry.run("everything/Trivial", inputs, &Recorder::default()).unwrap();
                    assert!(matches!(outputs[0].1, Value::Int(next) if next == number + 1), "{outputs:?}");
                }
            });
        }
    });
}
