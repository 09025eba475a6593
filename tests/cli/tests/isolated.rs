//! `--isolate`: the same results from a process of its own, which comes and goes with the program.
#![cfg(unix)]

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use wirebrush_cli_tests::{Ran, Wirebrush, children, is_running, picture, signal};

#[test]
fn an_isolated_edit_gives_the_same_file_byte_for_byte() {
    let temp = tempfile::tempdir().unwrap();
    let wirebrush = Wirebrush::staged();
    let edit = |folder: &str, isolate: Option<&str>| {
        let result = temp.path().join(folder).join("night.png");
        let mut edit = wirebrush.command();
        if let Some(plugins) = isolate {
            edit.env("WIREBRUSH_ISOLATE", plugins);
        }
        edit.args(["edit", "--no-cache", "--steps", "2", "-o"]).arg(&result).arg(picture("shapes.png"));
        Ran(edit.arg("make it night").output().unwrap()).ends_with(0);
        std::fs::read(result).unwrap()
    };
    let expected = edit("here", None);
    assert!(edit("there", Some("kontext")) == expected, "the pictures differ");
    assert!(edit("all", Some("text,all")) == expected, "the pictures differ");
}

#[test]
fn an_interrupt_cancels_an_isolated_run_and_leaves_no_process_behind() {
    let temp = tempfile::tempdir().unwrap();
    let wirebrush = Wirebrush::staged();
    let mut edit = wirebrush.command();
    edit.args(["edit", "--isolate", "kontext", "--json", "--no-cache", "--steps", "100", "-o"])
        .arg(temp.path().join("edited.png"))
        .arg(picture("shapes.png"))
        .arg("make it night")
        .stdout(Stdio::piped());
    let mut running = edit.spawn().unwrap();
    let mut lines = BufReader::new(running.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.contains("node-progress") && line.contains("sample")));
    let plugin = children(running.id());
    assert_eq!(plugin.len(), 1, "the plugin has a process");
    signal(running.id(), "INT");
    assert!(lines.any(|line| line.contains("run-cancelled")));
    assert_eq!(running.wait().unwrap().code(), Some(130));
    assert_eq!(std::fs::read_dir(temp.path()).unwrap().count(), 0, "nothing is left half-written");
    let deadline = Instant::now() + Duration::from_secs(20);
    while is_running(plugin[0]) {
        assert!(Instant::now() < deadline, "the plugin's process has outlived the program");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_plugin_that_is_not_there_cannot_be_isolated_unnoticed() {
    let ran = Wirebrush::staged().run(["nodes", "--isolate", "kontex"]).ends_with(0);
    let warning = "warning: --isolate: no plugin `kontex`; there are image, kontext, text";
    assert!(ran.stderr().contains(warning), "{}", ran.stderr());
}

#[test]
fn the_command_of_the_child_is_of_no_use_to_people() {
    let ran = Wirebrush::staged().run(["isolated-plugin"]).ends_with(2);
    assert!(ran.stderr().contains("this is for Wirebrush itself"), "{}", ran.stderr());
}
