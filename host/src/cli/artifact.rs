//! `k8shawk plugin push` and `plugin pull`.

use std::path::Path;

use k8shawk_core::artifact::{Pinned, Reference};
use k8shawk_sandbox::{Manifest, Shelf, plugin_digest};

use super::output::say;
use super::{Misuse, Unusable, is_directory};
use crate::run::artifacts::Source;
use crate::run::settings::Settings;
use crate::services::private_files;
use crate::services::registry::{Fetched, Package, lay_out, verify};

/// A reference of the command line.
fn reference(text: &str) -> anyhow::Result<Reference> {
    Reference::parse(text).map_err(|why| Misuse(why).into())
}

/// Push a plugin's directory.
pub async fn push(settings: &Settings, directory: &Path, to: &str) -> anyhow::Result<bool> {
    is_directory(directory)?;
    let to = reference(to)?;
    if to.digest().is_some() {
        let why = "a digest follows from what is pushed: name a tag";
        return Err(Misuse(why.to_owned()).into());
    }
    let package = Package::read(directory).map_err(Misuse)?;
    let source = Source::new(settings)?;
    let pinned = source.registry().push(&to, package).await?;
    say!("{}", pinned);
    Ok(true)
}

/// Pull a plugin into the cache, or into a directory of plugins.
pub async fn pull(settings: &Settings, from: &str, to: Option<&Path>) -> anyhow::Result<bool> {
    let from = reference(from)?;
    let source = Source::new(settings)?;
    let fetched = source.registry().pull(&from).await?;
    let key = verify(
        &fetched.pinned,
        &fetched.signatures,
        source.registry().keys(),
    )?;
    let key = key.map(|key| format!(", signed by {}", key.display()));
    let plugin = Manifest::parse(
        &fetched.layout.plugin,
        &Path::new(&fetched.layout.id).join("plugin.toml"),
    )?;
    match to {
        Some(to) => {
            let place = to.join(&plugin.id);
            lay_out(&place, &fetched).map_err(|why| Unusable::fault(&place, why))?;
        }
        None => {
            let state = &settings.config.state;
            private_files::directory(state).map_err(|why| Unusable::fault(state, why))?;
            source.cache().put(&fetched, &source.in_use())?;
        }
    }
    let digest = plugin_digest(fetched.layout.plugin.as_bytes(), &fetched.component);
    say!(
        "{} {} for the point {}, digest {}{}",
        plugin.id,
        plugin.version,
        plugin.point,
        digest,
        key.unwrap_or_default()
    );
    say!("{}", listed(&fetched, Shelf::of(plugin.point)));
    Ok(true)
}

/// The line of the configuration.
fn listed(fetched: &Fetched, shelf: Shelf) -> String {
    let pinned: &Pinned = &fetched.pinned;
    match shelf {
        Shelf::Policies => format!("[registry] policies = [\"{pinned}\"]"),
        Shelf::Plugins => format!("[registry] plugins = [\"{pinned}\"]"),
    }
}
