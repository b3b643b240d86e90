//! `k8shawk plugin history`: what happened to a plugin, its versions, and how it is now.

use k8shawk_core::count;
use k8shawk_core::rca::time;

use crate::cli::Misuse;
use crate::cli::output::say;
use crate::run::settings::Settings;
use crate::services::socket::{self, Ask};
use crate::services::store::{Compared, Store, StoreError, Version, VersionState};
use crate::services::terminal::plain;

/// Verdicts that are shown of one version.
const SHOWN: usize = 50;

/// Versions that were loaded, swapped or refused; then each with its numbers; the counters of a
/// running host come last.
pub(super) async fn history(settings: &Settings, id: &str) -> anyhow::Result<bool> {
    let store = Store::open_existing(&settings.config.database())?;
    let mut known = false;
    if let Some(store) = store {
        let past = store.reloads(id)?;
        for reload in &past {
            say!("{}  {}", time(reload.at), plain(&reload.what));
        }
        for version in store.versions(id)? {
            say!("{}", plain(&line(&version)));
            changes(&store, &version)?;
        }
        known = !past.is_empty();
    }
    let answer = socket::ask(&settings.config.socket(), &Ask::Plugins).await;
    let running = answer.map(|a| a.message).unwrap_or_default();
    let mut lines = running.lines();
    match lines.find(|l| l.split(' ').next() == Some(id)) {
        Some(line) => {
            say!("now: {}", plain(line));
            for more in lines.take_while(|line| line.starts_with(' ')) {
                say!("now: {}", plain(more.trim_start()));
            }
        }
        None if !known => {
            return Err(Misuse(format!(
                "no host has loaded a plugin {id:?} here; `k8shawk plugin list` shows the plugins"
            ))
            .into());
        }
        None => {}
    }
    Ok(true)
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
