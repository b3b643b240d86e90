//! What a plugin is given. By reference: the host keeps its values whatever the plugin does.

use k8shawk_core as core;

use crate::wit::imports::k8shawk::incident::types as wit;
use crate::wit::value::{Language, RawProposal};
use crate::wit::voice::exports::k8shawk::voice::voice;

fn all<'a, A: 'a, B: From<&'a A>>(items: &'a [A]) -> Vec<B> {
    items.iter().map(B::from).collect()
}

impl From<&core::ObjectRef> for wit::ObjectRef {
    fn from(object: &core::ObjectRef) -> Self {
        wit::ObjectRef {
            api_version: object.api_version.clone(),
            kind: object.kind.clone(),
            namespace: object.namespace.clone(),
            name: object.name.clone(),
            uid: object.uid.clone(),
        }
    }
}

impl From<core::Severity> for wit::Severity {
    fn from(severity: core::Severity) -> Self {
        match severity {
            core::Severity::Info => wit::Severity::Info,
            core::Severity::Low => wit::Severity::Low,
            core::Severity::Medium => wit::Severity::Medium,
            core::Severity::High => wit::Severity::High,
            core::Severity::Critical => wit::Severity::Critical,
        }
    }
}

impl From<&core::Signal> for wit::Signal {
    fn from(signal: &core::Signal) -> Self {
        wit::Signal {
            id: signal.id.clone(),
            source: match signal.source {
                core::SignalSource::Event => wit::SignalSource::Event,
                core::SignalSource::Status => wit::SignalSource::Status,
            },
            reason: signal.reason.clone(),
            message: signal.message.clone(),
            object: (&signal.object).into(),
            owner: (&signal.owner).into(),
            count: signal.count,
            first_seen: signal.first_seen,
            last_seen: signal.last_seen,
            reporter: signal.reporter.clone(),
        }
    }
}

impl From<&core::ContainerSummary> for wit::ContainerSummary {
    fn from(container: &core::ContainerSummary) -> Self {
        wit::ContainerSummary {
            name: container.name.clone(),
            image: container.image.clone(),
            init: container.init,
            ready: container.ready,
            restarts: container.restarts,
            state: container.state.clone(),
            reason: container.reason.clone(),
            last_reason: container.last_reason.clone(),
            last_exit_code: container.last_exit_code,
        }
    }
}

impl From<&core::ObjectSummary> for wit::ObjectSummary {
    fn from(summary: &core::ObjectSummary) -> Self {
        wit::ObjectSummary {
            phase: summary.phase.clone(),
            age_seconds: summary.age_seconds,
            lasting_seconds: summary.lasting_seconds,
            ready: summary.ready,
            deleting: summary.deleting,
            suspended: summary.suspended,
            containers: all(&summary.containers),
            desired: summary.desired,
            available: summary.available,
        }
    }
}

impl From<&core::Evidence> for wit::Evidence {
    fn from(evidence: &core::Evidence) -> Self {
        wit::Evidence {
            id: evidence.id.clone(),
            source: evidence.source.clone(),
            excerpt: evidence.excerpt.clone(),
        }
    }
}

impl From<&core::Fact> for wit::Fact {
    fn from(fact: &core::Fact) -> Self {
        wit::Fact {
            key: fact.key.clone(),
            value: fact.value.clone(),
        }
    }
}

impl From<&core::Finding> for wit::Finding {
    fn from(finding: &core::Finding) -> Self {
        wit::Finding {
            class: finding.class.clone(),
            title: finding.title.clone(),
            cause: finding.cause.clone(),
            confidence: finding.confidence,
            severity: finding.severity.into(),
            object: (&finding.object).into(),
            owner: (&finding.owner).into(),
            evidence: all(&finding.evidence),
            unknown: finding.unknown.clone(),
            facts: all(&finding.facts),
            victims: all(&finding.victims),
            shared: finding.shared.as_ref().map(Into::into),
        }
    }
}

/// An incident as plugins see it at a given time.
pub(crate) fn incident(incident: &core::Incident, now: i64) -> wit::Incident {
    wit::Incident {
        id: incident.id.0.clone(),
        class: incident.class.clone(),
        severity: incident.severity.into(),
        object: (&incident.object).into(),
        owner: (&incident.owner).into(),
        signals: all(&incident.signals),
        victims: all(&incident.victims),
        opened_at: incident.opened_at,
        now,
    }
}

impl From<&RawProposal> for wit::Proposal {
    fn from(proposal: &RawProposal) -> Self {
        let parameters = proposal.parameters.iter();
        wit::Proposal {
            action: proposal.action.clone(),
            target: (&proposal.target).into(),
            parameters: parameters
                .map(|(name, value)| wit::Parameter {
                    name: name.clone(),
                    value: value.clone(),
                })
                .collect(),
            rationale: proposal.rationale.clone(),
        }
    }
}

impl From<core::fix::Risk> for wit::Risk {
    fn from(risk: core::fix::Risk) -> Self {
        match risk {
            core::fix::Risk::Low => wit::Risk::Low,
            core::fix::Risk::Medium => wit::Risk::Medium,
            core::fix::Risk::High => wit::Risk::High,
        }
    }
}

impl From<Language> for voice::Language {
    fn from(language: Language) -> Self {
        match language {
            Language::English => voice::Language::English,
            Language::Tamil => voice::Language::Tamil,
            Language::Tanglish => voice::Language::Tanglish,
        }
    }
}
