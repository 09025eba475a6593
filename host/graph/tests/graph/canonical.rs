//! Saving an unchanged graph changes no byte.

use serde_json::{Value as Json, json};
use wirebrush_graph::{Graph, Input, Node, State, from_value};

use crate::catalog::{corpus, good};

#[track_caller]
fn check_stable(graph: &Graph, what: &str) {
    let first = graph.to_json();
    let again = Graph::parse(&first).unwrap_or_else(|problems| panic!("{what}: {problems}\n{first}"));
    assert_eq!(&again, graph, "{what}");
    assert_eq!(again.to_json(), first, "{what}");
    let other: Json = serde_json::from_str(&first).unwrap();
    assert_eq!(from_value(other).graph.as_ref(), Some(graph), "{what} through serde_json");
}

#[test]
fn what_can_be_read_is_written_and_read_alike() {
    for (path, text) in corpus() {
        if let Ok(graph) = Graph::parse(&String::from_utf8_lossy(&text)) {
            check_stable(&graph, &path.display().to_string());
        }
    }
}

#[test]
fn the_example_is_already_canonical() {
    let (_, text) = good().into_iter().find(|(path, _)| path.ends_with("ok-teapot.json")).unwrap();
    assert_eq!(Graph::parse(&text).unwrap().to_json(), text);
}

#[test]
fn graphs_of_odd_values_are_stable() {
    let mut random = Random(7);
    for round in 0..300 {
        let mut graph = Graph::new(random.text());
        for _ in 0..random.below(5) {
            let mut node = Node::new(random.text());
            for _ in 0..random.below(4) {
                node = match random.below(3) {
                    0 => node.wire(random.text(), format!("n{}", random.below(9)), random.port()),
                    _ => {
                        let value = random.value(3);
                        match value {
                            Json::Array(_) => node,
                            value => node.set(random.text(), value),
                        }
                    }
                };
            }
            let states = [State::Normal, State::Muted, State::Bypassed];
            let name = format!("n{}", random.below(99));
            graph = graph.with(name, node.state(states[random.below(3)]));
        }
        graph.extra.insert("x-extra".to_owned(), random.value(4));
        check_stable(&graph, &format!("round {round}"));
    }
}

#[test]
fn integers_are_exact_to_64_bits() {
    for value in
        [json!(u64::MAX), json!(i64::MIN), json!(9_007_199_254_740_993_i64), json!("18446744073709551615")]
    {
        let graph = Graph::new("").with("n", Node::new("a/B").set("seed", value.clone()));
        let again = Graph::parse(&graph.to_json()).unwrap();
        assert_eq!(again.nodes["n"].inputs["seed"], Input::Literal(value));
    }
}

#[test]
fn a_document_is_a_graph_for_serde_too() {
    let (_, text) = good().into_iter().find(|(path, _)| path.ends_with("ok-subgraphs.json")).unwrap();
    let graph = Graph::parse(&text).unwrap();
    let json = serde_json::to_string(&graph).unwrap();
    assert_eq!(serde_json::from_str::<Graph>(&json).unwrap(), graph);
    let error = serde_json::from_str::<Graph>(r#"{ "format": "wirebrush/graph", "version": 1, "nodes": 3 }"#)
        .unwrap_err();
    assert_eq!(error.to_string(), "nodes: expected an object, found 3");
}

/// A generator of odd values; the same ones each time.
struct Random(u64);

impl Random {
    /// Source: Marsaglia, "Xorshift RNGs", 2003, with Vigna's multiplier.
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    fn text(&mut self) -> String {
        const CHARS: [char; 16] = [
            'a', 'Z', '7', 'é', '水', '😀', '"', '\\', '\n', '\u{0}', '\u{7f}', '\u{2028}', ' ', '.', '{',
            '#',
        ];
        (0..=self.below(12)).map(|_| CHARS[self.below(CHARS.len())]).collect()
    }

    fn port(&mut self) -> String {
        ["image", "text", "a b", "水"][self.below(4)].to_owned()
    }

    fn value(&mut self, depth: usize) -> Json {
        match self.below(if depth == 0 { 5 } else { 7 }) {
            0 => Json::Null,
            1 => Json::from(self.text()),
            2 => Json::from(self.next()),
            3 => Json::from(self.next().cast_signed() >> self.below(63)),
            4 => match f64::from_bits(self.next()) {
                float if float.fract() == 0.0 || !float.is_finite() => Json::from(0.5),
                float => Json::from(float),
            },
            5 => (0..self.below(4)).map(|_| self.value(depth - 1)).collect(),
            _ => (0..self.below(4)).map(|_| (format!("k{}", self.text()), self.value(depth - 1))).collect(),
        }
    }
}
