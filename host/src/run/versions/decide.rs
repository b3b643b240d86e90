//! What a person decides of a plugin's versions. It is stored with who and when, and the reloader
//! does it.

use std::path::Path;

use k8shawk_core::approval::Person;
use k8shawk_sandbox::Registry;

use crate::services::crash_points;
use crate::services::plugins::KeptFiles;
use crate::services::store::{Store, Version, VersionId};

fn short(version: &Version) -> String {
    let digest = version.id.pin.get(..12).unwrap_or_default();
    format!("version {} ({digest})", version.version)
}

fn not_waiting(plugin: &str) -> String {
    format!(
        "this version of {plugin} does not wait; `k8shawk plugin history {plugin}` shows the versions"
    )
}

/// Accept a version that waits: it goes live.
///
/// # Errors
/// Why not, for the person.
pub fn accept(
    store: &Store,
    registry: &Registry,
    id: &VersionId,
    who: &Person,
    now: i64,
) -> Result<String, String> {
    let by = &who.to_string();
    let live = registry.get(&id.plugin);
    let waiting = live.and_then(|live| live.waiting());
    if waiting.is_none_or(|waiting| waiting.plugin.digest() != id.pin) {
        return Err(not_waiting(&id.plugin));
    }
    let accepted = store.accept_version(id, by, now);
    let plugin = &id.plugin;
    let Some(version) = accepted.map_err(|fault| fault.to_string())? else {
        return Err(not_waiting(plugin));
    };
    crash_points::reach("version-accepted");
    let what = format!("{} accepted by {by}", short(&version));
    store
        .remember_reload(plugin, &what, now)
        .map_err(|fault| fault.to_string())?;
    registry.look_again(plugin);
    Ok(format!("{plugin}: {} goes live", short(&version)))
}

/// Take the live version back: the one before it decides again.
///
/// # Errors
/// Why not, for the person.
pub fn roll_back(
    store: &Store,
    registry: &Registry,
    (files, grants): (&KeptFiles, &Path),
    plugin: &str,
    who: &Person,
    now: i64,
) -> Result<String, String> {
    let by = &who.to_string();
    let Some(live) = registry.get(plugin) else {
        return Err(format!("there is no plugin {plugin:?} here"));
    };
    let told = |fault: crate::services::store::StoreError| fault.to_string();
    let Some(before) = store.previous_version(plugin).map_err(told)? else {
        return Err(format!("no version of {plugin} decided before this one"));
    };
    files
        .source(&before.id, live.plugin().dir(), grants)
        .map_err(|error| format!("cannot go back to {}: {error}", short(&before)))?;
    let Some((from, to)) = store.roll_back_version(plugin, by, now).map_err(told)? else {
        return Err(format!("no version of {plugin} decided before this one"));
    };
    crash_points::reach("version-rolled-back");
    let what = format!("{} rolled back to {} by {by}", short(&from), short(&to));
    store.remember_reload(plugin, &what, now).map_err(told)?;
    registry.look_again(plugin);
    Ok(format!(
        "{plugin}: {} decides again; {} waits",
        short(&to),
        short(&from)
    ))
}
