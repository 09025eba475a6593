//! Each document in `tests/corpus` gives exactly the problems in the `.expected` file next to it, one a line.
//!
//! `WIREBRUSH_BLESS=1` writes the files anew, to be read before they are kept.

use wirebrush_graph::{check, parse};

use crate::catalog::{catalog, corpus, good};

#[test]
fn every_document_of_the_corpus_gives_its_problems_and_no_others() {
    let catalog = catalog();
    let mut wrong = Vec::new();
    for (path, text) in corpus() {
        let problems = check(&text, &catalog).problems;
        let found = if problems.is_empty() { String::new() } else { format!("{problems}\n") };
        let expected = path.with_extension("expected");
        if std::env::var_os("WIREBRUSH_BLESS").is_some() {
            std::fs::write(&expected, &found).unwrap();
        }
        if std::fs::read_to_string(&expected).unwrap_or_default() != found {
            wrong.push(format!("{}:\n{found}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_document_without_problems_parses_without_definitions_too() {
    for (path, text) in good() {
        let parsed = parse(text.as_bytes());
        assert!(parsed.problems.is_empty() && parsed.graph.is_some(), "{}", path.display());
    }
}

#[test]
fn unknown_nodes_keep_their_data() {
    let text = r#"{ "format": "wirebrush/graph", "version": 1, "x": { "b": 1, "a": [2] },
        "nodes": { "n": { "type": "acme.tone/Levels", "color": "red", "inputs": { "curve": { "points": [0, 1] } } } } }"#;
    let parsed = check(text.as_bytes(), &catalog());
    assert!(parsed.problems.has_errors());
    let written = parsed.graph.unwrap().to_json();
    for kept in [
        r#""x": { "a": [2], "b": 1 }"#.replace("{ ", "{\n    ").as_str(),
        r#""color": "red""#,
        r#""points": [0, 1]"#,
    ] {
        let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let kept = flat(kept);
        assert!(flat(&written).contains(kept.trim_end_matches(" }")), "{kept} in {written}");
    }
}

#[test]
fn limits_are_told_with_their_numbers() {
    use wirebrush_graph::{Limits, parse_with};
    let text = br#"{ "format": "wirebrush/graph", "version": 1, "nodes": { "a": { "type": "x/Y" }, "b": { "type": "x/Y" } } }"#;
    let check = |limits: Limits, expected: &str| {
        assert_eq!(parse_with(text, &limits).problems.to_string(), expected);
    };
    let limits = Limits::default();
    check(Limits { bytes: 10, ..limits }, "expected at most 10 bytes, found 106");
    check(
        Limits { depth: 2, ..limits },
        "line 1, column 62: nodes.a: expected at most 2 levels, found one more",
    );
    check(Limits { nodes: 1, ..limits }, "line 1, column 55: nodes: expected at most 1 nodes, found 2");
}
