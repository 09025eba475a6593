//! `wirebrush model convert`, from outside.

use std::fs;
use std::path::Path;

use wirebrush_cli_tests::{Wirebrush, picture};

fn convert<'a>(to: &'a Path, more: &[&'a str]) -> Vec<&'a str> {
    let to = to.to_str().expect("temporary folders have plain names");
    ["model", "convert", "kontext-tiny", to, "--part", "transformer"].iter().chain(more).copied().collect()
}

#[test]
fn a_model_is_converted_once_and_replaced_only_when_told() {
    let wirebrush = Wirebrush::staged();
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("tiny.gguf");
    let ran = wirebrush.run(convert(&to, &["--to", "q8_0"])).ends_with(0);
    assert!(
        ran.stdout().contains("tiny.gguf: FLUX transformer") && ran.stdout().contains("Q8_0"),
        "{}",
        ran.stdout()
    );
    let first = fs::read(&to).unwrap();
    assert!(first.starts_with(b"GGUF"));
    let ran = wirebrush.run(convert(&to, &["--to", "q4_k"])).ends_with(2);
    assert!(ran.stderr().contains("--force replaces it"), "{}", ran.stderr());
    assert!(fs::read(&to).unwrap() == first);
    wirebrush.run(convert(&to, &["--to", "q8_0", "--force"])).ends_with(0);
    assert!(fs::read(&to).unwrap() == first, "the same request gives the same bytes");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no unfinished file is left");
}

#[test]
fn a_wrong_ending_and_a_folder_that_is_not_there_are_said_before_anything_is_written() {
    let wirebrush = Wirebrush::staged();
    let folder = tempfile::tempdir().unwrap();
    let ran = wirebrush.run(convert(&folder.path().join("tiny.safetensors"), &["--to", "q8_0"])).ends_with(1);
    assert!(ran.stderr().contains("ends in .gguf for q8_0"), "{}", ran.stderr());
    let ran = wirebrush.run(convert(&folder.path().join("no/tiny.gguf"), &["--to", "q8_0"])).ends_with(2);
    assert!(ran.stderr().contains("no such folder"), "{}", ran.stderr());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// Nothing but the files themselves: no configuration beside them, no tokenizer named.
#[test]
fn converted_parts_make_a_set_that_edits() {
    let wirebrush = Wirebrush::staged();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (transformer, t5, vae, clip) =
        (path("tiny.gguf"), path("t5.gguf"), path("vae.safetensors"), path("clip.safetensors"));
    for (to, part, format) in [
        (&transformer, "transformer", "q8_0"),
        (&t5, "t5", "q4_k"),
        (&vae, "vae", "bf16"),
        (&clip, "clip", "fp8"),
    ] {
        wirebrush
            .run(["model", "convert", "kontext-tiny", to.as_str(), "--part", part, "--to", format])
            .ends_with(0);
    }
    let words = wirebrush.run(["model", "inspect", &transformer]).ends_with(0).stdout();
    assert!(words.contains("4 heads of 32") && !words.contains("cannot be used"), "{words}");
    let parts = ["--transformer", &transformer, "--t5", &t5, "--vae", &vae, "--clip", "kontext-tiny"];
    wirebrush.run([&["model", "add", "--name", "mine"], &parts[..]].concat()).ends_with(0);
    let words = wirebrush.run(["model", "inspect", "mine"]).ends_with(0).stdout();
    assert!(words.contains("nothing is missing for an edit"), "{words}");
    let picture = picture("shapes.png");
    let result = path("purple.png");
    let edit =
        ["edit", picture.to_str().unwrap(), "make the circle purple", "--model", "mine", "--steps", "2"];
    wirebrush.run([&edit[..], &["--size", "64x64", "-o", &result]].concat()).ends_with(0);
    assert!(fs::read(&result).unwrap().starts_with(b"\x89PNG"));
}

#[test]
fn options_with_unknown_words_say_in_one_line_which_there_are() {
    let wirebrush = Wirebrush::staged();
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("x.gguf");
    let ran = wirebrush.run(convert(&to, &["--to", "q9"])).ends_with(2);
    assert!(ran.stderr().starts_with("error: --to: expected one of `q8_0`"), "{}", ran.stderr());
    assert_eq!(ran.stderr().lines().count(), 1, "{}", ran.stderr());
    let all = ["model", "convert", "kontext-tiny", to.to_str().unwrap(), "--to", "q8_0"];
    let ran = wirebrush.run(all).ends_with(1);
    let expected = "input `part`: expected transformer, vae, clip, t5, siglip or redux";
    assert!(ran.stderr().contains(expected), "{}", ran.stderr());
}

/// A process that may write no file beyond a size gets the same answer from the system as one whose disk is full.
#[cfg(unix)]
#[test]
fn a_disk_that_is_full_leaves_no_file_of_the_name_and_the_work_goes_on_later() {
    let wirebrush = Wirebrush::staged();
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole.gguf");
    wirebrush.run(convert(&whole, &["--to", "q8_0"])).ends_with(0);
    let to = folder.path().join("tiny.gguf");
    let program = wirebrush.command();
    let mut limited = std::process::Command::new("sh");
    // The limit is in blocks of 512 bytes. Its signal would end the process before it sees an error.
    limited.args(["-c", "trap '' XFSZ; ulimit -f 200; exec \"$@\"", "sh"]).arg(program.get_program());
    limited.args(convert(&to, &["--to", "q8_0"]));
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    let output = limited.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("tiny.gguf.part") && told.contains("too large"), "{told}");
    assert!(told.contains("input `folder`"), "{told}");
    assert!(!to.exists());
    wirebrush.run(convert(&to, &["--to", "q8_0"])).ends_with(0);
    assert!(fs::read(&to).unwrap() == fs::read(&whole).unwrap());
}

#[test]
fn what_cannot_be_written_is_not_blamed_on_the_model() {
    let wirebrush = Wirebrush::staged();
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("tiny.gguf");
    fs::create_dir(folder.path().join("tiny.gguf.part")).unwrap();
    let told = wirebrush.run(convert(&to, &["--to", "q8_0"])).ends_with(1).stderr();
    assert!(told.contains("input `folder`: ") && told.contains("tiny.gguf.part: "), "{told}");
}

#[test]
fn of_several_models_one_is_to_be_chosen_with_a_word_that_is_understood() {
    let wirebrush = Wirebrush::staged();
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("tiny.gguf");
    let several = ["model", "convert", "kontext-tiny", to.to_str().unwrap(), "--to", "q8_0"];
    let told = wirebrush.run(several).ends_with(1).stderr();
    let expected = told.split_once("input `part`: expected ").expect(&told).1;
    let words = expected.split_once(", found none").expect(&told).0;
    assert!(words.contains("transformer") && words.contains(" or ") && !words.contains("FLUX"), "{told}");
    for word in words.split(" or ").flat_map(|words| words.split(", ")) {
        let one = wirebrush.run([&several[..], &["--part", word, "--force"]].concat());
        assert!(!one.stderr().contains("input `part`"), "{}", one.stderr());
    }
}
