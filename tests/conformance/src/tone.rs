//! The fixture plugin `acme.tone`, whose second version has renamed the first one's node.

use std::fs;

use wirebrush_engine::{Runner, Value};
use wirebrush_loader::Registry;
use wirebrush_schema::Failure;

use crate::{Build, Installed, Recorder, artifact, manifest, write_plugin};

/// Which version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// `acme.tone/Shout` from `text`, whose result begins with `one`.
    One,
    /// `acme.tone/Announce` from `words`, whose result begins with `two`; and `acme.tone/Stumble`, which panics.
    Two,
}

impl Tone {
    /// A directory with this version in it.
    pub fn install(self, build: Build) -> Installed {
        Installed::new("acme.tone", build, &self.contents(build), self.nodes(), |_| {})
    }

    /// Puts this version in the place of another, under the same names.
    ///
    /// # Panics
    /// When the folder cannot be written.
    pub fn replace(self, installed: &Installed, build: Build) {
        let folder = installed.directory.path().join("plugin");
        let before = wirebrush_loader::read_manifest(&folder).expect("a version is there");
        let file = &before.artifacts[0].file;
        let contents = self.contents(build);
        let nodes: Vec<String> = self.nodes().iter().map(|node| (*node).to_owned()).collect();
        // A library that is overwritten in place would change under whoever has it open.
        fs::remove_file(folder.join(file)).expect("files can be removed");
        write_plugin(&folder, &manifest("acme.tone", build, file, &contents, &nodes), &contents);
    }

    /// What this version's node says to `tea`.
    ///
    /// # Errors
    /// The node's failure.
    ///
    /// # Panics
    /// When it gives something else than bytes.
    pub fn say(self, registry: &Registry) -> Result<String, Failure> {
        let (node, input) = match self {
            Self::One => ("acme.tone/Shout", "text"),
            Self::Two => ("acme.tone/Announce", "words"),
        };
        let inputs = vec![(input.to_owned(), Value::Text("tea".into()))];
        match &registry.run(node, inputs, &Recorder::default())?[0].1 {
            Value::Bytes(bytes) => Ok(String::from_utf8_lossy(&bytes.data).into_owned()),
            other => panic!("expected bytes, found {other:?}"),
        }
    }

    fn nodes(self) -> &'static [&'static str] {
        match self {
            Self::One => &["acme.tone/Shout"],
            Self::Two => &["acme.tone/Announce", "acme.tone/Stumble"],
        }
    }

    fn contents(self, build: Build) -> Vec<u8> {
        let package = match self {
            Self::One => "wirebrush-fixture-tone-1",
            Self::Two => "wirebrush-fixture-tone-2",
        };
        fs::read(artifact(package, build)).expect("what was built can be read")
    }
}
