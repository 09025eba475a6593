//! Walks the way of an author: `plugin new`, the project's own tests, `plugin build`, `plugin check`, a graph.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value as Json, json};
use tempfile::TempDir;
use wirebrush_cli_tests::{Wirebrush, target_dir};

/// A project in a folder of its own.
pub struct Project {
    wirebrush: Wirebrush,
    folder: TempDir,
    environment: Vec<(String, PathBuf)>,
}

impl Project {
    /// Makes a project called `acme.dark` with `wirebrush plugin new`.
    pub fn new<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Self {
        let wirebrush = Wirebrush::staged();
        let folder = tempfile::tempdir().expect("temporary folders can be made");
        let mut command = wirebrush.command();
        command
            .args(["plugin", "new", "dark", "--publisher", "acme", "--output"])
            .arg(folder.path())
            .args(args);
        let output = command.output().expect("the staged program starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Self { wirebrush, folder, environment: Vec::new() }
    }

    /// The project's folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Sets a variable for everything that runs from now on.
    pub fn set(&mut self, name: &str, value: impl Into<PathBuf>) {
        self.environment.push((name.to_owned(), value.into()));
    }

    /// Runs a program in the project's folder.
    ///
    /// # Panics
    /// With what it printed when it fails.
    #[track_caller]
    pub fn run(&self, program: &str, args: &[&str]) {
        let mut command = Command::new(program);
        let output = command
            .args(args)
            .current_dir(self.path())
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .output()
            .unwrap_or_else(|error| panic!("{program}: {error}"));
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{program} {args:?}: {}\n{out}\n{err}", output.status);
    }

    /// Runs `wirebrush` in the project's folder and gives its JSON.
    ///
    /// # Panics
    /// With what it printed when it fails.
    #[track_caller]
    pub fn wirebrush(&self, args: &[&str]) -> Json {
        let output = self
            .wirebrush
            .command()
            .arg("--json")
            .args(args)
            .current_dir(self.path())
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .output()
            .expect("the staged program starts");
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "wirebrush {args:?}: {}\n{out}\n{err}", output.status);
        // A run answers with a line for each event.
        let last = out.trim_end().rfind("\n{").map_or(&*out, |at| &out[at + 1..]);
        serde_json::from_str(last).unwrap_or_else(|error| panic!("{error}: {out}"))
    }

    /// Builds, checks, packs and installs, and darkens a picture by half; the targets that were built.
    #[track_caller]
    pub fn build_check_and_run(&self) -> Vec<String> {
        self.wirebrush(&["plugin", "build"]);
        self.has_nothing_to_mend();
        self.darkens(&["--plugins", "dist"]);
        self.wirebrush(&["plugin", "pack", "dist", "-o", "dark.wbplugin"]);
        self.wirebrush(&["plugin", "check", "dark.wbplugin", "--cases", "1"]);
        self.wirebrush(&["plugin", "install", "dark.wbplugin", "--yes"]);
        self.darkens(&[]);

        let manifest = std::fs::read(self.path().join("dist/plugin.json")).expect("`plugin build` wrote it");
        let manifest: Json = serde_json::from_slice(&manifest).expect("a manifest is JSON");
        assert_eq!(manifest["nodes"], json!(["acme.dark/Darken"]));
        let artifacts = manifest["artifacts"].as_array().expect("a manifest has artifacts");
        artifacts.iter().filter_map(|artifact| artifact["target"].as_str().map(str::to_owned)).collect()
    }

    /// Passes when `plugin check` finds nothing but how slow this machine may be, and what only the author can say.
    #[track_caller]
    fn has_nothing_to_mend(&self) {
        let checked = self.wirebrush(&["plugin", "check", ".", "--cases", "20"]);
        let findings = checked["findings"].as_array().expect("a check has findings").iter();
        let rules: Vec<_> = findings.filter_map(|finding| finding["rule"].as_str()).collect();
        let expected = ["silent", "cancel", "license"];
        assert!(rules.iter().all(|rule| expected.contains(rule)), "{checked:#}");
        let measured = checked["measured"].as_array().expect("a check measures");
        assert!(measured.iter().all(|node| node["runs"].as_u64() > Some(40)), "{checked:#}");
        println!("{:#}", checked["measured"]);
    }

    /// Runs the node on a picture and looks at the pixels.
    #[track_caller]
    pub fn darkens(&self, options: &[&str]) {
        let bright =
            image::RgbaImage::from_raw(1, 1, vec![0, 100, 255, 200]).expect("a pixel has four bytes");
        bright.save(self.path().join("bright.png")).expect("the project's folder can be written");
        let graph = json!({ "format": "wirebrush/graph", "version": 1, "nodes": {
            "load": { "type": "image/LoadImage", "inputs": { "file": "bright.png" } },
            "dark": { "type": "acme.dark/Darken", "inputs": { "image": { "from": "load.image" } } },
            "save": { "type": "image/SaveImage", "inputs": { "image": { "from": "dark.image" }, "name": "dark" } },
        } });
        std::fs::write(self.path().join("graph.json"), graph.to_string())
            .expect("the project can be written");
        self.wirebrush(&[options, &["run", "graph.json"]].concat());
        let dark = image::open(self.path().join("dark.png")).expect("the graph wrote it").to_rgba8();
        assert_eq!(dark.into_raw(), [0, 50, 128, 200]);
    }
}

/// Where tools and builds of templates are kept between runs of the tests.
pub fn cache(name: &str) -> PathBuf {
    target_dir().join("templates").join(name)
}
