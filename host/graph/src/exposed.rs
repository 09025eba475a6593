//! The form and the command line of a graph: its exposed inputs by name.

use serde_json::Value as Json;
use wirebrush_schema::{Kind, Port};

use crate::definitions::{did_you_mean, input, names};
use crate::interface::interface;
use crate::literal::{exact_int, shown};
use crate::{Definitions, Endpoint, Exposed, Graph, Input, Path, Problem, literal, number};

/// An exposed input as a form or `--help` shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct ExposedInput {
    /// The name given to it.
    pub name: String,
    /// Where it goes.
    pub target: Endpoint,
    /// The port; `None` when the node type is unknown.
    pub port: Option<Port>,
    /// Its value now: what the graph says, or else the default. `None` when it is wired or empty.
    pub value: Option<Json>,
}

/// The exposed inputs of a graph, by name.
pub fn exposed_inputs(graph: &Graph, definitions: &dyn Definitions) -> Vec<ExposedInput> {
    let mut inputs = Vec::new();
    for (name, exposed) in &graph.exposed {
        let Exposed::Input(target, _) = exposed else { continue };
        let port = port(graph, target, definitions);
        let given = graph.nodes.get(&target.node).and_then(|node| node.inputs.get(&target.input));
        let value = match given {
            Some(wired) if wired.links().next().is_some() => None,
            Some(given) => Some(given.to_value()),
            None => port.as_ref().and_then(|port| port.default.clone()),
        };
        inputs.push(ExposedInput { name: name.clone(), target: target.clone(), port, value });
    }
    inputs
}

/// Sets an exposed input, or any `node.input`, from text as `--set name=value` gives it.
///
/// The text is read by the port's kind: `7`, `0.5`, `true`, a choice's key, text as it is. A list takes one value or
/// a JSON array of them. A link that was there is replaced.
///
/// # Errors
/// An unknown name, with the names there are, or text that does not suit the port.
pub fn set(
    graph: &mut Graph,
    definitions: &dyn Definitions,
    name: &str,
    value: &str,
) -> Result<(), Box<Problem>> {
    change(graph, definitions, name, |port, path| read(value, port, path).map(Some))
}

/// Sets an exposed input, or any `node.input`, to a JSON value as a program gives it.
///
/// A list takes a value or an array of them. `null` takes out what was there, so that the port's default counts. A link that was there
/// is replaced.
///
/// # Errors
/// An unknown name, with the names there are, or a value that does not suit the port.
pub fn set_value(
    graph: &mut Graph,
    definitions: &dyn Definitions,
    name: &str,
    value: Json,
) -> Result<(), Box<Problem>> {
    change(graph, definitions, name, |port, path| match value {
        Json::Null => Ok(None),
        Json::Array(values) if port.list => items(values, port, path).map(Some),
        value if port.list => items(vec![value], port, path).map(Some),
        mut value => {
            number::unify(&mut value);
            checked(value, port, path).map(Some)
        }
    })
}

/// Finds the input, asks `read` for what shall stand there and puts it there.
fn change(
    graph: &mut Graph,
    definitions: &dyn Definitions,
    name: &str,
    read: impl FnOnce(&Port, &Path<'_>) -> Result<Option<Input>, Box<Problem>>,
) -> Result<(), Box<Problem>> {
    let target = target(graph, name)?;
    let nodes = Path::root().key("nodes");
    let node_path = nodes.key(&target.node);
    let inputs = node_path.key("inputs");
    let path = inputs.key(&target.input);
    let port = port(graph, &target, definitions);
    let Some(node) = graph.nodes.get(&target.node) else {
        let hint = did_you_mean(&target.node, graph.nodes.keys().map(String::as_str));
        let expected = format!("a node of the graph ({})", names(graph.nodes.keys().map(String::as_str)));
        return Err(Problem::error("link", path, expected, format!("`{}`", target.node)).hint(hint).into());
    };
    let Some(port) = port else {
        return match interface(graph, &node.node_type, definitions) {
            Some(definition) => {
                let all = || definition.inputs.iter().map(|it| it.name.as_str());
                let expected = format!("an input of `{}` ({})", definition.id, names(all()));
                let problem = Problem::error("unknown-port", path, expected, format!("`{}`", target.input));
                Err(problem.hint(did_you_mean(&target.input, all())).into())
            }
            None => Err(Problem::error(
                "unknown-type",
                path,
                "a node of an available plugin",
                format!("`{}`", node.node_type),
            )
            .into()),
        };
    };
    let given = read(&port, &path)?;
    if let Some(node) = graph.nodes.get_mut(&target.node) {
        match given {
            Some(given) => node.inputs.insert(target.input.clone(), given),
            None => node.inputs.remove(&target.input),
        };
    }
    Ok(())
}

fn target(graph: &Graph, name: &str) -> Result<Endpoint, Box<Problem>> {
    if let Some(Exposed::Input(endpoint, _)) = graph.exposed.get(name) {
        return Ok(endpoint.clone());
    }
    if let Some((node, input)) = name.split_once('.') {
        return Ok(Endpoint { node: node.to_owned(), input: input.to_owned() });
    }
    let inputs = || {
        let exposed = graph.exposed.iter();
        exposed.filter(|(_, it)| matches!(it, Exposed::Input(..))).map(|(name, _)| name.as_str())
    };
    let expected = format!("an exposed input ({}) or `node.input`", names(inputs()));
    let path = Path::root().key("exposed");
    Err(Problem::error("unknown-name", path, expected, format!("`{name}`"))
        .hint(did_you_mean(name, inputs()))
        .into())
}

fn port(graph: &Graph, target: &Endpoint, definitions: &dyn Definitions) -> Option<Port> {
    let node = graph.nodes.get(&target.node)?;
    input(&interface(graph, &node.node_type, definitions)?, &target.input).cloned()
}

fn read(text: &str, port: &Port, path: &Path<'_>) -> Result<Input, Box<Problem>> {
    if !port.list {
        return item(text, port, path);
    }
    if !text.trim_start().starts_with('[') {
        return item(text, port, path).map(|it| Input::List(vec![it]));
    }
    let Ok(Json::Array(values)) = serde_json::from_str(text) else {
        let found = shown(&Json::from(text));
        return Err(Problem::error("type", path, "a value or a JSON array of values", found).into());
    };
    items(values, port, path)
}

fn items(values: Vec<Json>, port: &Port, path: &Path<'_>) -> Result<Input, Box<Problem>> {
    let mut items = Vec::new();
    for (index, mut value) in values.into_iter().enumerate() {
        number::unify(&mut value);
        items.push(checked(value, port, &path.index(index))?);
    }
    Ok(Input::List(items))
}

fn item(text: &str, port: &Port, path: &Path<'_>) -> Result<Input, Box<Problem>> {
    let trimmed = text.trim();
    let value = match port.kind.as_str() {
        Kind::BOOL => match trimmed.to_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Json::Bool(true),
            "false" | "no" | "off" | "0" => Json::Bool(false),
            _ => Json::from(text),
        },
        Kind::INT | Kind::FLOAT => number_value(trimmed).unwrap_or_else(|| Json::from(text)),
        Kind::ANY => match trimmed {
            "true" => Json::Bool(true),
            "false" => Json::Bool(false),
            _ => number_value(trimmed).unwrap_or_else(|| Json::from(text)),
        },
        _ => Json::from(text),
    };
    checked(value, port, path)
}

fn checked(value: Json, port: &Port, path: &Path<'_>) -> Result<Input, Box<Problem>> {
    match literal(&value, port) {
        Ok(_) => Ok(Input::Literal(value)),
        Err(it) => Err(Problem::error(it.code, path, it.expected, it.found).hint(it.hint).into()),
    }
}

/// A number as people type it; integers are exact.
fn number_value(text: &str) -> Option<Json> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    if let Some(exact) = exact_int(&Json::from(digits)) {
        if let Ok(small) = i64::try_from(exact) {
            return Some(small.into());
        }
        if let Ok(large) = u64::try_from(exact) {
            return Some(large.into());
        }
    }
    digits.parse::<f64>().ok().and_then(number::from_f64).map(Json::Number)
}
