//! Authority to execute one decision.

mod key;
mod people;

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::decision::Candidate;
use crate::fix::Risk;
use crate::policy::{ApprovalRule, Ruling};

pub use key::ApprovalKey;
pub use people::{People, PeopleError};

/// Stands among the approvers of a fix that nobody had to approve.
pub const RELEASED: &str = "policy (auto)";

/// The door that a person came through.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Door {
    /// The socket of this machine.
    #[default]
    Socket,
    /// Slack.
    Slack,
}

impl Door {
    /// Every door.
    pub const ALL: [Door; 2] = [Door::Socket, Door::Slack];
}

/// A person, as the door that they came through knows them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Name, unique at that door: a user of this machine, a Slack user id.
    pub name: String,
    /// Groups that they are in, as rules write them: `%sre` for a group of this machine.
    #[serde(default)]
    pub groups: Vec<String>,
    /// Where they came in.
    #[serde(default)]
    pub door: Door,
    /// What people call them: the name in `approval.people`, else the one in their Slack profile;
    /// none where neither is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub called: Option<String>,
}

/// `Ann Example (U0123ABCD)`, or the name at the door alone where people call them nothing else.
impl fmt::Display for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.called.as_ref().filter(|called| **called != self.name) {
            Some(called) => write!(f, "{called} ({})", self.name),
            None => f.write_str(&self.name),
        }
    }
}

impl Person {
    /// A person without groups, at the socket.
    pub fn named(name: &str) -> Person {
        Person::at(Door::Socket, name)
    }

    /// A person without groups, at a door.
    pub fn at(door: Door, name: &str) -> Person {
        Person {
            name: name.to_owned(),
            groups: Vec::new(),
            door,
            called: None,
        }
    }

    /// True where this is the same name at the same door.
    pub fn is(&self, other: &Person) -> bool {
        self.door == other.door && self.name == other.name
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
    /// Digest of the fix that was shown.
    pub digest: String,
}

/// What a person saw when they approved: the approval is for nothing else, and there is
/// no yes without one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Digest of the fix, as [`Candidate::digest`](crate::decision::Candidate::digest).
    pub digest: String,
    /// When it was asked, milliseconds since the Unix epoch.
    pub asked_at: i64,
}

/// An approval of something that is no longer asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Superseded {
    /// The fix is another one now.
    #[error("the fix changed after it was shown to you; review the new diff")]
    Fix,
    /// The same fix was asked about again.
    #[error("that approval request expired and was sent again; review and approve the new one")]
    Question,
}

impl Question {
    /// Check that this is what is asked now.
    ///
    /// # Errors
    /// [`Superseded`] says what is different.
    pub fn stands(&self, candidate: &Candidate, asked_at: i64) -> Result<(), Superseded> {
        if candidate.digest != self.digest {
            Err(Superseded::Fix)
        } else if asked_at != self.asked_at {
            Err(Superseded::Question)
        } else {
            Ok(())
        }
    }
}

/// Who may approve, and for how long a question stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    /// Names of people and groups; empty means anyone with access to the socket, for low and medium
    /// risk.
    pub approvers: Vec<String>,
    /// The same in Slack; empty means anyone who is let in there, for low and medium risk.
    pub in_slack: Vec<String>,
    /// Milliseconds after which a question, and every yes to it, expires.
    pub expires_after: i64,
    /// Who is one person.
    pub people: People,
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
    #[error("the approval request expired {0} min ago; the incident is being checked again")]
    Expired(i64),
    /// More people are needed.
    #[error("not enough yet: {missing}")]
    NotEnough {
        /// Whose approval is missing, rule by rule.
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
    /// A person under the name that the operator gave them, where there is one.
    #[must_use]
    pub fn introduce(&self, person: &Person) -> Person {
        let called = self.people.name_of(person).map(str::to_owned);
        Person {
            called: called.or_else(|| person.called.clone()),
            ..person.clone()
        }
    }

    /// Those who are named for the door of this person.
    fn named(&self, person: &Person) -> &[String] {
        match person.door {
            Door::Socket => &self.approvers,
            Door::Slack => &self.in_slack,
        }
    }

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
        if self.named(person).is_empty() && !named && candidate.fix.risk() == Risk::High {
            return refuse("a high-risk fix needs approvers named in the configuration");
        }
        // Anyone who matches one rule may vote: rules that name different people each need their
        // own.
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
        if person.is_one_of(self.named(person)) {
            return Ok(());
        }
        let why = match person.door {
            Door::Socket => "not listed in approval.approvers",
            Door::Slack => "not listed in SLACK_APPROVERS",
        };
        Err(unauthorised(person, why))
    }

    /// Check that what was asked then may still be answered, or done, now.
    ///
    /// # Errors
    /// [`ApprovalError::Expired`].
    pub fn in_time(&self, asked_at: i64, now: i64) -> Result<(), ApprovalError> {
        let late = now - (asked_at + self.expires_after);
        if late > 0 {
            Err(ApprovalError::Expired(late / 60_000))
        } else {
            Ok(())
        }
    }

    /// Turn the stored votes into authority, the one way to make an [`Approval`].
    ///
    /// # Errors
    /// [`ApprovalError`] says who or what is missing.
    pub fn approve(
        &self,
        candidate: &Candidate,
        votes: &[Vote],
        asked_at: i64,
        now: i64,
    ) -> Result<Approval, ApprovalError> {
        self.in_time(asked_at, now)?;
        let digest = &candidate.digest;
        let is_for_it = |v: &&Vote| v.digest == *digest && v.at >= asked_at;
        let mut people: Vec<&Person> = Vec::new();
        for vote in votes.iter().filter(is_for_it) {
            self.admit(candidate, &vote.approver)?;
            people.push(&vote.approver);
        }
        let approvers = match &candidate.ruling {
            Ruling::Denied(reasons) => return Err(ApprovalError::Denied(reasons.join("; "))),
            Ruling::Auto if people.is_empty() => vec![RELEASED.to_owned()],
            ruling => {
                self.enough(ruling, &people)?;
                let people = self.people.distinct(&people);
                people.iter().map(|p| p.name.clone()).collect()
            }
        };
        Ok(Approval {
            digest: digest.clone(),
            target_uid: candidate.target_uid.clone(),
            approvers,
        })
    }

    /// Every rule has its number of different people; without a rule one person is enough.
    fn enough(&self, ruling: &Ruling, people: &[&Person]) -> Result<(), ApprovalError> {
        let Ruling::Approval(rules) = ruling else {
            return Ok(());
        };
        let mut unsure = false;
        let mut lacks = |rule: &ApprovalRule| {
            let need = rule.count.max(1) as usize;
            let fits: Vec<&Person> = people
                .iter()
                .filter(|p| p.is_one_of(&rule.approvers))
                .copied()
                .collect();
            let left = need.saturating_sub(self.people.count(&fits));
            unsure |= left > 0 && self.people.distinct(&fits).len() >= need;
            (left > 0).then(|| rule.still(left))
        };
        let mut missing: Vec<String> = rules.iter().filter_map(&mut lacks).collect();
        if rules.is_empty() && people.is_empty() {
            missing.push("one approval".to_owned());
        }
        if unsure {
            missing.push(UNSURE.to_owned());
        }
        if missing.is_empty() {
            Ok(())
        } else {
            let missing = missing.join("; ");
            Err(ApprovalError::NotEnough { missing })
        }
    }
}

/// Why votes that look like enough are not.
const UNSURE: &str = "the votes so far may all come from one person: list each person's accounts \
                      in approval.people";

fn unauthorised(person: &Person, why: &str) -> ApprovalError {
    ApprovalError::Unauthorised {
        approver: person.name.clone(),
        why: why.to_owned(),
    }
}

impl Approval {
    /// True where this authority covers an operation of this digest on this object.
    pub fn covers(&self, digest: &str, target_uid: &str) -> bool {
        !digest.is_empty() && self.digest == digest && self.target_uid == target_uid
    }

    /// Consume the authority; what is left is who gave it.
    pub fn into_approvers(self) -> Vec<String> {
        self.approvers
    }
}

#[cfg(test)]
mod tests;
