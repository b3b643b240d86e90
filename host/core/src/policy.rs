//! What policies say of one proposal, and how their answers combine.

use serde::{Deserialize, Serialize};

/// Who must approve.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalRule {
    /// Names of people or groups; empty means any approver.
    pub approvers: Vec<String>,
    /// How many different people, 1 or more.
    pub count: u32,
    /// One sentence for whoever is asked.
    pub why: String,
}

/// A policy's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// No objection; the host's default approval applies.
    Allow,
    /// Only with this approval.
    RequireApproval(ApprovalRule),
    /// May run without a person.
    Auto,
    /// Must not run, and why.
    Deny(String),
}
