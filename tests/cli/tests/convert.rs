//! `wirebrush model convert`, from outside.

use std::fs;
use std::path::Path;

use wirebrush_cli_tests::Wirebrush;

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
    let ran = wirebrush.run(convert(&to, &["--to", "q4_k"])).ends_with(1);
    assert!(
        ran.stderr().contains("input `name`: ") && ran.stderr().contains("which exists"),
        "{}",
        ran.stderr()
    );
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
