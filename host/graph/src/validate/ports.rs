//! Inputs of nodes, and whatever leads to an input or output.

use serde_json::Value as Json;
use wirebrush_schema::{Definition, Port};

use super::{Checker, Scope};
use crate::definitions::{did_you_mean, feeds, input, names, output};
use crate::literal::article;
use crate::{Endpoint, Exposed, Input, Link, Node, Path, Problem, literal};

impl<'a> Checker<'a> {
    pub(super) fn inputs(
        &mut self,
        name: &str,
        node: &Node,
        definition: &Definition,
        scope: &Scope,
        path: &Path<'_>,
        given: &dyn Fn(&str, &str) -> bool,
    ) {
        for (input_name, value) in &node.inputs {
            let here = path.key(input_name);
            match input(definition, input_name) {
                Some(port) => self.input(value, port, scope, &here),
                None => self.unknown_port(&here, input_name, &definition.inputs, "an input", &node.node_type),
            }
        }
        for port in &definition.inputs {
            let empty = node.inputs.get(&port.name).is_none_or(|it| it.items().is_empty());
            if empty && !port.optional && port.default.is_none() && !given(name, &port.name) {
                let kind = port.kind.as_str();
                let expected = if port.list { format!("at least one {kind}") } else { article(kind) };
                self.error("missing", &path.key(&port.name), expected, "nothing");
            }
        }
    }

    fn input(&mut self, value: &Input, port: &Port, scope: &Scope, path: &Path<'_>) {
        match value {
            Input::List(items) if port.list => {
                for (index, item) in items.iter().enumerate() {
                    self.item(item, port, scope, &path.index(index));
                }
            }
            Input::List(items) => {
                self.error("kind", path, article(port.kind.as_str()), format!("a list of {}", items.len()));
            }
            single => self.item(single, port, scope, path),
        }
    }

    fn item(&mut self, value: &Input, port: &Port, scope: &Scope, path: &Path<'_>) {
        match value {
            Input::Literal(value) => self.literal(value, port, path),
            Input::Link(link) => {
                let here = path.key("from");
                let Some(found) = self.output(link, scope, &here) else { return };
                if !feeds(&found.kind, port) {
                    let expected = article(port.kind.as_str());
                    self.error(
                        "kind",
                        &here,
                        expected,
                        format!("`{link}`, {}", article(found.kind.as_str())),
                    );
                }
            }
            Input::List(_) => self.error("kind", path, "a literal or a link", "a list in a list"),
        }
    }

    fn literal(&mut self, value: &Json, port: &Port, path: &Path<'_>) {
        if let Err(it) = literal(value, port) {
            self.push(Problem::error(it.code, path, it.expected, it.found).hint(it.hint));
        }
    }

    /// The output that a link leads to, when it and its node are known.
    pub(super) fn output(&mut self, link: &Link, scope: &Scope, path: &Path<'_>) -> Option<&'a Port> {
        let node = self.node(&link.node, &link.to_string(), scope, path)?;
        let definition = self.interfaces.get(&node.node_type)?;
        let port = output(definition, &link.output);
        if port.is_none() {
            self.unknown_port(path, &link.output, &definition.outputs, "an output", &node.node_type);
        }
        port
    }

    /// The input that an endpoint leads to, when it and its node are known.
    pub(super) fn endpoint(
        &mut self,
        endpoint: &Endpoint,
        scope: &Scope,
        path: &Path<'_>,
    ) -> Option<&'a Port> {
        let node = self.node(&endpoint.node, &endpoint.to_string(), scope, path)?;
        let definition = self.interfaces.get(&node.node_type)?;
        let port = input(definition, &endpoint.input);
        if port.is_none() && output(definition, &endpoint.input).is_some() {
            let expected = format!("an input of `{}`", node.node_type);
            let problem =
                Problem::error("unknown-port", path, expected, format!("its output `{}`", endpoint.input));
            self.push(problem.hint(format!("an output is written {{ \"from\": \"{endpoint}\" }}")));
        } else if port.is_none() {
            self.unknown_port(path, &endpoint.input, &definition.inputs, "an input", &node.node_type);
        }
        port
    }

    /// Checks that what is exposed exists.
    pub(super) fn exposed(&mut self) {
        let graph = self.graph;
        let root = Path::root().key("exposed");
        for (name, exposed) in &graph.exposed {
            let here = root.key(name);
            match exposed {
                Exposed::Input(endpoint, _) => drop(self.endpoint(endpoint, &graph.nodes, &here)),
                Exposed::Output(link, _) => drop(self.output(link, &graph.nodes, &here.key("from"))),
            }
        }
    }

    fn node<'s>(&mut self, name: &str, shown: &str, scope: &'s Scope, path: &Path<'_>) -> Option<&'s Node> {
        let node = scope.get(name);
        if node.is_none() {
            let hint = did_you_mean(name, scope.keys().map(String::as_str));
            self.push(Problem::error("link", path, "a node of the graph", format!("`{shown}`")).hint(hint));
        }
        node
    }

    fn unknown_port(&mut self, path: &Path<'_>, name: &str, ports: &[Port], what: &str, node_type: &str) {
        let all = || ports.iter().map(|port| port.name.as_str());
        let expected = format!("{what} of `{node_type}` ({})", names(all()));
        let problem = Problem::error("unknown-port", path, expected, format!("`{name}`"));
        self.push(problem.hint(did_you_mean(name, all())));
    }
}
