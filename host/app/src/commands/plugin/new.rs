//! `wirebrush plugin new`: a complete project for a plugin, from the templates of the SDK.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use rust_embed::Embed;
use serde_json::json;
use wirebrush_schema::Target;

use crate::exit::{Exit, WrongUse};
use crate::output::outln;
use crate::project::{Build, NATIVE};
use crate::wit;

/// A folder for each language; `{{…}}` is filled in, see [`Words`].
#[derive(Embed)]
#[folder = "../../plugin-sdk/templates"]
struct Templates;

/// What `plugin new` takes.
#[derive(Args)]
pub(crate) struct New {
    /// What the plugin is called: lower-case words such as `tone` or `tone-curve`; also a whole id, `acme.tone`.
    name: String,
    /// What it is written in.
    #[arg(long, value_enum, default_value_t = Language::Rust)]
    lang: Language,
    /// Build a native library: it runs with the user's rights, at full speed, and can use a GPU. Rust only.
    #[arg(long, group = "targets")]
    native: bool,
    /// Build a sandboxed component, which runs on every machine; the default.
    #[arg(long, group = "targets")]
    component: bool,
    /// Build both from the same source. Rust only.
    #[arg(long, group = "targets")]
    both: bool,
    /// Who publishes it: the first word of the plugin's id.
    #[arg(long, value_name = "NAME")]
    publisher: Option<String>,
    /// Folder to make [default: the last word of the id, `tone` for `acme.tone`].
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Use the SDK in this folder instead of the published one. Rust only.
    #[arg(long, value_name = "DIR")]
    sdk: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Language {
    Rust,
    Python,
    #[value(name = "javascript", alias = "js")]
    JavaScript,
}

impl Language {
    fn folder(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::Python => "python",
            Self::JavaScript => "javascript",
        }
    }
}

/// What stands in a template's braces.
struct Words {
    /// `acme.tone-curve`
    id: String,
    /// `Tone Curve`
    title: String,
    /// `acme-tone-curve`
    package: String,
    /// `acme_tone_curve`
    library: String,
    /// The right side of a dependency in `Cargo.toml`.
    sdk: String,
}

impl Words {
    fn new(args: &New) -> Result<Self> {
        let id = match &args.publisher {
            Some(publisher) => format!("{publisher}.{}", args.name),
            None => args.name.clone(),
        };
        if !wirebrush_package::is_plugin_id(&id) {
            let why = format!("expected lower-case words such as `tone-curve` or `acme.tone`, found `{id}`");
            return Err(WrongUse(why).into());
        }
        let last = id.rsplit('.').next().unwrap_or(&id);
        let sdk = match &args.sdk {
            Some(folder) => format!("{{ path = {:?} }}", std::path::absolute(folder)?),
            None => format!("{:?}", sdk_version()),
        };
        Ok(Self {
            title: title(last),
            package: id.replace('.', "-"),
            library: id.replace(['.', '-'], "_"),
            id,
            sdk,
        })
    }

    fn fill_in(&self, text: &str) -> String {
        text.replace("{{id}}", &self.id)
            .replace("{{title}}", &self.title)
            .replace("{{package}}", &self.package)
            .replace("{{library}}", &self.library)
            .replace("{{sdk}}", &self.sdk)
    }
}

pub(crate) fn new(args: &New, json: bool) -> Result<Exit> {
    let words = Words::new(args)?;
    if args.lang != Language::Rust && (args.native || args.both || args.sdk.is_some()) {
        let name = args.lang.folder();
        return Err(
            WrongUse(format!("--native, --both and --sdk are for rust: {name} makes components")).into()
        );
    }
    let last = words.id.rsplit('.').next().unwrap_or(&words.id);
    let folder = args.output.clone().unwrap_or_else(|| last.into());
    if fs::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(WrongUse(format!("{}: expected a new or empty folder", folder.display())).into());
    }
    let mut written = Vec::new();
    for (name, text) in files(args, &words)? {
        write(&folder.join(&name), &text)?;
        written.push(name);
    }
    written.sort();
    if json {
        outln!("{:#}", json!({ "id": words.id, "folder": folder, "files": written }));
    } else {
        outln!("{} is in {}: {}", words.id, folder.join("").display(), written.join(", "));
        outln!("Next: read {}.", folder.join("README.md").display());
    }
    Ok(Exit::Ok)
}

/// The files of a project by their names.
fn files(args: &New, words: &Words) -> Result<Vec<(String, String)>> {
    let prefix = format!("{}/", args.lang.folder());
    let mut files = Vec::new();
    for path in Templates::iter() {
        let Some(name) = path.strip_prefix(&prefix) else { continue };
        let file = Templates::get(&path).context("the name is one of those that are embedded")?;
        let text = words.fill_in(&String::from_utf8_lossy(&file.data));
        let text = if name == "build.json" { targets(args, &text)? } else { text };
        files.push((name.to_owned(), text));
    }
    if args.lang != Language::Rust {
        files.push(("wit/wirebrush.wit".to_owned(), wit::text()));
    }
    Ok(files)
}

/// A `build.json` with the targets that were asked for.
fn targets(args: &New, text: &str) -> Result<String> {
    let mut build: Build = serde_json::from_str(text).context("build.json of the template")?;
    build.artifacts.retain(|step| match step.target.as_str() {
        NATIVE => args.native || args.both,
        Target::COMPONENT => args.component || args.both || !args.native,
        _ => true,
    });
    Ok(format!("{}\n", serde_json::to_string_pretty(&build)?))
}

fn write(path: &Path, text: &str) -> Result<()> {
    let parent = path.parent().context("files lie in folders")?;
    fs::create_dir_all(parent).with_context(|| parent.display().to_string())?;
    fs::write(path, text).with_context(|| path.display().to_string())
}

/// `tone-curve` as `Tone Curve`.
fn title(name: &str) -> String {
    let words = name.split(['-', '_']).filter(|word| !word.is_empty()).map(|word| {
        let (first, rest) = word.split_at(1);
        first.to_uppercase() + rest
    });
    words.collect::<Vec<_>>().join(" ")
}

/// The newest SDK that matches this program: `0.1` for 0.1.7, `2` for 2.3.4.
fn sdk_version() -> &'static str {
    match (env!("CARGO_PKG_VERSION_MAJOR"), env!("CARGO_PKG_VERSION")) {
        ("0", version) => version.rsplit_once('.').map_or(version, |(minor, _)| minor),
        (major, _) => major,
    }
}
