//! Reads nodes, subgraphs and exposed ports out of JSON.

use serde_json::{Map, Value as Json};

use super::Limits;
use crate::literal::shown;
use crate::{Exposed, Graph, Input, MadeModel, Node, Path, Problem, Problems, State, Subgraph, migrate};

pub(super) struct Reader<'a> {
    limits: &'a Limits,
    nodes: usize,
    pub(super) problems: Problems,
}

impl<'a> Reader<'a> {
    pub(super) fn new(limits: &'a Limits) -> Self {
        Self { limits, nodes: 0, problems: Problems::new() }
    }

    pub(super) fn graph(&mut self, value: Json) -> Option<Graph> {
        let root = Path::root();
        let mut map = self.object(value, root)?;
        if let Err(problem) = migrate::upgrade(&mut map) {
            self.problems.push(*problem);
            return None;
        }
        map.remove("format");
        map.remove("version");
        if !map.contains_key("nodes") {
            self.error("missing", &root.key("nodes"), "an object", "nothing");
        }
        let title = self.take_text(&mut map, "title", root);
        let nodes = self.take_object(&mut map, "nodes", root);
        let nodes = self.nodes(nodes, &root.key("nodes"));
        let layout = self.take_object(&mut map, "layout", root);
        let layout = self.layout(layout, &root.key("layout"));
        let requires = self.take_object(&mut map, "requires", root);
        let requires = self.entries(requires, &root.key("requires"), Self::text);
        let made_with = self.take_object(&mut map, "made_with", root);
        let made_with = self.entries(made_with, &root.key("made_with"), Self::text);
        let models = self.take_object(&mut map, "models", root);
        let models = self.entries(models, &root.key("models"), Self::made_model);
        let exposed = self.take_object(&mut map, "exposed", root);
        let exposed = self.named(exposed, &root.key("exposed"), Self::exposed);
        let definitions = self.take_object(&mut map, "definitions", root);
        let definitions = self.named(definitions, &root.key("definitions"), Self::subgraph);
        let known = ["title", "nodes", "layout", "requires", "made_with", "models", "exposed", "definitions"];
        let extra = self.rest(map, &known, root);
        if self.nodes > self.limits.nodes {
            let expected = format!("at most {} nodes", self.limits.nodes);
            self.error("size", &root.key("nodes"), &expected, self.nodes.to_string());
        }
        Some(Graph { title, nodes, layout, requires, made_with, models, exposed, definitions, extra })
    }

    fn made_model(&mut self, value: Json, path: &Path<'_>) -> Option<MadeModel> {
        let mut map = self.object(value, path)?;
        let blake3 = self.take_text(&mut map, "blake3", path);
        let role = self.take_text(&mut map, "role", path);
        let family = self.take_text(&mut map, "family", path);
        let pull = self.take_text(&mut map, "pull", path);
        let bytes = self.take_size(&mut map, "bytes", path);
        let extra = self.rest(map, &["blake3", "role", "family", "pull", "bytes"], path);
        Some(MadeModel { blake3, role, family, pull, bytes, extra })
    }

    fn node(&mut self, value: Json, path: &Path<'_>) -> Option<Node> {
        self.nodes += 1;
        let mut map = self.object(value, path)?;
        let node_type = match map.remove("type") {
            Some(value) => self.text(value, &path.key("type")),
            None => {
                self.error("missing", &path.key("type"), "text", "nothing");
                None
            }
        };
        let inputs = self.take_object(&mut map, "inputs", path);
        let inputs = self.entries(inputs, &path.key("inputs"), Self::input);
        let state = map.remove("state").map_or(State::Normal, |value| self.state(&value, &path.key("state")));
        let note = self.take_text(&mut map, "note", path);
        let extra = self.rest(map, &["type", "inputs", "state", "note"], path);
        Some(Node { node_type: node_type?, inputs, state, note, extra })
    }

    fn state(&mut self, value: &Json, path: &Path<'_>) -> State {
        let states = [State::Normal, State::Muted, State::Bypassed];
        let state = states.into_iter().find(|it| value.as_str() == Some(it.as_str()));
        state.unwrap_or_else(|| {
            self.error("choice", path, "one of `normal`, `muted`, `bypassed`", shown(value));
            State::Normal
        })
    }

    fn input(&mut self, value: Json, path: &Path<'_>) -> Option<Input> {
        let Json::Array(items) = value else { return self.item(value, path) };
        let mut list = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            list.extend(self.item(item, &path.index(index)));
        }
        Some(Input::List(list))
    }

    fn item(&mut self, value: Json, path: &Path<'_>) -> Option<Input> {
        match &value {
            Json::Object(map) if map.contains_key("from") => {
                for key in map.keys().filter(|key| *key != "from") {
                    self.error("unknown-field", &path.key(key), "only `from` in a link", format!("`{key}`"));
                }
                let from = map.get("from").unwrap_or(&Json::Null);
                self.link(from, &path.key("from")).map(Input::Link)
            }
            _ => Some(Input::Literal(value)),
        }
    }

    fn exposed(&mut self, value: Json, path: &Path<'_>) -> Option<Exposed> {
        match value {
            Json::Object(mut map) if map.contains_key("from") => {
                let from = map.remove("from").unwrap_or_default();
                let link = self.link(&from, &path.key("from"))?;
                Some(Exposed::Output(link, map.into_iter().collect()))
            }
            Json::Object(mut map) if map.contains_key("input") => {
                let input = map.remove("input").unwrap_or_default();
                let endpoint = self.endpoint(&input, &path.key("input"))?;
                Some(Exposed::Input(endpoint, map.into_iter().collect()))
            }
            Json::Object(_) => {
                self.error("type", path, "\"node.input\" or { \"from\": \"node.output\" }", "an object");
                None
            }
            other => {
                self.endpoint(&other, path).map(|it| Exposed::Input(it, Map::new().into_iter().collect()))
            }
        }
    }

    fn subgraph(&mut self, value: Json, path: &Path<'_>) -> Option<Subgraph> {
        let mut map = self.object(value, path)?;
        let inputs = self.take_object(&mut map, "inputs", path);
        let inputs = self.named(inputs, &path.key("inputs"), |reader, value, path| match value {
            Json::Array(targets) if !targets.is_empty() => {
                let targets = targets.iter().enumerate();
                Some(targets.filter_map(|(index, it)| reader.endpoint(it, &path.index(index))).collect())
            }
            single => reader.endpoint(&single, path).map(|it| vec![it]),
        });
        let outputs = self.take_object(&mut map, "outputs", path);
        let outputs =
            self.named(outputs, &path.key("outputs"), |reader, value, path| match value.get("from") {
                Some(from) => reader.link(from, &path.key("from")),
                None => reader.link(&value, path),
            });
        let nodes = self.take_object(&mut map, "nodes", path);
        let nodes = self.nodes(nodes, &path.key("nodes"));
        let layout = self.take_object(&mut map, "layout", path);
        let layout = self.layout(layout, &path.key("layout"));
        let extra = self.rest(map, &["inputs", "outputs", "nodes", "layout"], path);
        Some(Subgraph { inputs, outputs, nodes, layout, extra })
    }

    /// Reads the entries of an object whose keys are users' names.
    fn named<T, M: FromIterator<(String, T)>>(
        &mut self,
        map: Map<String, Json>,
        path: &Path<'_>,
        read: impl Fn(&mut Self, Json, &Path<'_>) -> Option<T>,
    ) -> M {
        for key in map.keys() {
            self.name(key, &path.key(key));
        }
        self.entries(map, path, read)
    }

    fn entries<T, M: FromIterator<(String, T)>>(
        &mut self,
        map: Map<String, Json>,
        path: &Path<'_>,
        read: impl Fn(&mut Self, Json, &Path<'_>) -> Option<T>,
    ) -> M {
        map.into_iter()
            .filter_map(|(key, value)| read(self, value, &path.key(&key)).map(|it| (key, it)))
            .collect()
    }

    /// Reads nodes, whose names may not be those that the layout keeps for itself.
    fn nodes(&mut self, map: Map<String, Json>, path: &Path<'_>) -> std::collections::BTreeMap<String, Node> {
        if map.contains_key("frames") {
            let problem = Problem::error("name", path.key("frames"), "another name", "`frames`");
            self.problems.push(problem.hint("the layout keeps this name for frames around nodes"));
        }
        self.named(map, path, Self::node)
    }
}
