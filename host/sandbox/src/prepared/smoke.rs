//! The call that a new version must survive before it goes live.

use std::sync::Arc;

use k8shawk_core::diff::Diff;
use k8shawk_core::fix::Risk;
use k8shawk_core::guard::{Answer, Permit, Read, ReadError, Reader, Reading};
use k8shawk_core::policy::{Dossier, Origin};
use k8shawk_core::{
    Finding, Incident, IncidentId, ObjectRef, ObjectSummary, Severity, Signal, SignalSource,
};

use crate::call::{CallContext, CallError};
use crate::prepared::Plugin;
use crate::wit::value::{Language, RawProposal};
use k8shawk_core::point::Point;

impl Plugin {
    /// Call the plugin once with a harmless input; what it answers does not matter.
    ///
    /// # Errors
    /// [`CallError`] as from any call.
    pub async fn smoke(&self) -> Result<(), CallError> {
        let context = CallContext {
            reader: Arc::new(Nothing),
            now_ms: NOW,
        };
        match self.point() {
            Point::Triage => self
                .triage(&signal(), &ObjectSummary::default())
                .result
                .map(drop),
            Point::Analysis => self.analyse(&incident(), context).await.result.map(drop),
            Point::Fix => self
                .propose(&incident(), &finding(), context)
                .await
                .result
                .map(drop),
            Point::Policy => {
                let (incident, proposal, dossier) = (incident(), proposal(), Arc::new(dossier()));
                let called = self
                    .judge_proposal(&incident, &proposal, &dossier, Risk::Low, context)
                    .await;
                called.result.map(drop)
            }
            Point::Voice => {
                let called = self.script(Severity::Low, &finding(), Language::English, 500);
                called.result.map(drop)
            }
        }
    }
}

const NOW: i64 = 1_700_000_000_000;

/// A cluster without objects.
struct Nothing;

impl Reader for Nothing {
    fn read(&self, permit: Permit) -> Reading<'_> {
        let answer = match permit.into_read() {
            Read::List { .. } | Read::Events { .. } => Ok(Answer::Text("[]".to_owned())),
            Read::Top { .. } => Ok(Answer::Usage(Vec::new())),
            _ => Err(ReadError::NotFound),
        };
        Box::pin(std::future::ready(answer))
    }
}

fn pod() -> ObjectRef {
    ObjectRef::of("Pod", "k8shawk-smoke", "smoke")
}

fn signal() -> Signal {
    Signal {
        id: "smoke".to_owned(),
        source: SignalSource::Event,
        reason: "Smoke".to_owned(),
        message: "a test call to check that the plugin runs".to_owned(),
        object: pod(),
        owner: pod(),
        count: 1,
        first_seen: NOW,
        last_seen: NOW,
        reporter: "k8shawk".to_owned(),
    }
}

fn incident() -> Incident {
    Incident {
        id: IncidentId("smoke".to_owned()),
        class: "workload".to_owned(),
        severity: Severity::Low,
        object: pod(),
        owner: pod(),
        signals: vec![signal()],
        victims: Vec::new(),
        opened_at: NOW,
    }
}

fn finding() -> Finding {
    Finding {
        class: "smoke".to_owned(),
        title: "A test call to check that the plugin runs".to_owned(),
        cause: "Nothing is broken.".to_owned(),
        confidence: 0,
        severity: Severity::Low,
        object: pod(),
        owner: pod(),
        evidence: Vec::new(),
        unknown: Vec::new(),
        unsupported: Vec::new(),
        facts: Vec::new(),
        victims: Vec::new(),
        shared: None,
    }
}

fn dossier() -> Dossier {
    Dossier {
        origin: Origin::Plugin("smoke".to_owned()),
        finding: finding(),
        diff: Some(Diff::whole("Pod smoke", Some("exists"), None)),
        ledger: Some(Vec::new()),
    }
}

fn proposal() -> RawProposal {
    RawProposal {
        action: "delete-pod".to_owned(),
        target: pod(),
        parameters: Vec::new(),
        rationale: "a test call to check that the plugin runs".to_owned(),
    }
}
