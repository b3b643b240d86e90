//! The five points of the flow, and which interfaces each may import.

use std::fmt;

use k8shawk_core::grant::{Capability, Verb};
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

impl Point {
    /// Every point, in the order of the flow.
    pub const ALL: [Point; 5] = [
        Point::Triage,
        Point::Analysis,
        Point::Fix,
        Point::Policy,
        Point::Voice,
    ];

    /// The word in `plugin.toml`.
    pub fn as_str(self) -> &'static str {
        match self {
            Point::Triage => "triage",
            Point::Analysis => "analysis",
            Point::Fix => "fix",
            Point::Policy => "policy",
            Point::Voice => "voice",
        }
    }

    /// The interface that its plugins export, without the version.
    pub fn interface(self) -> String {
        format!("k8shawk:{self}/{self}")
    }

    /// What its world imports.
    pub fn may_import(self) -> &'static [Capability] {
        use Capability::{Clock, Describe, Events, Get, Log, Logs, Settings, Top};
        match self {
            Point::Triage | Point::Voice => &[Log, Settings],
            Point::Analysis => &[Log, Settings, Get, Describe, Logs, Top, Events],
            Point::Fix => &[Log, Settings, Get],
            Point::Policy => &[Log, Settings, Clock, Get],
        }
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The word for a capability in `wants`.
pub fn word(capability: Capability) -> &'static str {
    match capability {
        Capability::Log => "log",
        Capability::Settings => "settings",
        Capability::Clock => "clock",
        Capability::Get => "get",
        Capability::Describe => "describe",
        Capability::Logs => "logs",
        Capability::Top => "top",
        Capability::Events => "events",
    }
}

/// The interface behind a capability, without the version.
pub fn interface(capability: Capability) -> String {
    let package = if verbs(capability).is_empty() {
        "host"
    } else {
        "kubectl"
    };
    format!("k8shawk:{package}/{}", word(capability))
}

/// The verbs of a grant that link a capability; empty for one that needs no grant.
pub fn verbs(capability: Capability) -> &'static [Verb] {
    match capability {
        Capability::Log | Capability::Settings | Capability::Clock => &[],
        Capability::Get => &[Verb::Get, Verb::List],
        Capability::Describe => &[Verb::Describe],
        Capability::Logs => &[Verb::Logs],
        Capability::Top => &[Verb::Top],
        Capability::Events => &[Verb::Events],
    }
}

/// Every capability.
pub const CAPABILITIES: [Capability; 8] = [
    Capability::Log,
    Capability::Settings,
    Capability::Clock,
    Capability::Get,
    Capability::Describe,
    Capability::Logs,
    Capability::Top,
    Capability::Events,
];
