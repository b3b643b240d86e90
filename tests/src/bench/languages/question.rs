//! What every policy is asked: a scale to more replicas than it lets pass, for an incident with one signal.

use std::sync::Arc;

use anyhow::{Result, ensure};
use k8shawk_core::fix::Risk;
use k8shawk_core::guard::{Permit, ReadError, Reader, Reading};
use k8shawk_core::policy::{Dossier, Origin, Verdict};
use k8shawk_core::{Incident, IncidentId, ObjectRef, Severity};
use k8shawk_sandbox::{CallContext, Plugin, RawProposal};
use k8shawk_sdk::policy as sdk;
use serde_json::{Value, json};

use crate::bench::signal;
use crate::dossier;

/// The namespace, the action, its parameter and the answer are the same for each of them.
pub(super) struct Question {
    pub(super) incident: Incident,
    pub(super) proposal: RawProposal,
    pub(super) dossier: Arc<Dossier>,
}

pub(super) const RISK: Risk = Risk::Medium;

impl Question {
    pub(super) fn new() -> Question {
        let signal = signal::signal();
        let incident = Incident {
            id: IncidentId("shop-web-image-pull".to_owned()),
            class: "image-pull".to_owned(),
            severity: Severity::Medium,
            object: signal.object.clone(),
            owner: signal.owner.clone(),
            signals: vec![signal],
            victims: Vec::new(),
            opened_at: 1_700_000_060_000,
        };
        let dossier = dossier::of(&incident, Origin::Plugin("fix".to_owned()));
        let proposal = RawProposal {
            action: "scale".to_owned(),
            target: ObjectRef::new("apps/v1", "Deployment", "shop", "web"),
            parameters: vec![("replicas".to_owned(), "12".to_owned())],
            rationale: "more replicas than before".to_owned(),
        };
        Question {
            incident,
            proposal,
            dossier,
        }
    }

    /// The same in the types of a guest.
    pub(super) fn of_guest(&self) -> (sdk::Incident, sdk::Proposal) {
        let object = |object: &ObjectRef| sdk::ObjectRef {
            api_version: object.api_version.clone(),
            kind: object.kind.clone(),
            namespace: object.namespace.clone(),
            name: object.name.clone(),
            uid: object.uid.clone(),
        };
        let incident = sdk::Incident {
            id: self.incident.id.0.clone(),
            class: self.incident.class.clone(),
            severity: sdk::Severity::Medium,
            object: object(&self.incident.object),
            owner: object(&self.incident.owner),
            // The rule does not look at them.
            signals: Vec::new(),
            victims: Vec::new(),
            opened_at: self.incident.opened_at,
            now: NOW,
        };
        let parameters = self.proposal.parameters.iter();
        let proposal = sdk::Proposal {
            action: self.proposal.action.clone(),
            target: object(&self.proposal.target),
            parameters: parameters
                .map(|(name, value)| sdk::Parameter {
                    name: name.clone(),
                    value: value.clone(),
                })
                .collect(),
            rationale: self.proposal.rationale.clone(),
        };
        (incident, proposal)
    }

    /// The same as another engine gets it.
    pub(super) fn json(&self) -> Value {
        let parameters = self.proposal.parameters.iter();
        let parameters: Vec<Value> = parameters
            .map(|(name, value)| json!({"name": name, "value": value}))
            .collect();
        json!({
            "incident": self.incident,
            "proposal": {
                "action": self.proposal.action,
                "target": self.proposal.target,
                "parameters": parameters,
                "rationale": self.proposal.rationale,
            },
            "risk": "medium",
        })
    }

    /// Asks a policy, in a fresh store.
    ///
    /// # Errors
    /// It fails.
    pub(super) async fn asked(&self, plugin: &Plugin) -> Result<Verdict> {
        let called = plugin.judge_proposal(
            &self.incident,
            &self.proposal,
            &self.dossier,
            RISK,
            context(),
        );
        Ok(called.await.result?)
    }
}

/// The rule's answer.
pub(super) fn is_right(verdict: &Verdict) -> Result<()> {
    let right =
        matches!(verdict, Verdict::RequireApproval(rule) if rule.why == "more than 10 replicas");
    ensure!(right, "{verdict:?}");
    Ok(())
}

const NOW: i64 = 1_700_000_061_000;

/// A call beside a cluster without any object.
pub(super) fn context() -> CallContext {
    CallContext {
        reader: Arc::new(Nothing),
        now_ms: NOW,
    }
}

pub(super) struct Nothing;

impl Reader for Nothing {
    fn read(&self, _: Permit) -> Reading<'_> {
        Box::pin(async { Err(ReadError::NotFound) })
    }
}
