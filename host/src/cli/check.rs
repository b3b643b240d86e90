//! `k8shawk check`: configuration, grants, plugins, the model and rights, all faults at once.

use std::sync::Arc;

use super::complaints::Complaints;
use super::output::{complain, say};
use super::{Misuse, Said, model, rbac, run, sinks};
use crate::run::load::{self, Loaded};
use crate::run::settings::Settings;
use crate::services::cluster::Cluster;
use crate::services::store::Store;
use crate::services::telemetry::ModelMetrics;

/// Everything that can be wrong, at once.
pub async fn check(settings: Settings) -> anyhow::Result<bool> {
    let mut complaints = Complaints::default();
    for file in &settings.files {
        say!("configuration: {}", file.display());
    }
    if settings.files.is_empty() {
        say!("configuration: defaults (no file)");
    }
    match load::load(&settings).await {
        Ok(mut loaded) => {
            if let Err(fault) = required(&settings, &mut loaded) {
                complaints.take("", &fault);
            }
            for live in loaded.plugins.registry.all() {
                for line in live.loaded().lines() {
                    say!("plugin: {}", line);
                }
            }
            loaded.refused().into_iter().for_each(|f| complaints.add(f));
            for missing in loaded.plugins.required.missing() {
                complaints.add(format!("policy {}", missing.told()));
            }
        }
        Err(error) => complaints.take("", &error),
    }
    match model::start(&settings, &ModelMetrics::default()) {
        Ok(model) => say!("model: {}", model::shown(model.as_ref())),
        Err(error) => complaints.take("model: ", &error),
    }
    match sinks::read(&settings) {
        Ok(planned) => {
            for (name, value) in planned.rows(&settings.config) {
                say!("{}: {}", name, value);
            }
            if let Some(names) = planned.missing(&settings.config) {
                complaints.add(format!("slack is not used: {names} not set"));
            }
        }
        Err(more) => more
            .into_iter()
            .for_each(|fault| complaints.take("", &Misuse(fault).into())),
    }
    if let Err(fault) = run::places(&settings.config) {
        complaints.take("", &fault);
    }
    cluster(&settings, &mut complaints).await;
    for fault in &complaints.found {
        complain!("k8shawk: {}", fault);
    }
    if complaints.found.is_empty() {
        say!("no problems found");
    }
    match complaints.misuse {
        true => Err(Said.into()),
        false => Ok(complaints.found.is_empty()),
    }
}

/// What a host required here, where one has run.
fn required(settings: &Settings, loaded: &mut Loaded) -> anyhow::Result<()> {
    if let Some(store) = Store::open_existing(&settings.config.database())? {
        loaded.require(settings, &Arc::new(store));
    }
    Ok(())
}

async fn cluster(settings: &Settings, complaints: &mut Complaints) {
    match Cluster::connect(&settings.config).await {
        Ok(cluster) => {
            say!("cluster: {} ({})", cluster.name(), cluster.version());
            rbac::check(settings, &cluster, complaints).await;
        }
        Err(error) => complaints.take("", &error.into()),
    }
}
