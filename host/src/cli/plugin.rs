//! `k8shawk plugin`.

mod check;
mod history;

use std::path::Path;

use k8shawk_core::count;
use k8shawk_sandbox::{Live, Status, explain};

use super::output::{complain, say};
use super::{Format, Misuse, Plugin, artifact, author, incidents, is_directory, output};
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
        Plugin::Precompile { directory } => precompile(&settings, &directory).await,
        Plugin::List { output } => list(&settings, output).await,
        Plugin::Explain { id } => {
            let live = named(&settings, &id).await?;
            for line in explain(&live.plugin()) {
                say!("{}", line);
            }
            Ok(true)
        }
        Plugin::Check { directory } => check_one(&settings, &directory).await,
        Plugin::History { id, output } => history::history(&settings, &id, output).await,
        Plugin::Accept { id } => accept(&settings, &id).await,
        Plugin::Rollback { id } => {
            running(&settings, &id).await?;
            incidents::ask(&settings, Ask::RollBack { plugin: id }).await
        }
    }
}

/// Machine code is for this version of the program and this processor; another host compiles again.
async fn precompile(settings: &Settings, directory: &Path) -> anyhow::Result<bool> {
    let loaded = load::precompile(settings, directory).await?;
    let all = loaded.plugins.registry.all();
    for live in &all {
        say!("compiled {}", live.id());
    }
    let refused = loaded.refused();
    for line in &refused {
        complain!("k8shawk: not compiled: {}", line);
    }
    say!(
        "{} in {}; ship it with plugins.precompiled, for this version and this processor",
        count(all.len(), "component"),
        directory.display().to_string()
    );
    Ok(refused.is_empty())
}

/// Of a running host where there is one, else as they would be loaded.
async fn list(settings: &Settings, format: Format) -> anyhow::Result<bool> {
    if let Ok(answer) = socket::ask(&settings.config.socket(), &Ask::Plugins).await {
        show(&answer.plugins, format)?;
        return Ok(true);
    }
    let loaded = load::load(settings).await?;
    let all = loaded.plugins.registry.all();
    let all: Vec<Status> = all.iter().map(|live| live.loaded()).collect();
    show(&all, format)?;
    let refused = loaded.refused();
    for line in &refused {
        complain!("k8shawk: not loaded: {}", line);
    }
    complain!("no host runs here; these are the plugins that `k8shawk run` would load");
    Ok(refused.is_empty())
}

fn show(plugins: &[Status], format: Format) -> anyhow::Result<()> {
    match format {
        Format::Text => {
            for line in plugins.iter().flat_map(Status::lines) {
                say!("{}", line);
            }
            Ok(())
        }
        Format::Json => output::document(&serde_json::to_value(plugins)?),
    }
}

/// How a plugin is in the running host.
///
/// # Errors
/// No host runs here, or it has no such plugin.
async fn running(settings: &Settings, id: &str) -> anyhow::Result<Status> {
    let answer = match socket::ask(&settings.config.socket(), &Ask::Plugins).await {
        Ok(answer) => answer,
        Err(away) if was_loaded(settings, id)? => return Err(away.into()),
        Err(_) => return Err(Misuse(format!(
            "no host runs here, and none has loaded a plugin {id:?} here; `k8shawk plugin list` shows the plugins"
        )).into()),
    };
    let known: Vec<String> = answer.plugins.iter().map(|of| of.id.clone()).collect();
    let mut all = answer.plugins.into_iter();
    all.find(|of| of.id == id)
        .ok_or_else(|| unknown(id, &known).into())
}

/// True where a host of this state directory has loaded the plugin.
fn was_loaded(settings: &Settings, id: &str) -> anyhow::Result<bool> {
    match Store::open_existing(&settings.config.database())? {
        Some(store) => Ok(!store.reloads(id)?.is_empty()),
        None => Ok(false),
    }
}

fn unknown(id: &str, known: &[String]) -> Misuse {
    let known = known.join(", ");
    Misuse(format!("there is no plugin {id:?}; loaded: {known}"))
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
        unknown(id, &known).into()
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
    running(settings, id).await?;
    let store = Store::open_existing(&settings.config.database())?;
    let waiting = store.as_ref().map(|store| history::waiting(store, id));
    let (Some(store), Some(waiting)) = (&store, waiting.transpose()?.flatten()) else {
        complain!("k8shawk: no version of {} waits", id);
        return Ok(false);
    };
    history::changes(store, &waiting)?;
    let VersionId { plugin, pin } = waiting.id;
    incidents::ask(settings, Ask::AcceptVersion { plugin, pin }).await
}
