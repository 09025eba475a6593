//! Plugin folders made from what cargo built.

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tempfile::TempDir;
pub use wirebrush_cli_tests::target_dir;
use wirebrush_loader::{Config, Discovery, Isolation, Registry};
use wirebrush_schema::{Artifact, Limits, Manifest, Permission, Target};

// Benchmarks measure what is released, tests what is quick to build.
const PROFILE: &str = if cfg!(debug_assertions) { "debug" } else { "release" };

/// One of the two builds of a plugin crate, and how it is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Build {
    /// A dynamic library for this machine.
    Native,
    /// The same library, in a process of its own.
    Isolated,
    /// A WebAssembly component.
    Component,
}

impl Build {
    /// All that this machine can run.
    pub const ALL: &[Self] = if cfg!(unix) {
        &[Self::Native, Self::Isolated, Self::Component]
    } else {
        &[Self::Native, Self::Component]
    };

    /// The target as manifests name it.
    pub fn target(self) -> Target {
        Target(match self {
            Self::Native | Self::Isolated => wirebrush_loader::HOST_TARGET.to_owned(),
            Self::Component => Target::COMPONENT.to_owned(),
        })
    }
}

/// What cargo built of a crate.
///
/// # Panics
/// When it is not there: a missing artifact must not look like a passed test.
pub fn artifact(crate_name: &str, build: Build) -> PathBuf {
    let name = crate_name.replace('-', "_");
    let path = match build {
        Build::Native | Build::Isolated => {
            target_dir().join(PROFILE).join(format!("{DLL_PREFIX}{name}{DLL_SUFFIX}"))
        }
        Build::Component => target_dir().join("wasm32-wasip2/release").join(format!("{name}.wasm")),
    };
    assert!(path.is_file(), "{} is missing: run `cargo xtask test`, which builds it", path.display());
    path
}

/// Every native plugin in a process of its own, which is the program `wirebrush-isolated-native`.
pub fn isolation() -> Isolation {
    let program = format!("wirebrush-isolated-native{}", std::env::consts::EXE_SUFFIX);
    Isolation {
        plugins: [Isolation::ALL.to_owned()].into(),
        program: target_dir().join(PROFILE).join(program),
        arguments: Vec::new(),
        ..Isolation::default()
    }
}

/// A library of the fixture `wirebrush-fixture-native`.
///
/// # Panics
/// When it is not there.
pub fn example(name: &str) -> PathBuf {
    let path = target_dir().join("debug/examples").join(format!("{DLL_PREFIX}{name}{DLL_SUFFIX}"));
    assert!(path.is_file(), "{} is missing: run `cargo xtask test`, which builds it", path.display());
    path
}

/// A library of `tests/fixtures/released`, which are workspaces of their own.
///
/// # Panics
/// When it is not there.
pub fn released_library(name: &str) -> PathBuf {
    let path = target_dir().join("released/debug").join(format!("{DLL_PREFIX}{name}{DLL_SUFFIX}"));
    assert!(path.is_file(), "{} is missing: run `cargo xtask test`, which builds it", path.display());
    path
}

/// A manifest for one artifact, whose hash is computed from its contents.
pub fn manifest(id: &str, build: Build, file: &str, contents: &[u8], nodes: &[String]) -> Manifest {
    let mut sha256 = String::new();
    for byte in Sha256::digest(contents) {
        write!(sha256, "{byte:02x}").expect("a string takes everything");
    }
    Manifest {
        id: id.to_owned(),
        version: "0.1.0".to_owned(),
        abi: "1.0".to_owned(),
        artifacts: vec![Artifact { target: build.target(), file: file.to_owned(), sha256 }],
        limits: Limits { memory_mib: 512, stall_ms: 10_000 },
        nodes: nodes.to_vec(),
        ..Manifest::default()
    }
}

/// Writes a plugin's folder: its manifest and one artifact.
pub fn write_plugin(folder: &Path, manifest: &Manifest, contents: &[u8]) {
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        fs::write(&path, bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    };
    fs::create_dir_all(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    write(&manifest.artifacts[0].file, contents);
    write("plugin.json", &serde_json::to_vec_pretty(manifest).expect("a manifest is plain data"));
}

/// A directory with one plugin in it.
pub struct Installed {
    /// The directory; the plugin lies in `plugin`.
    pub directory: TempDir,
    build: Build,
}

impl Installed {
    /// Installs arbitrary bytes as a plugin; `change` may spoil the manifest.
    pub fn new(
        id: &str,
        build: Build,
        contents: &[u8],
        nodes: &[&str],
        change: impl FnOnce(&mut Manifest),
    ) -> Self {
        let directory = TempDir::new().expect("the system has a temporary folder");
        let file = match build {
            Build::Native | Build::Isolated => format!("{DLL_PREFIX}plugin{DLL_SUFFIX}"),
            Build::Component => "plugin.wasm".to_owned(),
        };
        let nodes: Vec<String> = nodes.iter().map(|node| (*node).to_owned()).collect();
        let mut manifest = manifest(id, build, &file, contents, &nodes);
        change(&mut manifest);
        write_plugin(&directory.path().join("plugin"), &manifest, contents);
        Self { directory, build }
    }

    /// Installs the fixture `everything`.
    pub fn everything(build: Build, change: impl FnOnce(&mut Manifest)) -> Self {
        let path = artifact("wirebrush-fixture-everything", build);
        let contents = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let installed = Self::new("everything", build, &contents, EVERYTHING, |manifest| {
            manifest.permissions = [Permission::DATA, Permission::SCRATCH].map(str::to_owned).into();
            manifest.data = "data".to_owned();
            change(manifest);
        });
        installed.write_data("greeting.txt", b"hello");
        installed.write_data("luts/warm.bin", &[0, 1, 2]);
        installed
    }

    /// The folder of the plugin's data.
    pub fn data(&self) -> PathBuf {
        self.directory.path().join("plugin/data")
    }

    /// Puts a file into the plugin's data folder.
    pub fn write_data(&self, name: &str, contents: &[u8]) {
        let path = self.data().join(name);
        let folder = path.parent().expect("files lie in folders");
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&path, contents))
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }

    /// How a host with this plugin is set up: it is bundled, so native code needs no approval.
    pub fn config(&self) -> Config {
        let mut config = Config {
            discovery: Discovery::new().bundled(self.directory.path()),
            cache_dir: Some(self.directory.path().join("cache")),
            scratch_dir: Some(self.directory.path().join("scratch")),
            ..Config::default()
        };
        if self.build == Build::Isolated {
            config.isolation = isolation();
        }
        // Shared by all tests, so that the fixture is compiled once, not by each.
        config.component.cache_dir = Some(target_dir().join("tmp").join("compiled-components"));
        config
    }

    /// A host with this plugin.
    pub fn registry(&self) -> Registry {
        Registry::load(&self.config())
    }

    /// Why the host refuses the plugin.
    ///
    /// # Panics
    /// When it does not.
    pub fn refusal(&self) -> String {
        let registry = self.registry();
        registry.plugins().first().expect("the plugin is found").refusal().expect("the plugin is refused")
    }
}

/// The nodes of the fixture `everything`.
const EVERYTHING: &[&str] = &[
    "everything/Echo",
    "everything/List",
    "everything/Trivial",
    "everything/MakeCounter",
    "everything/UseCounter",
    "everything/Invert",
    "everything/Owned",
    "everything/Describe",
    "everything/Work",
    "everything/Talk",
    "everything/Flood",
    "everything/Fail",
    "everything/Panic",
    "everything/Lie",
    "everything/Babble",
    "everything/ReadData",
    "everything/KeepFile",
    "everything/Spin",
    "everything/Allocate",
    "everything/Recurse",
    "everything/Leave",
];
