//! What a guest may import, beside WASI: the interfaces behind the capabilities.

mod kubectl;

use k8shawk_core::grant::{Capability, Verb};

/// The word for a capability in `wants`.
pub fn word(capability: Capability) -> &'static str {
    match capability {
        Capability::Log => "log",
        Capability::Settings => "settings",
        Capability::Clock => "clock",
        Capability::Origin => "origin",
        Capability::Catalogue => "catalogue",
        Capability::Get => "get",
        Capability::Describe => "describe",
        Capability::Logs => "logs",
        Capability::Top => "top",
        Capability::Events => "events",
    }
}

/// The interface behind a capability, without the version.
pub fn interface(capability: Capability) -> String {
    let package = match capability {
        Capability::Log | Capability::Settings | Capability::Clock => "host",
        Capability::Origin | Capability::Catalogue => "policy",
        _ => "kubectl",
    };
    format!("k8shawk:{package}/{}", word(capability))
}

/// The verbs of a grant that link a capability; empty for one that needs no grant.
pub fn verbs(capability: Capability) -> &'static [Verb] {
    match capability {
        Capability::Log
        | Capability::Settings
        | Capability::Clock
        | Capability::Origin
        | Capability::Catalogue => &[],
        Capability::Get => &[Verb::Get, Verb::List],
        Capability::Describe => &[Verb::Describe],
        Capability::Logs => &[Verb::Logs],
        Capability::Top => &[Verb::Top],
        Capability::Events => &[Verb::Events],
    }
}

/// Every capability.
pub const CAPABILITIES: [Capability; 10] = [
    Capability::Log,
    Capability::Settings,
    Capability::Clock,
    Capability::Origin,
    Capability::Catalogue,
    Capability::Get,
    Capability::Describe,
    Capability::Logs,
    Capability::Top,
    Capability::Events,
];
