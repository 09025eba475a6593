//! What a plugin says it is.

use fastrand::Rng;
use serde_json::Value as Json;
use wirebrush_conformance::{Build, Installed};
use wirebrush_graph::Catalog;
use wirebrush_schema::Description;

use super::Target;
use crate::mutate;

const GRAPH: &str = r#"{
    "format": "wirebrush/graph", "version": 1,
    "nodes": {
        "echo": { "type": "everything/Echo", "inputs": { "int": 7, "text": "x", "choice": "nearest", "float": 1.5 } },
        "more": { "type": "everything/Trivial", "inputs": { "number": { "from": "echo.int" } } },
        "join": { "type": "everything/List", "inputs": { "texts": { "from": "echo.text" } } }
    }
}"#;

pub(super) struct Definitions(Json);

impl Definitions {
    pub(super) fn new() -> Self {
        let registry = Installed::everything(Build::Native, |_| {}).registry();
        let nodes: Vec<_> = registry.definitions().cloned().collect();
        assert!(!nodes.is_empty(), "the fixture has nodes");
        let description = Description { nodes, ..Description::default() };
        Self(serde_json::to_value(description).expect("plain data"))
    }
}

impl Target for Definitions {
    fn run(&mut self, rng: &mut Rng) -> bool {
        // One node at a time: the whole document would hide the change in much that is good.
        let nodes = self.0["nodes"].as_array().map(Vec::as_slice).unwrap_or_default();
        let mut document = serde_json::json!({ "nodes": [nodes[rng.usize(..nodes.len())]] });
        mutate::json(rng, &mut document);
        let mut text = document.to_string().into_bytes();
        if rng.u8(..4) == 0 {
            mutate::bytes(rng, &mut text);
        }
        let Ok(description) = serde_json::from_slice::<Description>(&text) else { return false };
        let catalog = Catalog::new().plugin("everything", "0.1.0", description.nodes);
        if let Some(graph) = wirebrush_graph::parse(GRAPH.as_bytes()).graph {
            let problems = wirebrush_graph::validate(&graph, &catalog);
            problems.iter().for_each(|problem| drop(problem.to_string()));
        }
        true
    }
}
