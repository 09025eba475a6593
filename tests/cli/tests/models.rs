//! `wirebrush model`: names for files wherever they lie, and graphs whose model is elsewhere.

use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};
use wirebrush_cli_tests::{Ran, Wirebrush, copy_folder, picture};

struct Scene {
    wirebrush: Wirebrush,
    folder: tempfile::TempDir,
}

impl Scene {
    fn new() -> Self {
        Self { wirebrush: Wirebrush::staged(), folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn tiny(&self) -> PathBuf {
        self.wirebrush.plugins().join("kontext/models/kontext-tiny")
    }

    /// ComfyUI's folders with the parts of the embedded model in them. A part of that size needs its configuration.
    fn comfyui(&self) -> PathBuf {
        let root = self.path("ComfyUI");
        for (from, to) in [
            ("transformer", "models/diffusion_models/tiny"),
            ("vae", "models/vae/tiny"),
            ("text_encoder", "models/text_encoders/clip"),
            ("text_encoder_2", "models/text_encoders/t5"),
        ] {
            copy_folder(&self.tiny().join(from), &root.join(to)).unwrap();
        }
        for file in ["wirebrush.json", "scheduler/scheduler_config.json"] {
            let name = Path::new(file).file_name().unwrap();
            let to = root.join("models/diffusion_models/tiny").join(name);
            std::fs::copy(self.tiny().join(file), to).unwrap();
        }
        std::fs::create_dir_all(root.join("models/loras")).unwrap();
        root
    }

    /// The embedded model's tokenizers, as `model pull tokenizers` would leave those of the real one.
    fn tokenizers(&self) {
        for name in ["tokenizer", "tokenizer_2"] {
            let to = self.wirebrush.data().join("models/tokenizers").join(name);
            copy_folder(&self.tiny().join(name), &to).unwrap();
        }
    }

    fn run(&self, args: &[&str]) -> Ran {
        self.wirebrush.run(args)
    }

    fn edit(&self, model: &str, to: &str) -> Ran {
        let mut edit = self.wirebrush.command();
        edit.args(["edit", "--model", model, "--steps", "1", "--no-cache", "-o"]).arg(self.path(to));
        Ran(edit.arg(picture("shapes.png")).arg("make it night").output().unwrap())
    }

    fn pixels(&self, name: &str) -> Vec<u8> {
        image::open(self.path(name)).unwrap().into_rgb8().into_raw()
    }

    /// A model of the embedded one's family with another hash.
    fn relative(&self, name: &str) -> PathBuf {
        let model = self.wirebrush.data().join("models").join(name);
        copy_folder(&self.tiny(), &model).unwrap();
        let index = model.join("model_index.json");
        let text = std::fs::read_to_string(&index).unwrap();
        std::fs::write(&index, format!("{text}\n")).unwrap();
        model
    }

    fn listed(&self, name: &str) -> Option<Json> {
        let listed = self.run(&["model", "list", "--json"]).ends_with(0).stdout();
        let listed: Vec<Json> = serde_json::from_str(&listed).unwrap();
        listed.into_iter().find(|model| model["name"] == name)
    }
}

#[test]
fn a_folder_is_added_where_it_lies_and_its_files_stay_when_it_is_removed() {
    let scene = Scene::new();
    copy_folder(&scene.tiny(), &scene.path("elsewhere")).unwrap();
    let path = scene.path("elsewhere");
    scene.run(&["model", "add", path.to_str().unwrap(), "--name", "mine"]).ends_with(0);
    let mine = scene.listed("mine").unwrap();
    assert_eq!((&mine["role"], &mine["origin"]), (&json!("set"), &json!("added")));
    assert!(mine["blake3"].is_string());
    scene.edit("mine", "mine.png").ends_with(0);
    scene.edit("kontext-tiny", "tiny.png").ends_with(0);
    assert_eq!(scene.pixels("mine.png"), scene.pixels("tiny.png"));

    scene.run(&["model", "remove", "mine"]).ends_with(0);
    assert_eq!(scene.listed("mine"), None);
    assert!(path.join("model_index.json").is_file());
    scene.run(&["model", "remove", "mine"]).ends_with(2);
}

#[test]
fn a_copy_belongs_to_the_models_folder_and_goes_with_its_name() {
    let scene = Scene::new();
    let vae = scene.tiny().join("vae");
    scene.run(&["model", "add", vae.to_str().unwrap(), "--name", "my-vae", "--copy"]).ends_with(0);
    let copy = scene.wirebrush.data().join("models/my-vae");
    assert!(copy.join("diffusion_pytorch_model.safetensors").is_file());
    scene.run(&["model", "remove", "my-vae"]).ends_with(0);
    assert!(!copy.exists());
    assert!(vae.is_dir());
}

#[test]
fn what_a_killed_copy_has_left_can_be_removed() {
    let scene = Scene::new();
    let models = scene.wirebrush.data().join("models");
    let left = models.join(".copy-abc/model");
    std::fs::create_dir_all(&left).unwrap();
    std::fs::write(left.join("config.json"), "{}").unwrap();
    let listed = scene.run(&["model", "list"]).ends_with(0).stdout();
    let last = listed.lines().last().unwrap();
    assert!(last.starts_with("unfinished: 1 file, ") && last.contains("remove --unfinished"), "{last}");
    scene.run(&["model", "remove", "--unfinished"]).ends_with(0);
    assert!(!models.join(".copy-abc").exists());
    let listed = scene.run(&["model", "list"]).ends_with(0).stdout();
    assert!(!listed.contains("unfinished"), "{listed}");
}

#[test]
fn a_name_is_given_once_and_the_embedded_model_stays() {
    let scene = Scene::new();
    let tiny = scene.tiny();
    let taken = scene.run(&["model", "add", tiny.join("vae").to_str().unwrap(), "--name", "kontext-tiny"]);
    assert!(taken.ends_with(2).stderr().contains("already"));
    let kept = scene.run(&["model", "remove", "kontext-tiny"]).ends_with(2).stderr();
    assert!(kept.contains("a plugin brought it along"), "{kept}");
    assert!(tiny.is_dir());
}

#[test]
fn verify_tells_a_change_from_damage() {
    let scene = Scene::new();
    let model = scene.wirebrush.data().join("models/m");
    copy_folder(&scene.tiny().join("vae"), &model).unwrap();
    let file = model.join("diffusion_pytorch_model.safetensors");
    scene.run(&["model", "verify", "m"]).ends_with(0);
    scene.run(&["model", "verify", "m"]).ends_with(0);

    // Other bytes, as if nobody had written: what a failing disk leaves.
    let modified = file.metadata().unwrap().modified().unwrap();
    let mut bytes = std::fs::read(&file).unwrap();
    let right = bytes.clone();
    *bytes.last_mut().unwrap() ^= 1;
    let write = |bytes: &[u8]| {
        std::fs::write(&file, bytes).unwrap();
        std::fs::File::options().write(true).open(&file).unwrap().set_modified(modified).unwrap();
    };
    write(&bytes);
    for _ in 0..2 {
        let damaged = scene.run(&["model", "verify", "m"]).ends_with(1).stdout();
        assert!(damaged.contains("safetensors damaged"), "{damaged}");
    }
    write(&right);
    scene.run(&["model", "verify", "m"]).ends_with(0);

    bytes.push(0);
    std::fs::write(&file, &bytes).unwrap();
    let changed = scene.run(&["model", "verify", "m"]).ends_with(1).stdout();
    assert!(changed.contains("safetensors changed"), "{changed}");
    scene.run(&["model", "verify", "m"]).ends_with(0);
}

#[test]
fn parts_that_lie_anywhere_form_a_set_that_edits_like_the_whole() {
    let scene = Scene::new();
    let root = scene.comfyui().join("models");
    scene.tokenizers();
    let file = |folder: &str, name: &str| root.join(folder).join(name).display().to_string();
    let diffusers = "diffusion_pytorch_model.safetensors";
    let (transformer, vae) = (file("diffusion_models/tiny", diffusers), file("vae/tiny", diffusers));
    let (clip, t5) =
        (file("text_encoders/clip", "model.safetensors"), file("text_encoders/t5", "model.safetensors"));

    let wrong = scene.run(&["model", "add", "--name", "parts", "--transformer", &vae]).ends_with(2).stderr();
    assert!(wrong.contains("expected a transformer, found vae"), "{wrong}");
    let parts = ["--transformer", &transformer, "--vae", &vae, "--clip", &clip, "--t5", &t5];
    scene.run(&[&["model", "add", "--name", "parts"], &parts[..]].concat()).ends_with(0);
    assert_eq!(scene.listed("parts").unwrap()["role"], "set");
    scene.edit("parts", "parts.png").ends_with(0);
    scene.edit("kontext-tiny", "tiny.png").ends_with(0);
    assert_eq!(scene.pixels("parts.png"), scene.pixels("tiny.png"));
}

#[test]
fn comfyui_is_used_in_place_and_never_written_to() {
    let scene = Scene::new();
    let root = scene.comfyui();
    scene.tokenizers();
    let before = files(&root);
    let told = scene.run(&["model", "import-comfyui", root.to_str().unwrap()]).ends_with(0).stdout();
    assert!(told.contains("tiny/diffusion_pytorch_model.safetensors: transformer"), "{told}");
    let clip = scene.listed("clip/model.safetensors").unwrap();
    assert_eq!((&clip["role"], &clip["origin"]), (&json!("clip"), &json!("ComfyUI")));

    scene.edit("tiny-diffusion_pytorch_model", "comfy.png").ends_with(0);
    scene.edit("kontext-tiny", "tiny.png").ends_with(0);
    assert_eq!(scene.pixels("comfy.png"), scene.pixels("tiny.png"));

    // A file that is put there later is there.
    std::fs::write(root.join("models/loras/ink.safetensors"), "").unwrap();
    assert_eq!(scene.listed("ink.safetensors").unwrap()["role"], "lora");
    std::fs::remove_file(root.join("models/loras/ink.safetensors")).unwrap();

    let kept = scene.run(&["model", "remove", "clip/model.safetensors"]).ends_with(2).stderr();
    assert!(kept.contains("ComfyUI"), "{kept}");
    scene.run(&["model", "remove", root.to_str().unwrap()]).ends_with(0);
    assert_eq!(scene.listed("clip/model.safetensors"), None);
    assert_eq!(scene.listed("tiny-diffusion_pytorch_model"), None, "the set goes with the folder");
    assert_eq!(files(&root), before);
}

/// What lies among LoRAs is listed as one, whoever may read it.
#[cfg(unix)]
#[test]
fn a_model_that_may_not_be_read_is_listed_as_such() {
    use std::os::unix::fs::PermissionsExt;
    let scene = Scene::new();
    let lora = scene.wirebrush.data().join("models/loras/ink.safetensors");
    std::fs::create_dir_all(lora.parent().unwrap()).unwrap();
    std::fs::write(&lora, "secret").unwrap();
    assert!(scene.listed("ink.safetensors").unwrap()["unreadable"].is_null());
    std::fs::set_permissions(&lora, std::fs::Permissions::from_mode(0o000)).unwrap();
    let listed = scene.run(&["model", "list"]).ends_with(0).stdout();
    let line = listed.lines().find(|line| line.contains("ink.safetensors")).unwrap();
    // Nothing is forbidden to root.
    let refused = std::fs::File::open(&lora).is_err();
    assert_eq!(line.contains("ink.safetensors cannot be read: Permission denied"), refused, "{line}");
}

fn files(folder: &Path) -> Vec<(PathBuf, Option<std::time::SystemTime>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        if entry.path().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push((entry.path(), entry.metadata().unwrap().modified().ok()));
        }
    }
    found.sort();
    found
}

#[test]
fn a_repository_in_the_hugging_face_cache_is_a_model() {
    let scene = Scene::new();
    let snapshot = scene.path("hub/models--acme--kontext/snapshots/aa11");
    copy_folder(&scene.tiny(), &snapshot).unwrap();
    scene.run(&["model", "import-hf-cache", scene.folder.path().to_str().unwrap()]).ends_with(0);
    assert_eq!(scene.listed("acme/kontext").unwrap()["origin"], "Hugging Face cache");
    scene.edit("acme/kontext", "cached.png").ends_with(0);
}

#[test]
fn a_register_that_cannot_be_read_is_told_and_left_alone() {
    let scene = Scene::new();
    let register = scene.wirebrush.data().join("models.json");
    std::fs::create_dir_all(scene.wirebrush.data()).unwrap();
    for broken in ["{", r#"{ "format": "wirebrush/models", "version": 2 }"#] {
        std::fs::write(&register, broken).unwrap();
        let listed = scene.run(&["model", "list"]).ends_with(0);
        assert!(listed.stdout().contains("kontext-tiny"), "{}", listed.stdout());
        assert!(
            listed.stderr().contains("models.json: expected wirebrush/models version 1"),
            "{}",
            listed.stderr()
        );
        let vae = scene.tiny().join("vae");
        let added = scene.run(&["model", "add", vae.to_str().unwrap(), "--name", "v"]).ends_with(1);
        assert!(added.stderr().contains("models.json"), "{}", added.stderr());
        assert_eq!(std::fs::read_to_string(&register).unwrap(), broken);
    }
}

#[test]
fn processes_that_change_the_register_at_once_lose_nothing() {
    let scene = Scene::new();
    let vae = scene.tiny().join("vae");
    let children: Vec<_> = (0..6)
        .map(|index| {
            let mut add = scene.wirebrush.command();
            add.args(["model", "add", "--name", &format!("vae-{index}")]).arg(&vae);
            add.stdout(std::process::Stdio::null()).spawn().unwrap()
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    for index in 0..6 {
        assert!(scene.listed(&format!("vae-{index}")).is_some(), "vae-{index}");
    }
}

#[test]
fn a_graph_finds_its_model_again_under_another_name() {
    let scene = Scene::new();
    let first = scene.wirebrush.data().join("models/first");
    copy_folder(&scene.tiny(), &first).unwrap();
    scene.edit("first", "first.png").ends_with(0);
    std::fs::remove_dir_all(&first).unwrap();

    // The embedded model has the same contents.
    scene.edit("kontext-tiny", "tiny.png").ends_with(0);
    let result = scene.path("first.png");
    let checked = scene.run(&["check", result.to_str().unwrap()]).ends_with(0).stdout();
    assert!(checked.contains("`kontext-tiny` is the same model and is used instead"), "{checked}");
    let again = scene.path("again");
    let ran = scene.run(&["run", "--no-cache", "-o", again.to_str().unwrap(), result.to_str().unwrap()]);
    let ran = ran.ends_with(0);
    assert!(ran.stderr().contains("`kontext-tiny` is the same model"), "{}", ran.stderr());
    assert_eq!(scene.pixels("again/first.png"), scene.pixels("tiny.png"));
}

#[test]
fn a_model_that_nobody_has_read_takes_the_place_of_a_missing_one() {
    let here = Scene::new();
    here.relative("first");
    here.edit("first", "first.png").ends_with(0);
    let result = here.path("first.png");

    let elsewhere = Scene::new();
    elsewhere.relative("second");
    std::fs::write(elsewhere.wirebrush.data().join("models/notes.txt"), "no model").unwrap();
    let checked = elsewhere.run(&["check", result.to_str().unwrap()]).ends_with(0);
    assert!(
        checked.stdout().contains("`second` is the same model and is used instead"),
        "{}",
        checked.stdout()
    );
    assert!(checked.stderr().contains("reading second"), "{}", checked.stderr());
    let json = elsewhere.run(&["check", "--json", result.to_str().unwrap()]).ends_with(0).stdout();
    assert_eq!(serde_json::from_str::<Json>(&json).unwrap()["sound"], true);

    let other = Scene::new();
    other.relative("third");
    let again = other.path("again");
    let ran = other.run(&["run", "--no-cache", "-o", again.to_str().unwrap(), result.to_str().unwrap()]);
    let ran = ran.ends_with(0);
    assert!(ran.stderr().contains("`third` is the same model"), "{}", ran.stderr());
    let pixels = |path: &Path| image::open(path).unwrap().into_rgb8().into_raw();
    assert_eq!(pixels(&again.join("first.png")), pixels(&result));
}

#[test]
fn no_model_is_looked_into_while_none_is_missing() {
    let scene = Scene::new();
    scene.edit("kontext-tiny", "tiny.png").ends_with(0);
    let register = scene.wirebrush.data().join("models.json");
    let before = std::fs::read_to_string(&register).unwrap();
    scene.relative("other");
    scene.run(&["check", scene.path("tiny.png").to_str().unwrap()]).ends_with(0);
    assert_eq!(std::fs::read_to_string(&register).unwrap(), before);
}

#[test]
fn a_graph_whose_model_is_missing_offers_the_same_family() {
    let scene = Scene::new();
    let first = scene.relative("first");
    scene.edit("first", "first.png").ends_with(0);
    std::fs::remove_dir_all(&first).unwrap();

    // Nobody has asked yet what the embedded model is.
    let result = scene.path("first.png");
    let checked = scene.run(&["check", result.to_str().unwrap()]).ends_with(2).stdout();
    assert!(checked.contains("found `first`; of the same family"), "{checked}");
    assert!(checked.contains("`kontext-tiny`"), "{checked}");
    let ran = scene.run(&["run", result.to_str().unwrap()]).ends_with(2).stderr();
    assert!(ran.contains("`kontext-tiny`"), "{ran}");
}

#[test]
fn a_model_that_is_another_than_the_graphs_is_told() {
    let scene = Scene::new();
    let first = scene.wirebrush.data().join("models/first");
    copy_folder(&scene.tiny(), &first).unwrap();
    scene.edit("first", "first.png").ends_with(0);
    let index = first.join("model_index.json");
    let text = std::fs::read_to_string(&index).unwrap();
    std::fs::write(&index, format!("{text}\n")).unwrap();
    scene.run(&["model", "verify", "first"]);
    let checked = scene.run(&["check", scene.path("first.png").to_str().unwrap()]).ends_with(0).stdout();
    assert!(checked.contains("warning") && checked.contains("`first` with blake3"), "{checked}");
}
