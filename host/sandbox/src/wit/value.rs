//! Values of the interfaces that the core has no type for.

use k8shawk_core::ObjectRef;
use serde::{Deserialize, Serialize};

/// One fix as a plugin wrote it, before it is parsed into the typed catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawProposal {
    /// Name from the catalogue, such as `rollout-undo`.
    pub action: String,
    /// What to fix.
    pub target: ObjectRef,
    /// Named values.
    pub parameters: Vec<(String, String)>,
    /// Why this helps.
    pub rationale: String,
}

/// What a fix plugin proposes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The best first; empty where none is safe.
    pub proposals: Vec<RawProposal>,
    /// The next human check, for when no proposal survives.
    pub next_check: String,
}

/// Language of a spoken summary.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Tamil.
    Tamil,
    /// Tamil and English mixed.
    Tanglish,
}
