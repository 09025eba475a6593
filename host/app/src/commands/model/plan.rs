//! `wirebrush model plan`: what an edit will take.

use anyhow::{Result, bail};
use clap::Args;
use wirebrush_engine::{Value, Wanted};
use wirebrush_graph::{Graph, Node};

use crate::cli::parse_size;
use crate::exit::{Exit, WrongUse};
use crate::models::Reach;
use crate::output::outln;
use crate::session::{self, Session};

/// The node that plans; models belong to plugins, the host does not know what they take.
const PLANNER: &str = "kontext/PlanMemory";

/// What shall be planned.
#[derive(Args)]
pub(crate) struct Plan {
    /// Model by name or path.
    model: String,
    /// Size of the result, for example 1024x768 [default: the model's own].
    #[arg(long, value_name = "WxH", value_parser = parse_size)]
    size: Option<(u32, u32)>,
    /// Pictures to edit, each brought to the model's preferred size for the aspect of the result.
    #[arg(long, value_name = "N", default_value_t = 1)]
    references: u32,
    /// Pictures whose style shall guide the result (Redux).
    #[arg(long, value_name = "N", default_value_t = 0)]
    styles: u32,
    /// With a negative prompt.
    #[arg(long)]
    negative: bool,
}

pub(super) fn plan(session: &Session, args: &Plan) -> Result<Exit> {
    let path =
        session.models.find(&args.model, Reach::Paths).map_err(|failure| WrongUse(failure.to_string()))?;
    let path = std::path::absolute(path)?;
    let (width, height) = args.size.unwrap_or_default();
    let node = Node::new(PLANNER)
        .set("model", path.to_string_lossy().as_ref())
        .set("width", width)
        .set("height", height)
        .set("references", args.references)
        .set("styles", args.styles)
        .set("negative", args.negative);
    let wanted = if session.json { "plan.plan" } else { "plan.words" };
    let graph = Graph::new("").with("plan", node);
    let result = session.run_silently(&graph, &Wanted::These(vec![wanted.to_owned()]))?;
    if let Some((_, failure)) = result.failures().next() {
        bail!("{failure}");
    }
    if let Some(Value::Text(text)) = result.output(wanted) {
        outln!("{}", text.trim_end());
    }
    Ok(session::exit(&result))
}
