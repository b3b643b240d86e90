//! `k8shawk replay`: what the plugins find in recorded incidents.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::output::say;
use super::{Format, bundles, output};
use crate::run::load;
use crate::run::scan;
use crate::run::settings::Settings;
use crate::services::Services;
use crate::services::clock::Clock;
use crate::services::cluster::AnyCluster;
use crate::services::cluster::replay::Replay;

/// Each bundle through triage, analysis and fix selection: for comparing plugins.
pub async fn replay(
    settings: Settings,
    arguments: Vec<PathBuf>,
    format: Format,
) -> anyhow::Result<bool> {
    let loaded = load::load(&settings).await?;
    let mut all = Vec::new();
    for file in bundles::named(&arguments)? {
        let bundle = bundles::read(&file)?;
        let title = bundle.title.clone();
        let replay = Replay::new(bundle);
        let clock = Clock::default();
        clock.set(replay.time() + 1);
        let (inventory, events) = (replay.inventory(), replay.events());
        let cluster = AnyCluster::Recorded(replay);
        let config = settings.config.clone();
        let services = Services::aside(config, loaded.plugins.clone(), cluster, clock)?;
        let found = scan::run(&services, &inventory, &events).await?;
        let cluster = services.installation.cluster();
        if format == Format::Text {
            say!("── {} ({})", title, file.display());
            super::scan::print(&found, format, cluster)?;
        }
        let findings = super::scan::findings(&found, cluster);
        all.push(json!({"bundle": file, "title": title, "findings": findings}));
    }
    if format == Format::Json {
        output::document(&Value::Array(all))?;
    }
    Ok(true)
}
