//! `k8shawk plugin`.

mod check;
mod history;

use std::path::Path;

use k8shawk_sandbox::{Live, explain};

use super::output::{complain, say};
use super::{Misuse, Plugin, artifact, author, incidents, is_directory};
use crate::run::load;
use crate::run::settings::Settings;
use crate::services::socket::{self, Ask};
use crate::services::store::{Store, VersionId};

/// `k8shawk plugin`.
pub async fn plugin(settings: Settings, command: Plugin) -> anyhow::Result<bool> {
    match command {
        Plugin::New {
            directory,
            point,
            language,
        } => author::new(&directory, point, language),
        Plugin::Author(command) => author::author(command).await,
        Plugin::Push {
            directory,
            reference,
        } => artifact::push(&settings, &directory, &reference).await,
        Plugin::Pull { reference, to } => {
            artifact::pull(&settings, &reference, to.as_deref()).await
        }
        Plugin::List => list(&settings).await,
        Plugin::Explain { id } => {
            let live = named(&settings, &id).await?;
            for line in explain(&live.plugin()) {
                say!("{}", line);
            }
            Ok(true)
        }
        Plugin::Check { directory } => check_one(&settings, &directory).await,
        Plugin::History { id } => history::history(&settings, &id).await,
        Plugin::Accept { id } => accept(&settings, &id).await,
        Plugin::Rollback { id } => incidents::ask(&settings, Ask::RollBack { plugin: id }).await,
    }
}

/// Of a running host where there is one, else as they would be loaded.
async fn list(settings: &Settings) -> anyhow::Result<bool> {
    if socket::ask(&settings.config.socket(), &Ask::Plugins)
        .await
        .is_ok()
    {
        return incidents::ask(settings, Ask::Plugins).await;
    }
    let loaded = load::load(settings).await?;
    for live in loaded.plugins.registry.all() {
        say!("{}", live.version());
    }
    let refused = loaded.refused();
    for line in &refused {
        complain!("k8shawk: not loaded: {}", line);
    }
    complain!("no host runs here; these are the plugins that `k8shawk run` would load");
    Ok(refused.is_empty())
}

async fn named(settings: &Settings, id: &str) -> anyhow::Result<std::sync::Arc<Live>> {
    let loaded = load::load(settings).await?;
    loaded.plugins.registry.get(id).ok_or_else(|| {
        let known: Vec<String> = loaded
            .plugins
            .registry
            .all()
            .iter()
            .map(|l| l.id().to_owned())
            .collect();
        Misuse(format!(
            "there is no plugin {id:?}; loaded: {}",
            known.join(", ")
        ))
        .into()
    })
}

async fn check_one(settings: &Settings, directory: &Path) -> anyhow::Result<bool> {
    is_directory(directory)?;
    let engine = load::engine(settings)?;
    match k8shawk_sandbox::load(&engine, directory, &settings.grants()).await {
        Ok(plugin) => {
            say!("{} loads; digest {}", plugin.id(), plugin.digest());
            for line in explain(&plugin) {
                say!("{}", line);
            }
            check::rehearse(settings, plugin).await
        }
        Err(error) => {
            let (directory, said) = (directory.display().to_string(), error.to_string());
            // Most faults name a file in it already.
            let place = if said.contains(&directory) {
                String::new()
            } else {
                format!("{directory}: ")
            };
            complain!(
                "k8shawk: {}{} (the {} must fix this)",
                place,
                said,
                error.blame()
            );
            Ok(false)
        }
    }
}

/// What waits is shown first: the acceptance is for that version.
async fn accept(settings: &Settings, id: &str) -> anyhow::Result<bool> {
    let Some(store) = Store::open_existing(&settings.config.database())? else {
        return Err(Misuse(format!("no host has loaded a plugin {id:?} here")).into());
    };
    let Some(waiting) = history::waiting(&store, id)? else {
        complain!("k8shawk: no version of {} waits", id);
        return Ok(false);
    };
    history::changes(&store, &waiting)?;
    let VersionId { plugin, pin } = waiting.id;
    incidents::ask(settings, Ask::AcceptVersion { plugin, pin }).await
}
