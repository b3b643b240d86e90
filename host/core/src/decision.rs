//! The proposals that survived, each with its server-side dry-run diff, or "no safe fix", or that
//! neither is known.

use serde::{Deserialize, Serialize};

use crate::diff::Diff;
use crate::fix::Fix;
use crate::policy::{Origin, Ruling};

/// A proposal that may be approved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// The fix.
    pub fix: Fix,
    /// Why it helps.
    pub rationale: String,
    /// Who proposed it; none where it was stored before that was kept.
    #[serde(default)]
    pub origin: Option<Origin>,
    /// What the policies say.
    pub ruling: Ruling,
    /// What the API server said that it would change.
    pub diff: Diff,
    /// UID of the target at the dry run.
    pub target_uid: String,
    /// Keyed digest of what would be sent, see
    /// [`ApprovalKey`](crate::approval::ApprovalKey::digest): what an approval is bound to, beside
    /// the target's uid. Empty where an earlier version decided.
    #[serde(default)]
    pub digest: String,
    /// How often this action ended in each verdict for the same class and kind of owner.
    #[serde(default)]
    pub ledger: Vec<(String, u32)>,
}

/// A proposal that did not survive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The proposal in words.
    pub proposal: String,
    /// Why it was refused: the parser, a policy, a precondition or the dry run.
    pub reason: String,
    /// True where a policy denied it, or where a policy that must judge was missing.
    #[serde(default)]
    pub by_policy: bool,
}

/// A plugin that gave no answer, or one without something that it wanted to read. Nothing may be
/// concluded from what it did not say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unanswered {
    /// Plugin.
    pub who: String,
    /// What happened.
    pub why: String,
    /// True where it may answer when it is asked again, as after an outage of the API server.
    pub may_pass: bool,
}

impl std::fmt::Display for Unanswered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.who, self.why)
    }
}

/// What follows from a decision.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Advice<'a> {
    /// People are asked about this fix.
    Fix(&'a Candidate),
    /// Everybody answered, and no fix is safe.
    NoSafeFix,
    /// Everybody answered, and a policy denied what was proposed.
    Denied,
    /// No fix is known, and not everybody answered.
    NotKnown(&'a [Unanswered]),
}

/// What is decided for one finding.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// Candidates, the best first. What their absence means, [`Decision::advice`] says.
    pub candidates: Vec<Candidate>,
    /// What was refused, and why.
    pub refused: Vec<Refused>,
    /// The next human check, where there is no fix.
    pub next_check: String,
    /// Who gave no answer.
    #[serde(default)]
    pub unanswered: Vec<Unanswered>,
    /// True where policies that must judge were missing, so that every fix was denied.
    #[serde(default)]
    pub unruled: bool,
}

impl Decision {
    /// The fix that people are asked about.
    pub fn first(&self) -> Option<&Candidate> {
        self.candidates.first()
    }

    /// What follows: "no safe fix" only where nobody failed to answer, and no policy denied one.
    pub fn advice(&self) -> Advice<'_> {
        match (self.first(), self.unanswered.as_slice()) {
            (Some(candidate), _) => Advice::Fix(candidate),
            (None, []) if self.refused.iter().any(|r| r.by_policy) => Advice::Denied,
            (None, []) => Advice::NoSafeFix,
            (None, unanswered) => Advice::NotKnown(unanswered),
        }
    }

    /// True where asking again may bring a fix that is not known now.
    pub fn may_change(&self) -> bool {
        let advice = self.advice();
        matches!(advice, Advice::NotKnown(who) if who.iter().any(|u| u.may_pass))
    }
}

impl Advice<'_> {
    /// In a few words, for people; none where there is a fix.
    pub fn without_fix(&self) -> Option<String> {
        match self {
            Advice::Fix(_) => None,
            Advice::NoSafeFix => Some("no safe fix".to_owned()),
            Advice::Denied => Some("fix denied by policy".to_owned()),
            Advice::NotKnown(unanswered) => {
                let who: Vec<String> = unanswered.iter().map(ToString::to_string).collect();
                let who = who.join("; ");
                Some(format!("whether a fix is safe is not known ({who})"))
            }
        }
    }
}

impl Candidate {
    /// Who proposed it, in words for people; none where that was not kept.
    pub fn proposer(&self) -> Option<String> {
        let words = match self.origin.as_ref()? {
            Origin::Plugin(id) => format!("proposed by plugin {id}"),
            Origin::Model => "proposed by a model".to_owned(),
            Origin::Undo => "requested by a person".to_owned(),
        };
        Some(words)
    }

    /// Who proposed it. What nobody knows is judged as what may do least: a model's.
    pub fn origin(&self) -> Origin {
        self.origin.clone().unwrap_or(Origin::Model)
    }

    /// What became of this action before, for people; none where it was never taken.
    pub fn experience(&self) -> Option<String> {
        let words: Vec<String> = self
            .ledger
            .iter()
            .map(|(verdict, times)| format!("{verdict} {times}x"))
            .collect();
        let name = self.fix.action.name();
        (!words.is_empty()).then(|| format!("{name} for this kind of fault: {}", words.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fix_that_a_policy_denied_is_no_missing_fix() {
        let refused = |by_policy| Decision {
            refused: vec![Refused {
                proposal: "rollout-undo".to_owned(),
                reason: "freeze: Black Friday".to_owned(),
                by_policy,
            }],
            ..Decision::default()
        };
        let words = |by_policy| refused(by_policy).advice().without_fix();
        assert_eq!(words(true).as_deref(), Some("fix denied by policy"));
        assert_eq!(words(false).as_deref(), Some("no safe fix"));
    }

    #[test]
    fn no_safe_fix_is_said_only_where_everybody_answered() {
        let all = Decision::default();
        assert_eq!(all.advice(), Advice::NoSafeFix);
        for may_pass in [true, false] {
            let unanswered = vec![Unanswered {
                who: "fix".to_owned(),
                why: "the cluster did not answer".to_owned(),
                may_pass,
            }];
            let some = Decision {
                unanswered,
                ..Decision::default()
            };
            assert!(matches!(some.advice(), Advice::NotKnown(_)));
            let told = some.advice().without_fix().unwrap_or_default();
            assert!(
                told.contains("not known") && told.contains("did not answer"),
                "{told}"
            );
            assert_eq!(some.may_change(), may_pass);
        }
    }
}
