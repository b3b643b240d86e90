//! The five points of the flow.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A place in the flow where a plugin is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Point {
    /// Is it an incident?
    Triage,
    /// What is the cause?
    Analysis,
    /// Which typed fix is safe?
    Fix,
    /// May the fix run?
    Policy,
    /// What to say aloud?
    Voice,
}

/// The version of every package of interfaces.
pub const WIT_VERSION: &str = "0.1.0";

impl Point {
    /// Every point, in the order of the flow.
    pub const ALL: [Point; 5] = [
        Point::Triage,
        Point::Analysis,
        Point::Fix,
        Point::Policy,
        Point::Voice,
    ];

    /// The word in `plugin.toml` and in grants.
    pub fn as_str(self) -> &'static str {
        match self {
            Point::Triage => "triage",
            Point::Analysis => "analysis",
            Point::Fix => "fix",
            Point::Policy => "policy",
            Point::Voice => "voice",
        }
    }

    /// One of its plugins in a sentence, such as `an analysis plugin`.
    pub fn plugin(self) -> String {
        let article = match self {
            Point::Analysis => "an",
            Point::Triage | Point::Fix | Point::Policy | Point::Voice => "a",
        };
        format!("{article} {self} plugin")
    }

    /// The directory that holds its plugins, beside the binary and in a project.
    pub fn directory(self) -> &'static str {
        match self {
            Point::Policy => "policies",
            Point::Triage | Point::Analysis | Point::Fix | Point::Voice => "plugins",
        }
    }

    /// The interface that its plugins export, without the [`WIT_VERSION`].
    pub fn interface(self) -> String {
        format!("k8shawk:{self}/{self}")
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_of_each_point_has_its_article() {
        assert_eq!(
            Point::ALL.map(Point::plugin),
            [
                "a triage plugin",
                "an analysis plugin",
                "a fix plugin",
                "a policy plugin",
                "a voice plugin"
            ]
        );
    }
}
