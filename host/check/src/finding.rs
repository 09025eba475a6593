//! What is wrong, where, and what to do about it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Good to know.
    Note,
    /// Users or graphs will stumble over it.
    Warning,
    /// A host refuses it, or the node breaks a promise.
    Error,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// How bad it is.
    pub level: Level,
    /// Stable name of the rule, for example `default-outside`.
    pub rule: String,
    /// The node; empty when it is about the plugin.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub node: String,
    /// The port; empty when it is about the whole node.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub port: String,
    /// What is wrong: what was expected, what was found.
    pub what: String,
    /// What to do.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub advice: String,
}

impl Finding {
    /// A finding about the plugin.
    pub fn new(level: Level, rule: &str, what: impl Into<String>) -> Self {
        Self {
            level,
            rule: rule.to_owned(),
            node: String::new(),
            port: String::new(),
            what: what.into(),
            advice: String::new(),
        }
    }

    /// Says which node it is about.
    pub fn node(mut self, id: impl Into<String>) -> Self {
        self.node = id.into();
        self
    }

    /// Says which port it is about.
    pub fn port(mut self, name: impl Into<String>) -> Self {
        self.port = name.into();
        self
    }

    /// Says what to do.
    pub fn advice(mut self, text: impl Into<String>) -> Self {
        self.advice = text.into();
        self
    }
}

/// On one line: `warning acme.tone/Levels black: has no tooltip; say what it does [tooltip]`.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            Level::Note => "note",
            Level::Warning => "warning",
            Level::Error => "error",
        };
        write!(f, "{level}")?;
        for place in [&self.node, &self.port].into_iter().filter(|place| !place.is_empty()) {
            write!(f, " {place}")?;
        }
        write!(f, ": {}", self.what)?;
        if !self.advice.is_empty() {
            write!(f, "; {}", self.advice)?;
        }
        write!(f, " [{}]", self.rule)
    }
}
