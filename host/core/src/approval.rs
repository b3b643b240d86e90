//! Authority to execute one decision.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::decision::Candidate;
use crate::fix::Risk;
use crate::policy::Ruling;

/// One person's yes, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vote {
    /// Who.
    pub approver: String,
    /// When, milliseconds since the Unix epoch.
    pub at: i64,
    /// Digest of the diff that was shown.
    pub digest: String,
}

/// Who may approve, and for how long a question stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// Names of people; empty means whoever reaches the socket, for low and medium risk.
    pub approvers: Vec<String>,
    /// Milliseconds after which a question expires.
    pub expires_after: i64,
}

/// Why a vote is not taken, or is not enough.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ApprovalError {
    /// The policies say no.
    #[error("policy forbids this fix: {0}")]
    Denied(String),
    /// This person may not approve this.
    #[error("{approver} may not approve this fix: {why}")]
    Unauthorised {
        /// Who asked.
        approver: String,
        /// Which rule is against it.
        why: String,
    },
    /// The question is too old.
    #[error("the question expired {0} min ago; the incident is looked at again")]
    Expired(i64),
    /// More people are needed.
    #[error("approved by {have} of {need} people; another person must approve too")]
    NotEnough {
        /// Votes so far.
        have: usize,
        /// Votes needed.
        need: usize,
    },
}

/// Authority to execute one fix once: no `Clone`, no `Deserialize`, consumed by the execution.
#[derive(Debug, PartialEq, Eq)]
pub struct Approval {
    digest: String,
    target_uid: String,
    resource_version: String,
    approvers: Vec<String>,
}

impl Authority {
    /// Check that this person may vote on this candidate.
    ///
    /// # Errors
    /// [`ApprovalError::Denied`] or [`ApprovalError::Unauthorised`].
    pub fn admit(&self, candidate: &Candidate, approver: &str) -> Result<(), ApprovalError> {
        let refuse = |why: &str| {
            Err(ApprovalError::Unauthorised {
                approver: approver.to_owned(),
                why: why.to_owned(),
            })
        };
        if let Ruling::Denied(reasons) = &candidate.ruling {
            return Err(ApprovalError::Denied(reasons.join("; ")));
        }
        let listed = self.approvers.iter().any(|a| a == approver);
        if !self.approvers.is_empty() && !listed {
            return refuse("approval.approvers in the configuration does not name them");
        }
        let Ruling::Approval(rules) = &candidate.ruling else {
            return Ok(());
        };
        let named = rules.iter().any(|r| !r.approvers.is_empty());
        if self.approvers.is_empty() && !named && candidate.fix.risk() == Risk::High {
            return refuse("high risk needs approvers who are named in the configuration");
        }
        for rule in rules {
            if !rule.approvers.is_empty() && !rule.approvers.iter().any(|a| a == approver) {
                return refuse(&rule.why);
            }
        }
        Ok(())
    }

    /// Turn the stored votes into authority, the one way to make an [`Approval`].
    ///
    /// # Errors
    /// [`ApprovalError`] says who or what lacks.
    pub fn approve(
        &self,
        candidate: &Candidate,
        votes: &[Vote],
        asked_at: i64,
        now: i64,
    ) -> Result<Approval, ApprovalError> {
        let late = now - (asked_at + self.expires_after);
        if late > 0 {
            return Err(ApprovalError::Expired(late / 60_000));
        }
        let digest = candidate.digest();
        let mut people: Vec<String> = Vec::new();
        for vote in votes.iter().filter(|v| v.digest == digest) {
            self.admit(candidate, &vote.approver)?;
            if !people.contains(&vote.approver) {
                people.push(vote.approver.clone());
            }
        }
        let need = match &candidate.ruling {
            Ruling::Denied(reasons) => return Err(ApprovalError::Denied(reasons.join("; "))),
            Ruling::Auto => 0,
            Ruling::Approval(rules) => rules
                .iter()
                .map(|r| r.count as usize)
                .max()
                .unwrap_or(1)
                .max(1),
        };
        if people.len() < need {
            return Err(ApprovalError::NotEnough {
                have: people.len(),
                need,
            });
        }
        if people.is_empty() {
            people.push("policy (auto)".to_owned());
        }
        Ok(Approval {
            digest,
            target_uid: candidate.target_uid.clone(),
            resource_version: candidate.resource_version.clone(),
            approvers: people,
        })
    }
}

impl Approval {
    /// True where this authority covers a change of this object with this diff.
    pub fn covers(&self, diff_digest: &str, target_uid: &str) -> bool {
        self.digest == diff_digest && self.target_uid == target_uid
    }

    /// The version that was seen at the dry run.
    pub fn resource_version(&self) -> &str {
        &self.resource_version
    }

    /// Consume the authority; what is left is who gave it.
    pub fn into_approvers(self) -> Vec<String> {
        self.approvers
    }
}

#[cfg(test)]
mod tests;
