//! Subgraphs: their nodes, their ports, and that none contains itself.

use super::Checker;
use crate::cycles;
use crate::definitions::{connects, feeds};
use crate::interface::{NESTING, nesting};
use crate::literal::article;
use crate::{Path, Subgraph};

impl Checker<'_> {
    pub(super) fn subgraphs(&mut self) {
        let graph = self.graph;
        let root = Path::root().key("definitions");
        for (name, subgraph) in &graph.definitions {
            let here = root.key(name);
            self.scope(&subgraph.nodes, &here.key("nodes"), &|node, input| {
                subgraph.inputs.values().flatten().any(|it| it.node == node && it.input == input)
            });
            self.ports(subgraph, &here);
            if self.interfaces.levels(name).is_some_and(|it| it > NESTING) {
                self.error(
                    "nesting",
                    &here,
                    format!("at most {NESTING} subgraphs inside each other"),
                    "more",
                );
            }
        }
        for cycle in cycles::cycles(&nesting(graph)) {
            let here = cycle.first().map_or(root, |name| root.key(name));
            self.error("recursion", &here, "no subgraph inside itself", cycles::shown(&cycle));
        }
    }

    fn ports(&mut self, subgraph: &Subgraph, path: &Path<'_>) {
        for (name, targets) in &subgraph.inputs {
            let inputs = path.key("inputs");
            let here = inputs.key(name);
            let mut first = None;
            for (index, target) in targets.iter().enumerate() {
                let place = if targets.len() == 1 { here } else { here.index(index) };
                let Some(port) = self.endpoint(target, &subgraph.nodes, &place) else { continue };
                // Values get the kind of the first; it has to suit the others as well.
                let first = *first.get_or_insert(port);
                let suits =
                    connects(&first.kind, &port.kind) && first.also.iter().all(|kind| feeds(kind, port));
                if !suits || first.list != port.list {
                    let found = format!("`{target}`, {}", article(port.kind.as_str()));
                    self.error("kind", &place, format!("{} as before", article(first.kind.as_str())), found);
                }
            }
        }
        for (name, link) in &subgraph.outputs {
            let outputs = path.key("outputs");
            let here = outputs.key(name);
            self.output(link, &subgraph.nodes, &here.key("from"));
        }
    }
}
