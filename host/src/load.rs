//! Bringing the plugins to life, and keeping them up to date while the host runs.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use k8shawk_sandbox::{
    Engine, EngineOptions, Outcome, Point, Registry, ReloadEvent, ReloadOptions, Reloader,
    Reloading,
};
use tokio::sync::mpsc;
use tracing::{info, warn};

use crate::judges::Judges;
use crate::settings::Settings;

/// The plugins with what watches their directories.
pub struct Loaded {
    /// The plugins.
    pub judges: Judges,
    /// What happened to each at loading.
    pub events: Vec<ReloadEvent>,
    reloaders: Vec<(Reloader, ReloadOptions)>,
}

/// Where compiled components are kept: the cache directory of the user.
pub fn cache() -> Option<PathBuf> {
    let base = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")))?;
    Some(base.join("k8shawk").join("components"))
}

/// Load every plugin and policy once.
///
/// # Errors
/// Where the engine does not start, or no triage or analysis plugin could be loaded.
pub async fn load(settings: &Settings) -> anyhow::Result<Loaded> {
    let options = EngineOptions {
        cache: cache(),
        ..EngineOptions::default()
    };
    let engine = Engine::new(&options)
        .or_else(|_| Engine::new(&EngineOptions::default()))
        .context("cannot start the sandbox")?;
    let registry = Arc::new(Registry::new(settings.config.quarantine_after));
    let mut reloaders = Vec::new();
    let mut events = Vec::new();
    for directory in [settings.plugins(), settings.policies()] {
        let grants = settings.grants();
        let mut reloader = Reloader::new(engine.clone(), registry.clone(), &directory, &grants);
        events.extend(reloader.pass().await);
        reloaders.push((reloader, ReloadOptions::new(directory, grants)));
    }
    for point in [Point::Triage, Point::Analysis] {
        if registry.at(point).is_empty() {
            let refused: Vec<String> = events.iter().filter_map(refusal).collect();
            anyhow::bail!(
                "no {} plugin in {}; {}",
                point.as_str(),
                settings.plugins().display(),
                if refused.is_empty() {
                    "is it built? (`make build`)".into()
                } else {
                    refused.join("; ")
                }
            );
        }
    }
    Ok(Loaded {
        judges: Judges { registry },
        events,
        reloaders,
    })
}

fn refusal(event: &ReloadEvent) -> Option<String> {
    match &event.outcome {
        Outcome::Refused { reason } | Outcome::Kept { reason } => {
            Some(format!("{}: {reason}", event.id))
        }
        _ => None,
    }
}

impl Loaded {
    /// What could not be loaded, as `id: reason`.
    pub fn refused(&self) -> Vec<String> {
        self.events.iter().filter_map(refusal).collect()
    }

    /// Watch the directories from now on; the handles stop it when dropped.
    pub fn watch(self) -> Vec<Reloading> {
        let (sender, mut receiver) = mpsc::channel(64);
        tokio::spawn(async move {
            while let Some(event) = receiver.recv().await {
                report(&event);
            }
        });
        self.reloaders
            .into_iter()
            .map(|(reloader, options)| Reloading::start(reloader, options, sender.clone()))
            .collect()
    }
}

fn report(event: &ReloadEvent) {
    let id = &event.id;
    match &event.outcome {
        Outcome::Loaded { digest, took } => info!(plugin = id, digest, ?took, "loaded"),
        Outcome::Swapped { from, to, took } => info!(plugin = id, from, to, ?took, "swapped"),
        Outcome::Kept { reason } => warn!(plugin = id, reason, "the running version goes on"),
        Outcome::Refused { reason } => warn!(plugin = id, reason, "not loaded"),
    }
}
