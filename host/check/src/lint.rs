//! What can be said of definitions without running anything.

use std::collections::HashSet;

use serde_json::Number;
use wirebrush_schema::{Definition, Description, Kind, NumberRange, Port};

use crate::finding::{Finding, Level};

/// Everything that users or graphs would stumble over, in the order of the definitions.
///
/// What a host refuses outright (unknown kinds, two ports of one name) is left to the host.
pub fn lint(description: &Description) -> Vec<Finding> {
    let mut findings = Vec::new();
    for definition in &description.nodes {
        let found = &mut Found { definition, findings: &mut findings };
        node(found);
        definition.inputs.iter().for_each(|port| input(found, port));
        definition.outputs.iter().for_each(|port| output(found, port));
    }
    findings
}

struct Found<'a> {
    definition: &'a Definition,
    findings: &'a mut Vec<Finding>,
}

impl Found<'_> {
    fn add(&mut self, level: Level, rule: &str, port: Option<&Port>, what: impl Into<String>, advice: &str) {
        let port = port.map_or_else(String::new, |port| port.name.clone());
        let finding = Finding::new(level, rule, what).node(&self.definition.id).port(port);
        self.findings.push(finding.advice(advice));
    }

    fn error(&mut self, rule: &str, port: Option<&Port>, what: impl Into<String>, advice: &str) {
        self.add(Level::Error, rule, port, what, advice);
    }

    fn warn(&mut self, rule: &str, port: Option<&Port>, what: impl Into<String>, advice: &str) {
        self.add(Level::Warning, rule, port, what, advice);
    }
}

fn node(found: &mut Found<'_>) {
    let definition = found.definition;
    if definition.description.trim().is_empty() {
        found.warn("description", None, "has no description", "say in a sentence what it does");
    }
    if definition.category.trim().is_empty() {
        found.warn("category", None, "has no category", "name its place in the menu, such as `image/adjust`");
    }
    let name = definition.id.rsplit('/').next().unwrap_or_default();
    if let Some(version) = version_in(name) {
        let what = format!("its id carries a version, `{version}`");
        let advice = "ids stay for ever: raise the definition's `version`, or use `replaces`";
        found.warn("unstable-id", None, what, advice);
    }
    for (output, input) in &definition.bypass {
        let kind = |ports: &[Port], name: &str| {
            ports.iter().find(|port| port.name == *name).map(|port| port.kind.clone())
        };
        let (from, to) = (kind(&definition.inputs, input), kind(&definition.outputs, output));
        let what = match (&from, &to) {
            (None, _) => format!("`bypass` names input `{input}`, which it does not have"),
            (_, None) => format!("`bypass` names output `{output}`, which it does not have"),
            (Some(from), Some(to)) if from != to => {
                format!("`bypass` hands input `{input}` ({from}) to output `{output}` ({to})")
            }
            _ => continue,
        };
        found.error("bypass", None, what, "name an input and an output of one kind");
    }
    for replacement in &definition.replaces {
        if replacement.id == definition.id {
            found.error("replaces", None, "replaces its own id", "name an older id, or leave it out");
        }
        let known = |name: &String| {
            definition.inputs.iter().chain(&definition.outputs).any(|port| port.name == *name)
        };
        for (old, new) in replacement.ports.iter().filter(|(_, new)| !known(new)) {
            let what =
                format!("port `{old}` of `{}` becomes `{new}`, which it does not have", replacement.id);
            found.error("replaces", None, what, "name a port that there is");
        }
    }
}

/// The end of a node's name that looks like a version: `V2` of `LevelsV2`, `_0_3` of `Levels_0_3`.
fn version_in(name: &str) -> Option<&str> {
    let digits = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_');
    let marked = digits.strip_suffix("_v").or(digits.strip_suffix('V')).filter(|rest| !rest.is_empty());
    let start = match marked {
        Some(rest) if digits.len() < name.len() => rest.len(),
        _ if name[digits.len()..].contains('_') && name.len() > digits.len() + 1 => digits.len(),
        _ => return None,
    };
    Some(&name[start..])
}

fn input(found: &mut Found<'_>, port: &Port) {
    name(found, port);
    if port.tooltip.trim().is_empty() {
        found.warn("tooltip", Some(port), "has no tooltip", "say what it does, and what its ends mean");
    }
    if matches!(port.kind.as_str(), Kind::INT | Kind::FLOAT) {
        number(found, port);
    }
    choices(found, port);
    if let Some(default) = &port.default
        && let Err(mismatch) = wirebrush_graph::literal(default, port)
    {
        let rule = if mismatch.code == "range" { "default-outside" } else { "default" };
        let what = format!("default: expected {}, found {}", mismatch.expected, mismatch.found);
        found.error(rule, Some(port), what, "no graph could leave it as it is: correct default or range");
    }
}

fn output(found: &mut Found<'_>, port: &Port) {
    name(found, port);
    if port.default.is_some() || port.range.is_some() {
        found.warn("output", Some(port), "an output with a default or a range", "they are for inputs");
    }
    if port.kind.as_str() == Kind::ANY {
        found.error("output", Some(port), "an output of kind `any`", "name the kind it gives");
    }
}

/// Names are stored in graphs: the ones that stay need no change when somebody words them better.
fn name(found: &mut Found<'_>, port: &Port) {
    let mut letters = port.name.chars();
    let plain = letters.next().is_some_and(|first| first.is_ascii_lowercase())
        && letters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if !plain {
        let advice =
            "graphs store it for ever: use lower-case words joined by `_`, and `title` for what people see";
        found.warn("unstable-id", Some(port), format!("named `{}`", port.name), advice);
    }
}

fn number(found: &mut Found<'_>, port: &Port) {
    match &port.range {
        None | Some(NumberRange { min: None, max: None }) => {
            found.warn("range", Some(port), "a number without a range", "say what it may be");
        }
        Some(range) => {
            if port.default.is_none() && !port.optional && !port.list {
                found.warn("range-without-default", Some(port), "has a range, no default", "give it one");
            }
            if is_empty(range) {
                let what = format!("its range is empty: {}", show(range));
                found.error("range", Some(port), what, "swap or correct its ends");
            }
        }
    }
    if let (Some(hard), Some(soft)) = (&port.range, &port.soft_range)
        && (below(&soft.min, &hard.min) || below(&hard.max, &soft.max))
    {
        let what = format!("its slider spans {}, its range is {}", show(soft), show(hard));
        found.warn("soft-range", Some(port), what, "keep the soft range inside the range");
    }
    if port.step.as_ref().and_then(Number::as_f64).is_some_and(|step| step <= 0.0) {
        found.error("step", Some(port), "its step is not above 0", "leave it out, or make it positive");
    }
}

fn is_empty(range: &NumberRange) -> bool {
    below(&range.max, &range.min)
}

fn below(one: &Option<Number>, two: &Option<Number>) -> bool {
    match (one.as_ref().and_then(Number::as_f64), two.as_ref().and_then(Number::as_f64)) {
        (Some(one), Some(two)) => one < two,
        _ => false,
    }
}

fn show(range: &NumberRange) -> String {
    let end = |end: &Option<Number>| end.as_ref().map_or_else(|| "…".to_owned(), ToString::to_string);
    format!("{} to {}", end(&range.min), end(&range.max))
}

fn choices(found: &mut Found<'_>, port: &Port) {
    if port.kind.as_str() != Kind::CHOICE {
        return;
    }
    if port.choices.is_empty() {
        found.error("choices", Some(port), "a choice between nothing", "list its keys");
    }
    let mut keys = HashSet::new();
    for choice in &port.choices {
        if !keys.insert(&choice.key) {
            found.error("choices", Some(port), format!("has `{}` twice", choice.key), "list each key once");
        }
    }
    let untitled = port.choices.iter().filter(|choice| choice.title.is_empty()).count();
    if untitled > 0 && port.tooltip.trim().is_empty() {
        let what = format!("{untitled} of {} choices are not explained", port.choices.len());
        found.warn("choices", Some(port), what, "title each, or explain them in the tooltip");
    }
    let odd = port.choices.iter().find(|choice| {
        choice.key.is_empty() || choice.key.chars().any(|c| c.is_whitespace() || c.is_control())
    });
    if let Some(odd) = odd {
        let what = format!("the key {:?} is worded for people", odd.key);
        found.warn(
            "unstable-id",
            Some(port),
            what,
            "graphs store keys: use a short word, and `title` for people",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Definition {
        Definition::new("acme.tone/Levels", "image/adjust")
            .description("Spreads the tones of a picture.")
            .input(Port::image("image").tooltip("The picture."))
            .input(Port::float("black", 0.0, 0.0..=1.0).tooltip("What becomes black."))
            .output(Port::image("image"))
            .bypass("image", "image")
    }

    fn rules(definition: Definition) -> Vec<String> {
        let description = Description { sdk: String::new(), nodes: vec![definition], handles: Vec::new() };
        lint(&description).iter().map(|it| format!("{:?} {} {}", it.level, it.rule, it.port)).collect()
    }

    #[track_caller]
    fn check_port(port: Port, expected: &[&str]) {
        assert_eq!(rules(good().input(port)), expected);
    }

    #[test]
    fn a_good_definition_is_left_alone() {
        assert!(rules(good()).is_empty());
    }

    #[test]
    fn what_has_no_words_is_named() {
        check_port(Port::image("more"), &["Warning tooltip more"]);
        assert_eq!(rules(good().description(" ")), ["Warning description "]);
        assert_eq!(rules(Definition { category: String::new(), ..good() }), ["Warning category "]);
        let choice = Port::choice("how", &["fast", "fine"]);
        check_port(choice.clone(), &["Warning tooltip how", "Warning choices how"]);
        check_port(choice.tooltip("`fast` is rough, `fine` takes longer."), &[]);
    }

    #[test]
    fn ranges_and_defaults_must_agree() {
        let float = |default, range| Port::float("by", default, range).tooltip("How far.");
        check_port(float(2.0, 0.0..=1.0), &["Error default-outside by"]);
        check_port(Port { range: None, ..float(2.0, 0.0..=1.0) }, &["Warning range by"]);
        check_port(Port { default: None, ..float(0.0, 0.0..=1.0) }, &["Warning range-without-default by"]);
        check_port(float(0.0, 0.0..=1.0).soft_range(0.0..=2.0), &["Warning soft-range by"]);
        check_port(float(0.0, 0.0..=1.0).step(0.0), &["Error step by"]);
        check_port(float(0.0, 0.0..=1.0).default_value("0"), &["Error default by"]);
        let seed = Port::seed("seed", u64::MAX).tooltip("Of the noise.");
        check_port(seed, &[]);
    }

    #[test]
    fn an_empty_range_is_an_error() {
        let range = Some(NumberRange { min: Some(9.into()), max: Some(5.into()) });
        let port = Port { range, default: None, ..Port::int("n", 0, 0..=9) };
        check_port(port.tooltip("How many."), &["Warning range-without-default n", "Error range n"]);
    }

    #[test]
    fn names_that_will_want_to_change_are_named() {
        check_port(Port::image("Second Image").tooltip("…"), &["Warning unstable-id Second Image"]);
        for name in ["LevelsV2", "Levels_0_3"] {
            let definition = Definition { id: format!("acme.tone/{name}"), ..good() };
            assert_eq!(rules(definition), ["Warning unstable-id "], "{name}");
        }
        for name in ["Levels", "T5", "VAEEncode", "Rec709", "Div2"] {
            let definition = Definition { id: format!("acme.tone/{name}"), ..good() };
            assert!(rules(definition).is_empty(), "{name}");
        }
        let wordy = Port::choice("how", &["Fast and rough"]).tooltip("How.");
        check_port(wordy, &["Warning unstable-id how"]);
    }

    #[test]
    fn bypass_and_replaces_name_ports_that_there_are() {
        assert_eq!(rules(good().bypass("image", "picture")), ["Error bypass "]);
        assert_eq!(rules(good().bypass("image", "black")), ["Error bypass "]);
        assert_eq!(rules(good().replaces("acme.tone/Levels")), ["Error replaces "]);
        let mut definition = good().replaces("acme.tone/Curve");
        definition.replaces[0].ports.push(("dark".to_owned(), "darkness".to_owned()));
        assert_eq!(rules(definition), ["Error replaces "]);
    }

    #[test]
    fn choices_are_there_once() {
        check_port(Port::choice("how", &["a", "a"]).tooltip("How."), &["Error choices how"]);
        check_port(Port::choice("how", &[]).tooltip("How."), &["Error choices how"]);
    }
}
