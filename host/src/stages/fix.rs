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

use crate::services::Services;
use crate::services::cluster::dry_run::{NotTried, Tried, try_fix};
use crate::services::cluster::health;
use crate::services::dossier::{self, NotGathered};
use crate::services::plugins::Asked;
use crate::stages::StageError;

pub use send::execute;

/// Check the approval against the object as it is now, and store what will be sent.
///
/// # Errors
/// [`StageError`] where the cluster or the store does not answer.
pub async fn prepare(services: &Services, record: &Record) -> Result<(), StageError> {
    let id = &record.incident.id.0;
    let Some(candidate) = record.candidate() else {
        return again(services, record, "there is no decision to execute");
    };
    // The configuration may have changed since approval was requested.
    if let Some(why) = services.config.fixes.refusal(&candidate.fix) {
        return again(services, record, &format!("{why}: approval void"));
    }
    let (candidate, tried) = match ruled_again(services, record, candidate).await? {
        Ok(ruled) => ruled,
        Err(why) => return again(services, record, &format!("{why}: approval void")),
    };
    let candidate = &candidate;
    let asked_at = record.asked_at.unwrap_or_default();
    let (authority, now) = (services.authority(), services.clock.now());
    let approval = match authority.approve(candidate, &record.votes, asked_at, now) {
        Ok(approval) => approval,
        Err(error @ ApprovalError::Expired(_)) => return aged(services, record, &error),
        Err(error) => return again(services, record, &error.to_string()),
    };
    let tried = match tried {
        Some(tried) => Ok(tried),
        None => try_fix(&services.cluster, &candidate.fix, record.incident.opened_at).await,
    };
    match tried {
        Ok(tried) if approval.covers(&tried.digest(&services.key, &candidate.fix), &tried.uid) => {
            let before = health::look(&services.cluster, record)
                .await
                .map_err(StageError::Cluster)?;
            store(services, record, tried, approval, before)
        }
        Ok(_) => again(
            services,
            record,
            "the target changed after it was shown: approval void",
        ),
        Err(NotTried::Later(error)) => Err(StageError::Cluster(error)),
        Err(NotTried::Done(why) | NotTried::Refused(why)) => {
            again(services, record, &format!("{why}: approval void"))
        }
    }?;
    tracing::debug!(id, "prepared");
    Ok(())
}

/// A policy may deny after approval was requested, as when a freeze begins: each is asked again, and
/// sees what the fix would change now. With the dry run, where one saw it; or why there is none.
async fn ruled_again(
    services: &Services,
    record: &Record,
    shown: &Candidate,
) -> Result<Result<(Candidate, Option<Tried>), String>, StageError> {
    let (reader, now) = (services.cluster.reader(), services.clock.now());
    let Some((finding, _)) = record.basis() else {
        return Ok(Err("there is no finding".to_owned()));
    };
    let gathered = dossier::gather(services, record, finding, &shown.fix, &shown.origin()).await;
    let gathered = match gathered {
        Ok(gathered) => gathered,
        Err(NotGathered::Refused(why)) => return Ok(Err(why)),
        Err(NotGathered::Cluster(error)) => return Err(error.into()),
        Err(NotGathered::Store(error)) => return Err(error.into()),
    };
    let asked = Asked {
        incident: &record.incident,
        fix: &shown.fix,
        rationale: &shown.rationale,
        dossier: &gathered.dossier,
    };
    let judged = services.plugins.rule(&asked, &reader, now).await;
    let (ruling, _) =
        judged.map_err(|unanswered| StageError::Unanswered(unanswered.to_string()))?;
    // Approving something that is now allowed without approval does no harm.
    let ruling = match ruling {
        Ruling::Auto => shown.ruling.clone(),
        other => other,
    };
    let candidate = Candidate {
        ruling,
        ..shown.clone()
    };
    Ok(Ok((candidate, gathered.tried)))
}

fn store(
    services: &Services,
    record: &Record,
    tried: Tried,
    approval: Approval,
    before: health::Seen,
) -> Result<(), StageError> {
    let now = services.clock.now();
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
    services
        .store
        .advance(&record.incident.id.0, State::Approved, |r| {
            r.execution = Some(execution);
            r.recovery = Some(Recovery::new(before.health, now));
            r.step(now, State::Executing, format!("sending: {shown}"));
        })?;
    services.unsent.put(&record.incident.id.0);
    Ok(())
}

/// An expired approval is void: the incident is checked again, and then approval is requested
/// again.
fn aged(services: &Services, record: &Record, why: &ApprovalError) -> Result<(), StageError> {
    let next = match record.undo {
        Some(_) => State::Investigated,
        None => State::Open,
    };
    void(services, record, next, &why.to_string())
}

/// An approval that no longer matches is void: the incident is decided again.
fn again(services: &Services, record: &Record, why: &str) -> Result<(), StageError> {
    void(services, record, State::Investigated, why)
}

fn void(services: &Services, record: &Record, next: State, why: &str) -> Result<(), StageError> {
    services
        .store
        .advance(&record.incident.id.0, record.state, |r| {
            r.votes.clear();
            r.execution = None;
            r.recovery = None;
            r.step(services.clock.now(), next, why);
        })?;
    Ok(())
}

/// True where approval was requested by an older version that did not record what exactly it asked.
pub fn is_undigested(record: &Record) -> bool {
    let first = record.candidate();
    first.is_some_and(|c| c.digest.is_empty())
}

/// Decide again, so that people are asked about what exactly would be sent.
///
/// # Errors
/// [`StageError::Store`].
pub fn ask_again(services: &Services, record: &Record) -> Result<(), StageError> {
    again(
        services,
        record,
        "the approval request is from an earlier version: asking again",
    )
}

fn applied(services: &Services, record: &Record, output: &str) -> Result<(), StageError> {
    let now = services.clock.now();
    services
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
    Ok(())
}

fn failed(services: &Services, record: &Record, why: &str) -> Result<(), StageError> {
    end(services, record, State::Failed, why)
}

/// Whether the fix was applied cannot be told: that is the end, with how things are now.
async fn not_known(services: &Services, record: &Record, why: &str) -> Result<(), StageError> {
    let now = match health::look(&services.cluster, record).await {
        Ok(seen) => format!(
            "{} of {} are good now",
            seen.health.good, seen.health.wanted
        ),
        Err(error) => error.to_string(),
    };
    let note = format!("not known whether the fix was applied: {why}; {now}");
    end(services, record, State::NotKnown, &note)
}

fn end(services: &Services, record: &Record, state: State, why: &str) -> Result<(), StageError> {
    services
        .store
        .advance(&record.incident.id.0, State::Executing, |r| {
            if let Some(execution) = &mut r.execution {
                execution.output = Some(why.to_owned());
            }
            r.step(services.clock.now(), state, why);
        })?;
    Ok(())
}

#[cfg(test)]
mod tests;
