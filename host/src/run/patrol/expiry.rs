//! When an approval request expires, and what becomes of its incident.

use k8shawk_core::record::{Record, State};

use super::Patrol;
use crate::stages::StageError;

impl Patrol {
    /// End the approval request of an incident that nobody answered in time: the incident is checked again. False
    /// if there is no such request.
    pub(super) fn expire(&self, record: &Record, now: i64) -> Result<bool, StageError> {
        let services = &self.pipeline.services;
        let expires = services.config.approval_expires.as_millis();
        let expires = i64::try_from(expires).unwrap_or(i64::MAX);
        let asked_at = record.asked_at.filter(|_| record.state == State::Waiting);
        if asked_at.is_none_or(|at| now - at <= expires) {
            return Ok(false);
        }
        // What only a person wanted is not asked again and again.
        let (next, note) = match record.undo {
            Some(_) => (State::Cleared, "nobody approved in time"),
            None => (State::Open, "the approval request expired: checking again"),
        };
        let id = &record.incident.id.0;
        services.store.advance(id, State::Waiting, |r| {
            r.votes.clear();
            r.step(now, next, note);
        })?;
        self.pipeline.drive(id);
        Ok(true)
    }
}
