//! The reference policy in each language and the empty component, as they stand in the directories of a host.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use k8shawk_sandbox::{Engine, EngineOptions, Point, Source};
use tempfile::TempDir;

use crate::bench::floor;
use crate::policies::{LANGUAGES, built, cache, sources};

/// A policies and a grants directory of their own; dropping it removes them.
pub(super) struct Shelf(TempDir);

impl Shelf {
    /// Builds the policies, with the grants that stand beside their sources.
    pub(super) fn fill() -> Result<Shelf> {
        let shelf = Shelf(tempfile::tempdir()?);
        floor::write(Point::Policy, &shelf.policies())?;
        let sources = sources()?;
        for id in LANGUAGES.map(id) {
            let grant = sources.get(&id).map(|source| source.join("grant.toml"));
            copy(&built(&id)?, &shelf.policies(), &id, &id)?;
            fs::create_dir_all(shelf.grants())?;
            if let Some(grant) = grant {
                fs::copy(grant, shelf.grants().join(format!("{id}.toml")))?;
            }
        }
        Ok(shelf)
    }

    pub(super) fn policies(&self) -> PathBuf {
        self.0.path().join("policies")
    }

    pub(super) fn grants(&self) -> PathBuf {
        self.0.path().join("grants")
    }

    pub(super) fn source(&self, id: &str) -> Result<Source> {
        Ok(Source::read(&self.policies().join(id), &self.grants())?)
    }
}

/// The reference policy of a language.
pub(super) fn id(language: &str) -> String {
    format!("reference-{language}")
}

/// An engine that finds what was compiled before.
pub(super) fn engine() -> Result<Engine> {
    Ok(Engine::new(&EngineOptions {
        cache: Some(cache().join("k8shawk/components")),
        ..EngineOptions::default()
    })?)
}

/// A built policy below another directory, under another id.
pub(super) fn copy(built: &Path, policies: &Path, id: &str, named: &str) -> Result<()> {
    let to = policies.join(named);
    fs::create_dir_all(&to)?;
    fs::copy(
        built.join(format!("{id}.wasm")),
        to.join(format!("{named}.wasm")),
    )?;
    let manifest = fs::read_to_string(built.join("plugin.toml"))?;
    let manifest = manifest.replace(&format!("id = \"{id}\""), &format!("id = \"{named}\""));
    Ok(fs::write(to.join("plugin.toml"), manifest)?)
}
