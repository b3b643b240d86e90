//! Reading the settings of a policy: tables whose every key must be known, and the words in
//! which operators say where and how risky.

mod fields;
mod glob;

pub use fields::{Fields, texts};
pub use glob::Glob;

use crate::policy::{Proposal, Risk};

/// A risk class by its name.
pub fn risk(text: &str) -> Option<Risk> {
    match text {
        "low" => Some(Risk::Low),
        "medium" => Some(Risk::Medium),
        "high" => Some(Risk::High),
        _ => None,
    }
}

/// The namespace that a fix changes; that of a Namespace is its own name.
pub fn place(proposal: &Proposal) -> &str {
    match proposal.target.kind.as_str() {
        "Namespace" => &proposal.target.name,
        _ => &proposal.target.namespace,
    }
}

#[cfg(test)]
mod tests;
