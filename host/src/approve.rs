//! Stage: a person's yes or no.

use k8shawk_core::approval::{ApprovalError, Person, Vote};
use k8shawk_core::record::State;
use thiserror::Error;

use crate::flow::Flow;
use crate::store::StoreError;

/// Why a yes or no was not taken. The incident is unchanged.
#[derive(Debug, Error)]
pub enum VoteError {
    /// No such incident, or the store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The incident does not wait for an approval.
    #[error("incident {id} is {state}: {why}")]
    NotWaiting {
        /// Incident.
        id: String,
        /// State.
        state: &'static str,
        /// What to do instead.
        why: String,
    },
    /// This person may not, or it is too late.
    #[error(transparent)]
    Approval(#[from] ApprovalError),
}

/// What came of a yes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Voted {
    /// It is enough: the fix runs.
    Approved(String),
    /// It counts, and more people are needed.
    Counted(String),
}

fn not_waiting(id: &str, state: State) -> VoteError {
    let why = match state {
        State::NeedsHuman => "there is no safe fix to approve",
        State::Open | State::Investigated | State::Decided => "it is still being looked at",
        State::Approved | State::Executing | State::Applied => "it is approved already",
        _ => "it has ended",
    };
    VoteError::NotWaiting {
        id: id.to_owned(),
        state: state.as_str(),
        why: why.to_owned(),
    }
}

/// Take a yes.
///
/// # Errors
/// [`VoteError`] says why not.
pub fn approve(flow: &Flow, id: &str, person: &Person) -> Result<Voted, VoteError> {
    let id = flow.store.find(id)?.incident.id.0;
    let (authority, now) = (flow.authority(), flow.clock.now());
    flow.store.modify(&id, |record| {
        if record.state != State::Waiting {
            return Err(not_waiting(&id, record.state));
        }
        let (Some(decision), Some(asked_at)) = (&record.decision, record.asked_at) else {
            return Err(not_waiting(&id, State::Decided));
        };
        let Some(candidate) = decision.first() else {
            return Err(not_waiting(&id, State::NeedsHuman));
        };
        authority.admit(candidate, person)?;
        let vote = Vote {
            approver: person.clone(),
            at: now,
            digest: candidate.digest(),
        };
        let approver = &person.name;
        let (fix, mut votes) = (candidate.fix.kubectl(), record.votes.clone());
        votes.push(vote);
        match authority.approve(candidate, &votes, asked_at, now) {
            Ok(_) => {
                record.votes = votes;
                record.step(now, State::Approved, format!("approved by {approver}"));
                Ok(Voted::Approved(format!(
                    "approved by {approver}; applying: {fix}"
                )))
            }
            Err(error @ ApprovalError::NotEnough { .. }) => {
                record.votes = votes;
                record.step(
                    now,
                    State::Waiting,
                    format!("approved by {approver}; {error}"),
                );
                Ok(Voted::Counted(error.to_string()))
            }
            Err(error) => Err(error.into()),
        }
    })
}

/// Take a no.
///
/// # Errors
/// [`VoteError`] says why not.
pub fn dismiss(flow: &Flow, id: &str, person: &Person, reason: &str) -> Result<String, VoteError> {
    flow.authority().known(person)?;
    let who = &person.name;
    let id = flow.store.find(id)?.incident.id.0;
    let now = flow.clock.now();
    let reason: String = reason
        .chars()
        .filter(|c| !c.is_control())
        .take(500)
        .collect();
    flow.store.modify(&id, |record| {
        if !record.state.awaits_people() {
            return Err(not_waiting(&id, record.state));
        }
        let because = if reason.is_empty() {
            String::new()
        } else {
            format!(": {reason}")
        };
        record.step(
            now,
            State::Dismissed,
            format!("dismissed by {who}{because}"),
        );
        Ok(format!("{id} is dismissed"))
    })
}
