//! `k8shawk plugin check`: the verdicts that a component changes, before it is installed.

use std::sync::Arc;

use k8shawk_sandbox::Plugin;

use crate::cli::output::say;
use crate::run::load::{self, Loaded};
use crate::run::settings::Settings;
use crate::run::versions::{self, Script, bundles};
use crate::services::clock::Clock;
use crate::services::store::Store;
use crate::services::terminal::plain;

/// Ask it what the installed version was asked, in recorded incidents and by a host of this state
/// directory. That it changes verdicts is no fault.
pub(super) async fn rehearse(settings: &Settings, candidate: Plugin) -> anyhow::Result<bool> {
    let store = Store::open_existing(&settings.config.database())?;
    let id = candidate.id().to_owned();
    let kept = store.map(|store| versions::scripts_of(&store, &id));
    let mut scripts = kept.transpose()?.unwrap_or_default();
    if scripts.is_empty() && settings.config.bundles.is_none() {
        say!("no recorded calls of {} to replay", id);
        return Ok(true);
    }
    let installed = load::load(settings).await.ok();
    scripts.extend(recorded(settings, installed.as_ref(), &id).await);
    let before = installed.and_then(|loaded| loaded.plugins.registry.get(&id));
    let before = before.map(|live| live.plugin());
    let now = Clock::default().now();
    let rehearsed = versions::rehearse(before, Arc::new(candidate), scripts, now).await;
    say!("{}", rehearsed.told());
    for change in &rehearsed.changes {
        say!("  {}", plain(&change.told()));
    }
    Ok(true)
}

async fn recorded(settings: &Settings, installed: Option<&Loaded>, id: &str) -> Vec<Script> {
    match (&settings.config.bundles, installed) {
        (Some(directory), Some(loaded)) => {
            let (config, plugins) = (settings.config.clone(), loaded.plugins.clone());
            bundles::scripts(config, plugins, id.to_owned(), directory.clone()).await
        }
        _ => Vec::new(),
    }
}
