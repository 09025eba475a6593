//! The example plugins, built for both targets, on their own graphs.

use std::path::{Path, PathBuf};

use serde_json::Value as Json;
use wirebrush_cli_tests::{Ran, Wirebrush, picture, repository};

/// The folders of the examples.
fn examples() -> Vec<PathBuf> {
    let folder = repository().join("examples/plugins");
    let mut folders: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.retain(|folder| folder.is_dir());
    folders.sort();
    assert!(folders.len() >= 9, "{folders:?}");
    folders
}

fn example(name: &str) -> PathBuf {
    repository().join("examples/plugins").join(name)
}

/// Whether the example was built for a target; those that bind a library are native only.
fn is_built(wirebrush: &Wirebrush, example: &Path, target: &str) -> bool {
    let id = format!("example.{}", example.file_name().unwrap().display());
    wirebrush.examples().join(target).join(id).is_dir()
}

/// Runs the example's graph with the plugins of one target, writing into `output`.
fn run(wirebrush: &Wirebrush, example: &Path, target: &str, output: &Path, args: &[&str]) -> Ran {
    let mut command = wirebrush.command();
    command.arg("--plugins").arg(wirebrush.examples().join(target));
    command.arg("run").arg(example.join("graph.json")).arg("-o").arg(output).args(args);
    Ran(command.output().unwrap()).ends_with(0)
}

/// The one picture the example's graph gives.
fn result(wirebrush: &Wirebrush, example: &Path, target: &str) -> image::RgbaImage {
    let output = tempfile::tempdir().unwrap();
    run(wirebrush, example, target, output.path(), &[]);
    let files: Vec<_> =
        std::fs::read_dir(output.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 1, "{}: {files:?}", example.display());
    image::open(&files[0]).unwrap().into_rgba8()
}

#[test]
fn every_example_gives_the_same_picture_native_and_as_a_component() {
    let wirebrush = Wirebrush::staged();
    for example in examples() {
        let native = result(&wirebrush, &example, "native");
        if is_built(&wirebrush, &example, "component") {
            let component = result(&wirebrush, &example, "component");
            assert!(native == component, "{}: the pictures differ", example.display());
        }
    }
}

#[test]
fn the_graph_of_every_example_is_sound_and_canonical() {
    let wirebrush = Wirebrush::staged();
    for example in examples() {
        let graph = example.join("graph.json");
        let mut check = wirebrush.command();
        check.arg("--plugins").arg(wirebrush.examples().join("native")).arg("check").arg(&graph);
        let checked = Ran(check.output().unwrap()).ends_with(0);
        assert!(checked.stdout().contains("sound"), "{}", checked.stdout());
        let text = std::fs::read_to_string(&graph).unwrap();
        assert_eq!(wirebrush_graph::Graph::parse(&text).unwrap().to_json(), text, "{}", graph.display());
    }
}

#[test]
fn split_and_join_let_red_and_blue_change_places() {
    let swapped = result(&Wirebrush::staged(), &example("channels"), "component");
    let photo = image::open(picture("landscape.png")).unwrap().into_rgba8();
    for (found, from) in swapped.pixels().zip(photo.pixels()) {
        let [red, green, blue, alpha] = from.0;
        assert_eq!(found.0, [blue, green, red, alpha]);
    }
}

#[test]
fn healing_leaves_no_hole_and_touches_nothing_else() {
    let healed = result(&Wirebrush::staged(), &example("heal"), "component");
    let scratched = image::open(example("heal").join("scratched.png")).unwrap().into_rgba8();
    let mut holes = 0;
    for (found, from) in healed.pixels().zip(scratched.pixels()) {
        if from.0[3] == 0 {
            holes += 1;
            assert!(found.0[3] > 250 && found.0[..3].iter().any(|sample| *sample > 60), "{found:?}");
        } else {
            assert_eq!(found, from);
        }
    }
    assert!(holes > 1000, "{holes}");
}

#[test]
fn a_component_tells_how_far_it_is_and_shows_what_it_has() {
    let wirebrush = Wirebrush::staged();
    let output = tempfile::tempdir().unwrap();
    let ran = run(&wirebrush, &example("heal"), "component", output.path(), &["--json"]).stdout();
    let events: Vec<Json> = ran.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of =
        |kind: &str| events.iter().filter(|event| event["event"] == kind && event["node"] == "heal").count();
    assert_eq!((of("node-progress"), of("node-preview")), (60, 6), "{events:?}");
}

#[test]
fn a_component_reads_its_data_folder() {
    let wirebrush = Wirebrush::staged();
    let night = result(&wirebrush, &example("lut"), "component");
    let photo = image::open(picture("landscape.png")).unwrap().into_rgba8();
    let sum = |image: &image::RgbaImage, channel: usize| -> u64 {
        image.pixels().map(|pixel| u64::from(pixel.0[channel])).sum()
    };
    assert!(sum(&night, 0) * 2 < sum(&photo, 0), "night is not dark");
    assert!(sum(&night, 2) > sum(&night, 0), "night is not blue");
}

#[test]
fn the_check_finds_nothing_to_warn_of_in_the_plugins_that_come_along() {
    let wirebrush = Wirebrush::staged();
    for plugin in ["image", "text", "kontext"] {
        let folder = wirebrush.plugins().join(plugin);
        let mut command = wirebrush.command();
        command.args(["--json", "plugin", "check", "--cases", "1"]).arg(&folder);
        let answer: Json = serde_json::from_str(&Ran(command.output().unwrap()).stdout()).unwrap();
        let findings = answer["findings"].as_array().unwrap().iter();
        // How fast this machine is says nothing about the plugin.
        let slow = [&serde_json::json!("silent"), &serde_json::json!("cancel")];
        let found: Vec<_> =
            findings.filter(|it| it["level"] != "note" && !slow.contains(&&it["rule"])).collect();
        assert!(found.is_empty(), "{plugin}: {found:#?}");
        let counted = answer["measured"].as_array().unwrap().iter();
        let counted = counted.filter(|it| it["large_instructions"].as_u64() > Some(0)).count();
        assert_eq!(counted > 0, plugin != "kontext", "instructions of components are counted: {answer:#}");
    }
}
