//! Stage: an approval or dismissal, by a person or by a policy with the right to it.

mod undo;

use k8shawk_core::approval::{ApprovalError, Person, Question, Superseded, Vote};
use k8shawk_core::policy::Ruling;
use k8shawk_core::record::{Record, State};
use k8shawk_core::shorten;
use thiserror::Error;

use crate::services::Services;
use crate::services::store::StoreError;
use crate::services::telemetry::{Stage, StageFault};
use crate::stages::StageError;

pub use undo::{UndoError, undo};

/// Why an approval or dismissal was rejected. The incident is unchanged.
#[derive(Debug, Error)]
pub enum VoteError {
    /// No such incident, or the store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The incident does not wait for an approval.
    #[error("{id} ({state}): {why}")]
    NotWaiting {
        /// Incident.
        id: String,
        /// State, in words.
        state: &'static str,
        /// What to do instead.
        why: String,
    },
    /// A policy that must judge does not, so that every fix is denied. Put the policy back.
    #[error("nothing can be approved now: {0}")]
    Unruled(String),
    /// This person may not, or it is too late.
    #[error(transparent)]
    Approval(#[from] ApprovalError),
    /// They approved something else.
    #[error(transparent)]
    Superseded(#[from] Superseded),
}

impl StageFault for VoteError {
    fn kind(&self) -> Option<&'static str> {
        // A person who may not, or comes too late, is no failure of the stage.
        let failed = matches!(self, VoteError::Store(StoreError::Database { .. }));
        failed.then_some("store")
    }
}

/// Longest reason of a dismissal, characters.
const REASON: usize = 500;

/// The result of an approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Voted {
    /// It is enough: the fix runs.
    Approved(String),
    /// It counts, and more people are needed.
    Counted(String),
}

fn why_not_asked(record: &Record) -> &'static str {
    match record.state {
        State::NeedsHuman => "there is no fix to approve",
        State::Open | State::Investigated | State::Decided if record.asked_at.is_some() => {
            "its approval request is void, since it expired or its object changed; the incident is \
             checked again, and then approval is requested again"
        }
        State::Open | State::Investigated | State::Decided => "it is still being investigated",
        State::Approved | State::Executing | State::Applied => "it is already approved",
        _ => "it has ended",
    }
}

/// Why nobody can approve or dismiss an incident now: the same words at the command line, in Slack
/// and in a log.
pub fn not_waiting(record: &Record) -> VoteError {
    VoteError::NotWaiting {
        id: record.incident.id.0.clone(),
        state: record.standing(),
        why: why_not_asked(record).to_owned(),
    }
}

/// True where policies allow the fix without approval.
pub fn is_automatic(record: &Record) -> bool {
    let fix = record.candidate();
    fix.is_some_and(|fix| matches!(fix.ruling, Ruling::Auto))
}

/// Approve what policies allow without approval.
///
/// # Errors
/// [`StageError::Store`].
pub fn automatic(services: &Services, record: &Record) -> Result<(), StageError> {
    let now = services.clock.now();
    services
        .store
        .advance(&record.incident.id.0, State::Decided, |r| {
            r.asked_at = Some(now);
            r.step(now, State::Approved, "released by policy without approval");
        })?;
    Ok(())
}

/// Accept an approval of what was `shown`.
///
/// # Errors
/// [`VoteError`] says why not.
pub fn approve(
    services: &Services,
    id: &str,
    person: &Person,
    shown: &Question,
) -> Result<Voted, VoteError> {
    let id = services.store.find(id)?.incident.id.0;
    let vote = || vote(services, &id, person, shown);
    services.telemetry.stage_now(Stage::Approve, &id, vote)
}

fn vote(
    services: &Services,
    id: &str,
    person: &Person,
    shown: &Question,
) -> Result<Voted, VoteError> {
    // What would be denied when it is carried out is not taken as approved.
    let faults = services.plugins.required.faults();
    if !faults.is_empty() {
        return Err(VoteError::Unruled(faults.join("; ")));
    }
    let (authority, now) = (services.authority(), services.clock.now());
    services.store.modify(id, |record| {
        let candidate = record.candidate();
        let (State::Waiting, Some(candidate), Some(asked_at)) =
            (record.state, candidate, record.asked_at)
        else {
            return Err(not_waiting(record));
        };
        shown.stands(candidate, asked_at)?;
        authority.admit(candidate, person)?;
        let vote = Vote {
            approver: person.clone(),
            at: now,
            digest: candidate.digest.clone(),
        };
        let (fix, mut votes) = (candidate.fix.summary(), record.votes.clone());
        votes.retain(|v| !v.approver.is(person));
        votes.push(vote);
        match authority.approve(candidate, &votes, asked_at, now) {
            Ok(_) => {
                record.votes = votes;
                let note = format!("approved by {person}");
                record.step_by(now, State::Approved, note.as_str(), person);
                Ok(Voted::Approved(format!("{note}; applying: {fix}")))
            }
            Err(error @ ApprovalError::NotEnough { .. }) => {
                record.votes = votes;
                let note = format!("approved by {person}; {error}");
                record.step_by(now, State::Waiting, note, person);
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
pub fn dismiss(
    services: &Services,
    id: &str,
    person: &Person,
    reason: &str,
) -> Result<String, VoteError> {
    services.authority().known(person)?;
    let id = services.store.find(id)?.incident.id.0;
    let now = services.clock.now();
    let reason: String = reason.chars().filter(|c| !c.is_control()).collect();
    let reason = shorten(&reason, REASON);
    services.store.modify(&id, |record| {
        if !record.state.awaits_people() {
            return Err(not_waiting(record));
        }
        let because = if reason.is_empty() {
            String::new()
        } else {
            format!(": {reason}")
        };
        let note = format!("dismissed by {person}{because}");
        record.step_by(now, State::Dismissed, note, person);
        Ok(format!("{id} is dismissed"))
    })
}
