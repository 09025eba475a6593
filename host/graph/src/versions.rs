//! Which of the installed versions of each plugin a graph gets.

use std::collections::BTreeMap;

use semver::{Version, VersionReq};

use crate::Graph;

/// The installed versions of one plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// The version that graphs get unless they ask for another.
    pub active: String,
    /// All versions, the active one among them.
    pub versions: Vec<String>,
}

/// The version of each installed plugin that a graph uses, by plugin id.
///
/// That is the version the graph was made with; when that is not installed, the active one if it satisfies what the
/// graph requires, else the highest that does. When none does it is the active one: [`validate`](crate::validate())
/// then says what is there.
pub fn choose_versions(graph: &Graph, installed: &BTreeMap<String, Installed>) -> BTreeMap<String, String> {
    let used = graph.plugins().into_iter();
    let known = used.filter_map(|plugin| Some((plugin, installed.get(plugin)?)));
    known.map(|(plugin, installed)| (plugin.to_owned(), choose(graph, plugin, installed))).collect()
}

fn choose(graph: &Graph, plugin: &str, installed: &Installed) -> String {
    if let Some(exact) = graph.made_with.get(plugin)
        && installed.versions.contains(exact)
    {
        return exact.clone();
    }
    let required = graph.requires.get(plugin).and_then(|text| VersionReq::parse(text).ok());
    let Some(required) = required else { return installed.active.clone() };
    let fitting = |text: &String| Version::parse(text).ok().filter(|version| required.matches(version));
    if fitting(&installed.active).is_some() {
        return installed.active.clone();
    }
    let best = installed.versions.iter().filter_map(fitting).max();
    best.map_or_else(|| installed.active.clone(), |version| version.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Node;

    #[track_caller]
    fn check(made_with: &str, requires: &str, expected: &str) {
        let mut graph = Graph::new("").with("levels", Node::new("acme.tone/Levels"));
        let put = |map: &mut BTreeMap<String, String>, text: &str| {
            if !text.is_empty() {
                map.insert("acme.tone".to_owned(), text.to_owned());
            }
        };
        put(&mut graph.made_with, made_with);
        put(&mut graph.requires, requires);
        let versions = ["1.0.0", "1.10.0", "1.9.0", "2.0.0"].map(str::to_owned).to_vec();
        let installed = Installed { active: "2.0.0".to_owned(), versions };
        let chosen = choose_versions(&graph, &BTreeMap::from([("acme.tone".to_owned(), installed)]));
        assert_eq!(chosen["acme.tone"], expected, "made with {made_with:?}, requires {requires:?}");
    }

    #[test]
    fn a_graph_gets_the_version_it_was_made_with() {
        check("1.0.0", "", "1.0.0");
        check("1.0.0", "^2", "1.0.0");
    }

    #[test]
    fn else_the_active_version_when_that_is_good_enough() {
        check("", "", "2.0.0");
        check("0.9.0", "", "2.0.0");
        check("0.9.0", ">=1", "2.0.0");
    }

    #[test]
    fn else_the_highest_that_satisfies_what_it_requires() {
        check("", "^1", "1.10.0");
        check("1.8.0", "~1.9", "1.9.0");
    }

    #[test]
    fn else_the_active_one_about_which_the_checks_complain() {
        check("", "^3", "2.0.0");
        check("", "newest", "2.0.0");
    }

    #[test]
    fn plugins_that_are_missing_or_not_used_are_left_out() {
        let graph = Graph::new("").with("levels", Node::new("acme.tone/Levels"));
        let installed = Installed { active: "1.0.0".to_owned(), versions: vec!["1.0.0".to_owned()] };
        assert!(choose_versions(&graph, &BTreeMap::from([("other".to_owned(), installed)])).is_empty());
    }
}
