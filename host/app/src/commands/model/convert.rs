//! `wirebrush model convert`: a model in fewer bits, or in another format.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use indicatif::DecimalBytes;
use serde_json::Value as Json;
use wirebrush_engine::{Value, Wanted};
use wirebrush_graph::{Graph, Node};

use crate::exit::{Exit, WrongUse};
use crate::models::Reach;
use crate::output::outln;
use crate::session::{self, Session};

/// The node that quantizes; models belong to plugins, the host does not know their formats.
const CONVERTER: &str = "kontext/ConvertModel";

/// The words after `wirebrush model convert`.
#[derive(Args)]
pub(crate) struct Convert {
    /// The model: a name, a weights file, an index of shards, or a folder.
    from: String,
    /// The file to write; what is done so far lies beside it as OUT.part, and the same command goes on with it.
    #[arg(value_name = "OUT")]
    to: PathBuf,
    /// What the matrices become: q8_0, q6_k, q5_k, q4_k (GGUF), fp8 (safetensors), bf16 or f16 (either).
    #[arg(long = "to", value_name = "FORMAT")]
    format: String,
    /// Which model of a file or folder that holds several, such as transformer or t5.
    #[arg(long, default_value = "any")]
    part: String,
    /// Replace OUT if it is there.
    #[arg(long)]
    force: bool,
}

pub(super) fn convert(session: &Session, args: &Convert) -> Result<Exit> {
    let from =
        session.models.find(&args.from, Reach::Paths).map_err(|failure| WrongUse(failure.to_string()))?;
    let name =
        args.to.file_name().and_then(|name| name.to_str()).ok_or_else(|| {
            WrongUse(format!("{}: expected the name of a file to write", args.to.display()))
        })?;
    let folder = args.to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        return Err(WrongUse(format!("{}: no such folder", folder.display())).into());
    }
    if args.to.is_file() && !args.force {
        return Err(WrongUse(format!("{} is there already: --force replaces it", args.to.display())).into());
    }
    let absolute = |path: &Path| -> Result<String> {
        let path = std::path::absolute(path)?;
        let text = path.to_str().ok_or_else(|| WrongUse(format!("{}: not UTF-8", path.display())))?;
        Ok(text.to_owned())
    };
    let node = Node::new(CONVERTER)
        .set("file", absolute(&from)?)
        .set("part", args.part.as_str())
        .set("to", args.format.as_str())
        .set("folder", absolute(folder)?)
        .set("name", name)
        .set("replace", args.force);
    let graph = Graph::new("").with("convert", node);
    check(session, &graph)?;
    let wanted = Wanted::These(vec!["convert.report".to_owned()]);
    let result = session.run_unkept(&graph, &wanted)?;
    if let Some(Value::Text(report)) = result.output("convert.report") {
        match serde_json::from_str::<Json>(report) {
            Ok(report) if !session.json => tell(&report),
            Ok(report) => outln!("{report}"),
            Err(_) => outln!("{report}"),
        }
    }
    Ok(session::exit(&result))
}

/// What the node does not take is the fault of the option that has the name of its input.
fn check(session: &Session, graph: &Graph) -> Result<()> {
    let problems = wirebrush_graph::validate(graph, &*session.plugins().for_graph(graph).catalog);
    for option in ["part", "to"] {
        let path = format!("nodes.convert.inputs.{option}");
        if let Some(wrong) = problems.iter().find(|problem| problem.path == path) {
            let why = format!("--{option}: expected {}, found {}", wrong.expected, wrong.found);
            return Err(WrongUse(why).into());
        }
    }
    Ok(())
}

/// The new file and what it is, in one line.
fn tell(report: &Json) {
    let bytes = |field: &str| DecimalBytes(report[field].as_u64().unwrap_or_default());
    let counts = report["elements"].as_object().into_iter().flatten();
    let counts: Vec<(&String, f64)> =
        counts.map(|(encoding, count)| (encoding, count.as_f64().unwrap_or_default())).collect();
    let all: f64 = counts.iter().map(|(_, count)| count).sum::<f64>().max(1.0);
    let shares: Vec<String> =
        counts.iter().map(|(encoding, count)| format!("{encoding} {:.1} %", count / all * 100.0)).collect();
    let text = |field: &str| report[field].as_str().unwrap_or_default().to_owned();
    outln!(
        "{}: {}, {} from {} ({})",
        text("file"),
        text("part"),
        bytes("bytes"),
        bytes("source_bytes"),
        shares.join(", ")
    );
}
