//! The proposals that survived, each with its server-side dry-run diff, or "no safe fix".

use serde::{Deserialize, Serialize};

use crate::diff::Diff;
use crate::fix::Fix;
use crate::policy::Ruling;

/// A proposal that may be approved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// The fix.
    pub fix: Fix,
    /// Why it helps.
    pub rationale: String,
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
}

/// What is decided for one finding.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// Candidates, the best first. Empty means "no safe fix".
    pub candidates: Vec<Candidate>,
    /// What was refused, and why.
    pub refused: Vec<Refused>,
    /// The next human check, for "no safe fix".
    pub next_check: String,
}

impl Decision {
    /// The fix that people are asked about.
    pub fn first(&self) -> Option<&Candidate> {
        self.candidates.first()
    }
}

impl Candidate {
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
