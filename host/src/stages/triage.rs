//! Stage: from an observation to an incident, or to none.

use std::time::SystemTime;

use k8shawk_core::incident::{Incident, IncidentId, MAX_SIGNALS};
use k8shawk_core::record::{DISMISSED_FOR, Record, State};
use k8shawk_core::signal::{Opening, Signal};
use k8shawk_core::{Observation, group};

use crate::services::Services;
use crate::services::store::StoreError;
use crate::stages::StageError;

/// How often it is stored that a dismissed cause is still seen, milliseconds.
const SEEN_AGAIN: i64 = 20_000;

/// Where a signal went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grouped {
    /// It is no incident.
    Nothing,
    /// It opened this incident.
    Opened(String),
    /// It belongs to this incident.
    Joined(String),
    /// It is a consequence of this incident, which it does not keep open: a pod that fails on a
    /// node that is down may have a separate fault.
    Victim(String),
    /// It is the echo of an incident that just ended.
    Echo(String),
}

impl Grouped {
    /// The word in metrics.
    pub fn as_str(&self) -> &'static str {
        match self {
            Grouped::Nothing => "nothing",
            Grouped::Opened(_) => "opened",
            Grouped::Joined(_) => "joined",
            Grouped::Victim(_) => "victim",
            Grouped::Echo(_) => "echo",
        }
    }
}

/// Ask the triage plugins, then find or open the signal's incident.
///
/// # Errors
/// [`StageError::Store`]; the signal is seen again at the next sweep.
pub fn run(services: &Services, observation: &Observation) -> Result<Grouped, StageError> {
    let begun = SystemTime::now();
    let Some((opening, call)) = services.plugins.triage(observation) else {
        return Ok(Grouped::Nothing);
    };
    let grouped = group(services, &observation.signal, opening)?;
    if let Grouped::Opened(id) = &grouped {
        services.telemetry.triaged(id, begun, &call);
    }
    Ok(grouped)
}

fn group(services: &Services, signal: &Signal, opening: Opening) -> Result<Grouped, StageError> {
    let keys = group::keys(signal, &opening);
    let now = services.clock.now();
    let mut echo = None;
    for key in &keys {
        match services.store.by_key(key)? {
            Some(found) if !found.state.is_final() => {
                return join(services, &found, signal, &opening, &keys, now);
            }
            Some(found) if is_echo(services, &found, signal, &opening, now) => {
                still_there(services, &found, now)?;
                echo = echo.or_else(|| Some(found.incident.id.0.clone()));
            }
            _ => {}
        }
    }
    if let Some(id) = echo {
        return Ok(Grouped::Echo(id));
    }
    let record = services
        .store
        .insert(opened(signal, opening, &keys, now), &keys)?;
    Ok(Grouped::Opened(record.incident.id.0))
}

/// Signals that were last seen before the incident ended, or shortly after, add nothing.
fn is_echo(
    services: &Services,
    ended: &Record,
    signal: &Signal,
    opening: &Opening,
    now: i64,
) -> bool {
    let ended_at = ended.changed_at();
    let window = i64::try_from(services.config.dedup.as_millis()).unwrap_or(i64::MAX);
    if signal.last_seen <= ended_at {
        return true;
    }
    match ended.state {
        // What cleared by itself may come back at once.
        State::Cleared => false,
        // A person said no to this cause: it is the same one until it has been quiet for a
        // while, unless it got worse.
        State::Dismissed => {
            ended.is_dismissed_within(window.max(DISMISSED_FOR), now)
                && opening.severity <= ended.incident.severity
        }
        _ => now - ended_at < window,
    }
}

/// Remember that a dismissed cause is still there, a few times a minute.
fn still_there(services: &Services, ended: &Record, now: i64) -> Result<(), StoreError> {
    if ended.state == State::Dismissed && now - ended.last_seen > SEEN_AGAIN {
        services.store.modify(&ended.incident.id.0, |record| {
            record.last_seen = now;
            Ok::<_, StoreError>(())
        })?;
    }
    Ok(())
}

/// A record of an incident that this signal opens.
pub fn opened(signal: &Signal, opening: Opening, keys: &[String], now: i64) -> Record {
    let key = keys.first().cloned().unwrap_or_default();
    let incident = Incident {
        id: IncidentId(String::new()),
        class: opening.class,
        severity: opening.severity,
        object: signal.object.clone(),
        owner: signal.owner.clone(),
        signals: vec![signal.clone()],
        victims: Vec::new(),
        opened_at: now,
    };
    let mut record = Record {
        key,
        shared: opening.shared,
        last_seen: signal.last_seen,
        ..Record::new(incident, opening.why.clone())
    };
    record.step(now, State::Open, opening.why);
    record
}

fn join(
    services: &Services,
    found: &Record,
    signal: &Signal,
    opening: &Opening,
    keys: &[String],
    now: i64,
) -> Result<Grouped, StageError> {
    let id = found.incident.id.0.clone();
    let signals = &found.incident.signals;
    let news = match signals.iter().find(|s| s.id == signal.id) {
        Some(same) => same.count < signal.count,
        // The thousands of a storm beyond the first ones are not written down at every sweep.
        None => signals.len() < MAX_SIGNALS,
    };
    let graver = opening.severity > found.incident.severity;
    if news || graver || !found.is_member(&signal.owner) {
        services.store.modify(&id, |record| {
            add_signal(record, signal);
            record.add_victim(&signal.owner);
            record.incident.severity = record.incident.severity.max(opening.severity);
            record.last_seen = record.last_seen.max(now);
            Ok::<_, StoreError>(())
        })?;
    }
    for key in keys {
        // Asked for each pod of a storm, at every sweep: no record is read for it.
        if !services.store.leads_to_active(key)? {
            services.store.alias(key, &id)?;
        }
    }
    // Classes of triage distinguish families, such as `node` from `workload`.
    Ok(if opening.class == found.incident.class {
        Grouped::Joined(id)
    } else {
        Grouped::Victim(id)
    })
}

fn add_signal(record: &mut Record, signal: &Signal) {
    let signals = &mut record.incident.signals;
    if let Some(same) = signals.iter_mut().find(|s| s.id == signal.id) {
        *same = signal.clone();
    } else if signals.len() < MAX_SIGNALS {
        signals.push(signal.clone());
    }
}
