//! Stage, between investigate and decide: incidents with one cause become one.
//!
//! Triage groups by what a message names. What only the analysis finds out (a quota, a node, a
//! dependency, a Service whose pods fail) is folded here: the older incident stays.

use k8shawk_core::Severity;
use k8shawk_core::group::shared_key;
use k8shawk_core::record::{DISMISSED_FOR, Record, State};
use k8shawk_core::{ObjectRef, group};

use crate::services::Services;
use crate::services::store::StoreError;
use crate::stages::StageError;

/// True where this incident is a part of the other one.
pub fn is_part(record: &Record, other: &Record) -> bool {
    let Some(shared) = record.finding.as_ref().and_then(|f| f.shared.as_ref()) else {
        return false;
    };
    let older = other.incident.opened_at < record.incident.opened_at
        || (other.incident.opened_at == record.incident.opened_at
            && number(other) < number(record));
    let theirs = other.shared_cause();
    let is_their_cause = theirs.is_some_and(|theirs| theirs.same_object(shared));
    let is_their_owner = shared.same_object(&other.incident.owner);
    other.incident.id != record.incident.id
        && other.undo.is_none()
        && !other.state.is_final()
        && ((older && is_their_cause) || is_their_owner)
        && !(is_their_owner && points_at(other, &record.incident.owner))
}

/// The incident that this one is part of, if any.
fn host_of(services: &Services, record: &Record) -> Result<Option<Record>, StoreError> {
    match record.finding.as_ref().and_then(|f| f.shared.as_ref()) {
        Some(shared) => services
            .store
            .first_about(shared, |other| is_part(record, other)),
        None => Ok(None),
    }
}

fn points_at(record: &Record, owner: &ObjectRef) -> bool {
    let shared = record.finding.as_ref().and_then(|f| f.shared.as_ref());
    shared.is_some_and(|s| s.same_object(owner))
}

fn number(record: &Record) -> u64 {
    record
        .incident
        .id
        .0
        .rsplit('-')
        .next()
        .and_then(|n| n.parse().ok())
        .unwrap_or(u64::MAX)
}

/// Fold an incident into the one that shares its cause. True where it was folded.
///
/// # Errors
/// [`StageError::Store`].
pub fn run(services: &Services, record: &Record) -> Result<bool, StageError> {
    let Some(host) = host_of(services, record)? else {
        if let Some(dismissed) = dismissed(services, record)? {
            return fold(services, record, &dismissed);
        }
        if let Some(shared) = record.finding.as_ref().and_then(|f| f.shared.as_ref()) {
            services
                .store
                .alias(&shared_key(shared), &record.incident.id.0)?;
        }
        return Ok(false);
    };
    let host_id = host.incident.id.0.clone();
    let folded = services.store.modify(&host_id, |r| {
        // It may have ended since the list was read.
        if r.state.is_final() {
            return Ok(false);
        }
        for owner in std::iter::once(&record.incident.owner).chain(&record.incident.victims) {
            r.add_victim(owner);
        }
        Ok::<_, StoreError>(true)
    })?;
    if !folded {
        return Ok(false);
    }
    fold(services, record, &host_id)
}

/// A dismissed incident of the same owner and the same found class: another signal of a cause
/// that a person said no to. Only what patterns found counts: nobody sees what is folded here,
/// so that a model, or an attacker who writes what it reads, could hide an incident with a word.
fn dismissed(services: &Services, record: &Record) -> Result<Option<String>, StageError> {
    let now = services.clock.now();
    let same = |other: &Record| {
        other.is_dismissed_within(DISMISSED_FOR, now)
            && other.incident.owner.same_object(&record.incident.owner)
            && found(other) == found(record)
            && severity(other) >= severity(record)
    };
    let owner = &record.incident.owner;
    let found = services.store.newest_of(owner, State::Dismissed, same)?;
    Ok(found.map(|r| r.incident.id.0))
}

fn found(record: &Record) -> &str {
    let finding = record.by_patterns();
    finding.map_or(&record.incident.class, |f| &f.class)
}

fn severity(record: &Record) -> Severity {
    let finding = record.by_patterns();
    finding.map_or(record.incident.severity, |f| f.severity)
}

/// End an incident as a part of another; its signals lead there from now on.
fn fold(services: &Services, record: &Record, host: &str) -> Result<bool, StageError> {
    services
        .store
        .advance(&record.incident.id.0, State::Investigated, |r| {
            r.merged_into = Some(host.to_owned());
            r.step(
                services.clock.now(),
                State::Merged,
                format!("same cause as {host}"),
            );
        })?;
    services.store.alias(&record.key, host)?;
    let own = group::owner_key(&record.incident.class, &record.incident.owner);
    services.store.alias(&own, host)?;
    Ok(true)
}

#[cfg(test)]
mod tests;
