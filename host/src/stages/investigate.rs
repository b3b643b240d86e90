//! Stage: from an incident to a finding.

use k8shawk_core::decision::{Decision, Unanswered};
use k8shawk_core::finding::{Conclusion, Evidence, Finding, UNDETERMINED};
use k8shawk_core::record::{Record, State};
use k8shawk_core::redact::redact;

use crate::services::Services;
use crate::services::plugins::Answers;
use crate::stages::StageError;

/// A healthy answer is believed only when the incident is this old: a container that crashes is
/// running for a moment too. Milliseconds.
const BELIEVE_HEALTHY_AFTER: i64 = 15_000;

/// A cause is good enough when the incident is this old, though somebody gave no answer: before, an
/// API server that is busy with the very storm is asked again. Milliseconds.
const GOOD_ENOUGH_AFTER: i64 = 120_000;

/// How long somebody who may answer later is waited for where there is no cause at all: after that
/// people are told that it is not known. Milliseconds.
const NOT_KNOWN_AFTER: i64 = 15 * 60_000;

/// Whether an answer that may come later is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asking {
    /// The stage is run again.
    UntilAnswered,
    /// Who gives none now gives none: for a scan.
    Once,
}

/// What became of the investigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Investigated {
    /// It is stored: a finding, or that nothing is broken now.
    Done,
    /// It looks healthy, and it is too early to say so.
    TooEarly,
}

/// What follows from the answers.
#[derive(Debug, Clone, PartialEq)]
enum Outcome {
    /// Everybody answered, and nothing is broken.
    Cleared(String),
    /// These causes, and perhaps somebody who gave no answer.
    Found(Vec<Finding>),
    /// It looks healthy, and it is too early to say so.
    TooEarly,
    /// Nothing follows yet.
    Later(String),
}

/// What follows from the answers about an incident of this age. Only where everybody answered is
/// anything concluded from what nobody said.
fn outcome(answers: &Answers<Conclusion>, record: &Record, age: i64, asking: Asking) -> Outcome {
    let findings: Vec<Finding> = answers.findings().into_iter().map(checked).collect();
    let complete = match answers.complete() {
        Ok(complete) => complete,
        Err(unanswered) => return partly(findings, unanswered, record, age, asking),
    };
    match (findings.is_empty(), complete.healthy()) {
        (false, _) => Outcome::Found(findings),
        (true, Some(_)) if age < BELIEVE_HEALTHY_AFTER => Outcome::TooEarly,
        (true, Some(why)) => Outcome::Cleared(why.to_owned()),
        (true, None) => Outcome::Found(vec![undetermined(record, &[])]),
    }
}

/// Where somebody gave no answer.
fn partly(
    mut findings: Vec<Finding>,
    unanswered: &[Unanswered],
    record: &Record,
    age: i64,
    asking: Asking,
) -> Outcome {
    // Who could not read says that the cause is not known: that is no cause.
    let patience = match findings.iter().any(|f| !f.is_undetermined()) {
        true => GOOD_ENOUGH_AFTER,
        false => NOT_KNOWN_AFTER,
    };
    if asking == Asking::UntilAnswered
        && age < patience
        && let Some(waited) = unanswered.iter().find(|u| u.may_pass)
    {
        return Outcome::Later(waited.to_string());
    }
    match findings.first_mut() {
        None => findings.push(undetermined(record, unanswered)),
        Some(first) => first.unknown.extend(unanswered.iter().map(not_answered)),
    }
    Outcome::Found(findings)
}

fn not_answered(unanswered: &Unanswered) -> String {
    redact(&format!("no answer from {unanswered}"))
}

/// Ask the analysis plugins; store the best finding, the others beside it.
///
/// # Errors
/// [`StageError::Store`]; [`StageError::Unanswered`] where nothing may be concluded yet.
pub async fn run(
    services: &Services,
    record: &Record,
    asking: Asking,
) -> Result<Investigated, StageError> {
    let reader = services.cluster.reader();
    let now = services.clock.now();
    let answers = services
        .plugins
        .analyse(&record.incident, &reader, now)
        .await;
    let age = now - record.incident.opened_at;
    let findings = match outcome(&answers, record, age, asking) {
        Outcome::Later(why) => return Err(StageError::Unanswered(why)),
        Outcome::TooEarly => return Ok(Investigated::TooEarly),
        Outcome::Cleared(why) => {
            services
                .store
                .advance(&record.incident.id.0, record.state, |r| {
                    r.step(now, State::Cleared, why);
                })?;
            return Ok(Investigated::Done);
        }
        Outcome::Found(findings) => findings,
    };
    store(services, record, &answers, findings)?;
    Ok(Investigated::Done)
}

fn store(
    services: &Services,
    record: &Record,
    answers: &Answers<Conclusion>,
    findings: Vec<Finding>,
) -> Result<(), StageError> {
    let failures = answers.unanswered().iter().map(ToString::to_string);
    let refusals: Vec<String> = answers.refusals.iter().cloned().chain(failures).collect();
    let mut findings = findings.into_iter();
    services
        .store
        .advance(&record.incident.id.0, record.state, |r| {
            r.answered_by = "patterns".to_owned();
            r.consulted = None;
            for refusal in refusals {
                if !r.refusals.contains(&refusal) {
                    r.refusals.push(refusal);
                }
            }
            r.finding = findings.next();
            r.also = findings.collect();
            r.judged = record.incident.signals.len();
            let confidence = r.finding.as_ref().map_or(0, |f| f.confidence);
            let note = format!("{} ({confidence} of 100)", r.title());
            r.step(services.clock.now(), State::Investigated, note);
        })?;
    Ok(())
}

/// Ask again about an incident that is quiet, or that has news: end it where it is over. True where
/// it has another cause now, or what was not answered before may be now, and is open again.
///
/// # Errors
/// [`StageError::Store`].
pub async fn look_again(services: &Services, record: &Record) -> Result<bool, StageError> {
    let reader = services.cluster.reader();
    let now = services.clock.now();
    if record.has_news() {
        services
            .store
            .advance(&record.incident.id.0, record.state, |r| {
                r.judged = record.incident.signals.len();
            })?;
    }
    let answers = services
        .plugins
        .analyse(&record.incident, &reader, now)
        .await;
    // Who does not answer says nothing new.
    let Ok(complete) = answers.complete() else {
        return Ok(false);
    };
    let found = answers.findings();
    let (id, from) = (&record.incident.id.0, record.state);
    let note = match (found.first(), complete.healthy()) {
        (None, Some(why)) => {
            let cleared = |r: &mut Record| r.step(now, State::Cleared, why);
            services.store.advance(id, from, cleared)?;
            return Ok(false);
        }
        (Some(first), _) if is_another_cause(record, first) => {
            format!("another cause now: {}", redact(&first.title))
        }
        _ if record.decision.as_ref().is_some_and(Decision::may_change) => {
            "investigating again: not every plugin had answered".to_owned()
        }
        _ => return Ok(false),
    };
    services.store.advance(id, from, |r| {
        r.votes.clear();
        r.step(now, State::Open, note);
    })?;
    Ok(true)
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
fn undetermined(record: &Record, unanswered: &[Unanswered]) -> Finding {
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
    unknown.extend(unanswered.iter().map(not_answered));
    Finding {
        class: UNDETERMINED.to_owned(),
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

#[cfg(test)]
mod tests;
