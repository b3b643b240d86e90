//! Stage: from a finding to a decision: typed fixes with their dry-run diffs, or "no safe fix".

use std::sync::Arc;

use k8shawk_core::decision::{Candidate, Decision, Refused};
use k8shawk_core::diff::Diff;
use k8shawk_core::fix::{Fix, Operation, Precondition};
use k8shawk_core::guard::Reader;
use k8shawk_core::policy::Ruling;
use k8shawk_core::rca::time;
use k8shawk_core::record::{Record, State};
use k8shawk_sandbox::RawProposal;
use serde_json::Value;

use crate::cluster::WriteError;
use crate::flow::{Flow, FlowError};
use crate::judges::Judges;

/// Proposals that are looked at.
const MAX_PROPOSALS: usize = 5;
/// For a finding without any advice.
const LAST_RESORT: &str = "ask the owner of the workload; the evidence above is all that is known";

/// A parsed proposal that the policies allow.
pub struct Ruled {
    /// The fix.
    pub fix: Fix,
    /// Why it helps.
    pub rationale: String,
    /// What the policies say.
    pub ruling: Ruling,
}

/// Proposals for the incident's finding, parsed and judged; what did not survive is in the
/// decision.
pub async fn propose(
    judges: &Judges,
    record: &Record,
    reader: &Arc<dyn Reader>,
    now: i64,
) -> (Vec<Ruled>, Decision, Vec<String>) {
    let mut decision = Decision {
        next_check: LAST_RESORT.to_owned(),
        ..Decision::default()
    };
    let Some(finding) = &record.finding else {
        return (Vec::new(), decision, Vec::new());
    };
    let plans = judges.propose(&record.incident, finding, reader, now).await;
    let mut refusals = plans.refusals;
    refusals.extend(plans.failures);
    let mut survivors = Vec::new();
    for (_, plan) in plans.given {
        if !plan.next_check.trim().is_empty() {
            decision.next_check = plan.next_check;
        }
        for proposal in plan.proposals.into_iter().take(MAX_PROPOSALS) {
            match rule(judges, record, &proposal, reader, now).await {
                Ok((ruled, more)) => {
                    refusals.extend(more);
                    survivors.push(ruled);
                }
                Err(reason) => decision.refused.push(Refused {
                    proposal: shown(&proposal),
                    reason,
                }),
            }
        }
    }
    (survivors, decision, refusals)
}

fn shown(proposal: &RawProposal) -> String {
    let pairs: Vec<String> = proposal
        .parameters
        .iter()
        .map(|(k, v)| format!("{k}={v}"))
        .collect();
    format!(
        "{} {} {}",
        proposal.action,
        proposal.target,
        pairs.join(" ")
    )
    .trim_end()
    .to_owned()
}

async fn rule(
    judges: &Judges,
    record: &Record,
    proposal: &RawProposal,
    reader: &Arc<dyn Reader>,
    now: i64,
) -> Result<(Ruled, Vec<String>), String> {
    let fix = Fix::parse(
        &proposal.action,
        proposal.target.clone(),
        &proposal.parameters,
    )
    .map_err(|e| e.to_string())?;
    let risk = fix.risk();
    let verdicts = judges
        .judge(&record.incident, proposal, risk.as_str(), reader, now)
        .await;
    match Ruling::combine(&verdicts.given, risk) {
        Ruling::Denied(reasons) => Err(reasons.join("; ")),
        ruling => {
            let rationale = proposal.rationale.clone();
            Ok((
                Ruled {
                    fix,
                    rationale,
                    ruling,
                },
                verdicts.refusals,
            ))
        }
    }
}

/// An operation with the diff that the API server answers for it.
pub struct Tried {
    /// The operation.
    pub operation: Operation,
    /// Its diff.
    pub diff: Diff,
    /// UID of the target.
    pub uid: String,
    /// `resourceVersion` of the target.
    pub version: String,
}

/// Why a fix cannot be tried now.
pub enum NotTried {
    /// What the fix would do is done already, or its target is gone.
    Done(String),
    /// A precondition, or the API server, says no.
    Refused(String),
    /// The cluster does not answer.
    Later(WriteError),
}

/// Plan a fix on the object as it is now, and have the API server try it.
///
/// # Errors
/// [`NotTried`].
pub async fn try_fix(flow: &Flow, fix: &Fix, marked_at: i64) -> Result<Tried, NotTried> {
    let target = &fix.target;
    let later = |e: WriteError| match e {
        WriteError::Unavailable(_) => NotTried::Later(e),
        other => NotTried::Refused(other.to_string()),
    };
    let current = flow
        .world
        .current(&target.kind, &target.namespace, &target.name)
        .await
        .map_err(later)?
        .ok_or_else(|| NotTried::Done(format!("{target} does not exist")))?;
    let related = match fix.related_kind() {
        Some(kind) => flow
            .world
            .current_list(kind, &target.namespace)
            .await
            .map_err(later)?,
        None => Vec::new(),
    };
    let mark = time(marked_at).replace(" UTC", "Z").replace(' ', "T");
    let operation =
        fix.plan(&current, &related, &mark)
            .map_err(|precondition| match precondition {
                Precondition::Done(why) => NotTried::Done(why),
                Precondition::Fails(why) => NotTried::Refused(why),
            })?;
    let after = flow.world.dry_run(fix, &operation).await.map_err(later)?;
    let text = |pointer| {
        current
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    Ok(Tried {
        diff: diff(&operation, &current, &after),
        uid: text("/metadata/uid").to_owned(),
        version: text("/metadata/resourceVersion").to_owned(),
        operation,
    })
}

fn diff(operation: &Operation, before: &Value, after: &Value) -> Diff {
    let object = format!(
        "{} {}",
        before
            .get("kind")
            .and_then(Value::as_str)
            .unwrap_or("object"),
        before
            .pointer("/metadata/name")
            .and_then(Value::as_str)
            .unwrap_or_default()
    );
    match operation {
        Operation::Replace { .. } => Diff::between(before, after),
        Operation::Delete { .. } => Diff::whole(&object, Some("exists"), None),
        Operation::Evict { .. } => Diff::whole(&object, Some("exists"), Some("evicted")),
        Operation::Recreate { .. } => Diff::whole(&object, Some("failed"), Some("made anew")),
    }
}

/// Decide, and store the decision.
///
/// # Errors
/// [`FlowError::Cluster`] where the cluster does not answer, so that nothing can be decided yet.
pub async fn run(flow: &Flow, record: &Record) -> Result<(), FlowError> {
    let reader = flow.world.reader();
    let now = flow.clock.now();
    let (survivors, mut decision, refusals) = propose(&flow.judges, record, &reader, now).await;
    for Ruled {
        fix,
        rationale,
        ruling,
    } in survivors
    {
        match try_fix(flow, &fix, record.incident.opened_at).await {
            Ok(tried) => decision.candidates.push(Candidate {
                fix,
                rationale,
                ruling,
                diff: tried.diff,
                target_uid: tried.uid,
                resource_version: tried.version,
            }),
            Err(NotTried::Done(reason) | NotTried::Refused(reason)) => {
                decision.refused.push(Refused {
                    proposal: fix.kubectl(),
                    reason,
                });
            }
            Err(NotTried::Later(error)) => return Err(FlowError::Cluster(error)),
        }
    }
    let note = match decision.first() {
        Some(c) => format!(
            "{} on {} ({})",
            c.fix.action.name(),
            c.fix.target,
            c.ruling.summary()
        ),
        None => "no safe fix".to_owned(),
    };
    flow.store
        .advance(&record.incident.id.0, State::Investigated, |r| {
            r.decision = Some(decision);
            for refusal in refusals {
                if !r.refusals.contains(&refusal) {
                    r.refusals.push(refusal);
                }
            }
            r.step(flow.clock.now(), State::Decided, note);
        })?;
    Ok(())
}
