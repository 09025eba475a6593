//! `wirebrush model pull` against a server that behaves like the hub.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

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

    /// A download under way of which something has come.
    fn begun(&self) -> Child {
        let mut command = self.command(&["acme/model/w.safetensors"]);
        let child = command.stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        while !parts(&self.models()).iter().any(|part| part.metadata().is_ok_and(|it| it.len() > 0)) {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        child
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

#[test]
fn a_file_of_another_size_than_described_is_refused() {
    let scene = Scene::with(Faults { missing: 10, ..Faults::default() });
    let ran = scene.pull(&["acme/model/w.safetensors"]).ends_with(1);
    let expected = format!("expected {SIZE} bytes, the server has {}", SIZE - 10);
    assert!(ran.stderr().contains(&expected), "{}", ran.stderr());
    assert!(scene.listed().is_empty());
}

#[test]
fn a_busy_server_is_asked_again() {
    let scene = Scene::with(Faults { busy: 2, ..Faults::default() });
    scene.pull(&["acme/model/w.safetensors"]).ends_with(0);
    assert_eq!(scene.ranges(), ["bytes=0-"; 3]);
    scene.hub.replace("acme/model", Repository::default().answers("429 Too Many Requests"));
    let busy = scene.pull(&["acme/model"]).ends_with(2).stderr();
    assert!(busy.contains("HTTP 429") && busy.contains("try again later"), "{busy}");
}

#[test]
fn redirections_that_lead_in_circles_or_elsewhere_end() {
    for (place, why) in
        [("/acme/model/resolve/main/w.safetensors", "redirections"), ("file:///etc/passwd", "file:///")]
    {
        let scene = Scene::with(Faults { leads_to: Some(place), ..Faults::default() });
        let ran = scene.pull(&["acme/model/w.safetensors"]).ends_with(1);
        assert!(ran.stderr().contains(why), "{}", ran.stderr());
        assert!(scene.listed().is_empty());
    }
}

/// Stops a slow download with a signal, and goes on with it.
#[cfg(unix)]
#[track_caller]
fn interrupted(signal: &str, code: Option<i32>) {
    let slow = Faults { pace: std::time::Duration::from_millis(100), ..Faults::default() };
    let scene = Scene::with(slow);
    let child = scene.begun();
    Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    assert_eq!(child.wait_with_output().unwrap().status.code(), code);
    assert!(scene.listed().is_empty(), "half a file must not be taken for a model");
    let [part] = parts(&scene.models()).try_into().unwrap();
    let there = std::fs::metadata(part).unwrap().len();
    assert!(there > 0 && there < SIZE as u64);

    let file = Repository::new("mit").large("w.safetensors", &weights(), Faults::default());
    scene.hub.replace("acme/model", file);
    let listed = scene.wirebrush.run(["model", "list"]).ends_with(0).stdout();
    let last = listed.lines().last().unwrap();
    let again = "`wirebrush model pull acme/model/w.safetensors` goes on with it";
    assert!(last.starts_with("unfinished: 1 file, ") && last.contains(again), "{last}");
    scene.pull(&["acme/model/w.safetensors"]).ends_with(0);
    assert_eq!(scene.ranges().last().unwrap(), &format!("bytes={there}-"));
    assert_eq!(std::fs::read(scene.models().join("w.safetensors")).unwrap(), weights());
    let register = std::fs::read_to_string(scene.wirebrush.data().join("models.json")).unwrap();
    assert!(!register.contains("\"pulls\""), "{register}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_leaves_a_part_that_the_next_pull_goes_on_from() {
    interrupted("-INT", Some(130));
}

#[cfg(unix)]
#[test]
fn a_killed_pull_leaves_a_part_that_the_next_pull_goes_on_from() {
    interrupted("-KILL", None);
}

#[test]
fn what_is_unfinished_is_removed_when_nobody_goes_on_with_it() {
    let slow = Faults { pace: std::time::Duration::from_millis(50), ..Faults::default() };
    let scene = Scene::with(slow);
    let mut child = scene.begun();
    std::fs::write(scene.models().join(".pull/aa.part"), "of another time").unwrap();
    let refused = scene.wirebrush.run(["model", "remove", "--unfinished"]).ends_with(1).stderr();
    assert!(refused.contains("is under way"), "{refused}");
    assert_eq!(parts(&scene.models()).len(), 2);
    child.kill().unwrap();
    child.wait().unwrap();
    let removed = scene.wirebrush.run(["model", "remove", "--unfinished", "--json"]).ends_with(0).stdout();
    assert_eq!(serde_json::from_str::<Json>(&removed).unwrap()["files"], 2);
    assert!(parts(&scene.models()).is_empty());
    let listed = scene.wirebrush.run(["model", "list"]).ends_with(0).stdout();
    assert!(!listed.contains("unfinished"), "{listed}");
}

#[test]
fn a_download_that_does_not_fit_is_refused_before_it_begins() {
    let large = Faults { described: Some(1 << 60), ..Faults::default() };
    let scene = Scene::with(large);
    let refused = scene.pull(&["acme/model/w.safetensors"]).ends_with(1).stderr();
    let line = refused.lines().last().unwrap();
    let folder = scene.models();
    assert!(line.contains("1.00 EiB are still to come"), "{line}");
    assert!(line.contains(" are free in ") && line.contains(folder.to_str().unwrap()), "{line}");
    assert!(scene.ranges().is_empty() && parts(&folder).is_empty());
    let register = std::fs::read_to_string(scene.wirebrush.data().join("models.json")).unwrap();
    assert!(!register.contains("pulls"), "{register}");
}

#[test]
fn a_model_of_several_files_gets_its_name_when_all_of_them_are_here() {
    let repository = |faults: Faults| {
        Repository::new("mit").large("a.safetensors", b"first", Faults::default()).large(
            "b.safetensors",
            b"second",
            faults,
        )
    };
    let scene = Scene::new([("acme/model", repository(Faults { wrong_byte: true, ..Faults::default() }))]);
    scene.pull(&["acme/model"]).ends_with(1);
    assert!(scene.listed().is_empty());
    scene.hub.replace("acme/model", repository(Faults::default()));
    scene.pull(&["acme/model"]).ends_with(0);
    assert_eq!(std::fs::read(scene.models().join("model/b.safetensors")).unwrap(), b"second");
    assert_eq!(scene.ranges().len(), 3, "the first file must not come twice");
    let known = scene.wirebrush.run(["model", "list", "--json"]).ends_with(0).stdout();
    let known: Vec<Json> = serde_json::from_str(&known).unwrap();
    let model = known.iter().find(|model| model["name"] == "model").unwrap();
    assert!(model["blake3"].is_string(), "what was hashed on the way need not be read again: {model}");
}

#[test]
fn a_name_that_another_model_has_is_not_taken_from_it() {
    let scene = Scene::with(Faults::default());
    let taken = scene.pull(&["acme/model", "--name", "kontext-tiny"]).ends_with(2).stderr();
    assert!(taken.contains("already") && taken.contains("--name"), "{taken}");
    assert!(scene.ranges().is_empty());
}

#[test]
fn equal_files_are_fetched_once() {
    let repository = Repository::new("mit").large("a/w.safetensors", b"weights", Faults::default()).large(
        "b/w.safetensors",
        b"weights",
        Faults::default(),
    );
    let scene = Scene::new([("acme/model", repository)]);
    scene.pull(&["acme/model"]).ends_with(0);
    for name in ["model/a/w.safetensors", "model/b/w.safetensors"] {
        assert_eq!(std::fs::read(scene.models().join(name)).unwrap(), b"weights", "{name}");
    }
    assert_eq!(scene.ranges().len(), 1);
    assert!(parts(&scene.models()).is_empty());
}

#[test]
fn a_file_may_be_named_by_the_address_of_its_page() {
    let scene =
        Scene::new([("acme/model", Repository::new("mit").large("w (1).gguf", b"w", Faults::default()))]);
    let page = format!("{}/acme/model/blob/main/w (1).gguf", scene.hub.url);
    scene.pull(&[&page]).ends_with(0);
    assert_eq!(scene.listed(), ["w (1).gguf"]);
    let other = scene.pull(&["https://elsewhere.example/acme/model"]).ends_with(2).stderr();
    assert!(other.contains(&scene.hub.url), "{other}");
}

#[test]
fn names_from_the_hub_lead_nowhere_but_into_the_models_folder() {
    let mut repository =
        Repository::new("mit").small("config.json", b"{}").large("w.safetensors", b"w", Faults::default());
    let evil = [
        "../up.json",
        "a/../../up.json",
        "/abs.json",
        "..\\back.json",
        "C:drive.json",
        "CON.json",
        ".hidden.json",
    ];
    for name in evil {
        repository = repository.small(name, b"evil");
    }
    let scene = Scene::new([("acme/model", repository)]);
    scene.pull(&["acme/model"]).ends_with(0);
    let mut names: Vec<_> = std::fs::read_dir(scene.models().join("model"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["config.json", "w.safetensors"]);
    assert_eq!(scene.listed(), ["model"]);
    for name in ["../../x", "acme/..", "acme/model/../../x.gguf"] {
        scene.pull(&[name]).ends_with(2);
    }
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
    assert!(parts(&scene.models()).is_empty(), "nothing has come that could be gone on with");

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
fn a_license_with_conditions_is_agreed_to_first() {
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

#[test]
fn a_graph_says_what_its_model_was_downloaded_with() {
    let tiny = Wirebrush::staged().plugins().join("kontext/models/kontext-tiny");
    let mut repository = Repository::new("apache-2.0");
    for name in files(&tiny, "") {
        repository = repository.small(&name, &std::fs::read(tiny.join(&name)).unwrap());
    }
    // Another hash than that of the embedded model.
    repository = repository.small("extra.json", b"{}");
    let scene = Scene::new([("acme/tiny", repository)]);
    scene.pull(&["acme/tiny", "--name", "mine"]).ends_with(0);
    let out = tempfile::tempdir().unwrap();
    let picture = out.path().join("out.png");
    let mut edit = scene.wirebrush.command();
    edit.args(["edit", "--model", "mine", "--steps", "1", "-o"]).arg(&picture);
    Ran(edit.arg(wirebrush_cli_tests::picture("shapes.png")).arg("make it night").output().unwrap())
        .ends_with(0);

    let elsewhere = Wirebrush::staged();
    let checked = elsewhere.run([Path::new("check"), &picture]).ends_with(2).stdout();
    assert!(checked.contains("`wirebrush model pull acme/tiny` gets it"), "{checked}");
}

fn files(folder: &Path, before: &str) -> Vec<String> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let name = format!("{before}{}", entry.file_name().to_str().unwrap());
        if entry.path().is_dir() {
            names.extend(files(&entry.path(), &format!("{name}/")));
        } else {
            names.push(name);
        }
    }
    names
}
