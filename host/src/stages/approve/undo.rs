//! Taking a fix back: a person asks, and the inverse becomes a question of its own.

use k8shawk_core::approval::{ApprovalError, Person};
use k8shawk_core::finding::{Evidence, Finding};
use k8shawk_core::fix::Fix;
use k8shawk_core::incident::{Incident, IncidentId};
use k8shawk_core::record::{Record, State, Undo};
use thiserror::Error;

use crate::services::Services;
use crate::services::store::StoreError;

/// Class of an incident that takes a fix back.
const CLASS: &str = "undo";

/// Why a fix is not taken back. Nothing was changed.
#[derive(Debug, Error)]
pub enum UndoError {
    /// No such incident, or the store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// This person may not.
    #[error(transparent)]
    Approval(#[from] ApprovalError),
    /// Nothing was applied, or what was done cannot be taken back by another fix.
    #[error("the fix of {0} cannot be taken back: nothing was applied, or it has no inverse")]
    NoInverse(String),
    /// It was asked for before.
    #[error("{0} already takes it back ({1})")]
    Already(String, &'static str),
}

/// Make an incident of the inverse of an applied fix; returns its id. It is judged, dry-run and
/// approved like any other.
///
/// # Errors
/// [`UndoError`] says why not.
pub fn undo(services: &Services, id: &str, person: &Person) -> Result<String, UndoError> {
    services.authority().known(person)?;
    let id = services.store.find(id)?.incident.id.0;
    let now = services.clock.now();
    let record = services.store.insert_undo(&id, |of, earlier| {
        if let Some(earlier) = earlier.filter(|e| !e.state.is_final()) {
            let by = earlier.incident.id.0.clone();
            return Err(UndoError::Already(by, earlier.standing()));
        }
        let fix = of.inverse().ok_or(UndoError::NoInverse(id.clone()))?;
        Ok(question(of, fix, person, now))
    })?;
    Ok(record.incident.id.0)
}

fn question(of: &Record, fix: Fix, person: &Person, now: i64) -> Record {
    let by = person.to_string();
    let finding = finding(of, &fix, &by);
    let why = finding.title.clone();
    let incident = Incident {
        id: IncidentId(String::new()),
        signals: Vec::new(),
        opened_at: now,
        ..of.incident.clone()
    };
    let mut record = Record {
        finding: Some(finding),
        answered_by: "a person".to_owned(),
        undo: Some(Undo {
            of: of.incident.id.0.clone(),
            fix,
            by: by.clone(),
        }),
        ..Record::new(incident, why.clone())
    };
    let note = format!("{why}, asked by {by}");
    record.step_by(now, State::Investigated, note, person);
    record
}

fn finding(of: &Record, fix: &Fix, by: &str) -> Finding {
    let id = &of.incident.id;
    let applied = of.execution.as_ref().map(|e| e.fix.kubectl());
    Finding {
        class: CLASS.to_owned(),
        title: format!("{} on {} takes back {id}", fix.action.name(), fix.target),
        cause: format!(
            "{by} asks to undo what {id} applied [e1]. Afterwards {id} was {} [e2].",
            of.standing()
        ),
        confidence: 100,
        severity: of.severity(),
        object: fix.target.clone(),
        owner: of.incident.owner.clone(),
        evidence: vec![
            Evidence {
                id: "e1".to_owned(),
                source: format!("fix of {id}"),
                excerpt: applied.unwrap_or_default(),
            },
            Evidence {
                id: "e2".to_owned(),
                source: format!("verdict of {id}"),
                excerpt: of.history.last().map_or(String::new(), |s| s.note.clone()),
            },
        ],
        unknown: Vec::new(),
        unsupported: Vec::new(),
        facts: Vec::new(),
        victims: Vec::new(),
        shared: None,
    }
}
