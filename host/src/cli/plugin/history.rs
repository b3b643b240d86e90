//! `k8shawk plugin history`: what happened to a plugin, its versions, and how it is now.

use k8shawk_core::count;
use k8shawk_core::rca::time;
use k8shawk_sandbox::Status;
use serde_json::{Value, json};

use super::running;
use crate::cli::Format;
use crate::cli::output::{self, say};
use crate::run::settings::Settings;
use crate::services::store::{Compared, Reload, Store, StoreError, Version, VersionState};
use crate::services::terminal::plain;

/// Verdicts that are shown of one version.
const SHOWN: usize = 50;

/// Versions that were loaded, swapped or refused; then each with its numbers; how it is in a running
/// host comes last.
pub(super) async fn history(settings: &Settings, id: &str, format: Format) -> anyhow::Result<bool> {
    let store = Store::open_existing(&settings.config.database())?;
    let (reloads, versions) = match &store {
        Some(store) => (store.reloads(id)?, store.versions(id)?),
        None => (Vec::new(), Vec::new()),
    };
    let now = match running(settings, id).await {
        Ok(now) => Some(now),
        Err(error) if reloads.is_empty() => return Err(error),
        Err(_) => None,
    };
    let store = store.as_ref();
    if format == Format::Json {
        output::document(&document(store, id, &reloads, &versions, now.as_ref())?)?;
        return Ok(true);
    }
    for reload in &reloads {
        say!("{}  {}", time(reload.at), reload.what);
    }
    for version in &versions {
        say!("{}", line(version));
        store.map_or(Ok(()), |store| changes(store, version))?;
    }
    for line in now.iter().flat_map(Status::lines) {
        say!("now: {}", line.trim_start());
    }
    Ok(true)
}

/// The same for programs.
fn document(
    store: Option<&Store>,
    id: &str,
    reloads: &[Reload],
    versions: &[Version],
    now: Option<&Status>,
) -> Result<Value, StoreError> {
    let verdicts = |all: Vec<Compared>| -> Vec<Value> {
        let changed = all.iter().filter(|verdicts| verdicts.is_change());
        changed.map(verdict).collect()
    };
    let mut shown = Vec::new();
    for version in versions {
        let (replayed, shadowed) = match store {
            Some(store) => (
                store.changed_verdicts(&version.id)?,
                store.shadowed(&version.id)?,
            ),
            None => (Vec::new(), Vec::new()),
        };
        shown.push(json!({
            "version": version.version,
            "digest": version.id.pin,
            "state": version.state.as_str(),
            "seen_at": version.seen_at,
            "live_at": version.live_at,
            "decided_at": version.decided_at,
            "decided_by": version.decided_by,
            "calls": version.tallied.calls,
            "guest_faults": version.tallied.guest_faults,
            "microseconds": version.tallied.micros,
            "replayed": version.tried.replayed,
            "not_replayed": version.tried.skipped,
            "changed_verdicts": verdicts(replayed),
            "shadowed": shadowed.len(),
            "changed_as_shadow": verdicts(shadowed),
        }));
    }
    let reloads = reloads.iter().map(|r| json!({"at": r.at, "what": r.what}));
    Ok(json!({
        "id": id,
        "reloads": reloads.collect::<Vec<_>>(),
        "versions": shown,
        "now": now,
    }))
}

fn verdict(verdicts: &Compared) -> Value {
    json!({
        "at": verdicts.at,
        "incident": verdicts.incident,
        "subject": verdicts.subject,
        "live": verdicts.live,
        "new": verdicts.new,
    })
}

/// The version of a plugin that a person can accept.
pub(super) fn waiting(store: &Store, plugin: &str) -> Result<Option<Version>, StoreError> {
    let versions = store.versions(plugin)?;
    let taken_back = |version: &&Version| version.state == VersionState::RolledBack;
    let asked = versions
        .iter()
        .find(|version| version.state.waits() && !taken_back(version));
    let last = versions.iter().filter(taken_back);
    let last = last.max_by_key(|version| version.decided_at);
    Ok(asked.or(last).cloned())
}

/// The verdicts that a version changes: of recorded calls, and as a shadow.
pub(super) fn changes(store: &Store, version: &Version) -> Result<(), StoreError> {
    let replayed = store.changed_verdicts(&version.id)?;
    let shadowed = store.shadowed(&version.id)?;
    let changed: Vec<Compared> = shadowed
        .iter()
        .filter(|verdicts| verdicts.is_change())
        .cloned()
        .collect();
    list(&replayed);
    if !shadowed.is_empty() {
        say!(
            "  as a shadow: {} of the last {} with another verdict",
            changed.len(),
            count(shadowed.len(), "call")
        );
        list(&changed);
    }
    Ok(())
}

fn list(changes: &[Compared]) {
    for change in changes.iter().take(SHOWN) {
        say!("  {}", plain(&change.told()));
    }
    if changes.len() > SHOWN {
        say!("  and {} more", changes.len() - SHOWN);
    }
}

/// A version in a line.
fn line(version: &Version) -> String {
    let Version {
        id,
        version: name,
        state,
        tried,
        tallied,
        ..
    } = version;
    let mut line = format!("version {name}, digest {}, is {}", id.pin, state.as_str());
    match version.live_at {
        Some(at) => line.push_str(&format!(", went live {}", time(at))),
        None => line.push_str(&format!(", first seen {}", time(version.seen_at))),
    }
    if let Some(at) = version.decided_at {
        let what = match state {
            VersionState::RolledBack => "rolled back",
            _ => "accepted",
        };
        line.push_str(&format!(", {what} by {} {}", version.decided_by, time(at)));
    }
    if let Some(mean) = tallied.micros.checked_div(tallied.calls) {
        line.push_str(&format!(
            "; {}, {}, {}.{:03} ms on average",
            count(tallied.calls, "call"),
            count(tallied.guest_faults, "guest fault"),
            mean / 1000,
            mean % 1000
        ));
    }
    if tried.replayed > 0 || tried.skipped > 0 {
        line.push_str(&format!(
            "; {} of {} recorded calls have another verdict",
            tried.changed, tried.replayed
        ));
    }
    line
}
