//! Stage: from a finding to a decision: typed fixes with their dry-run diffs, or "no safe fix".

use k8shawk_core::count;
use std::sync::Arc;

use k8shawk_core::ObjectRef;
use k8shawk_core::decision::{Candidate, Decision, Refused, Unanswered};
use k8shawk_core::fix::Fix;
use k8shawk_core::guard::Reader;
use k8shawk_core::llm::fix_scope;
use k8shawk_core::policy::{ApprovalRule, Origin, Ruling};
use k8shawk_core::record::{Record, State};
use k8shawk_sandbox::RawProposal;

use crate::services::Services;
use crate::services::cluster::dry_run::{NotTried, Tried, try_fix};
use crate::services::dossier::{self, NotGathered};
use crate::services::incident_json;
use crate::services::plugins::Asked;
use crate::services::store::Past;
use crate::stages::StageError;

/// Proposals that are looked at.
const MAX_PROPOSALS: usize = 5;
/// How long an outcome counts against the same fix on the same object, milliseconds.
const LEDGER: i64 = 60 * 60_000;
/// Times within that time that a fix may run without approval.
const MAX_AUTO: usize = 2;
/// How long somebody who may answer later is waited for, milliseconds: after that people are told
/// that a fix is not known.
const NOT_KNOWN_AFTER: i64 = 15 * 60_000;
/// For a finding without any advice.
const LAST_RESORT: &str = "ask the owner of the workload; the evidence above is all that K8sHawk \
                           found";

/// A parsed proposal that nobody has judged yet.
struct Offer {
    fix: Fix,
    rationale: String,
    origin: Origin,
}

/// A parsed proposal that the policies allow.
pub struct Ruled {
    /// The fix.
    pub fix: Fix,
    /// Why it helps.
    pub rationale: String,
    /// Who proposed it.
    pub origin: Origin,
    /// What the policies say.
    pub ruling: Ruling,
    /// The dry run, where a policy saw it.
    tried: Option<Tried>,
}

impl<'a> From<&'a Ruled> for incident_json::Proposed<'a> {
    fn from(ruled: &'a Ruled) -> Self {
        incident_json::Proposed {
            fix: &ruled.fix,
            origin: Some(&ruled.origin),
            ruling: &ruled.ruling,
        }
    }
}

/// What is proposed for a finding.
pub struct Proposed {
    /// Fixes that the policies allow, the best first.
    pub survivors: Vec<Ruled>,
    /// What did not survive, and who gave no answer.
    pub decision: Decision,
    /// Reads that were refused.
    pub refusals: Vec<String>,
    /// Why a fix could not be judged now; none in a scan.
    later: Option<StageError>,
}

/// Why a proposal does not survive.
enum Lost {
    /// The answer is no.
    Refused(String),
    /// The answer of a policy is no.
    Denied(String),
    /// There is no answer yet.
    Unanswered(Unanswered),
    /// It cannot be judged now.
    Later(StageError),
}

impl From<NotGathered> for Lost {
    fn from(why: NotGathered) -> Self {
        match why {
            NotGathered::Refused(why) => Lost::Refused(why),
            NotGathered::Cluster(error) => Lost::Later(error.into()),
            NotGathered::Store(error) => Lost::Later(error.into()),
        }
    }
}

/// Proposals for the incident's finding, parsed and judged.
pub async fn propose(
    services: &Services,
    record: &Record,
    reader: &Arc<dyn Reader>,
    now: i64,
) -> Proposed {
    let decision = Decision {
        next_check: LAST_RESORT.to_owned(),
        ..Decision::default()
    };
    let mut proposed = Proposed {
        survivors: Vec::new(),
        decision,
        refusals: Vec::new(),
        later: None,
    };
    let Some((finding, by_model)) = record.basis() else {
        return proposed;
    };
    if let Some(undo) = &record.undo {
        let offer = Offer {
            fix: undo.fix.clone(),
            rationale: format!("It takes back the fix of {}.", undo.of),
            origin: Origin::Undo,
        };
        let ruled = ruled(services, record, offer, reader, now).await;
        proposed.take(undo.fix.kubectl(), ruled);
        return proposed;
    }
    if let Some(consulted) = &record.consulted {
        let refused = consulted.refused.iter().cloned();
        proposed.decision.refused.extend(refused);
    }
    let plans = services
        .plugins
        .propose(&record.incident, finding, reader, now)
        .await;
    proposed.refusals.extend(plans.refusals.iter().cloned());
    let unanswered = plans.unanswered();
    proposed
        .refusals
        .extend(unanswered.iter().map(ToString::to_string));
    proposed
        .decision
        .unanswered
        .extend(unanswered.iter().cloned());
    for (id, plan) in plans.plans() {
        let origin = match by_model {
            true => Origin::Model,
            false => Origin::Plugin(id.to_owned()),
        };
        if !plan.next_check.trim().is_empty() {
            proposed.decision.next_check = plan.next_check.clone();
        }
        for proposal in plan.proposals.iter().take(MAX_PROPOSALS) {
            let ruled = rule(services, record, proposal, &origin, reader, now).await;
            proposed.take(shown(proposal), ruled);
        }
    }
    if let Some((fix, ruled)) = of_model(services, record, &proposed.survivors, reader, now).await {
        proposed.take(fix, ruled);
    }
    proposed
}

impl Proposed {
    fn take(&mut self, proposal: String, ruled: Result<(Ruled, Vec<String>), Lost>) {
        match ruled {
            Ok((ruled, refusals)) => {
                self.refusals.extend(refusals);
                self.survivors.push(ruled);
            }
            Err(Lost::Refused(reason)) => self.refuse(proposal, reason, false),
            Err(Lost::Denied(reason)) => self.refuse(proposal, reason, true),
            Err(Lost::Unanswered(unanswered)) => {
                let reason = format!("a policy gave no answer: {unanswered}");
                self.refuse(proposal, reason, true);
                self.decision.unanswered.push(unanswered);
            }
            Err(Lost::Later(error)) => self.later = Some(error),
        }
    }

    fn refuse(&mut self, proposal: String, reason: String, by_policy: bool) {
        self.decision.refused.push(Refused {
            proposal,
            reason,
            by_policy,
        });
    }
}

/// The model's fix, behind those of the plugins. One that a plugin proposes too is the plugin's.
async fn of_model(
    services: &Services,
    record: &Record,
    others: &[Ruled],
    reader: &Arc<dyn Reader>,
    now: i64,
) -> Option<(String, Result<(Ruled, Vec<String>), Lost>)> {
    let proposal = record.consulted.as_ref()?.proposal.as_ref()?;
    if others.iter().any(|o| o.fix == proposal.fix) {
        return None;
    }
    let offer = Offer {
        fix: proposal.fix.clone(),
        rationale: proposal.rationale.clone(),
        origin: Origin::Model,
    };
    let shown = offer.fix.kubectl();
    Some((shown, ruled(services, record, offer, reader, now).await))
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
    services: &Services,
    record: &Record,
    proposal: &RawProposal,
    origin: &Origin,
    reader: &Arc<dyn Reader>,
    now: i64,
) -> Result<(Ruled, Vec<String>), Lost> {
    let fix = Fix::parse(
        &proposal.action,
        proposal.target.clone(),
        &proposal.parameters,
    )
    .map_err(|e| Lost::Refused(e.to_string()))?;
    let offer = Offer {
        fix,
        rationale: proposal.rationale.clone(),
        origin: origin.clone(),
    };
    ruled(services, record, offer, reader, now).await
}

async fn ruled(
    services: &Services,
    record: &Record,
    offer: Offer,
    reader: &Arc<dyn Reader>,
    now: i64,
) -> Result<(Ruled, Vec<String>), Lost> {
    let Offer {
        fix,
        rationale,
        origin,
    } = offer;
    if let Some(why) = services.config.fixes.refusal(&fix) {
        return Err(Lost::Refused(why));
    }
    // Text of the cluster may have led a model anywhere.
    if origin == Origin::Model {
        let reached = fix_scope::check(&record.incident, &known_victims(record), &fix.target);
        reached.map_err(|out| Lost::Refused(format!("model: {out}")))?;
    }
    let Some((finding, _)) = record.basis() else {
        return Err(Lost::Refused("there is no finding for it".to_owned()));
    };
    let gathered = dossier::gather(services, record, finding, &fix, &origin).await?;
    let asked = Asked {
        incident: &record.incident,
        fix: &fix,
        rationale: &rationale,
        dossier: &gathered.dossier,
    };
    let judged = services.plugins.rule(&asked, reader, now).await;
    let (ruling, refusals) = judged.map_err(Lost::Unanswered)?;
    match ruling {
        Ruling::Denied(reasons) => Err(Lost::Denied(reasons.join("; "))),
        ruling => {
            let ruled = Ruled {
                fix,
                rationale,
                origin,
                ruling,
                tried: gathered.tried,
            };
            Ok((ruled, refusals))
        }
    }
}

/// Victims that triage, merging and patterns know of: a model names none.
fn known_victims(record: &Record) -> Vec<ObjectRef> {
    let found = record.by_patterns().into_iter().flat_map(|f| &f.victims);
    let victims = record.incident.victims.iter().chain(found);
    victims.cloned().collect()
}

/// True while a policy that must judge does not.
fn is_unruled(services: &Services) -> bool {
    !services.plugins.required.missing().is_empty()
}

/// Decide again where policies were missing that judge now. True where it is.
///
/// # Errors
/// [`StageError::Store`].
pub fn again(services: &Services, record: &Record) -> Result<bool, StageError> {
    let was_unruled = record.decision.as_ref().is_some_and(|d| d.unruled);
    if record.state != State::NeedsHuman || !was_unruled || is_unruled(services) {
        return Ok(false);
    }
    let now = services.clock.now();
    services
        .store
        .advance(&record.incident.id.0, record.state, |r| {
            let note = "every required policy is available again: deciding again";
            r.step(now, State::Investigated, note);
        })?;
    Ok(true)
}

/// Decide, and store the decision.
///
/// # Errors
/// [`StageError`] where the cluster or the store does not answer, so that nothing can be decided
/// yet.
pub async fn run(services: &Services, record: &Record) -> Result<(), StageError> {
    let reader = services.cluster.reader();
    let now = services.clock.now();
    let unruled = is_unruled(services);
    let proposed = propose(services, record, &reader, now).await;
    if let Some(error) = proposed.later {
        return Err(error);
    }
    let (mut decision, refusals) = (proposed.decision, proposed.refusals);
    decision.unruled = unruled;
    if let Some(waited) = decision.unanswered.iter().find(|u| u.may_pass)
        && now - record.changed_at() < NOT_KNOWN_AFTER
    {
        return Err(StageError::Unanswered(waited.to_string()));
    }
    for ruled in proposed.survivors {
        let past = services.store.past(&ruled.fix, now - LEDGER)?;
        let (action, shown) = (ruled.fix.action.name(), ruled.fix.kubectl());
        let ledger = services.store.outcomes(&record.signature(), action)?;
        match candidate(services, record, ruled, &past, ledger).await {
            Ok(candidate) => decision.candidates.push(candidate),
            Err(NotTried::Done(reason) | NotTried::Refused(reason)) => {
                decision.refused.push(Refused {
                    proposal: shown,
                    reason,
                    by_policy: false,
                });
            }
            Err(NotTried::Later(error)) => return Err(StageError::Cluster(error)),
        }
    }
    let note = match decision.first() {
        Some(c) => format!(
            "{} on {} ({})",
            c.fix.action.name(),
            c.fix.target,
            c.ruling.summary()
        ),
        None => decision.advice().without_fix().unwrap_or_default(),
    };
    services
        .store
        .advance(&record.incident.id.0, State::Investigated, |r| {
            r.decision = Some(decision);
            for refusal in refusals {
                if !r.refusals.contains(&refusal) {
                    r.refusals.push(refusal);
                }
            }
            r.step(services.clock.now(), State::Decided, note);
        })?;
    Ok(())
}

/// Try one fix, in the light of what it did before.
async fn candidate(
    services: &Services,
    record: &Record,
    ruled: Ruled,
    past: &[Past],
    ledger: Vec<(String, u32)>,
) -> Result<Candidate, NotTried> {
    if let Some(last) = past.first().filter(|p| p.is_useless()) {
        return Err(NotTried::Refused(last.refusal(services.clock.now())));
    }
    // What the policies saw is what people are shown.
    let tried = match ruled.tried {
        Some(tried) => tried,
        None => try_fix(&services.cluster, &ruled.fix, record.incident.opened_at).await?,
    };
    let digest = tried.digest(&services.key, &ruled.fix);
    Ok(Candidate {
        fix: ruled.fix,
        rationale: ruled.rationale,
        origin: Some(ruled.origin),
        ruling: calmed(ruled.ruling, past.len()),
        diff: tried.diff,
        target_uid: tried.uid,
        digest,
        ledger,
    })
}

/// What runs without approval does so a few times, not forever.
fn calmed(ruling: Ruling, times: usize) -> Ruling {
    if ruling == Ruling::Auto && times >= MAX_AUTO {
        let why = format!("it had {} within the last hour", count(times, "run"));
        return Ruling::Approval(vec![ApprovalRule {
            approvers: Vec::new(),
            count: 1,
            why,
        }]);
    }
    ruling
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_fix_does_not_run_without_a_person_for_ever() {
        assert_eq!(calmed(Ruling::Auto, MAX_AUTO - 1), Ruling::Auto);
        assert!(matches!(
            calmed(Ruling::Auto, MAX_AUTO),
            Ruling::Approval(_)
        ));
    }
}
