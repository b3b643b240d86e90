//! Stage: tell people. One incident is one message.

use k8shawk_core::record::{Record, State};

use crate::services::Services;
use crate::stages::StageError;

/// Store that people are asked: every sink shows it then.
///
/// # Errors
/// [`StageError::Store`].
pub fn run(services: &Services, record: &Record) -> Result<(), StageError> {
    let now = services.clock.now();
    let fix = record.candidate();
    let (state, note) = match fix {
        Some(_) => (State::Waiting, "approval requested"),
        None if record.undo.is_some() => (State::Failed, "it cannot be undone"),
        None if record.is_undecided() => (
            State::NeedsHuman,
            "no fix is known to be safe, as not every plugin answered",
        ),
        None if record.is_denied() => (State::NeedsHuman, "fix denied by policy"),
        None => (State::NeedsHuman, "no safe fix"),
    };
    let refused = record.refused().first().map(|r| r.reason.as_str());
    let note = match (state, refused) {
        (State::Failed, Some(why)) => format!("{note}: {why}"),
        _ => note.to_owned(),
    };
    services
        .store
        .advance(&record.incident.id.0, State::Decided, |r| {
            r.asked_at = Some(now);
            r.step(now, state, note);
        })?;
    Ok(())
}
