//! From a wish to something that can run: the graph read, its values set, its plan tried.

use std::collections::HashSet;

use serde_json::{Value as Json, json};
use wirebrush_engine::{CancelToken, Engine, NodeKey, Wanted};
use wirebrush_graph::{Graph, Problem, Problems};

use super::shapes::NewRun;
use crate::models::{Reach, candidates, missing, record};
use crate::server::error::{ApiError, ApiResult};
use crate::session::Session;
use crate::store::runs::Asked;

/// Bytes of an id.
const ID: usize = 64;

/// A wish that can be fulfilled.
pub(super) struct Submission {
    pub(super) title: String,
    pub(super) asked: Asked,
    /// Nodes of the plan.
    pub(super) total: usize,
}

/// Checks a wish as far as that is possible without running anything.
///
/// # Errors
/// 422 with everything that is wrong with the graph.
pub(super) fn check(new: NewRun, wish: String, session: &Session, engine: &Engine) -> ApiResult<Submission> {
    let mut graph = graph(&new, session)?;
    let scope = session.plugins().for_graph(&graph);
    let plan =
        engine.with_runner(scope.runner).plan(&graph, &wanted(new.wanted.as_deref())).map_err(|error| {
            let problem = Problem::error("wanted", "", "wanted outputs that can run", error.to_string());
            ApiError::invalid_graph(&problem.into())
        })?;
    let planned: HashSet<&str> =
        plan.nodes().filter_map(|(name, _)| name.as_str().split('/').next()).collect();
    candidates::learn_quickly(session, &graph, &*scope.catalog);
    let missing = missing::check_nodes(&graph, &*scope.catalog, &session.models, Reach::Names, &planned);
    if missing.has_errors() {
        return Err(ApiError::invalid_graph(&missing));
    }
    missing::substitute(&mut graph, &*scope.catalog, &session.models, Reach::Names);
    // It runs with what it was checked against, whatever is installed until its turn comes.
    graph.made_with = scope.versions;
    let unread = record::note(&mut graph, &*scope.catalog, session, Reach::Names);
    // Nobody waits for it: a later run knows the hashes.
    drop(record::hash_meanwhile(&session.models, unread, CancelToken::new()));
    let names = plan.nodes().map(|(name, _)| name).chain(plan.skipped().iter().map(|(name, _)| name));
    let node_names = names.map(NodeKey::as_str).collect::<Vec<_>>().join("\n");
    let asked = Asked { document: graph.to_json(), wanted: new.wanted, wish: Some(wish), node_names };
    Ok(Submission { title: graph.title, asked, total: plan.len() })
}

/// Equal for equal wishes, whatever their spelling in JSON; never that of a retry.
///
/// It says nothing of plugins, so that the same wish is known again after an update that reads graphs differently.
pub(super) fn wish(new: &NewRun) -> String {
    let NewRun { id: _, graph, graph_id, wanted, set } = new;
    // What is JSON but cannot be a value, such as 1e999, counts as it is spelled.
    let graph = serde_json::from_str(graph.text()).unwrap_or_else(|_| Json::from(graph.text()));
    let mut wish = json!({ "graph": graph, "graph_id": graph_id, "wanted": wanted, "set": set });
    wish.sort_all_objects();
    blake3::hash(wish.to_string().as_bytes()).to_hex().to_string()
}

/// The wish to repeat a run.
pub(super) fn retry_wish(of: &str) -> String {
    format!("retry of {of}")
}

/// What the engine shall give.
pub(super) fn wanted(names: Option<&[String]>) -> Wanted {
    names.map_or(Wanted::Ends, |names| Wanted::These(names.to_vec()))
}

fn graph(new: &NewRun, session: &Session) -> ApiResult<Graph> {
    if new.set.is_empty() {
        return new.graph.runnable(session);
    }
    // A required input may have its value only here: the graph is checked when all values are in place.
    let mut graph = new.graph.well_formed()?;
    let catalog = session.plugins().for_graph(&graph).catalog;
    wirebrush_graph::normalize(&mut graph, &*catalog);
    let mut problems = Problems::new();
    for (name, value) in &new.set {
        if let Err(problem) = wirebrush_graph::set_value(&mut graph, &*catalog, name, value.clone()) {
            problems.push(*problem);
        }
    }
    problems.append(wirebrush_graph::validate(&graph, &*catalog));
    if problems.has_errors() { Err(ApiError::invalid_graph(&problems)) } else { Ok(graph) }
}

/// Checks an id that a client has chosen.
///
/// # Errors
/// 400.
pub(super) fn check_id(id: &str) -> ApiResult<()> {
    let fits = (1..=ID).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if fits {
        return Ok(());
    }
    let shown: String = id.chars().take(ID).collect();
    Err(ApiError::bad_request(
        "invalid-id",
        format_args!("run id: expected 1 to {ID} of A–Z a–z 0–9 - _, found {shown:?}"),
    ))
}

/// An id that nobody has.
///
/// # Errors
/// When the system gives no random numbers.
pub(super) fn new_id() -> anyhow::Result<String> {
    let mut bytes = [0; 12];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("no random numbers: {error}"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_short_and_plain() {
        assert!(check_id(&new_id().unwrap()).is_ok());
        assert!(check_id("a-Z_09").is_ok());
        assert!(check_id(&"x".repeat(64)).is_ok());
        for id in ["", "a b", "../a", "ä", "a.b", &"x".repeat(65)] {
            assert!(check_id(id).is_err(), "{id:?}");
        }
        assert_ne!(new_id().unwrap(), new_id().unwrap());
    }

    #[test]
    fn a_wish_is_the_same_however_it_is_spelled_and_under_every_id() {
        let wish = |text: &str| wish(&serde_json::from_str(text).unwrap());
        let first = wish(r#"{"id": "a", "graph": {"nodes": {"x": 1, "y": 2}}, "set": {"b": 7}}"#);
        assert_eq!(
            first,
            wish(r#"{"set":{"b":7},"graph":{ "nodes":{"y":2,"x":1} },"id":"b","wanted":null}"#)
        );
        for other in [
            r#"{"graph": {"nodes": {"x": 1, "y": 3}}, "set": {"b": 7}}"#,
            r#"{"graph": {"nodes": {"x": 1, "y": 2}}, "set": {"b": 8}}"#,
            r#"{"graph": {"nodes": {"x": 1, "y": 2}}, "set": {"b": 7}, "wanted": ["x"]}"#,
            r#"{"graph": {"nodes": {"x": 1, "y": 2}}, "set": {"b": 7}, "graph_id": "g"}"#,
        ] {
            assert_ne!(first, wish(other), "{other}");
        }
        assert_eq!(wish(r#"{"graph": 1e999}"#), wish(r#"{"graph": 1e999}"#));
    }
}
