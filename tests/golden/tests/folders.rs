//! Finding a model's parts among the files people have.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde_json::json;
use wirebrush_golden_tests::{Named, weight, write};
use wirebrush_kontext::memory::Residency;
use wirebrush_kontext::model::{KONTEXT_SIZES, Layout, Model, ModelFiles, Part};

fn put(root: &Path, files: &[&str]) {
    for file in files {
        let path = root.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, b"{}").unwrap();
    }
}

/// Each part and where it is found, relative to the folder.
#[track_caller]
fn check(files: &[&str], open: &str, layout: Layout, expected: &[(Part, &str)]) {
    let folder = tempfile::tempdir().unwrap();
    let root = fs::canonicalize(folder.path()).unwrap();
    put(&root, files);
    let found = ModelFiles::find(&root.join(open)).unwrap();
    assert_eq!(found.layout, layout);
    for part in Part::ALL {
        let expected = expected.iter().find(|(at, _)| *at == part).map(|(_, file)| root.join(file));
        assert_eq!(found.get(part), expected.as_deref(), "{part}");
    }
}

#[test]
fn diffusers_folders_are_found_sharded_or_not() {
    check(
        &[
            "model_index.json",
            "transformer/config.json",
            "transformer/diffusion_pytorch_model.safetensors.index.json",
            "transformer/diffusion_pytorch_model-00001-of-00002.safetensors",
            "transformer/diffusion_pytorch_model-00002-of-00002.safetensors",
            "vae/diffusion_pytorch_model.safetensors",
            "text_encoder/model.safetensors",
            "text_encoder_2/model.safetensors.index.json",
            "tokenizer/vocab.json",
            "tokenizer/merges.txt",
            "tokenizer_2/tokenizer.json",
        ],
        "",
        Layout::Diffusers,
        &[
            (Part::Transformer, "transformer/diffusion_pytorch_model.safetensors.index.json"),
            (Part::Vae, "vae/diffusion_pytorch_model.safetensors"),
            (Part::Clip, "text_encoder/model.safetensors"),
            (Part::ClipTokenizer, "tokenizer"),
            (Part::T5, "text_encoder_2/model.safetensors.index.json"),
            (Part::T5Tokenizer, "tokenizer_2"),
        ],
    );
}

#[test]
fn single_files_in_one_folder_are_told_apart_by_name() {
    check(
        &[
            "flux1-kontext-dev.safetensors",
            "flux1-dev-kontext_fp8_scaled.safetensors",
            "ae.safetensors",
            "clip_l.safetensors",
            "t5xxl_fp16.safetensors",
            "t5xxl_fp8_e4m3fn.safetensors",
            "sigclip_vision_patch14_384.safetensors",
            "flux1-redux-dev.safetensors",
            "kontext-lora.safetensors",
            "vocab.json",
            "merges.txt",
            "tokenizer.json",
        ],
        "",
        Layout::Files,
        &[
            (Part::Transformer, "flux1-kontext-dev.safetensors"),
            (Part::Vae, "ae.safetensors"),
            (Part::Clip, "clip_l.safetensors"),
            (Part::ClipTokenizer, ""),
            (Part::T5, "t5xxl_fp16.safetensors"),
            (Part::T5Tokenizer, ""),
            (Part::Vision, "sigclip_vision_patch14_384.safetensors"),
            (Part::Redux, "flux1-redux-dev.safetensors"),
        ],
    );
}

const COMFY: [&str; 7] = [
    "models/diffusion_models/flux1-dev-kontext_fp8_scaled.safetensors",
    "models/text_encoders/clip_l.safetensors",
    "models/text_encoders/t5xxl_fp8_e4m3fn_scaled.safetensors",
    "models/vae/ae.sft",
    "models/clip_vision/sigclip_vision_patch14_384.safetensors",
    "models/style_models/flux1-redux-dev.safetensors",
    "models/tokenizers/t5/tokenizer.json",
];

const IN_COMFY: [(Part, &str); 7] = [
    (Part::Transformer, COMFY[0]),
    (Part::Clip, COMFY[1]),
    (Part::T5, COMFY[2]),
    (Part::Vae, COMFY[3]),
    (Part::Vision, COMFY[4]),
    (Part::Redux, COMFY[5]),
    (Part::T5Tokenizer, "models/tokenizers/t5"),
];

#[test]
fn the_folders_of_comfyui_are_one_model() {
    check(&COMFY, "models", Layout::Files, &IN_COMFY);
    check(&COMFY, "", Layout::Files, &IN_COMFY);
}

#[test]
fn a_single_file_brings_what_lies_beside_it() {
    check(&COMFY, COMFY[0], Layout::SingleFile, &IN_COMFY);
    check(&["ae.safetensors"], "ae.safetensors", Layout::SingleFile, &[(Part::Vae, "ae.safetensors")]);
    check(
        &["encoder/t5xxl_fp16.safetensors", "encoder/tokenizer.json"],
        "encoder/t5xxl_fp16.safetensors",
        Layout::SingleFile,
        &[(Part::T5, "encoder/t5xxl_fp16.safetensors"), (Part::T5Tokenizer, "encoder")],
    );
}

/// As in Hugging Face's cache, where every file of a repository is a link to one with a hash for a name.
#[cfg(unix)]
#[test]
fn a_file_that_is_a_link_brings_what_lies_beside_the_link() {
    let root = tempfile::tempdir().unwrap();
    let (blobs, snapshot) = (root.path().join("blobs"), root.path().join("snapshots/c0ffee"));
    std::fs::create_dir_all(&blobs).unwrap();
    std::fs::create_dir_all(&snapshot).unwrap();
    for (blob, name) in [("a1", "flux1-redux-dev.safetensors"), ("b2", "ae.safetensors")] {
        write(&blobs.join(blob), &redux_tensors());
        std::os::unix::fs::symlink(Path::new("../../blobs").join(blob), snapshot.join(name)).unwrap();
    }
    let found = ModelFiles::find(&snapshot.join("flux1-redux-dev.safetensors")).unwrap();
    for (part, name) in [(Part::Redux, "flux1-redux-dev.safetensors"), (Part::Vae, "ae.safetensors")] {
        let file = found.get(part).expect(name);
        assert_eq!(file, snapshot.canonicalize().unwrap().join(name));
    }
}

fn redux_tensors() -> Vec<Named> {
    vec![
        weight("redux_up.weight", &[12, 4]),
        weight("redux_up.bias", &[12]),
        weight("redux_down.weight", &[8, 12]),
        weight("redux_down.bias", &[8]),
    ]
}

#[test]
fn a_file_of_unknown_name_is_told_by_its_tensors() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("style.safetensors");
    write(&path, &redux_tensors());
    for open in [path.as_path(), folder.path()] {
        let found = ModelFiles::find(open).unwrap();
        assert!(found.get(Part::Redux).is_some_and(|file| file.ends_with("style.safetensors")), "{open:?}");
    }
    assert_eq!(Model::open(&path).unwrap().redux().unwrap().output(), 8);
}

#[test]
fn what_is_not_a_model_is_refused_with_what_was_expected() {
    let folder = tempfile::tempdir().unwrap();
    let error = |path: &Path| ModelFiles::find(path).unwrap_err().to_string();
    let empty = error(folder.path());
    assert!(empty.contains("flux1-kontext-dev.safetensors") && empty.contains("model_index.json"), "{empty}");
    assert!(error(&folder.path().join("nowhere")).contains("nowhere"));
    put(folder.path(), &["notes.txt", "thing.safetensors"]);
    assert!(error(&folder.path().join("thing.safetensors")).contains("thing.safetensors"));
}

#[test]
fn a_missing_part_is_named_with_what_would_provide_it() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("flux1-redux-dev.safetensors"), &redux_tensors());
    let model = Model::open(folder.path()).unwrap();
    let vision = model.vision().err().unwrap().to_string();
    assert!(
        vision.contains("SigLIP") && vision.contains("sigclip_vision_patch14_384.safetensors"),
        "{vision}"
    );
    let t5 = model.t5(Residency::Kept).err().unwrap().to_string();
    assert!(t5.contains("T5") && t5.contains("t5xxl_fp16.safetensors"), "{t5}");
    let tokenizer = model.t5_tokenizer().err().unwrap().to_string();
    assert!(tokenizer.contains("tokenizer_2"), "{tokenizer}");
    let transformer = model.transformer(Residency::Kept).err().unwrap().to_string();
    assert!(transformer.contains("flux1-kontext-dev.safetensors"), "{transformer}");
}

#[test]
fn a_model_is_shared_until_its_files_change() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("flux1-redux-dev.safetensors");
    write(&file, &redux_tensors());
    let first = Model::open(folder.path()).unwrap();
    assert!(Arc::ptr_eq(&first, &Model::open(folder.path()).unwrap()));
    assert!(Arc::ptr_eq(&first.redux().unwrap(), &first.redux().unwrap()));
    fs::write(folder.path().join("wirebrush.json"), r#"{ "title": "Small" }"#).unwrap();
    let second = Model::open(folder.path()).unwrap();
    assert!(!Arc::ptr_eq(&first, &second));
    assert_eq!(second.settings().title.as_deref(), Some("Small"));
}

#[test]
fn settings_and_sizes_come_from_the_models_own_files() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    write(&root.join("flux1-redux-dev.safetensors"), &redux_tensors());
    let sizes = || Model::open(root).unwrap().preferred_sizes().unwrap();
    assert_eq!(sizes(), KONTEXT_SIZES);
    put(root, &["vae/diffusion_pytorch_model.safetensors"]);
    let config = json!({ "_class_name": "AutoencoderKL", "sample_size": 64 });
    fs::write(root.join("vae/config.json"), config.to_string()).unwrap();
    assert_eq!(sizes(), [(64, 64)]);
    fs::write(root.join("wirebrush.json"), r#"{ "preferred_sizes": [[64, 96], [96, 64]], "new": 1 }"#)
        .unwrap();
    assert_eq!(sizes(), [(64, 96), (96, 64)]);
    fs::write(root.join("wirebrush.json"), r#"{ "preferred_sizes": [[64, 0]] }"#).unwrap();
    let error = Model::open(root).err().unwrap().to_string();
    assert!(error.contains("wirebrush.json") && error.contains("64×0"), "{error}");
    fs::write(root.join("wirebrush.json"), "{").unwrap();
    assert!(Model::open(root).is_err());
}

#[test]
fn a_transformer_that_may_be_no_kontext_is_doubted_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let doubt = || ModelFiles::find(folder.path()).unwrap().doubt().unwrap();
    let index = |class: &str| {
        put(folder.path(), &["transformer/diffusion_pytorch_model.safetensors"]);
        fs::write(folder.path().join("model_index.json"), json!({ "_class_name": class }).to_string())
            .unwrap();
    };
    index("FluxKontextPipeline");
    assert_eq!(doubt(), None);
    index("FluxPipeline");
    assert!(doubt().unwrap().contains("FluxPipeline"));
    let comfy = tempfile::tempdir().unwrap();
    put(comfy.path(), &["flux1-kontext-dev.safetensors"]);
    assert_eq!(ModelFiles::find(comfy.path()).unwrap().doubt().unwrap(), None);
}
