//! What `wirebrush model inspect` says of files that people have: what each is, and what it needs or what to use instead.

use std::fs;
use std::path::Path;

use serde_json::json;
use wirebrush_cli_tests::Wirebrush;

/// A tensor of zeros: name, type, dimensions.
type Tensor<'a> = (&'a str, &'a str, &'a [usize]);

/// Lines and columns of a terminal window as most people have it.
const SCREEN: (usize, usize) = (24, 200);

fn write(path: &Path, tensors: &[Tensor<'_>]) {
    let mut header = serde_json::Map::new();
    let mut end = 0;
    for (name, dtype, shape) in tensors {
        let width = if *dtype == "F32" {
            4
        } else if dtype.ends_with("16") {
            2
        } else {
            1
        };
        let start = end;
        end += width * shape.iter().product::<usize>();
        header.insert(
            (*name).to_owned(),
            json!({ "dtype": dtype, "shape": shape, "data_offsets": [start, end] }),
        );
    }
    let header = serde_json::Value::from(header).to_string();
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.resize(bytes.len() + end, 0);
    fs::write(path, bytes).unwrap();
}

/// A GGUF file of a transformer with one tensor of this type.
fn write_gguf(path: &Path, type_id: u32, data: usize) {
    let text = |text: &str| [&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat();
    let mut bytes = b"GGUF\x03\0\0\0".to_vec();
    for count in [1_u64, 1] {
        bytes.extend(count.to_le_bytes());
    }
    bytes.extend(text("general.architecture"));
    bytes.extend(8_u32.to_le_bytes());
    bytes.extend(text("flux"));
    bytes.extend(text("double_blocks.0.img_mlp.0.weight"));
    bytes.extend(1_u32.to_le_bytes());
    bytes.extend(256_u64.to_le_bytes());
    bytes.extend(type_id.to_le_bytes());
    bytes.extend(0_u64.to_le_bytes());
    bytes.resize(bytes.len().next_multiple_of(32) + data, 0);
    fs::write(path, bytes).unwrap();
}

/// What is printed about a file or model, which must fit on a screen.
fn words(wirebrush: &Wirebrush, model: &Path) -> String {
    let ran = wirebrush.run(["model".as_ref(), "inspect".as_ref(), model.as_os_str()]).ends_with(0);
    let text = ran.stdout();
    assert!(text.lines().count() <= SCREEN.0, "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= SCREEN.1), "{text}");
    text
}

#[track_caller]
fn says(text: &str, facts: &[&str]) {
    for fact in facts {
        assert!(text.contains(fact), "`{fact}` is not said: {text}");
    }
}

#[test]
fn a_whole_model_is_one_screen_and_lacks_nothing() {
    let wirebrush = Wirebrush::staged();
    let text = words(&wirebrush, &wirebrush.plugins().join("kontext/models/kontext-tiny"));
    says(
        &text,
        &[
            "transformer: FLUX.1 transformer",
            "blocks",
            "vae: VAE",
            "t5: T5",
            "nothing is missing for an edit",
        ],
    );
}

#[test]
fn a_part_says_what_an_edit_needs_beside_it() {
    let wirebrush = Wirebrush::staged();
    let folder = tempfile::tempdir().unwrap();
    let redux = folder.path().join("flux1-redux-dev.safetensors");
    let up: [Tensor<'_>; 2] = [("redux_up.weight", "BF16", &[12, 4]), ("redux_up.bias", "BF16", &[12])];
    let down: [Tensor<'_>; 2] = [("redux_down.weight", "BF16", &[8, 12]), ("redux_down.bias", "BF16", &[8])];
    write(&redux, &[up, down].concat());
    let text = words(&wirebrush, &redux);
    says(&text, &["redux: Redux image embedder", "BF16 100 %", "width 4 to 8", "an edit also needs"]);
    says(&text, &["ae.safetensors", "clip_l.safetensors", "t5xxl", "(Redux) also need", "sigclip_vision"]);
}

#[test]
fn a_file_is_described_before_what_lies_beside_it() {
    let wirebrush = Wirebrush::staged();
    let folder = tempfile::tempdir().unwrap();
    let (redux, vae) =
        (folder.path().join("flux1-redux-dev.safetensors"), folder.path().join("ae.safetensors"));
    let up: [Tensor<'_>; 2] = [("redux_up.weight", "BF16", &[12, 4]), ("redux_up.bias", "BF16", &[12])];
    let down: [Tensor<'_>; 2] = [("redux_down.weight", "BF16", &[8, 12]), ("redux_down.bias", "BF16", &[8])];
    write(&redux, &[up, down].concat());
    write(&vae, &[("decoder.conv_in.weight", "F32", &[4, 4])]);
    let text = words(&wirebrush, &redux);
    let at = |word: &str| text.find(word).unwrap_or_else(|| panic!("`{word}` is not said: {text}"));
    assert!(at("redux: Redux") < at("found beside it"), "{text}");
    assert!(at("found beside it") < at("  vae: ae.safetensors\n"), "{text}");
}

/// Names of tensors are anybody's text.
#[test]
fn names_in_a_file_cannot_command_the_terminal() {
    let wirebrush = Wirebrush::staged();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("style.safetensors");
    let layer = "diffusion_model.double_blocks.0.img_attn.qkv.lora";
    let (a, b) = (format!("{layer}_A.weight"), format!("{layer}_B.weight"));
    let evil = "lora_unet_\u{1b}[31m\nerror: gone.lora_up.weight";
    write(&path, &[(&a, "F32", &[4, 256]), (&b, "F32", &[768, 4]), (evil, "F32", &[1])]);
    let text = words(&wirebrush, &path);
    says(&text, &["lora_unet_\\u{1b}[31m\\nerror: gone"]);
    assert!(!text.contains('\u{1b}'), "{text}");
}

/// The tensors by which each is known; what makes it unusable comes before what else may be wrong.
#[test]
fn what_cannot_be_used_says_what_can() {
    let wirebrush = Wirebrush::staged();
    let folder = tempfile::tempdir().unwrap();
    let block = "double_blocks.0.img_attn.qkv";
    let names = |suffixes: &[&str]| suffixes.iter().map(|s| format!("{block}.{s}")).collect::<Vec<_>>();
    let (nunchaku, nf4) = (names(&["qweight", "wscales"]), names(&["weight", "weight.absmax"]));
    let nvfp4 = names(&["weight", "weight_scale", "weight_scale_2"]);
    let size: &[usize] = &[8, 8];
    let transformer = |input, output| -> Vec<Tensor<'_>> {
        vec![
            (nf4[0].as_str(), "BF16", size),
            ("img_in.weight", "BF16", input),
            ("final_layer.linear.weight", "BF16", output),
        ]
    };
    let cases: [(&str, Vec<Tensor<'_>>, &[&str]); 8] = [
        ("nunchaku", vec![(&nunchaku[0], "I8", size), (&nunchaku[1], "BF16", size)], &["Nunchaku", "GGUF"]),
        ("nf4", vec![(&nf4[0], "U8", size), (&nf4[1], "F32", &[4])], &["bitsandbytes NF4", "GGUF"]),
        (
            "nvfp4",
            vec![(&nvfp4[0], "U8", size), (&nvfp4[1], "F8_E4M3", size), (&nvfp4[2], "F32", &[])],
            &["nvfp4", "GGUF"],
        ),
        (
            "chroma",
            vec![(nf4[0].as_str(), "BF16", size), ("distilled_guidance_layer.in_proj.weight", "BF16", size)],
            &["Chroma", "use FLUX.1 Kontext [dev]"],
        ),
        ("fill", transformer(&[8, 384], &[64, 8]), &["Fill", "use FLUX.1 Kontext [dev]"]),
        ("depth", transformer(&[8, 128], &[64, 8]), &["Canny or Depth", "use FLUX.1 Kontext [dev]"]),
        (
            "flux2",
            vec![(nf4[0].as_str(), "BF16", size), ("double_stream_modulation_img.lin.weight", "BF16", size)],
            &["FLUX.2", "use FLUX.1 Kontext [dev]"],
        ),
        ("foreign", vec![("input_blocks.0.weight", "F32", size)], &["unknown", "which part of a model"]),
    ];
    for (name, tensors, facts) in cases {
        let path = folder.path().join(name).with_extension("safetensors");
        write(&path, &tensors);
        let text = words(&wirebrush, &path);
        says(&text, facts);
        says(&text, &["cannot be used"]);
        assert!(!text.contains("an edit also needs"), "{text}");
    }
    let codebook = folder.path().join("kontext-IQ4_XS.gguf");
    write_gguf(&codebook, 23, 136);
    says(&words(&wirebrush, &codebook), &["IQ4_XS", "cannot be used", "use a Q2_K to Q8_0 file"]);
}

/// They can run code when they are opened, so nothing is opened.
#[test]
fn pickle_files_are_refused_whatever_their_name() {
    let wirebrush = Wirebrush::staged();
    let folder = tempfile::tempdir().unwrap();
    for (name, start) in
        [("model.pt", &b"PK\x03\x04"[..]), ("old.ckpt", b"\x80\x02"), ("a.safetensors", b"\x80\x04\x95")]
    {
        let path = folder.path().join(name);
        fs::write(&path, [start, &[0x2e; 64]].concat()).unwrap();
        let ran = wirebrush.run(["model".as_ref(), "inspect".as_ref(), path.as_os_str()]);
        assert_eq!(ran.code(), 1, "{}", ran.stderr());
        says(&ran.stderr(), &["pickle", "it can run code", "use the safetensors or GGUF file"]);
    }
}
