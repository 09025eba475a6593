//! `wirebrush edit` on the bundled pictures with the embedded model.

use std::path::Path;

use wirebrush_cli_tests::{Wirebrush, color_name, picture};

// Centers of the shapes in examples/pictures/shapes.png.
const CIRCLE: (u32, u32) = (144, 152);
const SQUARE: (u32, u32) = (248, 376);

fn pixel(path: &Path, (x, y): (u32, u32)) -> [u8; 3] {
    image::open(path).unwrap().to_rgb8().get_pixel(x, y).0
}

#[test]
fn the_edit_does_what_the_prompt_says_and_leaves_the_rest() {
    let temp = tempfile::tempdir().unwrap();
    let result = temp.path().join("edited.png");
    let source = picture("shapes.png");
    assert_eq!(color_name(pixel(&source, CIRCLE)), "red");

    let mut edit = Wirebrush::staged().command();
    let ran =
        edit.arg("edit").arg(&source).args(["make the circle purple", "-o"]).arg(&result).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));

    assert_eq!(
        image::image_dimensions(&result).unwrap(),
        (512, 512),
        "the result has the size of its source"
    );
    assert_eq!(color_name(pixel(&result, CIRCLE)), "purple");
    assert_eq!(color_name(pixel(&result, SQUARE)), "green");
}

#[test]
fn a_picture_with_its_graph_runs_again_byte_for_byte() {
    let temp = tempfile::tempdir().unwrap();
    let source = temp.path().join("cup.png");
    std::fs::copy(picture("shapes.png"), &source).unwrap();
    let first = temp.path().join("first.png");
    let wirebrush = Wirebrush::staged();
    let mut edit = wirebrush.command();
    edit.args(["edit", "--steps", "2", "--seed", "18446744073709551615", "-o"]).arg(&first);
    let edited = edit.arg(&source).arg("make it night").output().unwrap();
    assert!(edited.status.success(), "{}", String::from_utf8_lossy(&edited.stderr));

    let again = temp.path().join("again");
    let mut run = wirebrush.command();
    // Without the cache, so that everything is really computed again.
    let ran = run.args(["run", "--no-cache", "-o"]).arg(&again).arg(&first).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));

    assert_eq!(std::fs::read(again.join("first.png")).unwrap(), std::fs::read(&first).unwrap());
}

#[test]
fn bfl_spellings_are_understood() {
    let temp = tempfile::tempdir().unwrap();
    let mut edit = Wirebrush::staged().command();
    edit.args(["edit", "--num_steps", "1", "--prompt", "make it grayscale", "--img_cond_path"]);
    let ran = edit.arg(picture("shapes.png")).arg("--output_dir").arg(temp.path()).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    assert!(temp.path().join("img_0.png").is_file());
}

#[test]
fn every_fit_gives_a_picture() {
    let temp = tempfile::tempdir().unwrap();
    let wirebrush = Wirebrush::staged();
    let landscape = picture("landscape.png");
    for (fit, expected) in [("pad", (640, 400)), ("stretch", (640, 400))] {
        let result = temp.path().join(format!("{fit}.png"));
        let mut edit = wirebrush.command();
        edit.args(["edit", "--steps", "1", "--fit", fit, "-o"])
            .arg(&result)
            .arg(&landscape)
            .arg("make it night");
        let ran = edit.output().unwrap();
        assert!(ran.status.success(), "{fit}: {}", String::from_utf8_lossy(&ran.stderr));
        assert_eq!(image::image_dimensions(&result).unwrap(), expected, "{fit}");
    }
}

#[test]
fn a_picture_that_is_none_is_refused_in_a_sentence() {
    let temp = tempfile::tempdir().unwrap();
    let garbage = temp.path().join("garbage.png");
    std::fs::write(&garbage, b"this is no picture").unwrap();
    let mut edit = Wirebrush::staged().command();
    let ran = edit.arg("edit").arg(&garbage).arg("make it night").output().unwrap();
    let stderr = String::from_utf8_lossy(&ran.stderr);
    assert_eq!(ran.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("photo: failed:"), "{stderr}");
    assert!(!temp.path().join("garbage-edited.png").exists());
}

#[test]
fn memory_reaches_the_nodes_and_changes_nothing_while_it_suffices() {
    let temp = tempfile::tempdir().unwrap();
    let wirebrush = Wirebrush::staged();
    let edit = |memory: &str, variable: &str, name: &str| {
        let result = temp.path().join(name);
        let mut edit = wirebrush.command();
        edit.args(["edit", "--no-cache", "--steps", "1", "-o"]).arg(&result).arg(picture("shapes.png"));
        edit.arg("make it night").env("WIREBRUSH_MEMORY", variable);
        if !memory.is_empty() {
            edit.args(["--memory", memory]);
        }
        let ended = edit.output().unwrap();
        (result, ended.status.code(), String::from_utf8_lossy(&ended.stderr).into_owned())
    };
    let pixels = |path: &Path| image::open(path).unwrap().to_rgb8().into_raw();
    let (free, code, _) = edit("", "", "free.png");
    assert_eq!(code, Some(0));
    let (less, code, error) = edit("400M", "", "less.png");
    assert_eq!(code, Some(0), "{error}");
    assert_eq!(pixels(&free), pixels(&less));
    for (memory, variable) in [("20M", ""), ("", "20M"), ("20M", "8G")] {
        let (none, code, error) = edit(memory, variable, "none.png");
        assert_eq!(code, Some(1), "{error}");
        assert!(
            error.contains("input `memory`: expected at least ") && error.contains(", found 20M"),
            "{error}"
        );
        assert!(!none.exists());
    }
}

#[cfg(unix)]
#[test]
fn an_interrupt_cancels_the_run_and_writes_nothing() {
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;

    let temp = tempfile::tempdir().unwrap();
    let result = temp.path().join("edited.png");
    let wirebrush = Wirebrush::staged();
    let mut edit = wirebrush.command();
    edit.args(["edit", "--json", "--no-cache", "--steps", "100", "-o"])
        .arg(&result)
        .arg(picture("shapes.png"))
        .arg("make it night")
        .stdout(Stdio::piped());
    let mut running = edit.spawn().unwrap();
    let mut lines = BufReader::new(running.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.contains("node-progress") && line.contains("sample")));
    wirebrush_cli_tests::signal(running.id(), "INT");
    assert!(lines.any(|line| line.contains("run-cancelled")));
    assert_eq!(running.wait().unwrap().code(), Some(130));
    assert_eq!(std::fs::read_dir(temp.path()).unwrap().count(), 0, "nothing is left half-written");
}
