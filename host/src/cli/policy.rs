//! `k8shawk policy`: start, build, test and inspect a policy without leaving the terminal.

use k8shawk_sandbox::{Engine, EngineOptions, Point, explain};

use super::output::say;
use super::{Misuse, Policy, author, is_directory};
use crate::run::settings::Settings;
use crate::services::store::Store;

/// `k8shawk policy`.
pub async fn policy(settings: &Settings, command: Policy) -> anyhow::Result<bool> {
    match command {
        Policy::New {
            directory,
            language,
        } => author::new(&directory, Point::Policy, language),
        Policy::Author(command) => author::author(command).await,
        Policy::Inspect { directory } => {
            is_directory(&directory)?;
            let engine = Engine::new(&EngineOptions::default())?;
            let plugin = k8shawk_sandbox::load(&engine, &directory, &settings.grants()).await?;
            say!("{} loads; digest {}", plugin.id(), plugin.digest());
            for line in explain(&plugin) {
                say!("{}", line);
            }
            Ok(true)
        }
        Policy::Forget { id } => forget(settings, &id),
    }
}

/// A policy that was live is required until its operator says that it may go.
fn forget(settings: &Settings, id: &str) -> anyhow::Result<bool> {
    let place = settings.policies().join(id);
    if place.is_dir() {
        let place = place.display();
        return Err(Misuse(format!("{place} still exists; remove it first")).into());
    }
    let database = settings.config.database();
    let known = database.exists() && Store::open(&database)?.forget_policy(id)?;
    if !known {
        return Err(Misuse(format!("no policy {id:?} was loaded here")).into());
    }
    say!("{} is no longer required", id);
    let named = settings.config.required_policies.iter().flatten();
    if named.into_iter().any(|named| named == id) {
        say!("it is still listed in [policies] required");
    }
    Ok(true)
}
