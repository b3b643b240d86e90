//! One look at the directories: read what changed, try it, put it live.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use tokio::task::JoinSet;

use crate::engine::Engine;
use crate::load::{LoadError, Source, plugins_in};
use crate::plugin::Plugin;
use crate::registry::Registry;
use crate::reload::stamp::Stamp;
use crate::reload::{Outcome, ReloadEvent};

/// Brings a registry in line with the directories.
pub struct Reloader {
    engine: Engine,
    registry: Arc<Registry>,
    plugins: PathBuf,
    grants: PathBuf,
    seen: BTreeMap<String, Stamp>,
}

impl Reloader {
    /// Nothing is read yet: see [`Reloader::pass`].
    pub fn new(engine: Engine, registry: Arc<Registry>, plugins: &Path, grants: &Path) -> Self {
        let (plugins, grants) = (plugins.to_owned(), grants.to_owned());
        Reloader {
            engine,
            registry,
            plugins,
            grants,
            seen: BTreeMap::new(),
        }
    }

    /// Look at every plugin once; the first pass loads them all. An event for each plugin that
    /// changed on disk, none for the others. One that fails does not hold up the rest.
    pub async fn pass(&mut self) -> Vec<ReloadEvent> {
        let mut events = Vec::new();
        let dirs = match plugins_in(&self.plugins) {
            Ok(dirs) => dirs,
            Err(why) => return self.vanished(&why.to_string()),
        };
        let changed = self.changed(&dirs);
        self.compile_ahead(&changed).await;
        for id in changed {
            if let Some(outcome) = self.change(&id, &self.plugins.join(&id)).await {
                events.push(ReloadEvent { id, outcome });
            }
        }
        events.extend(self.without_directory(&dirs));
        events
    }

    /// Those whose files are not as they were when they were last looked at.
    fn changed(&mut self, dirs: &[String]) -> Vec<String> {
        let mut changed = Vec::new();
        for id in dirs {
            let stamp = Stamp::of(&self.plugins.join(id), &self.grants, id);
            if self.seen.get(id) != Some(&stamp) {
                self.seen.insert(id.clone(), stamp);
                changed.push(id.clone());
            }
        }
        changed
    }

    /// Fill the cache for several plugins at once. They are then tried one after another, with
    /// no compiler beside them, as a smoke call has a deadline. What fails here fails again
    /// there, and is said there.
    async fn compile_ahead(&self, changed: &[String]) {
        if changed.len() < 2 || !self.engine.is_caching() {
            return;
        }
        let mut tasks = JoinSet::new();
        for id in changed {
            let (engine, dir) = (self.engine.clone(), self.plugins.join(id));
            let grants = self.grants.clone();
            tasks.spawn(async move {
                let read = tokio::task::spawn_blocking(move || Source::read(&dir, &grants)).await;
                if let Ok(Ok(source)) = read {
                    drop(engine.compile(source.bytes, &source.digest).await);
                }
            });
        }
        tasks.join_all().await;
    }

    async fn change(&self, id: &str, dir: &Path) -> Option<Outcome> {
        let begun = Instant::now();
        let running = self.registry.get(id).map(|live| live.plugin());
        let (from, at) = (dir.to_owned(), self.grants.clone());
        let read = tokio::task::spawn_blocking(move || Source::read(&from, &at)).await;
        let source = match read {
            Ok(Ok(source)) => source,
            Ok(Err(error)) => return Some(failed(running.is_some(), &error.to_string())),
            Err(error) => return Some(failed(running.is_some(), &error.to_string())),
        };
        if running.as_ref().is_some_and(|plugin| same(plugin, &source)) {
            return None;
        }
        let tried = async {
            let plugin = Plugin::prepare(&self.engine, &source).await?;
            plugin.smoke().await?;
            Ok::<_, LoadError>(plugin)
        };
        match tried.await {
            Ok(plugin) => {
                let to = plugin.digest().to_owned();
                let before = self.registry.put(plugin);
                let took = begun.elapsed();
                Some(match before.map(|plugin| plugin.digest().to_owned()) {
                    Some(from) => Outcome::Swapped { from, to, took },
                    None => Outcome::Loaded { digest: to, took },
                })
            }
            Err(error) => Some(self.keep(running.as_deref(), &source, &error)),
        }
    }

    /// A grant that takes something back takes effect at once, even where the component cannot
    /// be linked under it: the version that runs is refused what is no longer allowed.
    fn keep(&self, running: Option<&Plugin>, source: &Source, error: &LoadError) -> Outcome {
        let reason = error.to_string();
        match running {
            Some(plugin)
                if plugin.digest() == source.digest
                    && plugin.grant().allow != source.grant.allow =>
            {
                self.registry.put(plugin.with_reads_of(&source.grant));
                let reason = format!("{reason}; the running version may read what is now granted");
                Outcome::Kept { reason }
            }
            other => failed(other.is_some(), &reason),
        }
    }

    /// The root is gone: everything that runs goes on.
    fn vanished(&mut self, why: &str) -> Vec<ReloadEvent> {
        let reason = format!("{}: {why}", self.plugins.display());
        self.gone(&[], &reason)
    }

    fn without_directory(&mut self, dirs: &[String]) -> Vec<ReloadEvent> {
        self.gone(dirs, "its directory is gone")
    }

    fn gone(&mut self, dirs: &[String], why: &str) -> Vec<ReloadEvent> {
        let mut events = Vec::new();
        // Another reloader may keep plugins of another directory in the same registry.
        let own: Vec<String> = self.seen.keys().cloned().collect();
        for id in own {
            let lives = self.registry.get(&id).is_some();
            if !lives || dirs.contains(&id) || self.seen.get(&id) == Some(&Stamp::gone()) {
                continue;
            }
            self.seen.insert(id.clone(), Stamp::gone());
            let reason = format!("{why}; the running version goes on until the host restarts");
            events.push(ReloadEvent {
                id,
                outcome: Outcome::Kept { reason },
            });
        }
        events
    }
}

fn failed(runs: bool, reason: &str) -> Outcome {
    let reason = reason.to_owned();
    if runs {
        Outcome::Kept { reason }
    } else {
        Outcome::Refused { reason }
    }
}

fn same(plugin: &Plugin, source: &Source) -> bool {
    plugin.digest() == source.digest
        && *plugin.grant() == source.grant
        && *plugin.manifest() == source.manifest
}
