//! `wirebrush plugin dev`: sources change while a server runs.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::{Value as Json, json};
use wirebrush_cli_tests::{Wirebrush, component, repository};
use wirebrush_server_tests::{Server, Stream};
use wirebrush_templates_tests::{Project, cache};

/// A plugin whose one node says a word.
fn says(word: &str) -> String {
    format!(
        r#"use wirebrush_sdk::prelude::*;

        #[derive(Default)]
        struct Say;

        impl Node for Say {{
            fn definition() -> Definition {{
                Definition::new("acme.dark/Say", "text").output(Port::new("word", Kind::TEXT))
            }}

            fn run(&self, _: Inputs, _: &Context<'_>) -> Result<Outputs> {{
                Ok(Outputs::new().with("word", {word}))
            }}
        }}

        export_nodes!(Say);
        "#
    )
}

/// A Rust project for one target, and `wirebrush plugin dev` at work on it.
struct Developing {
    project: Project,
    server: Server,
}

impl Developing {
    fn start(target: &str) -> Self {
        let sdk = repository().join("plugin-sdk");
        let project = Project::new([target.as_ref(), "--sdk".as_ref(), sdk.as_os_str()]);
        share_builds(&project, target.trim_start_matches('-'));
        write(&project, r#""one""#);
        let folder = project.path().to_str().expect("temporary folders have plain names").to_owned();
        let server = Server::start_command(&["plugin", "dev", &folder, "--port", "0"]);
        Self { project, server }
    }

    /// Saves the source with another word; what comes of the build.
    fn save(&mut self, word: &str) -> Json {
        write(&self.project, word);
        self.server.next_line()
    }

    /// What the node says on the server.
    #[track_caller]
    fn word(&self) -> String {
        let graph = json!({ "format": "wirebrush/graph", "version": 1, "nodes": {
            "say": { "type": "acme.dark/Say", "inputs": {} },
        } });
        let mut stream = Stream::open(self.server.address(), None);
        let answer = self.server.post("/api/runs", &json!({ "graph": graph, "wanted": ["say.word"] }));
        assert_eq!(answer.status, 201, "{}", answer.json());
        let id = answer.json()["id"].as_str().expect("a run has an id").to_owned();
        stream.until_over(&id);
        let run = self.server.get(&format!("/api/runs/{id}")).json();
        run["outputs"][0]["value"]["value"].as_str().unwrap_or_else(|| panic!("{run:#}")).to_owned()
    }

    /// What the server says of the plugin.
    fn notices(&self) -> String {
        let nodes = self.server.get("/api/nodes").json();
        let plugins = nodes["plugins"].as_array().expect("the server has plugins");
        let plugin = plugins.iter().find(|plugin| plugin["id"] == "acme.dark").expect("and this one");
        assert!(plugin["reason"].is_null(), "{plugin:#}");
        plugin["notices"].to_string()
    }
}

/// At once, as editors do it: half a file would be built, too.
fn write(project: &Project, word: &str) {
    let new = project.path().join("lib.rs.new");
    std::fs::write(&new, says(word)).expect("the project can be written");
    std::fs::rename(new, project.path().join("src/lib.rs")).expect("and renamed in");
}

/// Builds offline where other tests do, so that the SDK is built once; under a name of its own, since they run at once.
fn share_builds(project: &Project, name: &str) {
    let built = cache("rust");
    std::fs::create_dir_all(&built).expect("the target folder can be written");
    let change = |file: &str, change: &dyn Fn(String) -> String| {
        let file = project.path().join(file);
        let text = std::fs::read_to_string(&file).expect("the project has the file");
        std::fs::write(file, change(text)).expect("the project can be written");
    };
    change("Cargo.toml", &|text| text.replace("acme-dark", &format!("dev-{name}")));
    let folder = built.to_str().expect("the repository has a plain name");
    change("build.json", &|text| {
        text.replace("target/", &format!("{folder}/")).replace("acme_dark", &format!("dev_{name}"))
    });
    change(".cargo/config.toml", &|text| {
        format!("{text}\n[build]\ntarget-dir = {folder:?}\n\n[net]\noffline = true\n")
    });
    let lock = project.path().join("Cargo.lock");
    std::fs::copy(repository().join("Cargo.lock"), lock).expect("the project's folder can be written");
}

fn a_change_reaches_the_running_server(target: &str) {
    let mut developing = Developing::start(target);
    assert_eq!(developing.word(), "one");

    assert_eq!(developing.save(r#""two""#)["event"], "built");
    assert_eq!(developing.word(), "two");

    let failed = developing.save("three");
    assert_eq!(failed["event"], "build-failed", "{failed}");
    for place in [failed["why"].to_string(), developing.notices()] {
        assert!(place.contains("cannot find value `three`") && place.contains("src/lib.rs"), "{place}");
    }
    assert_eq!(developing.word(), "two");

    assert_eq!(developing.save(r#""three""#)["event"], "built");
    assert_eq!(developing.word(), "three");
    assert!(!developing.notices().contains("cannot find"), "{}", developing.notices());
    #[cfg(unix)]
    developing.server.stop();
}

#[test]
fn a_component_is_built_and_taken_over_after_each_change() {
    a_change_reaches_the_running_server("--component");
}

#[test]
fn a_library_is_built_and_loaded_beside_the_old_one_after_each_change() {
    a_change_reaches_the_running_server("--native");
}

#[test]
fn a_server_that_does_not_know_the_project_says_how_to_start_it() {
    let server = Server::start();
    let project = tempfile::tempdir().expect("temporary folders can be made");
    std::fs::copy(component("wirebrush_fixture_tone_1"), project.path().join("tone.wasm"))
        .expect("`cargo xtask test` has built it");
    let write = |name: &str, json: Json| std::fs::write(project.path().join(name), json.to_string());
    write("plugin.json", json!({ "id": "acme.tone", "version": "1.0.0", "abi": "1.0" })).expect("a new file");
    let artifact = json!({ "target": "wasm32-component", "file": "tone.wasm", "run": [] });
    write("build.json", json!({ "artifacts": [artifact], "watch": ["tone.wasm"] })).expect("a new file");

    let url = format!("http://{}", server.address());
    let mut dev = Wirebrush::staged().command();
    dev.args(["--json", "plugin", "dev"]).arg(project.path()).args(["--server", &url]).stdout(Stdio::piped());
    let mut dev = dev.spawn().expect("the staged program starts");
    let mut line = String::new();
    let out = dev.stdout.as_mut().expect("standard output is a pipe");
    BufReader::new(out).read_line(&mut line).expect("the program prints text");
    dev.kill().expect("the process can be killed");
    dev.wait().expect("the process can be waited for");
    assert!(line.contains("not-used") && line.contains("--plugins"), "{line}");
}
