//! The graph behind `wirebrush edit`: load, fit, encode, sample, decode, bring back, save.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value as Json;
use wirebrush_graph::{Graph, Node, Place};

use crate::cli::{Edit, Fit, Lora};

/// What `edit` was asked, with the pictures' names as they shall stand in the graph.
pub(crate) struct Request<'a> {
    pub(crate) image: String,
    pub(crate) prompt: &'a str,
    pub(crate) references: Vec<String>,
    pub(crate) redux: Option<String>,
    /// `png`, `jpeg` or `webp`.
    pub(crate) format: &'a str,
    /// Name of the result without ending.
    pub(crate) name: String,
    pub(crate) args: &'a Edit,
}

/// Wires the standard edit graph. The model, prompt, seed and the other knobs are exposed.
pub(crate) fn build(request: &Request<'_>) -> Graph {
    let args = request.args;
    let model = args.model.as_str();
    let mut wiring = Wiring { graph: Graph::new(request.prompt), model, fit: args.fit, patched: None };

    for (index, lora) in args.lora.iter().enumerate() {
        wiring.lora(&format!("lora{}", index + 1), lora);
    }
    wiring.node("prompt", Node::new("text/Text").set("text", request.prompt));
    let reference = wiring.latent("photo", &request.image);
    let others: Vec<_> = request
        .references
        .iter()
        .enumerate()
        .map(|(index, file)| wiring.latent(&format!("photo{}", index + 2), file))
        .collect();

    let mut sample = wiring.with_model(Node::new("kontext/FlowSample")).set("seed", seed(args.seed));
    for name in [reference].into_iter().chain(others) {
        sample = sample.wire("references", name, "latent");
    }
    let (t5, clip) = wiring.text("", "prompt");
    sample = sample.wire("t5", t5, "t5").wire("clip", clip, "clip");
    if let Some(negative) = &args.negative {
        wiring.node("negative", Node::new("text/Text").set("text", negative.as_str()));
        let (t5, clip) = wiring.text("negative_", "negative");
        sample = sample.wire("negative_t5", t5, "t5").wire("negative_clip", clip, "clip");
    }
    if let Some(file) = &request.redux {
        wiring.node("style", Node::new("image/LoadImage").set("file", file.as_str()));
        let redux = Node::new("kontext/ReduxEncode").set("model", model).wire("image", "style", "image");
        wiring.node("redux", redux);
        sample = sample.wire("redux", "redux", "redux");
    }
    let numbers = [
        ("steps", args.steps.map(Json::from)),
        ("guidance", args.guidance.map(Json::from)),
        ("cfg", args.cfg.map(Json::from)),
        ("width", args.size.map(|(width, _)| Json::from(width))),
        ("height", args.size.map(|(_, height)| Json::from(height))),
    ];
    for (input, value) in numbers {
        if let Some(value) = value {
            sample = sample.set(input, value);
        }
    }
    wiring.node("sample", sample);
    wiring.node(
        "decode",
        Node::new("kontext/VAEDecode").set("model", model).wire("latent", "sample", "latent"),
    );

    let mut last = ("decode", "image");
    if args.fit != Fit::None && args.size.is_none() {
        let undo =
            Node::new("kontext/UndoFit").wire("image", "decode", "image").wire("fit", "photo_fit", "fit");
        wiring.node("result", undo);
        last = ("result", "image");
    }
    let save = Node::new("image/SaveImage")
        .wire("image", last.0, last.1)
        .set("name", request.name.as_str())
        .set("format", request.format);
    wiring.node("save", save);

    arrange(&mut wiring.graph);
    wiring
        .graph
        .expose("image", "photo", "file")
        .expose("prompt", "prompt", "text")
        .expose("seed", "sample", "seed")
        .expose("steps", "sample", "steps")
        .expose("guidance", "sample", "guidance")
}

/// Places every node right of those it is wired to, nodes of one column below each other.
fn arrange(graph: &mut Graph) {
    const COLUMN: f64 = 300.0;
    const ROW: f64 = 420.0;
    let mut columns: BTreeMap<String, u32> = graph.nodes.keys().map(|name| (name.clone(), 0)).collect();
    // As many rounds as the longest chain has wires: the graph has no circles.
    while let Some((name, column)) = graph.nodes.iter().find_map(|(name, node)| {
        let behind = node.links().filter_map(|(_, link)| columns.get(&link.node)).max()? + 1;
        (columns[name] < behind).then(|| (name.clone(), behind))
    }) {
        columns.insert(name, column);
    }
    let mut rows: BTreeMap<u32, u32> = BTreeMap::new();
    for (name, column) in columns {
        let row = rows.entry(column).or_default();
        let place = Place { x: f64::from(column) * COLUMN, y: f64::from(*row) * ROW, size: None };
        graph.layout.places.insert(name, place);
        *row += 1;
    }
}

/// A seed as documents hold it: exact for every reader.
fn seed(seed: u64) -> Json {
    const EXACT_IN_EVERY_READER: u64 = 1 << 53;
    if seed > EXACT_IN_EVERY_READER { Json::from(seed.to_string()) } else { Json::from(seed) }
}

/// A file name as it stands in a graph that lies in, or is read from, `base`.
pub(crate) fn name_from(base: &Path, file: &Path) -> String {
    let name = file.strip_prefix(base).unwrap_or(file);
    name.to_string_lossy().replace('\\', "/")
}

struct Wiring<'a> {
    graph: Graph,
    model: &'a str,
    fit: Fit,
    /// The node that has the model with all LoRAs.
    patched: Option<String>,
}

impl Wiring<'_> {
    fn node(&mut self, name: &str, node: Node) {
        self.graph.nodes.insert(name.to_owned(), node);
    }

    /// Puts a LoRA on the model that the nodes made after this one get.
    fn lora(&mut self, name: &str, lora: &Lora) {
        let mut node = self.with_model(Node::new("kontext/LoadLoRA")).set("lora", lora.name.as_str());
        if let Some(strength) = lora.strength {
            node = node.set("strength", strength);
        }
        self.node(name, node);
        self.patched = Some(name.to_owned());
    }

    /// A node of a part that LoRAs may change, with its model.
    fn with_model(&self, node: Node) -> Node {
        match &self.patched {
            Some(name) => node.wire("model", name.as_str(), "model"),
            None => node.set("model", self.model),
        }
    }

    /// Loads, fits and encodes a picture; the name of the node that has its latent.
    fn latent(&mut self, photo: &str, file: &str) -> String {
        self.node(photo, Node::new("image/LoadImage").set("file", file));
        let mut source = photo.to_owned();
        if self.fit != Fit::None {
            let fit = Node::new("kontext/FitToModel")
                .set("model", self.model)
                .set("fit", self.fit.key())
                .wire("image", photo, "image");
            source = format!("{photo}_fit");
            self.node(&source, fit);
        }
        let encode = Node::new("kontext/VAEEncode").set("model", self.model).wire("image", source, "image");
        let name = format!("{photo}_latent");
        self.node(&name, encode);
        name
    }

    /// Encodes a text twice; the names of the T5 and CLIP nodes.
    fn text(&mut self, prefix: &str, text: &str) -> (String, String) {
        let names = (format!("{prefix}t5"), format!("{prefix}clip"));
        for (name, node_type) in [(&names.0, "kontext/T5Encode"), (&names.1, "kontext/CLIPEncode")] {
            self.node(name, self.with_model(Node::new(node_type)).wire("text", text, "text"));
        }
        names
    }
}
