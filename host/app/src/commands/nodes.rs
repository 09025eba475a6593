//! `wirebrush nodes`: what nodes there are and what they take.

use anyhow::Result;
use wirebrush_graph::Definitions;
use wirebrush_schema::{Definition, Port};

use crate::exit::{Exit, WrongUse};
use crate::output::outln;
use crate::session::Session;

pub(crate) fn nodes(session: &Session, id: Option<&str>) -> Result<Exit> {
    let catalog = &session.plugins().catalog;
    match id {
        Some(id) => {
            let definition = catalog.get(id).ok_or_else(|| {
                WrongUse(format!("no plugin has a node `{id}`; `wirebrush nodes` lists them"))
            })?;
            if session.json {
                outln!("{}", serde_json::to_string_pretty(definition)?);
            } else {
                describe(definition);
            }
        }
        None if session.json => {
            outln!("{}", serde_json::to_string_pretty(&catalog.all().collect::<Vec<_>>())?);
        }
        None => {
            for definition in catalog.all() {
                let summary = definition.description.split_inclusive(". ").next().unwrap_or_default();
                outln!("{:24} {}", definition.id, summary.trim());
            }
        }
    }
    Ok(Exit::Ok)
}

fn describe(definition: &Definition) {
    outln!("{} (version {}, {})", definition.id, definition.version, definition.category);
    if !definition.description.is_empty() {
        outln!("{}", definition.description);
    }
    for (title, ports) in [("inputs", &definition.inputs), ("outputs", &definition.outputs)] {
        outln!("\n{title}:");
        for port in ports {
            outln!("  {:20} {}", port.name, summary(port));
        }
    }
}

/// Kind, default, range, choices and help of a port in one line.
fn summary(port: &Port) -> String {
    let mut words = vec![port.kind.to_string()];
    if port.list {
        words.push("list".to_owned());
    }
    if port.optional {
        words.push("optional".to_owned());
    }
    if !port.choices.is_empty() {
        let keys: Vec<_> = port.choices.iter().map(|choice| choice.key.as_str()).collect();
        words.push(keys.join("|"));
    }
    if let Some(range) = &port.range {
        let end =
            |bound: &Option<serde_json::Number>| bound.as_ref().map_or(String::new(), ToString::to_string);
        words.push(format!("{}..{}", end(&range.min), end(&range.max)));
    }
    if let Some(default) = &port.default {
        words.push(format!("= {default}"));
    }
    if !port.tooltip.is_empty() {
        words.push(format!("— {}", port.tooltip));
    }
    words.join(" ")
}
