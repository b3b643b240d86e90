//! Stage: the host looks at itself, and stores what it finds like what it finds elsewhere.
//!
//! See [`k8shawk_core::self_monitor`] for what it looks at. No plugin and no model has a part in it.

use k8shawk_core::ObjectRef;
use k8shawk_core::config::Config;
use k8shawk_core::record::{DISMISSED_FOR, Record, State};
use k8shawk_core::self_monitor::{self as own, Trouble};
use k8shawk_sandbox::Point;

use crate::services::Services;
use crate::services::store::{DiskSpace, StoreError};
use crate::stages::StageError;

/// How often it is stored that a dismissed condition still holds, milliseconds.
const SEEN_AGAIN: i64 = 20_000;

/// What holds now. `active` is what has not ended, `dropped` what was dropped recently, `why` the
/// last failure of an incident.
///
/// # Errors
/// [`StageError::Store`].
pub fn look(
    services: &Services,
    active: &[Record],
    dropped: Option<&str>,
    why: impl Fn(&str) -> Option<String>,
) -> Result<Vec<Trouble>, StageError> {
    let now = services.clock.now();
    let millis = |d: std::time::Duration| i64::try_from(d.as_millis()).unwrap_or(i64::MAX);
    let (bound, recovery) = (
        services.config.stuck_after,
        services.config.recovery_timeout,
    );
    let mut troubles = Vec::new();
    troubles.extend(own::stuck(
        active,
        now,
        millis(bound),
        millis(recovery),
        why,
    ));
    troubles.extend(dropped.map(own::dropped));
    if let Some(oldest) = services.store.outbox_oldest()?
        && now - oldest.made_at > millis(services.config.silent_after)
    {
        let waiting = services.store.outbox_waiting()?;
        troubles.push(own::silent(oldest.made_at, waiting, &oldest.note));
    }
    let unreadable = services.store.unreadable()?.into_iter();
    let unreadable: Vec<_> = unreadable.map(|one| (one.id, one.why)).collect();
    troubles.extend(own::unreadable(&unreadable));
    if services.store.disk_space() != DiskSpace::Enough {
        let (conversations, incidents) = services.store.given_up();
        troubles.push(own::full(conversations, incidents));
    }
    for live in services.plugins.registry.all() {
        if let Some(error) = live.quarantine() {
            let digest = live.plugin().digest().to_owned();
            let error = error.to_string();
            troubles.push(own::quarantined(live.id(), live.point(), &digest, &error));
        }
    }
    let missing = services.plugins.required.missing();
    let absent = missing.iter().filter(|m| !m.in_quarantine);
    troubles.extend(absent.map(|m| own::unguarded(&m.id, &m.why)));
    Ok(troubles)
}

/// The pod that this host runs in, whose name is its host name; none beside a cluster.
pub fn pod(config: &Config) -> Option<ObjectRef> {
    let name = nix::unistd::gethostname().ok()?.into_string().ok()?;
    let namespace = config.fixes.home()?;
    Some(ObjectRef::of("Pod", namespace, &name))
}

/// True where `/ready` says no for what [`look`] makes an incident of.
pub fn is_unready(services: &Services) -> bool {
    let idle = |point| services.plugins.registry.is_idle(point);
    !services.plugins.required.missing().is_empty() || idle(Point::Triage) || idle(Point::Analysis)
}

/// True where a condition is an incident already, or a person said that it is none; what is known
/// of it is brought up to date.
///
/// # Errors
/// [`StageError::Store`].
pub fn is_known(services: &Services, trouble: &Trouble) -> Result<bool, StageError> {
    let now = services.clock.now();
    let Some(found) = services.store.by_key(&trouble.key())? else {
        return Ok(false);
    };
    let id = &found.incident.id.0;
    if found.is_dismissed_within(DISMISSED_FOR, now) {
        if now - found.last_seen > SEEN_AGAIN {
            services.store.modify(id, |record| {
                record.last_seen = now;
                Ok::<_, StoreError>(())
            })?;
        }
        return Ok(true);
    }
    if found.state.is_final() {
        return Ok(false);
    }
    let finding = trouble.finding();
    if found.finding.as_ref() != Some(&finding) {
        services.store.modify(id, |record| {
            record.finding = Some(finding);
            record.last_seen = now;
            Ok::<_, StoreError>(())
        })?;
    }
    Ok(true)
}

/// End what holds no more; what was not reported yet is ended later.
///
/// # Errors
/// [`StageError::Store`].
pub fn settle(
    services: &Services,
    active: &[Record],
    troubles: &[Trouble],
) -> Result<(), StageError> {
    let over = active.iter().filter(|record| {
        record.incident.is_own()
            && record.state.awaits_people()
            && !troubles.iter().any(|t| t.key() == record.key)
    });
    for record in over {
        let why = "the condition is gone";
        let now = services.clock.now();
        services
            .store
            .advance(&record.incident.id.0, record.state, |r| {
                r.step(now, State::Cleared, why);
            })?;
    }
    Ok(())
}

/// From the incident to its decision: what was seen is the cause, and no fix is safe.
///
/// # Errors
/// [`StageError::Store`].
pub fn conclude(services: &Services, record: &Record) -> Result<(), StageError> {
    let now = services.clock.now();
    services
        .store
        .advance(&record.incident.id.0, record.state, |r| {
            r.answered_by = "patterns".to_owned();
            let title = r.title().to_owned();
            if r.state == State::Open {
                r.step(now, State::Investigated, title);
            }
            r.decision = Some(own::decision(&r.incident.class));
            r.step(now, State::Decided, "no safe fix");
        })?;
    Ok(())
}
