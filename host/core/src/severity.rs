//! How bad an incident is.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How bad it is for users of the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nobody is affected.
    Info,
    /// A minor warning.
    Low,
    /// Something does not start; what ran before still runs.
    Medium,
    /// Something that ran is down.
    High,
    /// A node or many pods are down.
    Critical,
}

impl Severity {
    /// The word that people see.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
