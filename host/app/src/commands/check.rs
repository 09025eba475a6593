//! `wirebrush check`: every problem of a graph at once.

use std::path::Path;

use anyhow::Result;
use serde_json::json;
use wirebrush_graph::{Catalog, Graph};

use super::run::read_graph;
use crate::exit::Exit;
use crate::index::{self, ChosenIndex, HOST};
use crate::models::{Reach, candidates, missing};
use crate::output::outln;
use crate::session::Session;

pub(crate) fn check(session: &Session, graph: &Path) -> Result<Exit> {
    let text = read_graph(graph, None)?;
    let mut parsed = session.plugins().check(text.as_bytes());
    if let Some(graph) = &parsed.graph {
        let catalog = session.plugins().for_graph(graph).catalog;
        candidates::learn(session, graph, &*catalog)?;
        let mut missing = missing::check(graph, &*catalog, &session.models, Reach::Paths);
        missing.locate(&text);
        parsed.problems.append(missing);
    }
    let sound = !parsed.problems.has_errors();
    if session.json {
        outln!("{:#}", json!({ "sound": sound, "problems": parsed.problems }));
    } else {
        for problem in parsed.problems.iter() {
            outln!("{problem}");
        }
        if let (Some(index), Some(graph)) = (&session.index, &parsed.graph) {
            offer_missing(index, graph, &session.plugins().catalog)?;
        }
        if sound {
            let nodes = parsed.graph.map_or(0, |graph| graph.nodes.len());
            outln!("{}: sound, {nodes} nodes", graph.display());
        }
    }
    Ok(if sound { Exit::Ok } else { Exit::WrongUse })
}

/// Says which plugins of the index have the nodes that are missing.
fn offer_missing(place: &ChosenIndex, graph: &Graph, installed: &Catalog) -> Result<()> {
    let missing = index::missing_types(graph, installed);
    if missing.is_empty() {
        return Ok(());
    }
    let index = place.load()?;
    for node in missing {
        match index.find(node, &HOST).first() {
            Some(offer) => {
                let words = index::in_words(offer);
                outln!("{node}: {words} has it: `wirebrush plugin install {}`", offer.id);
            }
            None => outln!("{node}: no plugin of the index has it"),
        }
    }
    Ok(())
}
