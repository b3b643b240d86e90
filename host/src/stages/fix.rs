//! Stage: execute one approved fix, once.
//!
//! `Approved -> Executing` stores what will be sent before it is sent; `Executing -> Applied`
//! stores the answer. After a crash in between, the object itself tells which of the two it was,
//! see [`Trace`], or that is not known. An operation is bound to the version or uid that it was
//! planned on, so that sending it again can only succeed if it had not happened.

mod send;

use k8shawk_core::approval::{Approval, ApprovalError};
use k8shawk_core::decision::Candidate;
use k8shawk_core::fix::Half;
use k8shawk_core::policy::Ruling;
use k8shawk_core::record::{Execution, Record, State};
use k8shawk_core::recovery::Recovery;

use crate::services::cluster::dry_run::{NotTried, Tried, try_fix};
use crate::services::cluster::health;
use crate::services::plugins::Asked;
use crate::stages::flow::{Flow, FlowError};

pub use send::execute;

/// Check the approval against the object as it is now, and store what will be sent.
///
/// # Errors
/// [`FlowError`] where the cluster or the store does not answer.
pub async fn prepare(flow: &Flow, record: &Record) -> Result<(), FlowError> {
    let id = &record.incident.id.0;
    let Some(candidate) = record.decision.as_ref().and_then(|d| d.first()) else {
        return again(flow, record, "there is no decision to execute");
    };
    // The configuration may be another one since people were asked.
    if let Some(why) = flow.config.fixes.refusal(&candidate.fix) {
        return again(flow, record, &format!("{why}: approval void"));
    }
    let candidate = &ruled_again(flow, record, candidate).await?;
    let asked_at = record.asked_at.unwrap_or_default();
    let (authority, now) = (flow.authority(), flow.clock.now());
    let approval = match authority.approve(candidate, &record.votes, asked_at, now) {
        Ok(approval) => approval,
        Err(error @ ApprovalError::Expired(_)) => return aged(flow, record, &error),
        Err(error) => return again(flow, record, &error.to_string()),
    };
    match try_fix(&flow.world, &candidate.fix, record.incident.opened_at).await {
        Ok(tried) if approval.covers(&tried.digest(&flow.key, &candidate.fix), &tried.uid) => {
            let before = health::look(&flow.world, record)
                .await
                .map_err(FlowError::Cluster)?;
            store(flow, record, tried, approval, before)
        }
        Ok(_) => again(
            flow,
            record,
            "the target changed since it was shown: approval void",
        ),
        Err(NotTried::Later(error)) => Err(FlowError::Cluster(error)),
        Err(NotTried::Done(why) | NotTried::Refused(why)) => {
            again(flow, record, &format!("{why}: approval void"))
        }
    }?;
    tracing::debug!(id, "prepared");
    Ok(())
}

/// A policy may say no since people were asked, as when a freeze begins: each is asked again.
async fn ruled_again(
    flow: &Flow,
    record: &Record,
    shown: &Candidate,
) -> Result<Candidate, FlowError> {
    let (reader, now) = (flow.world.reader(), flow.clock.now());
    let asked = Asked {
        incident: &record.incident,
        fix: &shown.fix,
        rationale: &shown.rationale,
        origin: &shown.origin(),
    };
    let judged = flow.judges.rule(&asked, &reader, now).await;
    let (ruling, _) = judged.map_err(|unanswered| FlowError::Unanswered(unanswered.to_string()))?;
    // People who said yes to something that is now allowed without them did no harm.
    let ruling = match ruling {
        Ruling::Auto => shown.ruling.clone(),
        other => other,
    };
    Ok(Candidate {
        ruling,
        ..shown.clone()
    })
}

fn store(
    flow: &Flow,
    record: &Record,
    tried: Tried,
    approval: Approval,
    before: health::Seen,
) -> Result<(), FlowError> {
    let now = flow.clock.now();
    let Some(fix) = record.fix().cloned() else {
        return Ok(());
    };
    let shown = fix.summary();
    let execution = Execution {
        fix,
        operation: tried.operation,
        half: Half::First,
        approvers: approval.into_approvers(),
        started_at: now,
        output: None,
    };
    flow.store
        .advance(&record.incident.id.0, State::Approved, |r| {
            r.execution = Some(execution);
            r.recovery = Some(Recovery::new(before.health, now));
            r.step(now, State::Executing, format!("sending: {shown}"));
        })?;
    flow.unsent.put(&record.incident.id.0);
    Ok(())
}

/// A yes that is too old is none: the incident is looked at again, and then people are asked again.
fn aged(flow: &Flow, record: &Record, why: &ApprovalError) -> Result<(), FlowError> {
    let next = match record.undo {
        Some(_) => State::Investigated,
        None => State::Open,
    };
    void(flow, record, next, &why.to_string())
}

/// An approval that does not fit any more is void: the incident is decided anew.
fn again(flow: &Flow, record: &Record, why: &str) -> Result<(), FlowError> {
    void(flow, record, State::Investigated, why)
}

fn void(flow: &Flow, record: &Record, next: State, why: &str) -> Result<(), FlowError> {
    let stored = flow
        .store
        .advance(&record.incident.id.0, record.state, |r| {
            r.votes.clear();
            r.execution = None;
            r.recovery = None;
            r.step(flow.clock.now(), next, why);
        })?;
    flow.terminal.note(&stored, why);
    Ok(())
}

/// True where people were asked by a version that did not know yet what exactly it asked.
pub fn is_undigested(record: &Record) -> bool {
    let first = record.decision.as_ref().and_then(|d| d.first());
    first.is_some_and(|c| c.digest.is_empty())
}

/// Decide again, so that people are asked about what exactly would be sent.
///
/// # Errors
/// [`FlowError::Store`].
pub fn ask_again(flow: &Flow, record: &Record) -> Result<(), FlowError> {
    again(
        flow,
        record,
        "an earlier version asked: people are asked again",
    )
}

fn applied(flow: &Flow, record: &Record, output: &str) -> Result<(), FlowError> {
    let now = flow.clock.now();
    let stored = flow
        .store
        .advance(&record.incident.id.0, State::Executing, |r| {
            if let Some(execution) = &mut r.execution {
                execution.output = Some(output.to_owned());
            }
            if let Some(recovery) = &mut r.recovery {
                recovery.since = now;
            }
            r.step(now, State::Applied, output);
        })?;
    flow.terminal
        .note(&stored, "applied; checking whether it helped");
    Ok(())
}

fn failed(flow: &Flow, record: &Record, why: &str) -> Result<(), FlowError> {
    end(flow, record, State::Failed, why).map(drop)
}

/// Whether the fix was applied cannot be told: that is the end, with how things are now.
async fn not_known(flow: &Flow, record: &Record, why: &str) -> Result<(), FlowError> {
    let now = match health::look(&flow.world, record).await {
        Ok(seen) => format!(
            "{} of {} are good now",
            seen.health.good, seen.health.wanted
        ),
        Err(error) => error.to_string(),
    };
    let note = format!("not known whether the fix was applied: {why}; {now}");
    let stored = end(flow, record, State::NotKnown, &note)?;
    flow.terminal.note(&stored, &note);
    Ok(())
}

fn end(flow: &Flow, record: &Record, state: State, why: &str) -> Result<Record, FlowError> {
    let stored = flow
        .store
        .advance(&record.incident.id.0, State::Executing, |r| {
            if let Some(execution) = &mut r.execution {
                execution.output = Some(why.to_owned());
            }
            r.step(flow.clock.now(), state, why);
        })?;
    Ok(stored)
}

#[cfg(test)]
mod tests;
