//! What `wirebrush plugin new` makes and refuses.

use std::fs;

use serde_json::Value as Json;
use wirebrush_cli_tests::Wirebrush;

fn targets(flags: &[&str]) -> Vec<String> {
    let wirebrush = Wirebrush::staged();
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("tone");
    let args = [&["plugin", "new", "acme.tone", "-o", to.to_str().unwrap()], flags].concat();
    wirebrush.run(args).ends_with(0);
    let build: Json = serde_json::from_slice(&fs::read(to.join("build.json")).unwrap()).unwrap();
    let artifacts = build["artifacts"].as_array().unwrap().iter();
    artifacts.map(|artifact| artifact["target"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_flags_choose_what_is_built() {
    assert_eq!(targets(&[]), ["wasm32-component"]);
    assert_eq!(targets(&["--component"]), ["wasm32-component"]);
    assert_eq!(targets(&["--native"]), ["native"]);
    assert_eq!(targets(&["--both"]), ["native", "wasm32-component"]);
}

#[test]
fn no_brace_of_a_template_is_left() {
    for language in ["rust", "python", "javascript"] {
        let wirebrush = Wirebrush::staged();
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("new");
        let to_text = to.to_str().unwrap();
        let args = [
            "--json",
            "plugin",
            "new",
            "tone-curve",
            "--publisher",
            "acme",
            "--lang",
            language,
            "-o",
            to_text,
        ];
        let ran = wirebrush.run(args).ends_with(0);
        let answer: Json = serde_json::from_str(&ran.stdout()).unwrap();
        assert_eq!(answer["id"], "acme.tone-curve");
        let files = answer["files"].as_array().unwrap();
        assert!(files.len() >= 6, "{language}: {files:?}");
        for file in files {
            let text = fs::read_to_string(to.join(file.as_str().unwrap())).unwrap();
            assert!(!text.contains("{{"), "{language}: {file}");
        }
        let readme = fs::read_to_string(to.join("README.md")).unwrap();
        assert!(readme.starts_with("# Tone Curve\n"), "{readme}");
    }
}

#[test]
fn nothing_is_written_over() {
    let wirebrush = Wirebrush::staged();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("mine.txt"), "mine").unwrap();
    let to = folder.path().to_str().unwrap();
    let ran = wirebrush.run(["plugin", "new", "tone", "-o", to]).ends_with(2);
    assert!(ran.stderr().contains("expected a new or empty folder"), "{}", ran.stderr());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_name_that_no_host_would_take_is_refused() {
    let wirebrush = Wirebrush::staged();
    for name in ["Tone", "tone curve", "../tone", "1st", ""] {
        let ran = wirebrush.run(["plugin", "new", name]).ends_with(2);
        assert!(ran.stderr().contains("expected lower-case words"), "{name}: {}", ran.stderr());
    }
}

#[test]
fn python_and_javascript_refuse_native_builds() {
    let wirebrush = Wirebrush::staged();
    for language in ["python", "javascript"] {
        let ran = wirebrush.run(["plugin", "new", "tone", "--lang", language, "--native"]).ends_with(2);
        assert!(ran.stderr().contains("makes components"), "{}", ran.stderr());
    }
}
