//! What policies say of one proposal, and how their answers combine.

mod dossier;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::count;
use crate::fix::Risk;

pub use dossier::{Dossier, MOST_RUNS, Outcome, Run, Scope};

/// Who proposed a fix.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// A fix plugin, by its id, from what patterns found.
    Plugin(String),
    /// A model, or a plugin that was given a model's finding.
    Model,
    /// A person who wants an earlier fix taken back.
    Undo,
}

impl Origin {
    /// The origin that a word of a test or a rule means: `model`, `undo`, or `plugin ID`.
    pub fn parse(text: &str) -> Option<Origin> {
        match text {
            "model" => Some(Origin::Model),
            "undo" => Some(Origin::Undo),
            _ => {
                let id = text.strip_prefix("plugin ")?.trim();
                (!id.is_empty()).then(|| Origin::Plugin(id.to_owned()))
            }
        }
    }

    /// True where policies may release it without approval. What a model says rests on text of
    /// the cluster that anybody may have written, and asking to take a fix back approves nothing.
    fn may_run_unattended(&self) -> bool {
        matches!(self, Origin::Plugin(_))
    }
}

/// `plugin fix`, `model`, `undo`.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Plugin(id) => write!(f, "plugin {id}"),
            Origin::Model => f.pad("model"),
            Origin::Undo => f.pad("undo"),
        }
    }
}

/// Who must approve.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalRule {
    /// Names of people or groups; empty means any approver.
    pub approvers: Vec<String>,
    /// How many different people, 1 or more.
    pub count: u32,
    /// One sentence for the people who are asked.
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
    /// May run without approval.
    Auto,
    /// Must not run, and why.
    Deny(String),
}

/// What all policies together say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ruling {
    /// May run without approval.
    Auto,
    /// Needs every one of these rules; an empty list is the host's default: one approver.
    Approval(Vec<ApprovalRule>),
    /// Must not run; each reason is `policy: why`.
    Denied(Vec<String>),
}

impl Ruling {
    /// Combine the answers of the policies, each with its plugin id. Any deny wins; `auto`
    /// counts only where no policy asks for a person, at least one says `auto`, the risk is not
    /// high, and a plugin proposed it.
    pub fn combine(verdicts: &[(String, Verdict)], risk: Risk, origin: &Origin) -> Ruling {
        let denials: Vec<String> = verdicts
            .iter()
            .filter_map(|(id, v)| match v {
                Verdict::Deny(why) => Some(format!("{id}: {why}")),
                _ => None,
            })
            .collect();
        if !denials.is_empty() {
            return Ruling::Denied(denials);
        }
        let rules: Vec<ApprovalRule> = verdicts
            .iter()
            .filter_map(|(_, v)| match v {
                Verdict::RequireApproval(rule) => Some(rule.clone()),
                _ => None,
            })
            .collect();
        let auto = verdicts.iter().any(|(_, v)| *v == Verdict::Auto);
        if auto && rules.is_empty() && risk != Risk::High && origin.may_run_unattended() {
            Ruling::Auto
        } else {
            Ruling::Approval(rules)
        }
    }

    /// What it asks for, as a line below a fix.
    pub fn requirement(&self) -> String {
        match self {
            Ruling::Approval(_) => format!("needs {}", self.summary()),
            Ruling::Auto | Ruling::Denied(_) => self.summary(),
        }
    }

    /// One line for people.
    pub fn summary(&self) -> String {
        match self {
            Ruling::Auto => "runs without approval".to_owned(),
            Ruling::Approval(rules) if rules.is_empty() => "one approval".to_owned(),
            Ruling::Approval(rules) => {
                let lines: Vec<String> = rules.iter().map(ApprovalRule::summary).collect();
                lines.join("; ")
            }
            Ruling::Denied(why) => format!("denied by {}", why.join("; ")),
        }
    }
}

impl ApprovalRule {
    /// What this rule still needs after some votes.
    pub(crate) fn still(&self, left: usize) -> String {
        let whom = match self.approvers.as_slice() {
            [] if left == 1 => "another person".to_owned(),
            [] => count(left, "other person"),
            names => format!("{left} of {}", names.join(", ")),
        };
        format!("{whom} must approve too ({})", self.why)
    }

    fn summary(&self) -> String {
        let people = count(self.count, "approval");
        let whom = if self.approvers.is_empty() {
            String::new()
        } else {
            format!(" of {}", self.approvers.join(", "))
        };
        format!("{people}{whom} ({})", self.why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(count: u32) -> Verdict {
        Verdict::RequireApproval(ApprovalRule {
            approvers: vec![],
            count,
            why: "w".into(),
        })
    }

    fn combine(verdicts: &[Verdict], risk: Risk) -> Ruling {
        let named: Vec<_> = verdicts
            .iter()
            .map(|v| ("p".to_owned(), v.clone()))
            .collect();
        Ruling::combine(&named, risk, &Origin::Plugin("fix".to_owned()))
    }

    #[test]
    fn what_a_model_proposes_or_a_person_wants_undone_never_runs_without_a_person() {
        for origin in [Origin::Model, Origin::Undo] {
            let auto = [("p".to_owned(), Verdict::Auto)];
            let ruling = Ruling::combine(&auto, Risk::Low, &origin);
            assert_eq!(ruling, Ruling::Approval(vec![]), "{origin}");
        }
    }

    #[test]
    fn an_origin_is_read_as_it_is_shown() {
        let plugin = Origin::Plugin("fix".to_owned());
        for origin in [plugin, Origin::Model, Origin::Undo] {
            assert_eq!(Origin::parse(&origin.to_string()), Some(origin));
        }
        assert_eq!(Origin::parse("plugin "), None);
    }

    #[test]
    fn any_deny_wins_over_auto_and_approval() {
        let all = [Verdict::Auto, rule(1), Verdict::Deny("frozen".into())];
        assert_eq!(
            combine(&all, Risk::Low),
            Ruling::Denied(vec!["p: frozen".into()])
        );
    }

    #[test]
    fn auto_gives_way_to_a_policy_that_wants_a_person() {
        assert!(
            matches!(combine(&[Verdict::Auto, rule(2)], Risk::Low), Ruling::Approval(r) if r.len() == 1)
        );
    }

    #[test]
    fn high_risk_never_runs_without_a_person() {
        assert_eq!(
            combine(&[Verdict::Auto], Risk::High),
            Ruling::Approval(vec![])
        );
        assert_eq!(combine(&[Verdict::Auto], Risk::Medium), Ruling::Auto);
    }

    #[test]
    fn no_policy_at_all_means_one_approval() {
        assert_eq!(combine(&[], Risk::Low), Ruling::Approval(vec![]));
    }
}
