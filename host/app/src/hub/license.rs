//! The license of a repository, as its card states it.

use std::fmt;

use serde::Deserialize;

/// Licenses that ask nothing of who uses the model: they are shown, not confirmed.
/// <https://huggingface.co/docs/hub/repositories-licenses>
const OPEN: [&str; 7] = ["apache-2.0", "mit", "bsd-2-clause", "bsd-3-clause", "cc0-1.0", "isc", "unlicense"];

/// The head of a repository's README, as far as it is needed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Card {
    license: Option<serde_json::Value>,
    license_name: Option<String>,
    license_link: Option<String>,
}

/// A license.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct License {
    /// Short name; empty when none is stated.
    pub(crate) name: String,
    /// Where its text is; may be empty.
    pub(crate) link: String,
}

impl Card {
    pub(super) fn license(self) -> License {
        let id = match self.license {
            Some(serde_json::Value::String(id)) => id,
            Some(serde_json::Value::Array(ids)) => {
                ids.iter().filter_map(serde_json::Value::as_str).collect::<Vec<_>>().join(", ")
            }
            _ => String::new(),
        };
        // `other` is the hub's word for a license that only has a name.
        let name = self.license_name.filter(|_| id.is_empty() || id == "other").unwrap_or(id);
        License { name: plain(&name), link: plain(&self.license_link.unwrap_or_default()) }
    }
}

impl License {
    /// Whether the user has to agree to it.
    pub(crate) fn needs_consent(&self) -> bool {
        !OPEN.contains(&self.name.as_str())
    }
}

impl fmt::Display for License {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.name.is_empty() { "none stated" } else { &self.name })?;
        if self.link.is_empty() { Ok(()) } else { write!(f, " ({})", self.link) }
    }
}

/// Foreign text on one line without control characters: it goes to a terminal.
fn plain(text: &str) -> String {
    text.chars().filter(|it| !it.is_control()).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(card: &str, shown: &str, needs_consent: bool) {
        let license = serde_json::from_str::<Card>(card).unwrap().license();
        assert_eq!((license.to_string().as_str(), license.needs_consent()), (shown, needs_consent));
    }

    #[test]
    fn a_license_is_named_as_its_card_names_it() {
        check(r#"{ "license": "apache-2.0" }"#, "apache-2.0", false);
        check(
            r#"{ "license": "other", "license_name": "flux-1-dev-non-commercial-license", "license_link": "LICENSE.md" }"#,
            "flux-1-dev-non-commercial-license (LICENSE.md)",
            true,
        );
        check(r#"{ "license": ["mit", "other"] }"#, "mit, other", true);
        check("{}", "none stated", true);
    }
}
