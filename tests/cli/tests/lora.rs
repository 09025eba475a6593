//! A LoRA by its name in a graph: found in the store, part of what a result is known by.

use std::fs;
use std::path::Path;

use serde_json::{Value as Json, json};
use wirebrush_cli_tests::{Wirebrush, picture, repository};

/// A change of rank 1 to a layer of the embedded model, 128 wide.
fn write_lora(path: &Path, element: f32) {
    let name = "diffusion_model.double_blocks.0.img_mlp.2";
    let (down, up) = (512, 128);
    let header = json!({
        format!("{name}.lora_A.weight"): { "dtype": "F32", "shape": [1, down], "data_offsets": [0, 4 * down] },
        format!("{name}.lora_B.weight"): { "dtype": "F32", "shape": [up, 1], "data_offsets": [4 * down, 4 * (down + up)] },
    });
    let header = header.to_string();
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend((0..down + up).flat_map(|_| element.to_le_bytes()));
    fs::write(path, bytes).unwrap();
}

/// The example without a picture, its transformer with a LoRA.
fn graph(strength: f64) -> Json {
    let text = fs::read_to_string(repository().join("examples/graphs/text-only.json")).unwrap();
    let mut graph: Json = serde_json::from_str(&text).unwrap();
    graph["nodes"]["style"] = json!({
        "type": "kontext/LoadLoRA",
        "inputs": { "model": "kontext-tiny", "lora": "style.safetensors", "strength": strength },
    });
    graph["nodes"]["sample"]["inputs"]["model"] = json!({ "from": "style.model" });
    graph
}

#[test]
fn a_result_is_known_by_the_lora_that_made_it() {
    let wirebrush = Wirebrush::staged();
    let temp = tempfile::tempdir().unwrap();
    let models = wirebrush.data().join("models");
    fs::create_dir_all(&models).unwrap();
    let lora = models.join("style.safetensors");
    let run = |strength: f64| {
        let file = temp.path().join("graph.json");
        fs::write(&file, graph(strength).to_string()).unwrap();
        let mut run = wirebrush.command();
        // Only what takes a while goes to disk; thirty steps do on any machine.
        run.arg("run").arg(&file).arg("-o").arg(temp.path()).args(["--json", "--set", "steps=30"]);
        let ran = run.output().unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        let lines = String::from_utf8(ran.stdout).unwrap();
        let events: Vec<Json> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let sampled =
            events.iter().any(|event| event["event"] == "node-started" && event["node"] == "sample");
        let picture = temp.path().join("text-only.png");
        let bytes = image::open(&picture).unwrap().to_rgb8().into_raw();
        fs::remove_file(picture).unwrap();
        (sampled, bytes)
    };
    write_lora(&lora, 0.1);
    let (sampled, first) = run(1.0);
    assert!(sampled);
    assert_eq!(run(1.0), (false, first.clone()), "nothing has changed");
    let (sampled, weaker) = run(0.5);
    assert!(sampled && weaker != first);
    write_lora(&lora, 0.2);
    let (sampled, other) = run(1.0);
    assert!(sampled && other != first, "the file has changed");
}

#[test]
fn an_edit_takes_loras_each_with_its_strength() {
    let wirebrush = Wirebrush::staged();
    let temp = tempfile::tempdir().unwrap();
    let (one, other) = (temp.path().join("one.safetensors"), temp.path().join("other.safetensors"));
    write_lora(&one, 0.1);
    write_lora(&other, -0.05);
    let edit = |loras: &[String]| {
        let result = temp.path().join("edited.png");
        let mut edit = wirebrush.command();
        edit.args(["edit", "--no-cache", "--steps", "2", "--save-graph"]).arg(temp.path().join("graph.json"));
        edit.arg("-o").arg(&result).arg(picture("shapes.png")).arg("make it night");
        edit.args(loras.iter().flat_map(|lora| ["--lora", lora]));
        let ran = edit.output().unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        image::open(result).unwrap().to_rgb8().into_raw()
    };
    let text = |path: &Path, strength: &str| format!("{}{strength}", path.display());
    let plain = edit(&[]);
    let styled = edit(&[text(&one, "")]);
    assert_ne!(styled, plain);
    assert_eq!(edit(&[text(&one, ":1")]), styled, "1 is the strength without a number");
    assert_eq!(edit(&[text(&one, ":0")]), plain);
    assert_ne!(edit(&[text(&one, ":-0.5")]), plain);

    let both = edit(&[text(&one, ":0.5"), text(&other, ":1.5")]);
    assert_ne!(both, edit(&[text(&one, ":0.5")]));
    edit(&[text(&one, ":0.5"), text(&other, ":1.5")]);
    let graph: Json = serde_json::from_slice(&fs::read(temp.path().join("graph.json")).unwrap()).unwrap();
    let inputs = |node: &str| graph["nodes"][node]["inputs"].clone();
    assert_eq!(inputs("lora1")["strength"], 0.5);
    assert_eq!(inputs("lora2")["lora"], other.to_str().unwrap());
    assert_eq!(inputs("lora2")["model"], json!({ "from": "lora1.model" }));
    for node in ["sample", "t5", "clip"] {
        assert_eq!(inputs(node)["model"], json!({ "from": "lora2.model" }), "{node}");
    }
}

#[test]
fn a_lora_that_is_none_or_has_no_number_for_a_strength_fails_the_edit_by_name() {
    let wirebrush = Wirebrush::staged();
    let temp = tempfile::tempdir().unwrap();
    let edit = |lora: &str| {
        let mut edit = wirebrush.command();
        edit.args(["edit", "--steps", "1", "--lora", lora, "-o"]).arg(temp.path().join("none.png"));
        let ran = edit.arg(picture("shapes.png")).arg("make it night").output().unwrap();
        (ran.status.code(), String::from_utf8_lossy(&ran.stderr).into_owned())
    };
    for wrong in ["style.safetensors:inf", ":0.5"] {
        assert_eq!(edit(wrong).0, Some(2), "{wrong}");
    }
    // A colon with something else behind it belongs to the name.
    let (code, error) = edit("style:strong");
    assert!(code == Some(2) && error.contains("style:strong"), "{error}");
    let picture = picture("shapes.png");
    let (code, error) = edit(picture.to_str().unwrap());
    assert!(code == Some(1) && error.contains("lora"), "{error}");
}

#[test]
fn inspection_names_a_lora_and_a_graph_without_it_says_so() {
    let wirebrush = Wirebrush::staged();
    let temp = tempfile::tempdir().unwrap();
    let lora = temp.path().join("style.safetensors");
    write_lora(&lora, 0.1);
    let report =
        wirebrush.run(["model".as_ref(), "inspect".as_ref(), lora.as_os_str()]).ends_with(0).stdout();
    for fact in ["a LoRA", "ai-toolkit or ComfyUI", "ranks 1", "FLUX transformer 1"] {
        assert!(report.contains(fact), "{report}");
    }
    let file = temp.path().join("graph.json");
    fs::write(&file, graph(1.0).to_string()).unwrap();
    let ran = wirebrush.run(["run".as_ref(), file.as_os_str()]);
    assert_ne!(ran.code(), 0);
    assert!(ran.stderr().contains("style.safetensors"), "{}", ran.stderr());
}
