//! The document as JSON in memory; absent and default fields are left out.

use serde_json::{Map, Value as Json};

use crate::{
    Exposed, Extra, FORMAT, Frame, Graph, Input, Layout, Link, MadeModel, Node, Place, State, Subgraph,
    VERSION, number,
};

impl Graph {
    /// The document as JSON in memory.
    pub fn to_value(&self) -> Json {
        let mut map = with_extra(&self.extra);
        map.insert("format".to_owned(), FORMAT.into());
        map.insert("version".to_owned(), VERSION.into());
        put_text(&mut map, "title", &self.title);
        map.insert("nodes".to_owned(), object(&self.nodes, Node::to_value));
        put_map(&mut map, "layout", self.layout.to_value());
        put_map(&mut map, "requires", object(&self.requires, |it| Json::from(it.as_str())));
        put_map(&mut map, "made_with", object(&self.made_with, |it| Json::from(it.as_str())));
        put_map(&mut map, "models", object(&self.models, MadeModel::to_value));
        put_map(&mut map, "exposed", object(&self.exposed, Exposed::to_value));
        put_map(&mut map, "definitions", object(&self.definitions, Subgraph::to_value));
        Json::Object(map)
    }
}

impl MadeModel {
    fn to_value(&self) -> Json {
        let mut map = with_extra(&self.extra);
        put_text(&mut map, "blake3", &self.blake3);
        put_text(&mut map, "role", &self.role);
        put_text(&mut map, "family", &self.family);
        put_text(&mut map, "pull", &self.pull);
        if self.bytes > 0 {
            map.insert("bytes".to_owned(), number::integer(self.bytes.into()));
        }
        Json::Object(map)
    }
}

impl Node {
    /// The node as JSON in memory.
    pub fn to_value(&self) -> Json {
        let mut map = with_extra(&self.extra);
        map.insert("type".to_owned(), self.node_type.as_str().into());
        put_map(&mut map, "inputs", object(&self.inputs, Input::to_value));
        if self.state != State::Normal {
            map.insert("state".to_owned(), self.state.as_str().into());
        }
        put_text(&mut map, "note", &self.note);
        Json::Object(map)
    }
}

impl Input {
    /// The input as JSON in memory.
    pub fn to_value(&self) -> Json {
        match self {
            Self::Literal(value) => value.clone(),
            Self::Link(link) => from(link, &Extra::new()),
            Self::List(items) => Json::Array(items.iter().map(Self::to_value).collect()),
        }
    }
}

impl Exposed {
    fn to_value(&self) -> Json {
        match self {
            Self::Input(endpoint, extra) if extra.is_empty() => endpoint.to_string().into(),
            Self::Input(endpoint, extra) => {
                let mut map = with_extra(extra);
                map.insert("input".to_owned(), endpoint.to_string().into());
                Json::Object(map)
            }
            Self::Output(link, extra) => from(link, extra),
        }
    }
}

impl Subgraph {
    fn to_value(&self) -> Json {
        let mut map = with_extra(&self.extra);
        let inputs = object(&self.inputs, |targets| match targets.as_slice() {
            [single] => single.to_string().into(),
            several => several.iter().map(|it| Json::from(it.to_string())).collect(),
        });
        put_map(&mut map, "inputs", inputs);
        put_map(&mut map, "outputs", object(&self.outputs, |link| from(link, &Extra::new())));
        map.insert("nodes".to_owned(), object(&self.nodes, Node::to_value));
        put_map(&mut map, "layout", self.layout.to_value());
        Json::Object(map)
    }
}

impl Layout {
    fn to_value(&self) -> Json {
        let mut map = with_extra(&self.extra);
        for (name, place) in &self.places {
            map.insert(name.clone(), place.to_value());
        }
        put_map(&mut map, "frames", object(&self.frames, Frame::to_value));
        Json::Object(map)
    }
}

impl Place {
    fn to_value(self) -> Json {
        let (width, height) = self.size.unzip();
        [Some(self.x), Some(self.y), width, height].into_iter().flatten().map(pixels).collect()
    }
}

impl Frame {
    fn to_value(&self) -> Json {
        let mut map = with_extra(&self.extra);
        map.insert("rect".to_owned(), self.rect.into_iter().map(pixels).collect());
        put_text(&mut map, "color", &self.color);
        put_text(&mut map, "note", &self.note);
        Json::Object(map)
    }
}

fn from(link: &Link, extra: &Extra) -> Json {
    let mut map = with_extra(extra);
    map.insert("from".to_owned(), link.to_string().into());
    Json::Object(map)
}

fn pixels(number: f64) -> Json {
    number::from_f64(number).map_or(Json::from(0), Json::Number)
}

fn with_extra(extra: &Extra) -> Map<String, Json> {
    extra.iter().map(|(key, value)| (key.clone(), value.clone())).collect()
}

fn put_text(map: &mut Map<String, Json>, key: &str, text: &str) {
    if !text.is_empty() {
        map.insert(key.to_owned(), text.into());
    }
}

fn put_map(map: &mut Map<String, Json>, key: &str, value: Json) {
    if value.as_object().is_some_and(|it| !it.is_empty()) {
        map.insert(key.to_owned(), value);
    }
}

fn object<'a, T: 'a>(
    entries: impl IntoIterator<Item = (&'a String, &'a T)>,
    value: impl Fn(&'a T) -> Json,
) -> Json {
    Json::Object(entries.into_iter().map(|(key, item)| (key.clone(), value(item))).collect())
}
