//! Stage: from an incident to a finding.

use k8shawk_core::finding::{Conclusion, Evidence, Finding};
use k8shawk_core::record::{Record, State};
use k8shawk_core::redact::redact;

use crate::flow::{Flow, FlowError};

/// A healthy answer is believed only when the incident is this old: a container that crashes is
/// running for a moment too. Milliseconds.
const BELIEVE_HEALTHY_AFTER: i64 = 15_000;

/// An API server that is busy with the very storm is asked again until the incident is this old.
/// Milliseconds.
const ASK_AGAIN_FOR: i64 = 120_000;

/// What became of the investigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Investigated {
    /// It is stored: a finding, or the news that nothing is broken any more.
    Done,
    /// It looks healthy, or the cluster was too busy to answer: it is too early to say so.
    TooEarly,
}

/// Ask the analysis plugins; store the best finding, the others beside it.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn run(flow: &Flow, record: &Record) -> Result<Investigated, FlowError> {
    let reader = flow.world.reader();
    let now = flow.clock.now();
    let answers = flow.judges.analyse(&record.incident, &reader, now).await;
    let mut findings: Vec<Finding> = Vec::new();
    let mut healthy = None;
    for (_, conclusion) in answers.given {
        match conclusion {
            Conclusion::Findings(found) => findings.extend(found),
            Conclusion::Healthy(why) => healthy = Some(why),
        }
    }
    if let (true, Some(why)) = (findings.is_empty(), healthy) {
        return cleared(flow, record, &why, now);
    }
    let mut findings: Vec<Finding> = findings.into_iter().map(checked).collect();
    let young = now - record.incident.opened_at < ASK_AGAIN_FOR;
    if findings.is_empty() && answers.later && young {
        return Ok(Investigated::TooEarly);
    }
    if findings.is_empty() {
        findings.push(undetermined(record, &answers.failures));
    }
    let first = findings.remove(0);
    flow.store
        .advance(&record.incident.id.0, record.state, |r| {
            r.answered_by = "patterns".to_owned();
            r.consulted = None;
            for refusal in answers.refusals.iter().chain(&answers.failures) {
                if !r.refusals.contains(refusal) {
                    r.refusals.push(refusal.clone());
                }
            }
            let note = format!("{} ({} of 100)", first.title, first.confidence);
            r.finding = Some(first);
            r.also = findings;
            r.step(flow.clock.now(), State::Investigated, note);
        })?;
    Ok(Investigated::Done)
}

fn cleared(flow: &Flow, record: &Record, why: &str, now: i64) -> Result<Investigated, FlowError> {
    if now - record.incident.opened_at < BELIEVE_HEALTHY_AFTER {
        return Ok(Investigated::TooEarly);
    }
    flow.store
        .advance(&record.incident.id.0, record.state, |r| {
            r.step(now, State::Cleared, why);
        })?;
    Ok(Investigated::Done)
}

/// Ask again whether a quiet incident is still there: end it where it is not. True where it has
/// another cause by now, and is open again.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn look_again(flow: &Flow, record: &Record) -> Result<bool, FlowError> {
    let reader = flow.world.reader();
    let now = flow.clock.now();
    let answers = flow.judges.analyse(&record.incident, &reader, now).await;
    let mut found: Vec<Finding> = Vec::new();
    let mut healthy = None;
    for (_, conclusion) in answers.given {
        match conclusion {
            Conclusion::Findings(findings) => found.extend(findings),
            Conclusion::Healthy(why) => healthy = Some(why),
        }
    }
    let (id, from) = (&record.incident.id.0, record.state);
    match (found.first(), healthy) {
        (None, Some(why)) => {
            let cleared = |r: &mut Record| r.step(now, State::Cleared, why);
            let stored = flow.store.advance(id, from, cleared)?;
            flow.terminal.note(&stored, "it went away by itself");
            Ok(false)
        }
        (Some(first), _) if is_another_cause(record, first) => {
            let note = format!("another cause by now: {}", redact(&first.title));
            flow.store.advance(id, from, |r| {
                r.votes.clear();
                r.step(now, State::Open, note);
            })?;
            Ok(true)
        }
        _ => Ok(false),
    }
}

/// True where what is found now was not among what was found before.
fn is_another_cause(record: &Record, found: &Finding) -> bool {
    let mut before = record.finding.iter().chain(&record.also);
    !before.any(|f| f.class == found.class)
}

/// A sentence that cites nothing is no claim; what leaves the cluster is redacted here.
pub fn checked(mut finding: Finding) -> Finding {
    for evidence in &mut finding.evidence {
        evidence.excerpt = redact(&evidence.excerpt);
    }
    finding.title = redact(&finding.title);
    finding.cause = redact(&finding.cause);
    let cites = finding
        .evidence
        .iter()
        .any(|e| finding.cause.contains(&format!("[{}]", e.id)));
    if !cites && !finding.cause.is_empty() {
        finding.unsupported.push(std::mem::take(&mut finding.cause));
        finding.confidence = finding.confidence.min(20);
    }
    finding
}

/// What is known where no plugin found a cause: the signals themselves.
fn undetermined(record: &Record, failures: &[String]) -> Finding {
    let signals = record.incident.signals.iter().rev().take(5);
    let evidence: Vec<Evidence> = signals
        .enumerate()
        .map(|(i, s)| Evidence {
            id: format!("e{}", i + 1),
            source: format!("{} on {}", s.reason, s.object),
            excerpt: redact(&s.message),
        })
        .collect();
    let cited: Vec<String> = evidence
        .iter()
        .map(|e| format!("{} [{}]", e.source, e.id))
        .collect();
    let mut unknown = vec!["no analysis plugin found the cause".to_owned()];
    unknown.extend(failures.iter().cloned());
    Finding {
        class: "undetermined".to_owned(),
        title: format!("{}: {}", record.incident.owner, record.why),
        cause: format!("Kubernetes reports {}.", cited.join(", ")),
        confidence: 10,
        severity: record.incident.severity,
        object: record.incident.object.clone(),
        owner: record.incident.owner.clone(),
        evidence,
        unknown,
        unsupported: Vec::new(),
        facts: Vec::new(),
        victims: Vec::new(),
        shared: None,
    }
}
