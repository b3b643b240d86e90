//! When a new version of a plugin goes live.

use serde::Deserialize;

/// What a new component must pass before it replaces the one that runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reload {
    /// Nothing: it goes live once it loads, and the verdicts that it changes are listed.
    #[default]
    AtOnce,
    /// One that changes a verdict waits until a person accepts it.
    Accept,
    /// Each one judges beside the live version and decides nothing, until a person accepts it.
    Shadow,
}

impl Reload {
    /// The word in a grant.
    pub fn as_str(self) -> &'static str {
        match self {
            Reload::AtOnce => "at-once",
            Reload::Accept => "accept",
            Reload::Shadow => "shadow",
        }
    }
}
