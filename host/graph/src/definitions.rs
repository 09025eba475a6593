//! What node types declare, as the graph sees it.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use wirebrush_schema::{Definition, Kind, Port, Replacement};

/// Where definitions come from: a registry, a [`Catalog`], or a closure through [`lookup`].
pub trait Definitions {
    /// What the node type of this id declares.
    fn get(&self, id: &str) -> Option<&Definition>;

    /// All definitions, for nearest matches and replaced ids. May be empty: then neither is offered.
    fn all(&self) -> Box<dyn Iterator<Item = &Definition> + '_> {
        Box::new(std::iter::empty())
    }

    /// Versions of the plugins at hand, by id; `None` when that is not known and `requires` cannot be checked.
    fn plugins(&self) -> Option<&BTreeMap<String, String>> {
        None
    }

    /// All installed versions of a plugin, for messages; empty when that is not known.
    fn versions(&self, _plugin: &str) -> &[String] {
        &[]
    }
}

/// Definitions in memory.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    definitions: BTreeMap<String, Definition>,
    plugins: BTreeMap<String, String>,
    versions: BTreeMap<String, Vec<String>>,
}

/// Definitions from a closure; made by [`lookup`].
#[derive(Debug, Clone, Copy)]
pub struct Lookup<'a, F>(F, PhantomData<&'a Definition>);

/// Definitions from a closure, for example `lookup(|id| runner.definition(id))`.
pub fn lookup<'a, F: Fn(&str) -> Option<&'a Definition>>(find: F) -> Lookup<'a, F> {
    Lookup(find, PhantomData)
}

impl<'a, F: Fn(&str) -> Option<&'a Definition>> Definitions for Lookup<'a, F> {
    fn get(&self, id: &str) -> Option<&Definition> {
        (self.0)(id)
    }
}

impl Catalog {
    /// Nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a plugin with its nodes.
    pub fn plugin(
        mut self,
        id: impl Into<String>,
        version: impl Into<String>,
        definitions: impl IntoIterator<Item = Definition>,
    ) -> Self {
        self.plugins.insert(id.into(), version.into());
        self.definitions.extend(definitions.into_iter().map(|it| (it.id.clone(), it)));
        self
    }

    /// Notes which versions of a plugin are installed beside the one whose nodes are here.
    pub fn installed(mut self, id: impl Into<String>, versions: Vec<String>) -> Self {
        self.versions.insert(id.into(), versions);
        self
    }
}

impl Definitions for Catalog {
    fn get(&self, id: &str) -> Option<&Definition> {
        self.definitions.get(id)
    }

    fn all(&self) -> Box<dyn Iterator<Item = &Definition> + '_> {
        Box::new(self.definitions.values())
    }

    fn plugins(&self) -> Option<&BTreeMap<String, String>> {
        Some(&self.plugins)
    }

    fn versions(&self, plugin: &str) -> &[String] {
        self.versions.get(plugin).map_or(&[], Vec::as_slice)
    }
}

/// The definition that took over an old id.
pub(crate) fn successor<'a>(
    definitions: &'a dyn Definitions,
    old: &str,
) -> Option<(&'a Definition, &'a Replacement)> {
    definitions
        .all()
        .find_map(|definition| definition.replaces.iter().find(|it| it.id == old).map(|it| (definition, it)))
}

/// Whether an output of one kind may feed an input of another.
///
/// Equal kinds connect; `any` accepts all; `int` feeds `float`, `mask` feeds `image`, `choice` and `text` feed
/// each other.
pub fn connects(output: &Kind, input: &Kind) -> bool {
    let pair = (output.as_str(), input.as_str());
    output == input
        || pair.0 == Kind::ANY
        || pair.1 == Kind::ANY
        || matches!(
            pair,
            (Kind::INT, Kind::FLOAT)
                | (Kind::MASK, Kind::IMAGE)
                | (Kind::CHOICE, Kind::TEXT)
                | (Kind::TEXT, Kind::CHOICE)
        )
}

/// Whether an output of this kind may feed this input: its kind connects, or it is among those the input also takes.
pub fn feeds(output: &Kind, input: &Port) -> bool {
    connects(output, &input.kind) || input.also.contains(output)
}

/// The input of this name.
pub(crate) fn input<'a>(definition: &'a Definition, name: &str) -> Option<&'a Port> {
    definition.inputs.iter().find(|port| port.name == name)
}

/// The output of this name.
pub(crate) fn output<'a>(definition: &'a Definition, name: &str) -> Option<&'a Port> {
    definition.outputs.iter().find(|port| port.name == name)
}

/// The name nearest to a misspelt one, as a hint; empty when none is near.
pub(crate) fn did_you_mean<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    nearest(name, names.into_iter().map(|other| (other, other)))
}

/// The node type nearest to a misspelt one, as a hint: of the same plugin, or of any when no plugin is named.
pub(crate) fn did_you_mean_type(node_type: &str, definitions: &dyn Definitions) -> String {
    let (plugin, name) = node_type.split_once('/').unwrap_or(("", node_type));
    let all =
        definitions.all().filter_map(|it| it.id.split_once('/').map(|(owner, short)| (owner, short, it)));
    nearest(name, all.filter(|it| plugin.is_empty() || it.0 == plugin).map(|it| (it.1, it.2.id.as_str())))
}

/// The hint for the nearest of some names, each with the text to show for it.
fn nearest<'a>(name: &str, names: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    // The comparison is quadratic in the lengths, and nobody misspells a text this long.
    if name.len() > 200 {
        return String::new();
    }
    let lower = name.to_lowercase();
    names
        .map(|(other, text)| (strsim::normalized_damerau_levenshtein(&lower, &other.to_lowercase()), text))
        .filter(|(near, _)| *near > 0.55)
        .max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(a.1)))
        .map_or_else(String::new, |(_, text)| format!("did you mean `{text}`?"))
}

/// Names as `a`, `b`, `c`; `nothing` when there are none.
pub(crate) fn names<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let list: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    if list.is_empty() { "nothing".to_owned() } else { list.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_takes_its_own_kind_and_those_it_names_beside_it() {
        let model = Port::model("model", "tiny").also("a/model@1").also("b/model@1");
        for (kind, expected) in [
            ("text", true),
            ("choice", true),
            ("a/model@1", true),
            ("b/model@1", true),
            ("a/model@2", false),
            ("int", false),
        ] {
            assert_eq!(feeds(&Kind::from(kind), &model), expected, "{kind}");
        }
        assert!(!feeds(&Kind::from("a/model@1"), &Port::model("model", "tiny")));
    }
}
