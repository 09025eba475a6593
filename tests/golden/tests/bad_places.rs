//! Paths that lead to no file, or to one that does not stay as it is.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};
use tempfile::TempDir;
use wirebrush_golden_tests::bad::check_refused;
use wirebrush_golden_tests::{weight, write};
use wirebrush_kontext::detect;
use wirebrush_kontext::lora::Lora;
use wirebrush_kontext::model::ModelFiles;
use wirebrush_kontext::weights::Weights;

/// A folder with one good file.
fn good() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    write(&path, &[weight("double_blocks.0.img_mod.lin.weight", &[64, 32])]);
    (folder, path)
}

/// Every way in which a path becomes a model refuses it.
#[track_caller]
fn check_no_way_in(path: &Path, parts: &[&str]) {
    check_refused(path, parts, |path| Weights::open(path));
    check_refused(path, parts, |path| Lora::open(path));
    check_refused(path, parts, |path| detect::inspect(path));
    check_refused(path, parts, ModelFiles::find);
}

#[test]
fn what_is_no_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    check_refused(&path("gone.safetensors"), &[], |path| Weights::open(path));
    fs::create_dir(path("folder.safetensors")).unwrap();
    check_refused(&path("folder.safetensors"), &["holds no safetensors or GGUF file"], |path| {
        Weights::open(path)
    });
    fs::write(path("nothing.gguf"), "").unwrap();
    check_refused(&path("nothing.gguf"), &["is empty"], |path| Weights::open(path));
    fs::write(path("zeros.safetensors"), vec![0; 4096]).unwrap();
    check_refused(&path("zeros.safetensors"), &["not a safetensors"], |path| Weights::open(path));
}

/// Nobody writes to the pipe, so that who opens it would wait for ever; the devices never end.
#[cfg(unix)]
#[test]
fn pipes_and_devices_are_refused_and_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["pipe.safetensors", "pipe.gguf", "model.safetensors.index.json"] {
        let pipe = folder.path().join(name);
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        check_no_way_in(&pipe, &["is a pipe or a device, expected a file"]);
    }
    for device in ["/dev/zero", "/dev/null"] {
        check_no_way_in(Path::new(device), &["is a pipe or a device, expected a file"]);
    }
}

#[cfg(unix)]
#[test]
fn links_and_permissions_end_in_a_sentence() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let (folder, good) = good();
    let path = |name: &str| folder.path().join(name);
    symlink("loop.safetensors", path("loop.safetensors")).unwrap();
    check_refused(&path("loop.safetensors"), &[], |path| Weights::open(path));
    symlink("nowhere", path("dangling.safetensors")).unwrap();
    check_refused(&path("dangling.safetensors"), &[], |path| Weights::open(path));
    symlink(&good, path("link.safetensors")).unwrap();
    assert!(Weights::open(path("link.safetensors")).is_ok(), "a link to a good file is good");
    fs::set_permissions(&good, fs::Permissions::from_mode(0o000)).unwrap();
    // Nothing is forbidden to root.
    if fs::File::open(&good).is_err() {
        check_refused(&good, &["ermission"], |path| Weights::open(path));
    }
}

#[test]
fn a_file_that_is_shortened_or_written_while_in_use_is_an_error() {
    for shorten in [true, false] {
        let (_folder, path) = good();
        let weights = Weights::open(&path).unwrap();
        let name = "double_blocks.0.img_mod.lin.weight";
        assert!(weights.get_any(name).is_ok());
        let file = OpenOptions::new().write(true).open(&path).unwrap();
        if shorten {
            file.set_len(100).unwrap();
        } else {
            // The clock of the file system may be coarse, so the time is set and not waited for.
            let later = std::time::SystemTime::now() + std::time::Duration::from_secs(5);
            file.set_modified(later).unwrap();
        }
        let expected = ["was changed while it was in use"];
        check_refused(&path, &expected, |_| weights.get_any(name));
        check_refused(&path, &expected, |_| weights.encoded(name));
        check_refused(&path, &expected, |_| weights.read_rows(name, 0..1, &mut [0.0; 32]));
    }
}

/// The file is cut while it is read: a page of a map that is gone would end the process.
#[test]
fn a_file_that_is_cut_in_the_middle_of_a_read_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    write(&path, &[weight("large.weight", &[2048, 2048])]);
    let weights = Weights::open(&path).unwrap();
    let error = std::thread::scope(|scope| {
        scope.spawn(|| {
            let file = OpenOptions::new().write(true).open(&path).unwrap();
            file.set_len(1000).unwrap();
        });
        loop {
            if let Err(error) = weights.get_any("large.weight") {
                return error;
            }
        }
    });
    check_refused(&path, &["was changed while it was in use"], |_| Err::<(), _>(error));
}

#[test]
fn a_file_that_is_replaced_by_another_is_read_to_its_end() {
    let (folder, path) = good();
    let name = "double_blocks.0.img_mod.lin.weight";
    let values =
        |weights: &Weights| weights.get_any(name).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
    let weights = Weights::open(&path).unwrap();
    let before = values(&weights);
    let newer = folder.path().join("newer");
    write(&newer, &[weight("other.weight", &[1, 1])]);
    fs::rename(newer, &path).unwrap();
    assert_eq!(values(&weights), before);
    assert!(Weights::open(&path).unwrap().get_any(name).is_err());
}

#[test]
fn an_index_that_lies_is_refused() {
    let (folder, _) = good();
    let index = folder.path().join("model.safetensors.index.json");
    let owner = |shard: Json| json!({ "weight_map": { "img_in.weight": shard } });
    for (document, expected) in [
        (owner(json!("../model.safetensors")), "plain file name"),
        (owner(json!("/etc/passwd")), "plain file name"),
        (owner(json!("..")), "plain file name"),
        (owner(json!("")), "model.safetensors.index.json"),
        (owner(json!("a\0b")), "`a\\0b`, which is not beside it"),
        (owner(json!("gone.safetensors")), "`gone.safetensors`, which is not beside it"),
        (owner(json!(7)), "names no shard"),
        (owner(json!("model.safetensors.index.json")), "not a safetensors"),
        (json!({ "weight_map": { "no.such": "model.safetensors" } }), "but it does not"),
        (json!({ "weight_map": [] }), "weight_map"),
        (json!({ "weight_map": {} }), "model.safetensors.index.json"),
        (json!([]), "weight_map"),
    ] {
        fs::write(&index, document.to_string()).unwrap();
        check_refused(&index, &[expected], |path| Weights::open(path));
    }
}
