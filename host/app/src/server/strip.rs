//! Takes out of a graph what its author may not want to share: prompts; file names and paths.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::Value as Json;
use utoipa::ToSchema;
use wirebrush_graph::{Definitions, Graph};
use wirebrush_schema::{Kind, Port};

use crate::literals;
use crate::reference::Reference;

/// What to take out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Strip {
    /// Texts that people write: those of text areas and of inputs named prompts.
    Prompts,
    /// Names of files and whatever looks like a path; a picture known by its contents loses its name only.
    Paths,
}

/// Empties what was asked for. A text of a node that nobody knows counts as both.
pub(crate) fn strip(graph: &mut Graph, definitions: &dyn Definitions, what: &[Strip]) {
    let (prompts, paths) = (what.contains(&Strip::Prompts), what.contains(&Strip::Paths));
    let mut taken = HashSet::new();
    literals::visit(graph, definitions, &mut |port, value| {
        let Some(text) = value.as_str() else { return };
        if let Ok(Some(reference)) = Reference::parse(text) {
            if paths {
                *value = Reference { name: String::new(), ..reference }.to_string().into();
            }
        } else if (prompts && port.is_none_or(is_prompt))
            || (paths && (port.is_none_or(is_file) || looks_like_path(text)))
        {
            taken.insert(text.trim().to_owned());
            *value = Json::from("");
        }
    });
    if paths {
        graph.models.retain(|name, _| !looks_like_path(name));
    }
    // `wirebrush edit` calls a graph like its prompt.
    if taken.contains(graph.title.trim()) {
        graph.title.clear();
    }
}

fn is_prompt(port: &Port) -> bool {
    port.kind.as_str() == Kind::TEXT && (port.widget == "textarea" || port.name.contains("prompt"))
}

fn is_file(port: &Port) -> bool {
    port.kind.as_str() == Kind::BYTES || port.widget == "file" || port.name == "name"
}

fn looks_like_path(text: &str) -> bool {
    let drive = |text: &str| matches!(text.as_bytes(), [letter, b':', b'\\' | b'/', ..] if letter.is_ascii_alphabetic());
    ["/", "~/", "./", "../", "\\\\"].iter().any(|start| text.starts_with(start)) || drive(text)
}

#[cfg(test)]
mod tests {
    use wirebrush_graph::{Catalog, Input, Node, Subgraph};
    use wirebrush_schema::Definition;

    use super::*;

    fn catalog() -> Catalog {
        let load = Definition::new("image/LoadImage", "image").input(Port::new("file", "bytes"));
        let text = Definition::new("text/Text", "text").input(Port::text("text", "").widget("textarea"));
        let encode = Definition::new("k/Encode", "k").input(Port::text("model", "tiny").widget("model"));
        Catalog::new().plugin("all", "1.0.0", [load, text, encode])
    }

    fn graph() -> Graph {
        let hash = blake3::hash(b"cup").to_hex();
        let mut graph = Graph::new("a secret wish")
            .with("a", Node::new("text/Text").set("text", "a secret wish"))
            .with("b", Node::new("image/LoadImage").set("file", "/home/me/cup.png"))
            .with("c", Node::new("image/LoadImage").set("file", format!("asset:{hash}/holiday.png")))
            .with("d", Node::new("k/Encode").set("model", "tiny"))
            .with("e", Node::new("k/Encode").set("model", "C:\\me\\model"))
            .with("f", Node::new("else/Unknown").set("what", "perhaps secret").set("number", 7));
        let inner = Subgraph {
            nodes: [("t".to_owned(), Node::new("text/Text").set("text", "an inner wish"))].into(),
            ..Subgraph::default()
        };
        graph.definitions.insert("Inner".to_owned(), inner);
        graph
    }

    fn text(node: &Node, input: &str) -> String {
        match &node.inputs[input] {
            Input::Literal(value) => value.as_str().map_or_else(|| value.to_string(), str::to_owned),
            _ => String::new(),
        }
    }

    #[test]
    fn prompts_go_and_everything_else_stays() {
        let mut graph = graph();
        strip(&mut graph, &catalog(), &[Strip::Prompts]);
        assert_eq!(text(&graph.nodes["a"], "text"), "");
        assert_eq!(text(&graph.definitions["Inner"].nodes["t"], "text"), "");
        assert_eq!(text(&graph.nodes["f"], "what"), "");
        assert_eq!(text(&graph.nodes["f"], "number"), "7");
        assert_eq!(text(&graph.nodes["b"], "file"), "/home/me/cup.png");
        assert_eq!(text(&graph.nodes["d"], "model"), "tiny");
        assert_eq!(graph.title, "", "the title repeated the prompt");
    }

    #[test]
    fn paths_go_and_pictures_stay_known_by_their_contents() {
        let mut graph = graph();
        strip(&mut graph, &catalog(), &[Strip::Paths]);
        assert_eq!(text(&graph.nodes["b"], "file"), "");
        assert_eq!(text(&graph.nodes["c"], "file"), format!("asset:{}", blake3::hash(b"cup").to_hex()));
        assert_eq!(text(&graph.nodes["d"], "model"), "tiny");
        assert_eq!(text(&graph.nodes["e"], "model"), "");
        assert_eq!(text(&graph.nodes["a"], "text"), "a secret wish");
    }

    #[test]
    fn a_model_that_was_named_by_its_path_goes_with_the_paths() {
        let mut graph = graph();
        for name in ["tiny", "/home/me/tiny", "C:\\tiny"] {
            graph.models.insert(name.to_owned(), Default::default());
        }
        strip(&mut graph, &catalog(), &[Strip::Paths]);
        assert_eq!(graph.models.keys().collect::<Vec<_>>(), ["tiny"]);
    }

    #[test]
    fn nothing_goes_unasked() {
        let mut stripped = graph();
        strip(&mut stripped, &catalog(), &[]);
        assert_eq!(stripped, graph());
    }
}
