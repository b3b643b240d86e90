//! What a plugin decided, in a line: two versions agree where their lines are the same. Reasons,
//! titles and other wording are not part of it.

use k8shawk_core::finding::Conclusion;
use k8shawk_core::policy::Verdict;
use k8shawk_core::{Finding, Judgement};

use crate::call::CallError;
use crate::wit::value::{Plan, RawProposal};

/// An answer that decides something.
pub trait Decides {
    /// What it decides, in a line.
    fn verdict(&self) -> String;
}

/// What a call decided. A fault is a verdict of its own: the plugin gave no answer.
pub fn verdict<T: Decides>(result: &Result<T, CallError>) -> String {
    match result {
        Ok(answer) => answer.verdict(),
        Err(error) => format!("no answer ({})", error.label()),
    }
}

impl Decides for Judgement {
    fn verdict(&self) -> String {
        match self {
            Judgement::Pass => "pass".to_owned(),
            Judgement::Drop(_) => "drop".to_owned(),
            Judgement::Open(opening) => {
                let shared = opening.shared.as_ref();
                let shared = shared.map_or_else(String::new, |cause| format!(" shared by {cause}"));
                format!("open {} {}{shared}", opening.severity, opening.class)
            }
        }
    }
}

impl Decides for Conclusion {
    fn verdict(&self) -> String {
        match self {
            Conclusion::Healthy(_) => "healthy".to_owned(),
            Conclusion::Findings(findings) if findings.is_empty() => "no finding".to_owned(),
            Conclusion::Findings(findings) => joined(findings.iter().map(found)),
        }
    }
}

fn found(finding: &Finding) -> String {
    let Finding {
        class,
        severity,
        owner,
        confidence,
        ..
    } = finding;
    let facts = finding
        .facts
        .iter()
        .map(|f| format!(" {}={}", f.key, f.value));
    let facts: String = facts.collect();
    format!("{class} {severity} of {owner}, {confidence}%{facts}")
}

impl Decides for Plan {
    fn verdict(&self) -> String {
        if self.proposals.is_empty() {
            return "no fix".to_owned();
        }
        joined(self.proposals.iter().map(proposed))
    }
}

fn proposed(proposal: &RawProposal) -> String {
    let values = proposal.parameters.iter().map(|(k, v)| format!(" {k}={v}"));
    let values: String = values.collect();
    format!("{} {}{values}", proposal.action, proposal.target)
}

impl Decides for Verdict {
    fn verdict(&self) -> String {
        match self {
            Verdict::Allow => "allow".to_owned(),
            Verdict::Auto => "auto".to_owned(),
            Verdict::Deny(_) => "deny".to_owned(),
            Verdict::RequireApproval(rule) if rule.approvers.is_empty() => {
                format!("approval by {}", rule.count)
            }
            Verdict::RequireApproval(rule) => {
                let mut approvers = rule.approvers.clone();
                approvers.sort();
                format!("approval by {} of {}", rule.count, approvers.join(", "))
            }
        }
    }
}

impl Decides for String {
    fn verdict(&self) -> String {
        self.clone()
    }
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join("; ")
}
