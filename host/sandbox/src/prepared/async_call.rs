//! Analysis, fix and policy: plugins that may wait for the cluster.

use std::sync::Arc;
use std::time::Instant;

use k8shawk_core::finding::Conclusion;
use k8shawk_core::fix::Risk;
use k8shawk_core::policy::{Dossier, Verdict};
use k8shawk_core::{Finding, Incident};
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtime::{Store, UpdateDeadline};

use crate::call::{Call, Judged};
use crate::call::{CallContext, CallError, Called};
use crate::prepared::end::{Stop, end};
use crate::prepared::{Plugin, Prepared};
use crate::wit::input;
use crate::wit::value::{Plan, RawProposal};
use k8shawk_core::point::Point;

/// Highest confidence of a finding.
const CERTAIN: u8 = 100;
/// Names of approvers in one rule.
const APPROVERS: usize = 64;

impl Plugin {
    /// Find the cause of an incident. Needs a tokio runtime with its clock.
    pub async fn analyse(&self, incident: &Incident, context: CallContext) -> Called<Conclusion> {
        let incident = input::incident(incident, context.now_ms);
        let mut run = self.run(context).await;
        let result = async {
            let Prepared::Analysis(pre) = &self.prepared else {
                return Err(self.not(Point::Analysis));
            };
            let plugin = pre.instantiate_async(&mut run.store).await?;
            let guest = plugin.k8shawk_analysis_analysis();
            plausible(guest.call_analyse(&mut run.store, &incident).await?.into())
        };
        let result = result.await;
        run.end(self, result)
    }

    /// Choose fixes for a finding.
    pub async fn propose(
        &self,
        incident: &Incident,
        finding: &Finding,
        context: CallContext,
    ) -> Called<Plan> {
        let incident = input::incident(incident, context.now_ms);
        let finding = finding.into();
        let mut run = self.run(context).await;
        let result = async {
            let Prepared::Fix(pre) = &self.prepared else {
                return Err(self.not(Point::Fix));
            };
            let plugin = pre.instantiate_async(&mut run.store).await?;
            let guest = plugin.k8shawk_fix_fix();
            Ok(guest
                .call_propose(&mut run.store, &incident, &finding)
                .await?
                .into())
        };
        let result = result.await;
        run.end(self, result)
    }

    /// Judge one proposal, of which the policy can see the dossier. An `auto` that the grant does not cover comes back as
    /// `allow`, with a refusal in the record.
    pub async fn judge_proposal(
        &self,
        incident: &Incident,
        proposal: &RawProposal,
        dossier: &Arc<Dossier>,
        risk: Risk,
        context: CallContext,
    ) -> Called<Verdict> {
        let incident = input::incident(incident, context.now_ms);
        let mut run = self.run(context).await;
        run.store.data_mut().judged = Some(Judged {
            action: proposal.action.clone(),
            target: proposal.target.clone(),
            dossier: dossier.clone(),
        });
        let result = async {
            let Prepared::Policy(pre) = &self.prepared else {
                return Err(self.not(Point::Policy));
            };
            let plugin = pre.instantiate_async(&mut run.store).await?;
            let guest = plugin.k8shawk_policy_policy();
            let verdict = guest
                .call_judge(&mut run.store, &incident, &proposal.into(), risk.into())
                .await?;
            let verdict = countable(verdict.into())?;
            Ok(self.within_grant(verdict, &mut run, proposal, risk))
        };
        let result = result.await;
        run.end(self, result)
    }

    /// The author of a policy does not decide that nobody is asked: the operator does.
    fn within_grant(
        &self,
        verdict: Verdict,
        run: &mut Run,
        proposal: &RawProposal,
        risk: Risk,
    ) -> Verdict {
        let (action, target) = (&proposal.action, &proposal.target);
        if verdict != Verdict::Auto || self.grant.may_release(action, risk, target) {
            return verdict;
        }
        let what = format!(
            "`auto` for {action} ({risk} risk) on {target} is not granted and counts as `allow`"
        );
        run.store.data_mut().note_refusal(what);
        Verdict::Allow
    }

    pub(super) async fn run(&self, context: CallContext) -> Run {
        let slot = Semaphore::acquire_owned(Arc::clone(self.engine.slots()))
            .await
            .ok();
        let mut store = self.store(Some(context));
        limit_time(&mut store);
        Run { store, _slot: slot }
    }
}

/// From now on the call has the time of its grant.
pub(super) fn limit_time(store: &mut Store<Call>) {
    let deadline = store.data().deadline();
    // Every tick a guest that computes lets other tasks of its thread run.
    store.epoch_deadline_callback(move |_| {
        Ok(if Instant::now() < deadline {
            UpdateDeadline::Yield(1)
        } else {
            UpdateDeadline::Interrupt
        })
    });
    store.set_epoch_deadline(1);
}

/// A call under way, and its place in the pool.
pub(super) struct Run {
    pub(super) store: Store<Call>,
    _slot: Option<OwnedSemaphorePermit>,
}

impl Run {
    fn end<T: Serialize>(self, plugin: &Plugin, result: Result<T, Stop>) -> Called<T> {
        end(self.store, plugin.granted.limits, result)
    }
}

fn plausible(conclusion: Conclusion) -> Result<Conclusion, Stop> {
    if let Conclusion::Findings(findings) = &conclusion
        && let Some(finding) = findings.iter().find(|f| f.confidence > CERTAIN)
    {
        let what = format!("a confidence of {}", finding.confidence);
        return Err(Stop::Known(CallError::Answer(what)));
    }
    Ok(conclusion)
}

/// An approval by nobody would be none, and a list of names is for people to read.
fn countable(verdict: Verdict) -> Result<Verdict, Stop> {
    let Verdict::RequireApproval(rule) = &verdict else {
        return Ok(verdict);
    };
    let named = rule.approvers.len();
    let fault = match rule.count {
        0 => "an approval by 0 people".to_owned(),
        _ if named > APPROVERS => {
            format!("an approval by one of {named} names, the limit is {APPROVERS}")
        }
        _ => return Ok(verdict),
    };
    Err(Stop::Known(CallError::Answer(fault)))
}
