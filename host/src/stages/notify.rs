//! Stage: tell people. One incident is one message.

use k8shawk_core::policy::Ruling;
use k8shawk_core::record::{Record, State};

use crate::stages::flow::{Flow, FlowError};

/// Show the incident and store that people were asked. What policies allow without a person is
/// approved here.
///
/// # Errors
/// [`FlowError::Store`].
pub fn run(flow: &Flow, record: &Record) -> Result<(), FlowError> {
    let now = flow.clock.now();
    let ruling = record
        .decision
        .as_ref()
        .and_then(|d| d.first())
        .map(|c| &c.ruling);
    let (state, note) = match ruling {
        Some(Ruling::Auto) => (State::Approved, "allowed without a person by policy"),
        Some(_) => (State::Waiting, "people were asked"),
        None if record.undo.is_some() => (State::Failed, "it cannot be taken back"),
        None if record.is_undecided() => (
            State::NeedsHuman,
            "people were told that no fix is known to be safe, since not everybody answered",
        ),
        None => (State::NeedsHuman, "people were told that no fix is safe"),
    };
    let refused = record.refused().first().map(|r| r.reason.as_str());
    let note = match (state, refused) {
        (State::Failed, Some(why)) => format!("{note}: {why}"),
        _ => note.to_owned(),
    };
    let stored = flow
        .store
        .advance(&record.incident.id.0, State::Decided, |r| {
            r.asked_at = Some(now);
            r.step(now, state, note);
        })?;
    flow.terminal.incident(&stored);
    Ok(())
}
