//! The words of the command line.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::commands::model::Model;
use crate::commands::plugin::Plugin;
use crate::server::HostName;

/// A node-graph image editor: wire up an image edit once, run it anywhere, share it as one small JSON file.
#[derive(Parser)]
#[command(name = "wirebrush", version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Args, Clone)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Global {
    /// Look for plugins in this folder too, before all others; may be repeated.
    #[arg(long, value_name = "DIR", global = true)]
    pub(crate) plugins: Vec<PathBuf>,
    /// Where Wirebrush keeps models, plugins and caches.
    #[arg(long, value_name = "DIR", env = "WIREBRUSH_DATA_DIR", global = true)]
    pub(crate) data_dir: Option<PathBuf>,
    /// Where plugins that are not installed are looked up: an index, as a file or http(s) URL.
    #[arg(long, value_name = "INDEX", env = "WIREBRUSH_INDEX", global = true)]
    pub(crate) index: Option<String>,
    /// Memory that nodes may use, for example 8G; what does not fit is streamed and tiled [default: what is free].
    #[arg(long, value_name = "SIZE", env = "WIREBRUSH_MEMORY", global = true)]
    pub(crate) memory: Option<String>,
    /// Run this native plugin in a process of its own, which may crash alone; `all` means each; may be repeated.
    #[arg(long, value_name = "PLUGIN", env = "WIREBRUSH_ISOLATE", value_delimiter = ',', global = true)]
    pub(crate) isolate: Vec<String>,
    /// Answer in JSON: one object a line while running, one object otherwise.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Edit a picture as a sentence says.
    Edit(Box<Edit>),
    /// Run a graph, or a picture that carries one.
    Run(Run),
    /// Check a graph without running it.
    Check {
        /// A graph file, a PNG that carries one, or a `.wirebrush` bundle; `-` reads standard input.
        graph: PathBuf,
    },
    /// Open the editor in a browser: serve it and its API until Ctrl-C.
    Serve(Serve),
    /// List the nodes, or describe one.
    Nodes {
        /// A node such as `image/Resize`.
        id: Option<String>,
    },
    /// Graph files: format, diff.
    #[command(subcommand)]
    Graph(Graph),
    /// Plugins: find out about them, install and trust them, write them.
    #[command(subcommand)]
    Plugin(Plugin),
    /// Models: find out about them, download, add, import and convert them.
    #[command(subcommand)]
    Model(Model),
    /// Print a contract: a JSON Schema, the server's API, the interface of components.
    #[command(subcommand)]
    Schema(Schema),
    /// Load a native library and print its description: the child process of a probe.
    #[command(hide = true)]
    ProbeNative {
        /// The library.
        file: PathBuf,
    },
    /// Run an isolated plugin for the host at the other end of the standard input.
    #[command(hide = true)]
    IsolatedPlugin,
}

#[derive(Args)]
pub(crate) struct Edit {
    /// The picture to edit.
    pub(crate) image: Option<PathBuf>,
    /// What shall change, for example "make the circle red".
    pub(crate) prompt: Option<String>,
    /// The picture, as BFL's command line spells it.
    #[arg(long = "img_cond_path", value_name = "IMAGE", hide = true, conflicts_with = "image")]
    pub(crate) img_cond_path: Option<PathBuf>,
    /// The instruction, as an option.
    #[arg(long = "prompt", value_name = "TEXT", hide = true, conflicts_with = "prompt")]
    pub(crate) prompt_option: Option<String>,
    /// File to write: PNG, JPEG or WebP by its ending; PNGs carry their graph [default: IMAGE-edited.png].
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Folder to write into, under a new name.
    #[arg(long, visible_alias = "output_dir", value_name = "DIR", conflicts_with = "output")]
    pub(crate) output_dir: Option<PathBuf>,
    /// Model by name or path.
    #[arg(long, default_value = "kontext-tiny")]
    pub(crate) model: String,
    /// Sampling steps, 1 to 100 [default: 28].
    #[arg(long, visible_alias = "num_steps", value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) steps: Option<u32>,
    /// Distilled guidance, 1 to 10 [default: 2.5].
    #[arg(long, value_name = "G")]
    pub(crate) guidance: Option<f64>,
    /// Seed of the noise, 0 to 18446744073709551615.
    #[arg(long, value_name = "S", default_value_t = 0)]
    pub(crate) seed: u64,
    /// What shall not be seen; needs --cfg above 1.
    #[arg(long, value_name = "TEXT")]
    pub(crate) negative: Option<String>,
    /// True classifier-free guidance, 1 (off) to 10; doubles the time.
    #[arg(long, value_name = "S", requires = "negative")]
    pub(crate) cfg: Option<f64>,
    /// Another picture to look at; may be repeated.
    #[arg(long, value_name = "IMAGE")]
    pub(crate) reference: Vec<PathBuf>,
    /// A picture whose style and colors shall guide the result (Redux).
    #[arg(long, value_name = "IMAGE")]
    pub(crate) redux: Option<PathBuf>,
    /// A LoRA by name or path and how much of it counts, for example style.safetensors:0.8; may be repeated.
    #[arg(long, value_name = "LORA[:STRENGTH]")]
    pub(crate) lora: Vec<Lora>,
    /// How the picture is brought to a size the model likes.
    #[arg(long, value_enum, default_value_t = Fit::Crop)]
    pub(crate) fit: Fit,
    /// Size of the result instead of the picture's own, for example 1024x768.
    #[arg(long, value_name = "WxH", value_parser = parse_size)]
    pub(crate) size: Option<(u32, u32)>,
    /// Write the graph that was run to this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) save_graph: Option<PathBuf>,
    /// Do not reuse earlier results.
    #[arg(long)]
    pub(crate) no_cache: bool,
}

/// A LoRA and how much of it counts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Lora {
    /// Name or path.
    pub(crate) name: String,
    /// `None` is the node's default.
    pub(crate) strength: Option<f64>,
}

impl FromStr for Lora {
    type Err = String;

    /// What stands behind the last colon is the strength when it is a number: paths may have colons of their own.
    fn from_str(text: &str) -> Result<Self, String> {
        let split = text.rsplit_once(':').and_then(|(name, number)| Some((name, number.parse().ok()?)));
        let (name, strength) = split.map_or((text, None), |(name, strength)| (name, Some(strength)));
        match strength {
            Some(strength) if !f64::is_finite(strength) => {
                Err(format!("expected a number behind the colon, found {strength}"))
            }
            _ if name.is_empty() => Err("expected the name of a LoRA before the colon".to_owned()),
            _ => Ok(Self { name: name.to_owned(), strength }),
        }
    }
}

/// How a picture is brought to a size the model likes.
#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub(crate) enum Fit {
    /// Cut off what is too much, evenly.
    Crop,
    /// Add borders; they are cut off the result.
    Pad,
    /// Change the shape; the result gets its own shape back.
    Stretch,
    /// Leave it; its sides must be multiples of 16.
    None,
}

impl Fit {
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Crop => "crop",
            Self::Pad => "pad",
            Self::Stretch => "stretch",
            Self::None => "none",
        }
    }
}

#[derive(Args)]
pub(crate) struct Run {
    /// A graph file, a PNG that carries one, or a `.wirebrush` bundle; `-` reads standard input.
    pub(crate) graph: PathBuf,
    /// Set an exposed input, or `node.input`; may be repeated.
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) set: Vec<String>,
    /// Folder to write results into.
    #[arg(short, long, value_name = "DIR", default_value = ".")]
    pub(crate) output: PathBuf,
    /// Do not reuse earlier results.
    #[arg(long)]
    pub(crate) no_cache: bool,
}

#[derive(Args)]
pub(crate) struct Serve {
    /// Port to listen on; 0 takes any free one.
    #[arg(long, value_name = "N", default_value_t = 8188)]
    pub(crate) port: u16,
    /// Address to listen on. Any but this machine's own asks every client for a token; nothing is encrypted.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1")]
    pub(crate) listen: String,
    /// Answer to this name too, for example studio.local, or studio.local:80 when another port leads here; may be
    /// repeated.
    #[arg(long = "host", value_name = "NAME")]
    pub(crate) hosts: Vec<HostName>,
    /// Open the editor in the browser.
    #[arg(long)]
    pub(crate) open: bool,
    /// Token that clients log in with, instead of a generated one.
    #[arg(long, value_name = "TOKEN", env = "WIREBRUSH_TOKEN", hide_env_values = true,
        value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(crate) token: Option<String>,
}

#[derive(Subcommand)]
pub(crate) enum Graph {
    /// Rewrite graph files in their canonical form.
    Format {
        /// Graph files; each is replaced only when it changes.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Say what changed between two graphs.
    Diff {
        /// The older file, or a PNG that carries a graph.
        old: PathBuf,
        /// The newer one.
        new: PathBuf,
    },
}

#[derive(Subcommand)]
pub(crate) enum Schema {
    /// The graph document.
    Graph,
    /// The index of plugins.
    Index,
    /// The server's API, as an OpenAPI document.
    Openapi,
    /// The interface of components, as one WIT package.
    Wit,
}

pub(crate) fn parse_size(text: &str) -> Result<(u32, u32), String> {
    let wrong = || format!("expected WIDTHxHEIGHT such as 1024x768, found `{text}`");
    let (width, height) = text.split_once(['x', 'X', '×']).ok_or_else(wrong)?;
    match (width.trim().parse(), height.trim().parse()) {
        (Ok(width), Ok(height)) if width > 0 && height > 0 => Ok((width, height)),
        _ => Err(wrong()),
    }
}
