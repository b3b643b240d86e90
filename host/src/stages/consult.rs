//! Stage, between merge and decide: a model looks at what the patterns found, and deeper.
//!
//! The patterns' finding is stored before a model is asked, and stays where the model says
//! nothing better: see [`k8shawk_core::llm::conclude`].

use k8shawk_core::count;
use std::sync::{Mutex, PoisonError};

use k8shawk_core::classes;
use k8shawk_core::finding::Finding;
use k8shawk_core::llm::{Case, Disclosure, RungSetup};
use k8shawk_core::record::{Consulted, Record, State};

use tracing::warn;

use crate::services::Services;
use crate::services::cluster::AnyCluster;
use crate::services::llm::{self, Outcome, Progress, Sink};
use crate::services::store::DiskSpace;
use crate::services::terminal::ModelSteps;
use crate::stages::StageError;

/// True where a model will be asked about an incident in this state.
pub fn is_due(services: &Services, record: &Record) -> bool {
    services.llm.is_some() && record.state == State::Investigated && is_open(record)
}

/// A model was not asked yet, and there is something to find out: what a person wants undone is
/// known.
fn is_open(record: &Record) -> bool {
    record.consulted.is_none() && record.undo.is_none()
}

/// Ask the model about an incident that it was not asked about yet. False where there is nothing
/// to ask, and nothing has changed.
///
/// # Errors
/// [`StageError::Store`].
pub async fn run(services: &Services, record: &Record) -> Result<bool, StageError> {
    if !is_open(record) {
        return Ok(false);
    }
    if services.store.disk_space() != DiskSpace::Enough {
        let incident = &record.incident.id.0;
        warn!(
            incident,
            "no model is asked while the volume of the database is full: what is sent could not be \
             recorded"
        );
        return Ok(false);
    }
    let findings: Vec<Finding> = record.finding.iter().chain(&record.also).cloned().collect();
    let case = Case {
        incident: &record.incident,
        findings: &findings,
        classes: classes::names(),
    };
    let id = &record.incident.id.0;
    let kept = Kept {
        services,
        id,
        steps: ModelSteps::new(&services.terminal, &record.incident),
        requests: Mutex::default(),
    };
    let Some(outcome) = ask(services, record, &case, &kept).await else {
        return Ok(false);
    };
    let requests = kept.requests.into_inner();
    let requests = requests.unwrap_or_else(PoisonError::into_inner);
    services
        .store
        .keep_conversation(id, &outcome.conversation, &requests)?;
    services.store.advance(id, State::Investigated, |r| {
        take(r, outcome, services.clock.now())
    })?;
    Ok(true)
}

/// Keeps what leaves before it does, and shows the steps.
struct Kept<'a> {
    services: &'a Services,
    id: &'a str,
    steps: ModelSteps<'a>,
    /// Numbers of the requests in the store.
    requests: Mutex<Vec<i64>>,
}

impl Kept<'_> {
    fn keep(&self, rung: &RungSetup, body: &str) {
        let request = Disclosure {
            at: self.services.clock.now(),
            host: rung.host.clone(),
            model: rung.model.clone(),
            bytes: body.len(),
            body: body.to_owned(),
        };
        match self.services.store.keep_request(self.id, &request) {
            Ok(number) => {
                let held = self.requests.lock();
                held.unwrap_or_else(PoisonError::into_inner).push(number);
            }
            // The conversation holds it too, once it ends.
            Err(fault) => warn!(incident = self.id, %fault, "a request is not stored yet"),
        }
    }
}

impl Sink for Kept<'_> {
    fn on(&self, step: &Progress<'_>) {
        if let Progress::Leaving { rung, body } = step {
            self.keep(rung, body);
        }
        self.steps.on(step);
    }
}

/// A live model, or the conversation that was recorded with the incident.
async fn ask(
    services: &Services,
    record: &Record,
    case: &Case<'_>,
    steps: &dyn Sink,
) -> Option<Outcome> {
    if let AnyCluster::Recorded(replay) = &services.cluster {
        let stored = replay.conversation(&record.incident.owner)?;
        return Some(llm::replay(case, stored, steps).await.outcome);
    }
    let model = services.llm.as_ref()?;
    let now = || services.clock.now();
    Some(
        model
            .investigate(case, services.cluster.reader(), &now, record.spent, steps)
            .await,
    )
}

fn take(record: &mut Record, outcome: Outcome, now: i64) {
    let before = record.finding.clone();
    let mut findings = outcome.findings.into_iter();
    if let Some(first) = findings.next() {
        record.finding = Some(first);
        record.also = findings.collect();
    }
    for refusal in outcome.refused_reads {
        let line = format!("model: {refusal}");
        if !record.refusals.contains(&line) {
            record.refusals.push(line);
        }
    }
    let note = format!(
        "{} answered after {}: {}",
        outcome.answered_by,
        count(outcome.rounds, "round"),
        record.title()
    );
    record.answered_by = outcome.answered_by;
    record.spent.add(&outcome.usage);
    record.consulted = Some(Consulted {
        why: outcome.why,
        contradicts: outcome.contradicts,
        proposal: outcome.proposal,
        before,
        refused: outcome.refused_fixes,
        usage: outcome.usage,
        rounds: outcome.rounds,
    });
    record.step(now, State::Investigated, note);
}
