//! The text nodes, run in-process.

use wirebrush_nodes_text::{Join, Replace, Template, Text};
use wirebrush_sdk::prelude::*;
use wirebrush_sdk::schema::Manifest;
use wirebrush_sdk::testing::run;

#[track_caller]
fn check<N: Node>(inputs: Inputs, expected: &str) {
    assert_eq!(run::<N>(inputs).unwrap().value::<String>("text").unwrap(), expected);
}

#[track_caller]
fn check_fails<N: Node>(inputs: Inputs, message: &str) {
    assert_eq!(run::<N>(inputs).unwrap_err().to_string(), message);
}

#[test]
fn text_comes_out_as_it_went_in() {
    check::<Text>(Inputs::new().with("text", "  füße\n"), "  füße\n");
    check::<Text>(Inputs::new(), "");
}

#[test]
fn join_keeps_the_order_and_leaves_empty_texts_out() {
    let inputs = Inputs::new().with("texts", "a").with("texts", "").with("texts", "b");
    check::<Join>(inputs, "a, b");
    check::<Join>(Inputs::new(), "");
    check::<Join>(Inputs::new().with("texts", "a").with("texts", "b").with("separator", "\\n"), "a\nb");
}

#[test]
fn replace_counts_what_it_found() {
    let inputs =
        Inputs::new().with("text", "red cup, red pot").with("find", "red").with("replacement", "blue");
    let outputs = run::<Replace>(inputs).unwrap();
    assert_eq!(outputs.value::<String>("text").unwrap(), "blue cup, blue pot");
    assert_eq!(outputs.value::<i64>("count").unwrap(), 2);
}

#[test]
fn replacing_nothing_changes_nothing() {
    check::<Replace>(Inputs::new().with("text", "abc").with("replacement", "x"), "abc");
}

#[test]
fn template_fills_texts_numbers_and_choices_in() {
    let inputs = Inputs::new()
        .with("template", "{{{a}}} {b} {c} {d}")
        .with("a", "cup")
        .with("b", 3)
        .with("c", 0.5)
        .with_choice("d", "soft");
    check::<Template>(inputs, "{cup} 3 0.5 soft");
}

#[test]
fn a_filled_in_brace_is_not_a_placeholder() {
    check::<Template>(Inputs::new().with("template", "{a}").with("a", "{b}"), "{b}");
}

#[test]
fn template_errors_say_where() {
    let with = |template: &str| Inputs::new().with("template", template).with("a", "x");
    check_fails::<Template>(
        with("ü{x}"),
        "input `template`: expected {a}, {b}, {c} or {d} at character 2, found {x}",
    );
    check_fails::<Template>(
        with("ab{"),
        "input `template`: `{` at character 3 has no `}`: write `{{` for the brace itself",
    );
    check_fails::<Template>(
        with("a}"),
        "input `template`: a lone `}` at character 2: write `}}` for the brace itself",
    );
    check_fails::<Template>(
        with("{a}{b}"),
        "input `b`: expected a value, because the template uses {b}; found nothing",
    );
}

#[test]
fn the_manifest_names_the_nodes_that_the_plugin_has() {
    let manifest: Manifest = serde_json::from_str(include_str!("../plugin.json")).unwrap();
    let plugin = wirebrush_nodes_text::__wirebrush_plugin();
    let ids: Vec<_> = plugin.nodes.iter().map(|node| node.definition.id.clone()).collect();
    assert_eq!(manifest.nodes, ids);
    assert_eq!(manifest.version, env!("CARGO_PKG_VERSION"));
}
