//! A small set of node types, and the documents of the corpus.

use std::path::{Path, PathBuf};

use wirebrush_graph::Catalog;
use wirebrush_schema::{Definition, Kind, Port, Replacement};

/// Plugins `image` 0.1.0, `text` 0.2.3 and `kontext` 0.1.5.
pub(crate) fn catalog() -> Catalog {
    Catalog::new().plugin("image", "0.1.0", image()).plugin("text", "0.2.3", text()).plugin(
        "kontext",
        "0.1.5",
        kontext(),
    )
}

fn image() -> Vec<Definition> {
    let mut resize = Definition::new("image/Resize", "image")
        .input(Port::image("image"))
        .input(Port::int("width", 512, 1..=8192))
        .input(Port::choice("filter", &["lanczos", "bicubic", "bilinear", "nearest"]))
        .output(Port::image("image"));
    resize.replaces.push(Replacement {
        id: "image/Scale".to_owned(),
        ports: vec![("size".to_owned(), "width".to_owned()), ("picture".to_owned(), "image".to_owned())],
    });
    vec![
        Definition::new("image/LoadImage", "image")
            .input(Port::file("file"))
            .output(Port::image("image"))
            .output(Port::mask("mask")),
        Definition::new("image/SaveImage", "image")
            .sink()
            .input(Port::image("image"))
            .input(Port::text("name", "result")),
        resize,
        Definition::new("image/Invert", "image")
            .input(Port::image("image"))
            .input(Port::float("amount", 1.0, 0.0..=1.0))
            .output(Port::image("image")),
        Definition::new("image/Blend", "image")
            .input(Port::image("base"))
            .input(Port::image("top"))
            .input(Port::mask("mask").optional())
            .input(Port::bool("invert mask", false))
            .output(Port::image("image"))
            .bypass("image", "top"),
        Definition::new("image/Stack", "image")
            .input(Port::image("images").list())
            .output(Port::image("image")),
        Definition::new("image/Collect", "image")
            .input(Port::image("images").list())
            .input(Port::int("first", 0, 0..=i64::MAX).optional())
            .output(Port::image("images").list()),
    ]
}

fn text() -> Vec<Definition> {
    vec![
        Definition::new("text/Text", "text").input(Port::text("text", "")).output(Port::text("text", "")),
        Definition::new("text/Join", "text")
            .input(Port::new("parts", Kind::TEXT).list())
            .input(Port::text("separator", " "))
            .output(Port::text("text", "")),
        Definition::new("text/Show", "text")
            .input(Port::new("value", Kind::ANY))
            .output(Port::new("length", Kind::INT)),
    ]
}

fn kontext() -> Vec<Definition> {
    vec![
        Definition::new("kontext/T5Encode", "kontext")
            .input(Port::new("text", Kind::TEXT))
            .input(Port::model("model", "kontext-tiny"))
            .output(Port::handle("conditioning", "kontext/conditioning@1")),
        Definition::new("kontext/FlowSample", "kontext")
            .input(Port::handle("conditioning", "kontext/conditioning@1"))
            .input(Port::handle("references", "kontext/latent@1").list().optional())
            .input(Port::int("steps", 28, 1..=100))
            .input(Port::float("guidance", 2.5, 1.0..=10.0))
            .input(Port::seed("seed", 0))
            .output(Port::handle("latent", "kontext/latent@1")),
        Definition::new("kontext/VAEEncode", "kontext")
            .input(Port::image("image"))
            .output(Port::handle("latent", "kontext/latent@1")),
        Definition::new("kontext/VAEDecode", "kontext")
            .input(Port::handle("latent", "kontext/latent@1"))
            .output(Port::image("image")),
    ]
}

/// The documents in `tests/corpus`, sorted by name.
pub(crate) fn corpus() -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|it| it == "json"))
        .map(|path| (path.clone(), std::fs::read(path).unwrap()))
        .collect();
    files.sort();
    assert!(files.len() > 30, "the corpus is gone");
    files
}

/// The documents of the corpus in which nothing is wrong.
pub(crate) fn good() -> Vec<(PathBuf, String)> {
    let good = corpus()
        .into_iter()
        .filter(|(path, _)| path.file_name().unwrap().to_str().unwrap().starts_with("ok-"));
    good.map(|(path, text)| (path, String::from_utf8(text).unwrap())).collect()
}
