//! The versions of plugins a graph was made for.

use semver::{Version, VersionReq};

use super::Checker;
use crate::definitions::did_you_mean;
use crate::{Path, Problem};

impl Checker<'_> {
    /// Checks that `requires` can be read and is satisfied by the plugins at hand, as far as they are known.
    pub(super) fn requires(&mut self) {
        let graph = self.graph;
        let used = graph.plugins();
        let root = Path::root().key("requires");
        for (plugin, requirement) in &graph.requires {
            let here = root.key(plugin);
            let Ok(wanted) = VersionReq::parse(requirement) else {
                let expected = "a version requirement such as \"^0.1\"";
                self.error("version", &here, expected, format!("{requirement:?}"));
                continue;
            };
            let Some(plugins) = self.definitions.plugins() else { continue };
            let expected = format!("plugin `{plugin}` {requirement}");
            match plugins.get(plugin) {
                None => {
                    let near = did_you_mean(plugin, plugins.keys().map(String::as_str));
                    let problem = if used.contains(plugin.as_str()) {
                        Problem::error("plugin", here, expected, "no such plugin")
                    } else {
                        Problem::warning("plugin", here, expected, "no such plugin, and no node of it")
                    };
                    self.push(problem.hint(near));
                }
                Some(version) => {
                    let fits = Version::parse(version).is_ok_and(|it| wanted.matches(&it));
                    if !fits {
                        let found = match self.definitions.versions(plugin) {
                            [] | [_] => format!("version {version}"),
                            several => format!("versions {}", several.join(", ")),
                        };
                        self.error("plugin", &here, expected, found);
                    }
                }
            }
        }
    }
}
