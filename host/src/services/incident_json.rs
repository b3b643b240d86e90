//! Incidents and findings as JSON for other programs.

use k8shawk_core::decision::Candidate;
use k8shawk_core::fix::Fix;
use k8shawk_core::policy::{Origin, Ruling};
use k8shawk_core::record::Record;
use serde_json::{Value, json};

/// A fix with its origin and what the policies say.
#[derive(Clone, Copy)]
pub struct Proposed<'a> {
    /// The fix.
    pub fix: &'a Fix,
    /// Who proposed it.
    pub origin: Option<&'a Origin>,
    /// What the policies say.
    pub ruling: &'a Ruling,
}

impl<'a> From<&'a Candidate> for Proposed<'a> {
    fn from(candidate: &'a Candidate) -> Self {
        Proposed {
            fix: &candidate.fix,
            origin: candidate.origin.as_ref(),
            ruling: &candidate.ruling,
        }
    }
}

fn proposed(
    Proposed {
        fix,
        origin,
        ruling,
    }: Proposed<'_>,
) -> Value {
    json!({
        "action": fix.action.name(),
        "target": fix.target,
        "parameters": fix.action.parameters(),
        "risk": fix.risk(),
        "kubectl": fix.kubectl(),
        "proposed_by": origin.map(ToString::to_string),
        "policy": ruling.summary(),
    })
}

/// A finding of `cluster` with its fix.
pub fn finding(record: &Record, fix: Option<Proposed<'_>>, cluster: &str) -> Value {
    let incident = &record.incident;
    let found = record.finding.as_ref();
    json!({
        "cluster": cluster,
        "object": found.map_or(&incident.object, |f| &f.object),
        "owner": found.map_or(&incident.owner, |f| &f.owner),
        "class": record.class(),
        "severity": record.severity(),
        "title": record.title(),
        "cause": found.map_or("", |f| f.cause.as_str()),
        "confidence": found.map_or(0, |f| f.confidence),
        "evidence": found.map_or(&[][..], |f| f.evidence.as_slice()),
        "unknown": found.map_or(&[][..], |f| f.unknown.as_slice()),
        "unsupported": found.map_or(&[][..], |f| f.unsupported.as_slice()),
        "refused_fixes": record.refused(),
        "refused_reads": record.refusals,
        "answered_by": if record.answered_by.is_empty() { "patterns" } else { &record.answered_by },
        "model": record.consulted.as_ref().map(|c| json!({
            "contradicts": c.contradicts,
            "not_answered_by": c.why,
            "rounds": c.rounds,
            "usage": c.usage,
        })),
        "victims": record.victims(),
        "also": record.also,
        "next_check": record.decision.as_ref().map(|d| d.next_check.as_str()),
        "unanswered": record.decision.as_ref().map_or(&[][..], |d| d.unanswered.as_slice()),
        "fix": fix.map(proposed),
    })
}

/// An incident: its finding's fields with its id, state and history.
pub fn incident(record: &Record, cluster: &str) -> Value {
    let first = record.candidate();
    let mut value = finding(record, first.map(Into::into), cluster);
    let extra = json!({
        "id": record.incident.id,
        "state": record.state,
        "opened_at": record.incident.opened_at,
        "diff": first.map(|c| &c.diff.lines),
        "digest": first.map(|c| &c.digest),
        "asked_at": record.asked_at,
        "ledger": first.map(|c| &c.ledger),
        "approvers": record.execution.as_ref().map(|e| e.approvers.as_slice()),
        "recovery": record.recovery,
        "merged_into": record.merged_into,
        "rca": record.rca,
        "signals": record.incident.signals,
        "history": record.history,
    });
    if let (Some(to), Value::Object(from)) = (value.as_object_mut(), extra) {
        to.extend(from);
    }
    value
}

#[cfg(test)]
mod tests {
    use k8shawk_core::rca;

    use super::*;
    use crate::services::testing::record;

    #[test]
    fn every_document_names_its_cluster() {
        let record = record();
        assert_eq!(incident(&record, "prod")["cluster"], "prod");
        assert_eq!(finding(&record, None, "prod")["cluster"], "prod");
        let rca = rca::render(&record, "prod").into_string();
        assert!(
            rca.contains("**prod, Deployment shop/web: waiting for approval.**"),
            "{rca}"
        );
    }
}
