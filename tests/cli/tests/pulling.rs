//! `wirebrush model pull` against a server that behaves like the hub.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value as Json, json};
use wirebrush_cli_tests::hub::{COMMIT, Faults, Hub, Repository, sha256};
use wirebrush_cli_tests::{Ran, Wirebrush};

/// Larger than what connections keep in their buffers.
const SIZE: usize = 3 << 20;

fn weights() -> Vec<u8> {
    (0..SIZE).map(|at| (at * 7 + at / 251) as u8).collect()
}

struct Scene {
    hub: Hub,
    wirebrush: Wirebrush,
}

impl Scene {
    fn new(repositories: impl IntoIterator<Item = (&'static str, Repository)>) -> Self {
        Self { hub: Hub::start(repositories), wirebrush: Wirebrush::staged() }
    }

    /// One repository `acme/model` with one large file.
    fn with(faults: Faults) -> Self {
        Self::new([("acme/model", Repository::new("mit").large("w.safetensors", &weights(), faults))])
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.wirebrush.command();
        command.env("HF_ENDPOINT", &self.hub.url).args(["model", "pull"]).args(args);
        command
    }

    fn pull(&self, args: &[&str]) -> Ran {
        Ran(self.command(args).output().unwrap())
    }

    fn models(&self) -> PathBuf {
        self.wirebrush.data().join("models")
    }

    /// Names of the models in the user's folder.
    fn listed(&self) -> Vec<String> {
        let listed = self.wirebrush.run(["model", "list", "--json"]).ends_with(0).stdout();
        let listed: Json = serde_json::from_str(&listed).unwrap();
        let own = listed.as_array().unwrap().iter().filter(|model| model["origin"] == "models folder");
        own.map(|model| model["name"].as_str().unwrap().to_owned()).collect()
    }

    fn ranges(&self) -> Vec<String> {
        let stored = self.hub.asked().into_iter().filter(|asked| asked.storage);
        stored.filter_map(|asked| asked.range).collect()
    }
}

fn parts(models: &Path) -> Vec<PathBuf> {
    let unfinished = std::fs::read_dir(models.join(".pull")).into_iter().flatten().flatten();
    unfinished.map(|entry| entry.path()).collect()
}

#[test]
fn a_file_comes_whole_and_is_known_by_its_hash() {
    let scene = Scene::with(Faults::default());
    scene.pull(&["acme/model/w.safetensors"]).ends_with(0);
    assert_eq!(std::fs::read(scene.models().join("w.safetensors")).unwrap(), weights());
    assert_eq!(scene.listed(), ["w.safetensors"]);
    assert!(parts(&scene.models()).is_empty());

    let known = std::fs::read_to_string(scene.wirebrush.data().join("models.json")).unwrap();
    let known: Json = serde_json::from_str(&known).unwrap();
    assert_eq!(known["models"]["w.safetensors"]["source"], format!("acme/model@{COMMIT}"));
    let file = known["files"].as_object().unwrap().values().next().unwrap();
    assert_eq!(file["sha256"], sha256(&weights()));

    // Everything is of the commit that was described, whatever happens to the branch meanwhile.
    let files: Vec<_> =
        scene.hub.asked().into_iter().filter(|asked| asked.path.contains("/resolve/")).collect();
    assert!(files.iter().all(|asked| asked.path.contains(COMMIT)), "{files:?}");
}

#[test]
fn what_is_here_already_is_not_fetched_again() {
    let scene = Scene::with(Faults::default());
    scene.pull(&["acme/model"]).ends_with(0);
    let before = scene.ranges().len();
    scene.pull(&["acme/model"]).ends_with(0);
    assert_eq!(scene.ranges().len(), before);
    assert_eq!(scene.listed(), ["model"]);
}

#[test]
fn a_cut_connection_goes_on_where_it_was_cut() {
    let scene = Scene::with(Faults { cut_after: Some(1 << 20), ..Faults::default() });
    scene.pull(&["acme/model/w.safetensors"]).ends_with(0);
    assert_eq!(std::fs::read(scene.models().join("w.safetensors")).unwrap(), weights());
    assert_eq!(scene.ranges(), ["bytes=0-", "bytes=1048576-", "bytes=2097152-"]);
}

#[test]
fn a_server_that_knows_no_ranges_sends_the_file_anew() {
    let scene = Scene::with(Faults { cut_after: Some(1 << 20), ignores_ranges: true, ..Faults::default() });
    let ran = scene.pull(&["acme/model/w.safetensors"]).ends_with(1);
    assert!(ran.stderr().contains("the same command goes on"), "{}", ran.stderr());
    assert!(scene.listed().is_empty());

    let whole = Faults { ignores_ranges: true, ..Faults::default() };
    scene.hub.replace("acme/model", Repository::new("mit").large("w.safetensors", &weights(), whole));
    scene.pull(&["acme/model/w.safetensors"]).ends_with(0);
    assert_eq!(std::fs::read(scene.models().join("w.safetensors")).unwrap(), weights());
}

#[test]
fn contents_with_another_hash_are_thrown_away() {
    let scene = Scene::with(Faults { wrong_byte: true, ..Faults::default() });
    let ran = scene.pull(&["acme/model/w.safetensors"]).ends_with(1);
    assert!(ran.stderr().contains(&format!("expected sha256 {}", sha256(&weights()))), "{}", ran.stderr());
    assert!(scene.listed().is_empty());
    assert!(parts(&scene.models()).is_empty(), "what was wrong must not be gone on from");
}

#[cfg(unix)]
#[test]
fn ctrl_c_leaves_a_part_that_the_next_pull_goes_on_from() {
    let slow = Faults { pace: std::time::Duration::from_millis(100), ..Faults::default() };
    let scene = Scene::with(slow);
    let child = scene
        .command(&["acme/model/w.safetensors"])
        .stderr(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    // Until something has come.
    while !parts(&scene.models()).iter().any(|part| part.metadata().is_ok_and(|it| it.len() > 0)) {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    Ran(child.wait_with_output().unwrap()).ends_with(130);
    assert!(scene.listed().is_empty(), "half a file must not be taken for a model");
    let [part] = parts(&scene.models()).try_into().unwrap();
    let there = std::fs::metadata(part).unwrap().len();
    assert!(there > 0 && there < SIZE as u64);

    let file = Repository::new("mit").large("w.safetensors", &weights(), Faults::default());
    scene.hub.replace("acme/model", file);
    scene.pull(&["acme/model/w.safetensors"]).ends_with(0);
    assert_eq!(scene.ranges().last().unwrap(), &format!("bytes={there}-"));
    assert_eq!(std::fs::read(scene.models().join("w.safetensors")).unwrap(), weights());
}

#[test]
fn a_gated_model_says_which_page_to_visit_and_takes_a_token() {
    let gated =
        Repository::new("mit").gated("hf_right").large("w.safetensors", &weights(), Faults::default());
    let scene = Scene::new([("acme/model", gated)]);
    let page = format!("visit {}/acme/model", scene.hub.url);

    let without = scene.pull(&["acme/model"]).ends_with(2).stderr();
    assert!(without.contains(&page) && without.contains("HF_TOKEN"), "{without}");
    let wrong = Ran(scene.command(&["acme/model"]).env("HF_TOKEN", "hf_wrong").output().unwrap());
    let wrong = wrong.ends_with(2).stderr();
    assert!(wrong.contains(&page) && wrong.contains("from HF_TOKEN"), "{wrong}");
    assert!(!wrong.contains("hf_wrong"), "a token is shown to nobody: {wrong}");

    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("token"), "hf_right\n").unwrap();
    let ran = Ran(scene.command(&["acme/model"]).env("HF_HOME", home.path()).output().unwrap());
    ran.ends_with(0);
    let asked = scene.hub.asked();
    let stored: Vec<_> = asked.iter().filter(|asked| asked.storage).collect();
    assert!(!stored.is_empty());
    assert!(stored.iter().all(|asked| asked.authorization.is_none()), "the token went elsewhere: {stored:?}");
}

#[test]
fn what_does_not_exist_is_said_in_a_line() {
    let scene = Scene::with(Faults::default());
    let nothing = scene.pull(&["acme/nothing"]).ends_with(2).stderr();
    assert!(nothing.contains("acme/nothing") && nothing.contains("does not exist"), "{nothing}");
    let file = scene.pull(&["acme/model/other.safetensors"]).ends_with(2).stderr();
    assert!(file.contains("there is no such file"), "{file}");
    let preset = scene.pull(&["kontext"]).ends_with(2).stderr();
    assert!(preset.contains("kontext-dev-q8") && preset.contains("tokenizers"), "{preset}");
}

#[test]
fn a_licence_with_conditions_is_agreed_to_first() {
    let card =
        json!({ "license": "other", "license_name": "acme-non-commercial", "license_link": "LICENSE.md" });
    let repository = Repository::default().card(card).large("w.safetensors", &weights(), Faults::default());
    let scene = Scene::new([("acme/model", repository)]);
    let asked = scene.pull(&["acme/model"]).ends_with(2).stderr();
    assert!(
        asked.contains("acme-non-commercial (LICENSE.md)") && asked.contains("--accept-license"),
        "{asked}"
    );
    assert!(scene.listed().is_empty() && scene.ranges().is_empty());
    scene.pull(&["acme/model", "--accept-license", "--name", "mine"]).ends_with(0);
    assert_eq!(scene.listed(), ["mine"]);
}

#[test]
fn a_repository_gives_weights_and_their_settings_once() {
    let repository = Repository::new("apache-2.0")
        .small("model_index.json", b"{}")
        .small("README.md", b"words")
        .small("vae/config.json", b"{}")
        .large("vae/model.safetensors", b"weights", Faults::default())
        .large("all-in-one.safetensors", b"the same again", Faults::default())
        .large("pytorch_model.bin", b"pickle", Faults::default())
        .small("../evil.json", b"{}");
    let scene = Scene::new([("acme/model", repository)]);
    scene.pull(&["acme/model"]).ends_with(0);
    let model = scene.models().join("model");
    assert!(model.join("vae/model.safetensors").is_file() && model.join("vae/config.json").is_file());
    for other in ["README.md", "all-in-one.safetensors", "pytorch_model.bin", "../evil.json"] {
        assert!(!model.join(other).exists(), "{other}");
    }
}

#[test]
fn tokenizers_are_found_when_a_model_brings_none() {
    let tiny = Wirebrush::staged().plugins().join("kontext/models/kontext-tiny");
    let read = |name: &str| std::fs::read(tiny.join(name)).unwrap();
    let special = b"{}";
    let scene = Scene::new([
        (
            "openai/clip-vit-large-patch14",
            Repository::default()
                .small("tokenizer.json", &read("tokenizer/tokenizer.json"))
                .small("tokenizer_config.json", &read("tokenizer/tokenizer_config.json"))
                .small("special_tokens_map.json", special),
        ),
        (
            "lmz/mt5-tokenizers",
            Repository::default().small("t5-v1_1-xxl.tokenizer.json", &read("tokenizer_2/tokenizer.json")),
        ),
    ]);
    let bare = scene.models().join("bare");
    wirebrush_cli_tests::copy_folder(&tiny, &bare).unwrap();
    std::fs::remove_dir_all(bare.join("tokenizer")).unwrap();
    std::fs::remove_dir_all(bare.join("tokenizer_2")).unwrap();

    let out = tempfile::tempdir().unwrap();
    let edit = || {
        let mut edit = scene.wirebrush.command();
        edit.args(["edit", "--model", "bare", "--steps", "1", "-o"]).arg(out.path().join("out.png"));
        Ran(edit.arg(wirebrush_cli_tests::picture("shapes.png")).arg("make it night").output().unwrap())
    };
    let without = edit().ends_with(1).stderr();
    assert!(without.contains("wirebrush model pull tokenizers"), "{without}");
    scene.pull(&["tokenizers"]).ends_with(0);
    edit().ends_with(0);
}
