//! Stage: execute one approved fix, once.
//!
//! `Approved -> Executing` stores what will be sent before it is sent; `Executing -> Applied`
//! stores the answer. After a crash in between, the object itself tells which of the two it was:
//! an operation is bound to the version or uid that it was planned on, so that sending it again
//! can only succeed if it had not happened.

use k8shawk_core::approval::Approval;
use k8shawk_core::decision::Candidate;
use k8shawk_core::diff::Diff;
use k8shawk_core::fix::Operation;
use k8shawk_core::policy::Ruling;
use k8shawk_core::record::{Execution, Record, State};
use k8shawk_core::recovery::Recovery;
use serde_json::Value;

use crate::cluster::WriteError;
use crate::flow::{Flow, FlowError};
use crate::health;
use crate::trial::{NotTried, Tried, try_fix};

/// Stop here when the test of this name asks for it: see CONTRIBUTING, "Crash points".
pub fn crash_point(name: &str) {
    if std::env::var("K8SHAWK_CRASH_AT").is_ok_and(|at| at == name) {
        std::process::abort();
    }
}

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
    let candidate = &ruled_again(flow, record, candidate).await;
    let asked_at = record.asked_at.unwrap_or_default();
    let voted_at = record.votes.last().map_or(asked_at, |v| v.at);
    let approval = match flow
        .authority()
        .approve(candidate, &record.votes, asked_at, voted_at)
    {
        Ok(approval) => approval,
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
async fn ruled_again(flow: &Flow, record: &Record, shown: &Candidate) -> Candidate {
    let (reader, now) = (flow.world.reader(), flow.clock.now());
    let (ruling, _) = flow
        .judges
        .rule(&record.incident, &shown.fix, &shown.rationale, &reader, now)
        .await;
    // People who said yes to something that is now allowed without them did no harm.
    let ruling = match ruling {
        Ruling::Auto => shown.ruling.clone(),
        other => other,
    };
    Candidate {
        ruling,
        ..shown.clone()
    }
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
    let shown = fix.kubectl();
    let execution = Execution {
        fix,
        operation: tried.operation,
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
    Ok(())
}

/// An approval that does not fit any more is void: the incident is decided anew.
fn again(flow: &Flow, record: &Record, why: &str) -> Result<(), FlowError> {
    let stored = flow
        .store
        .advance(&record.incident.id.0, record.state, |r| {
            r.votes.clear();
            r.execution = None;
            r.recovery = None;
            r.step(flow.clock.now(), State::Investigated, why);
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
    again(flow, record, "an earlier version asked: people are asked again")
}

/// Send what is stored, and store the answer.
///
/// # Errors
/// [`FlowError`] where it is not known whether it happened: the stage is run again.
pub async fn execute(flow: &Flow, record: &Record) -> Result<(), FlowError> {
    let Some(execution) = &record.execution else {
        return again(flow, record, "there is nothing to send");
    };
    let resumed = is_done(flow, execution).await?;
    if resumed {
        return applied(flow, record, "it had been applied before the restart");
    }
    crash_point("before-send");
    let sent = tokio::time::timeout(
        flow.config.fix_timeout,
        flow.world.execute(&execution.operation),
    );
    match sent.await {
        Ok(Ok(_)) => {
            crash_point("after-send");
            applied(flow, record, "the API server accepted it")
        }
        Ok(Err(WriteError::Conflict(_))) => retry(flow, record),
        Ok(Err(error @ WriteError::Unavailable(_))) => Err(FlowError::Cluster(error)),
        Ok(Err(error)) => failed(flow, record, &error.to_string()),
        Err(_) => {
            let limit = flow.config.fix_timeout.as_secs();
            Err(FlowError::Cluster(WriteError::Unavailable(format!(
                "no answer within {limit} s"
            ))))
        }
    }
}

/// After a crash or an outage: does the object already look as the fix would make it?
async fn is_done(flow: &Flow, execution: &Execution) -> Result<bool, FlowError> {
    let target = &execution.fix.target;
    let current = flow
        .world
        .current(&target.kind, &target.namespace, &target.name)
        .await;
    let current = current.map_err(FlowError::Cluster)?;
    Ok(match (&execution.operation, current) {
        // Deleting and creating are each done at most once by uid and name, so that both are
        // simply sent again: what was left out in between is made up for.
        (Operation::Recreate { .. }, _) => false,
        (_, None) => true,
        (Operation::Replace { object }, Some(current)) => wanted_is_there(&current, object),
        (_, Some(current)) => uid(&current) != uid_of(execution),
    })
}

/// Nothing that a fix may change differs from what was sent.
fn wanted_is_there(current: &Value, sent: &Value) -> bool {
    let ours = |path: &str| path.starts_with("spec") || path.starts_with("metadata.finalizers");
    uid(current) == uid(sent)
        && !Diff::between(current, sent)
            .lines
            .iter()
            .any(|l| ours(&l.path))
}

fn uid(object: &Value) -> &str {
    object
        .pointer("/metadata/uid")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn uid_of(execution: &Execution) -> &str {
    let object = match &execution.operation {
        Operation::Replace { object }
        | Operation::Delete { object }
        | Operation::Evict { object } => object,
        Operation::Recreate { old, .. } => old,
    };
    uid(object)
}

/// The object changed between plan and send, so nothing happened: check the approval again on
/// the object as it is now. The votes stand only where the diff is still the same.
fn retry(flow: &Flow, record: &Record) -> Result<(), FlowError> {
    flow.store
        .advance(&record.incident.id.0, State::Executing, |r| {
            r.execution = None;
            r.step(
                flow.clock.now(),
                State::Approved,
                "the object changed in between: planned again",
            );
        })?;
    Ok(())
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
    flow.store
        .advance(&record.incident.id.0, State::Executing, |r| {
            if let Some(execution) = &mut r.execution {
                execution.output = Some(why.to_owned());
            }
            r.step(flow.clock.now(), State::Failed, why);
        })?;
    Ok(())
}
