//! The policy point: what all policies together say of one fix.

use std::sync::Arc;

use k8shawk_core::decision::Unanswered;
use k8shawk_core::fix::Fix;
use k8shawk_core::guard::Reader;
use k8shawk_core::incident::Incident;
use k8shawk_core::policy::{Dossier, Ruling};
use k8shawk_sandbox::{CallContext, Capability, Live, Point, Question, RawProposal};

use super::logs::CleanLogs;
use super::{Answers, Made, Plugins};

/// What policies are asked about.
pub struct Asked<'a> {
    /// The incident.
    pub incident: &'a Incident,
    /// The fix.
    pub fix: &'a Fix,
    /// Why it helps.
    pub rationale: &'a str,
    /// What policies see of it.
    pub dossier: &'a Arc<Dossier>,
}

impl Plugins {
    /// True where a live policy got this capability.
    pub fn want(&self, capability: Capability) -> bool {
        let policies = self.registry.at(Point::Policy);
        let wants = |live: &Arc<Live>| live.plugin().linked().contains(&capability);
        policies.iter().any(wants)
    }

    /// What all policies together say of a fix, with what they were refused. A policy that is
    /// missing or fails denies.
    ///
    /// # Errors
    /// [`Unanswered`] where a policy may answer later, and no other one denies: nothing is decided
    /// before it did.
    pub async fn rule(
        &self,
        asked: &Asked<'_>,
        reader: &Arc<dyn Reader>,
        now_ms: i64,
    ) -> Result<(Ruling, Vec<String>), Unanswered> {
        let faults = self.required.faults();
        if !faults.is_empty() {
            return Ok((Ruling::Denied(faults), Vec::new()));
        }
        let (proposal, risk, dossier) = (proposal(asked), asked.fix.risk(), asked.dossier);
        let mut answers = Answers::new();
        for live in self.registry.at(Point::Policy) {
            let context = CallContext {
                reader: CleanLogs::over(reader),
                now_ms,
            };
            let question = || Question::Policy {
                incident: Box::new(asked.incident.clone()),
                proposal: Box::new(proposal.clone()),
                dossier: Box::new(Dossier::clone(dossier)),
                risk,
            };
            let made = Made::with(&context, &question);
            let call = live.judge_proposal(asked.incident, &proposal, dossier, risk, context);
            let called = self.call(&live, call, made).await;
            answers.take(live.id(), called.result, &called.record);
        }
        answers.ruling(risk, &dossier.origin)
    }
}

fn proposal(asked: &Asked<'_>) -> RawProposal {
    RawProposal {
        action: asked.fix.action.name().to_owned(),
        target: asked.fix.target.clone(),
        parameters: asked.fix.action.parameters().into_iter().collect(),
        rationale: asked.rationale.to_owned(),
    }
}
