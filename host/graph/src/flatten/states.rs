//! Takes out the nodes that do not run, and what cannot do without them.

use std::collections::{BTreeMap, BTreeSet};

use wirebrush_schema::{Definition, Port};

use super::{Source, Sources};
use crate::definitions::input;
use crate::interface::Interfaces;
use crate::{Input, Link, Node, Path, Problem, Problems, State};

/// Notes what the outputs of bypassed nodes stand for.
pub(super) fn bypass(nodes: &mut BTreeMap<String, Node>, interfaces: &Interfaces<'_>, sources: &mut Sources) {
    for (key, node) in nodes.iter().filter(|(_, node)| node.state == State::Bypassed) {
        let Some(definition) = interfaces.get(&node.node_type) else { continue };
        for output in &definition.outputs {
            let source = match passing_through(definition, output) {
                None => Source::Nothing,
                Some(port) => match (node.inputs.get(&port.name), &port.default) {
                    (Some(given), _) => Source::from(given),
                    (None, Some(default)) => Source::Literal(default.clone()),
                    (None, None) => Source::Nothing,
                },
            };
            sources.insert(Link { node: key.clone(), output: output.name.clone() }, source);
        }
    }
}

/// The input that a bypassed node hands to an output: the one its definition pairs, or the first of the same kind.
fn passing_through<'d>(definition: &'d Definition, output: &Port) -> Option<&'d Port> {
    match definition.bypass.iter().find(|(name, _)| *name == output.name) {
        Some((_, paired)) => input(definition, paired),
        None => definition.inputs.iter().find(|port| port.kind == output.kind),
    }
}

/// How many links and literals there may be behind all inputs.
const MOST_ITEMS: usize = 1_000_000;

/// Follows every link to a node that runs and takes out the others, each with the reason.
pub(super) fn resolve(
    nodes: &mut BTreeMap<String, Node>,
    interfaces: &Interfaces<'_>,
    sources: &Sources,
) -> Result<BTreeMap<String, String>, Problems> {
    let mut skipped: BTreeMap<String, String> = BTreeMap::new();
    for (key, node) in nodes.iter().filter(|(_, node)| node.state != State::Normal) {
        skipped.insert(key.clone(), node.state.as_str().to_owned());
    }
    nodes.retain(|_, node| node.state == State::Normal);

    let mut lost: Vec<(String, String, String)> = Vec::new();
    let mut room = MOST_ITEMS;
    for (key, node) in nodes.iter_mut() {
        let definition = interfaces.get(&node.node_type);
        for (name, given) in std::mem::take(&mut node.inputs) {
            let wanted = given.links().next().map(Link::to_string);
            let list = definition.and_then(|it| input(it, &name)).is_none_or(|port| port.list);
            let Some(items) = sources.items(&given, &mut room) else {
                let path = Path::root().key("nodes");
                let expected = format!("at most {MOST_ITEMS} links through bypassed lists");
                return Err(Problem::error("size", path.key(key), expected, "more").into());
            };
            match follow(&given, items, list) {
                Some(found) => {
                    node.inputs.insert(name, found);
                }
                None => lost.push((key.clone(), name, wanted.unwrap_or_default())),
            }
        }
    }

    let mut users: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (key, node) in nodes.iter() {
        for (_, link) in node.links() {
            users.entry(link.node.clone()).or_default().insert(key.clone());
        }
    }
    let mut gone: Vec<String> = users.keys().filter(|key| !nodes.contains_key(*key)).cloned().collect();
    loop {
        while let Some((key, name, wanted)) = lost.pop() {
            let Some(node) = nodes.get(&key) else { continue };
            if interfaces.get(&node.node_type).and_then(|it| input(it, &name)).is_some_and(is_required) {
                nodes.remove(&key);
                skipped
                    .insert(key.clone(), format!("its input `{name}` needs `{wanted}`, which does not run"));
                gone.push(key);
            }
        }
        let Some(key) = gone.pop() else { return Ok(skipped) };
        for user in users.get(&key).into_iter().flatten() {
            if let Some(node) = nodes.get_mut(user) {
                let inputs = without(std::mem::take(&mut node.inputs), &key, |name, wanted| {
                    lost.push((user.clone(), name, wanted));
                });
                node.inputs = inputs;
            }
        }
    }
}

/// The input made of the items found behind it; `None` when nothing is left of it. One that takes no list gets the
/// first item of a bypassed list.
fn follow(given: &Input, items: Vec<Input>, list: bool) -> Option<Input> {
    match given {
        Input::List(before) if items.is_empty() && !before.is_empty() => None,
        Input::List(_) => Some(Input::List(items)),
        _ if list && items.len() > 1 => Some(Input::List(items)),
        _ => items.into_iter().next(),
    }
}

/// The inputs without links to a node; `lose` hears of those of which nothing is left.
fn without(
    inputs: BTreeMap<String, Input>,
    key: &str,
    mut lose: impl FnMut(String, String),
) -> BTreeMap<String, Input> {
    let mut kept = BTreeMap::new();
    for (name, given) in inputs {
        let Some(wanted) = given.links().find(|link| link.node == key).map(Link::to_string) else {
            kept.insert(name, given);
            continue;
        };
        let left = match given {
            Input::List(mut items) => {
                items.retain(|item| !matches!(item, Input::Link(link) if link.node == key));
                if items.is_empty() { None } else { Some(Input::List(items)) }
            }
            _ => None,
        };
        match left {
            Some(left) => drop(kept.insert(name, left)),
            None => lose(name, wanted),
        }
    }
    kept
}

fn is_required(port: &Port) -> bool {
    !port.optional && port.default.is_none()
}
