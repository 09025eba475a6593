//! Runs the staged `wirebrush` as a user would: a process, files, exit codes.

pub mod hub;
mod process;
mod tone;
mod web;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

pub use process::{children, is_running, signal};
pub use tone::Tone;
pub use web::{publish, publish_and_tell};

/// A staged program with a data directory of its own.
///
/// `WIREBRUSH_PRIMED_DATA` names a data directory to start from, where components are compiled already: without it
/// every test compiles them again, seconds each.
pub struct Wirebrush {
    program: PathBuf,
    data: TempDir,
}

impl Wirebrush {
    /// The program that `cargo xtask test` has staged.
    ///
    /// # Panics
    /// When it is not there: the tests would say nothing.
    pub fn staged() -> Self {
        let stage = std::env::var_os("WIREBRUSH_STAGE")
            .map_or_else(|| target_dir().join("stage/debug"), PathBuf::from);
        let program = stage.join(format!("wirebrush{}", std::env::consts::EXE_SUFFIX));
        assert!(program.is_file(), "{} is missing: run `cargo xtask test`", program.display());
        let data = tempfile::tempdir().expect("temporary folders can be made");
        if let Some(primed) = std::env::var_os("WIREBRUSH_PRIMED_DATA") {
            copy_folder(Path::new(&primed), data.path()).expect("the primed data can be copied");
        }
        Self { program, data }
    }

    /// The plugins that came with the program, a folder each.
    pub fn plugins(&self) -> PathBuf {
        self.program.with_file_name("plugins")
    }

    /// The example plugins, those of this machine in `native` and the components in `component`.
    ///
    /// # Panics
    /// When they are not staged.
    pub fn examples(&self) -> PathBuf {
        let stage = self.program.parent().expect("the program lies in its stage");
        let examples = stage.with_extension("examples");
        assert!(examples.is_dir(), "{} is missing: run `cargo xtask test`", examples.display());
        examples
    }

    /// The data directory.
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// A command in an environment without anything of the user's.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            .env("WIREBRUSH_DATA_DIR", self.data.path())
            .env_remove("WIREBRUSH_INDEX")
            .env_remove("WIREBRUSH_ISOLATE")
            .env_remove("WIREBRUSH_MEMORY")
            .env_remove("WIREBRUSH_PLUGIN_PATH")
            .env_remove("WIREBRUSH_MODEL_PATH")
            .env("HF_HOME", self.data.path().join("huggingface"))
            .env_remove("HF_TOKEN")
            .env_remove("HF_TOKEN_PATH")
            .env_remove("HUGGING_FACE_HUB_TOKEN")
            // Nothing is asked of the world outside: a test names its own hub.
            .env("HF_ENDPOINT", "http://127.0.0.1:9");
        command
    }

    /// Runs to the end and returns what it printed.
    pub fn run<A: AsRef<std::ffi::OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Ran {
        let output = self.command().args(args).output().expect("the staged program starts");
        Ran(output)
    }
}

/// Copies a folder with everything below it.
///
/// # Errors
/// When something cannot be read or written.
pub fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// A finished process.
pub struct Ran(pub Output);

impl Ran {
    /// The exit code; −1 for a signal.
    pub fn code(&self) -> i32 {
        self.0.status.code().unwrap_or(-1)
    }

    /// Standard output.
    pub fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.0.stdout).into_owned()
    }

    /// Standard error.
    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.0.stderr).into_owned()
    }

    /// Passes on when the process ended with `code`.
    ///
    /// # Panics
    /// With everything it printed when it did not.
    #[track_caller]
    pub fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code(), code, "\nstdout: {}\nstderr: {}", self.stdout(), self.stderr());
        self
    }
}

/// The folder cargo builds into.
pub fn target_dir() -> PathBuf {
    // A test runs from `target/debug/deps`, a program from `target/debug`.
    let program = std::env::current_exe().expect("a program knows its own path");
    let profile = program.ancestors().skip(1).find(|folder| !folder.ends_with("deps"));
    profile.and_then(Path::parent).expect("programs lie two folders deep in the target folder").to_owned()
}

/// A component that `cargo xtask test` has built of a crate.
pub fn component(krate: &str) -> PathBuf {
    target_dir().join(format!("wasm32-wasip2/release/{krate}.wasm"))
}

/// The repository's root.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("tests/cli lies two folders deep")
        .to_owned()
}

/// A bundled picture.
pub fn picture(name: &str) -> PathBuf {
    repository().join("examples/pictures").join(name)
}

/// Name of the palette color of the embedded model that is nearest to a pixel.
pub fn color_name(pixel: [u8; 3]) -> &'static str {
    const PALETTE: [(&str, [u8; 3]); 8] = [
        ("red", [220, 40, 40]),
        ("orange", [245, 140, 25]),
        ("yellow", [245, 220, 50]),
        ("green", [40, 160, 70]),
        ("blue", [45, 90, 220]),
        ("purple", [140, 55, 180]),
        ("white", [245, 245, 245]),
        ("black", [22, 22, 22]),
    ];
    let distance = |color: [u8; 3]| -> i32 {
        color.iter().zip(pixel).map(|(a, b)| (i32::from(*a) - i32::from(b)).pow(2)).sum()
    };
    PALETTE.into_iter().min_by_key(|(_, color)| distance(*color)).expect("the palette has colors").0
}
