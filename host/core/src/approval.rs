//! Authority to execute one decision.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::decision::Candidate;
use crate::fix::Risk;
use crate::policy::{ApprovalRule, Ruling};

/// A person, as the door that they came through knows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Name, unique at that door: a user of this machine, a Slack user id.
    pub name: String,
    /// Groups that they are in, as rules write them: `%sre` for a group of this machine.
    #[serde(default)]
    pub groups: Vec<String>,
}

impl Person {
    /// A person without groups.
    pub fn named(name: &str) -> Person {
        Person {
            name: name.to_owned(),
            groups: Vec::new(),
        }
    }

    /// True where one of these names means this person; none means anybody.
    fn is_one_of(&self, names: &[String]) -> bool {
        names.is_empty()
            || names
                .iter()
                .any(|n| *n == self.name || self.groups.contains(n))
    }
}

/// One person's yes, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vote {
    /// Who.
    pub approver: Person,
    /// When, milliseconds since the Unix epoch.
    pub at: i64,
    /// Digest of the diff that was shown.
    pub digest: String,
}

/// Who may approve, and for how long a question stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// Names of people and groups; empty means whoever reaches the socket, for low and medium risk.
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
    #[error("not enough yet: {missing}")]
    NotEnough {
        /// Whose approval lacks, rule by rule.
        missing: String,
    },
}

/// Authority to execute one fix once: no `Clone`, no `Deserialize`, consumed by the execution.
#[derive(Debug, PartialEq, Eq)]
pub struct Approval {
    digest: String,
    target_uid: String,
    approvers: Vec<String>,
}

impl Authority {
    /// Check that this person may vote on this candidate.
    ///
    /// # Errors
    /// [`ApprovalError::Denied`] or [`ApprovalError::Unauthorised`].
    pub fn admit(&self, candidate: &Candidate, person: &Person) -> Result<(), ApprovalError> {
        let refuse = |why: &str| Err(unauthorised(person, why));
        if let Ruling::Denied(reasons) = &candidate.ruling {
            return Err(ApprovalError::Denied(reasons.join("; ")));
        }
        self.known(person)?;
        let Ruling::Approval(rules) = &candidate.ruling else {
            return Ok(());
        };
        let named = rules.iter().any(|r| !r.approvers.is_empty());
        if self.approvers.is_empty() && !named && candidate.fix.risk() == Risk::High {
            return refuse("high risk needs approvers who are named in the configuration");
        }
        // Whoever fits one rule may vote: rules that name different people each need their own.
        match rules.first() {
            Some(rule) if !rules.iter().any(|r| person.is_one_of(&r.approvers)) => {
                refuse(&rule.why)
            }
            _ => Ok(()),
        }
    }

    /// Check that this person may dismiss an incident.
    ///
    /// # Errors
    /// [`ApprovalError::Unauthorised`].
    pub fn known(&self, person: &Person) -> Result<(), ApprovalError> {
        if person.is_one_of(&self.approvers) {
            Ok(())
        } else {
            let why = "approval.approvers in the configuration does not name them";
            Err(unauthorised(person, why))
        }
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
        let mut people: Vec<&Person> = Vec::new();
        for vote in votes.iter().filter(|v| v.digest == digest) {
            self.admit(candidate, &vote.approver)?;
            if !people.iter().any(|p| p.name == vote.approver.name) {
                people.push(&vote.approver);
            }
        }
        let approvers = match &candidate.ruling {
            Ruling::Denied(reasons) => return Err(ApprovalError::Denied(reasons.join("; "))),
            Ruling::Auto if people.is_empty() => vec!["policy (auto)".to_owned()],
            ruling => {
                enough(ruling, &people)?;
                people.iter().map(|p| p.name.clone()).collect()
            }
        };
        Ok(Approval {
            digest,
            target_uid: candidate.target_uid.clone(),
            approvers,
        })
    }
}

fn unauthorised(person: &Person, why: &str) -> ApprovalError {
    ApprovalError::Unauthorised {
        approver: person.name.clone(),
        why: why.to_owned(),
    }
}

/// Every rule has its number of different people; without a rule one person is enough.
fn enough(ruling: &Ruling, people: &[&Person]) -> Result<(), ApprovalError> {
    let Ruling::Approval(rules) = ruling else {
        return Ok(());
    };
    let lacks = |rule: &ApprovalRule| {
        let need = rule.count.max(1) as usize;
        let have = people.iter().filter(|p| p.is_one_of(&rule.approvers));
        let left = need.saturating_sub(have.count());
        (left > 0).then(|| rule.still(left))
    };
    let mut missing: Vec<String> = rules.iter().filter_map(lacks).collect();
    if rules.is_empty() && people.is_empty() {
        missing.push("one approval".to_owned());
    }
    if missing.is_empty() {
        Ok(())
    } else {
        let missing = missing.join("; ");
        Err(ApprovalError::NotEnough { missing })
    }
}

impl Approval {
    /// True where this authority covers a change of this object with this diff.
    pub fn covers(&self, diff_digest: &str, target_uid: &str) -> bool {
        self.digest == diff_digest && self.target_uid == target_uid
    }

    /// Consume the authority; what is left is who gave it.
    pub fn into_approvers(self) -> Vec<String> {
        self.approvers
    }
}

#[cfg(test)]
mod tests;
