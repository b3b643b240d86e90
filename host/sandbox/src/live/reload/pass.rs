//! One look at the directories: read what changed, try it, put it live.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use tokio::task::JoinSet;

use crate::engine::Engine;
use crate::live::reload::stamp::Stamp;
use crate::live::{Admission, Gate, Outcome, ReloadEvent};
use crate::live::{Registry, Unloaded};
use crate::prepared::Plugin;
use crate::read::{LoadError, Place, Shelf, Source, Taken};
use k8shawk_core::point::Point;

/// Brings a registry in line with the directories.
pub struct Reloader {
    engine: Engine,
    registry: Arc<Registry>,
    shelf: Shelf,
    plugins: Place,
    /// The other places of plugins: an id stands in one of them.
    others: Vec<Place>,
    grants: PathBuf,
    seen: BTreeMap<String, Stamp>,
    gate: Option<Arc<dyn Gate>>,
}

impl Reloader {
    /// Nothing is read yet: see [`Reloader::pass`].
    pub fn new(
        engine: Engine,
        registry: Arc<Registry>,
        (shelf, plugins): (Shelf, impl Into<Place>),
        grants: &Path,
    ) -> Self {
        Reloader {
            engine,
            registry,
            shelf,
            plugins: plugins.into(),
            others: Vec::new(),
            grants: grants.to_owned(),
            seen: BTreeMap::new(),
            gate: None,
        }
    }

    /// Refuse what stands in another place of plugins too.
    #[must_use]
    pub fn beside(mut self, other: impl Into<Place>) -> Self {
        self.others.push(other.into());
        self
    }

    /// Ask before a version goes live.
    #[must_use]
    pub fn gated(mut self, gate: Arc<dyn Gate>) -> Self {
        self.gate = Some(gate);
        self
    }

    /// Look at every plugin once; the first pass loads them all. An event for each plugin that
    /// changed on disk, none for the others. One that fails does not hold up the rest.
    pub async fn pass(&mut self) -> Vec<ReloadEvent> {
        let mut events = Vec::new();
        let dirs = match self.plugins.ids() {
            Ok(dirs) => dirs,
            Err(why) => return self.vanished(&why.to_string()),
        };
        let changed = self.changed(&dirs);
        self.compile_ahead(&changed).await;
        for (id, again) in changed {
            let Some(dir) = self.plugins.dir(&id) else {
                continue;
            };
            if let Some(outcome) = self.change(&id, &dir, again).await {
                self.remember(&id, &outcome);
                events.push(ReloadEvent { id, outcome });
            }
        }
        // What was never seen here is in another place of the same shelf.
        self.registry.keep_refusals(self.shelf, |id| {
            !self.seen.contains_key(id) || dirs.iter().any(|dir| dir == id)
        });
        events.extend(self.without_directory(&dirs));
        events
    }

    /// Callers that need this plugin can ask why it does not run.
    fn remember(&self, id: &str, outcome: &Outcome) {
        if let Outcome::Refused { reason } = outcome {
            self.registry.note_refusal(Unloaded {
                id: id.to_owned(),
                shelf: self.shelf,
                why: reason.clone(),
            });
        }
    }

    /// Those whose files are not as they were when they were last looked at.
    /// With each, whether it is checked again though it may be as it was.
    fn changed(&mut self, dirs: &[String]) -> Vec<(String, bool)> {
        let mut changed = Vec::new();
        for id in dirs {
            let Some(dir) = self.plugins.dir(id) else {
                continue;
            };
            let stamp = Stamp::of(&dir, &self.twins(id), &self.grants, id);
            // Both are asked: a plugin that is to be checked again is checked once.
            let again = self.registry.is_again(id);
            if self.seen.get(id) != Some(&stamp) || again {
                self.seen.insert(id.clone(), stamp);
                changed.push((id.clone(), again));
            }
        }
        changed
    }

    /// Where else a plugin of this id would be.
    fn twins(&self, id: &str) -> Vec<PathBuf> {
        self.others
            .iter()
            .filter_map(|place| place.dir(id))
            .collect()
    }

    /// Fill the cache for several plugins at once. They are then tried one after another, with
    /// no compiler beside them, as a smoke call has a deadline. What fails here fails again
    /// there, and is said there.
    async fn compile_ahead(&self, changed: &[(String, bool)]) {
        if changed.len() < 2 || !self.engine.is_caching() {
            return;
        }
        let mut tasks = JoinSet::new();
        for (id, _) in changed {
            let Some(dir) = self.plugins.dir(id) else {
                continue;
            };
            let (engine, grants) = (self.engine.clone(), self.grants.clone());
            tasks.spawn(async move {
                let read = tokio::task::spawn_blocking(move || Source::read(&dir, &grants)).await;
                if let Ok(Ok(source)) = read {
                    drop(engine.compile(source.wasm()).await);
                }
            });
        }
        tasks.join_all().await;
    }

    async fn change(&self, id: &str, dir: &Path, again: bool) -> Option<Outcome> {
        let begun = Instant::now();
        let running = self.registry.get(id).map(|live| live.plugin());
        let runs = running.as_ref().is_some_and(|plugin| plugin.dir() == dir);
        let source = match self.read(id, dir).await {
            Ok(source) => source,
            Err(why) => return Some(failed(runs, &why)),
        };
        let unchanged = running.as_ref().is_some_and(|plugin| same(plugin, &source));
        if unchanged && !again {
            self.withdraw(id);
            return None;
        }
        let tried = async {
            self.admitted(id, running.as_deref(), &source)?;
            let plugin = Plugin::prepare(&self.engine, &source).await?;
            plugin.smoke().await?;
            let plugin = Arc::new(plugin);
            match self.gate(running.clone(), &source, &plugin).await {
                Admission::Live if unchanged => Ok(None),
                Admission::Live => self.go_live(plugin, begun).map(Some),
                Admission::Refused { why } => Ok(Some(failed(runs, &why))),
                Admission::Waits {
                    instead,
                    shadow,
                    why,
                } => self.wait(plugin, instead, shadow, why).map(Some),
            }
        };
        match tried.await {
            Ok(outcome) => outcome,
            Err(error) => Some(self.keep(running.as_deref(), &source, &error)),
        }
    }

    async fn gate(
        &self,
        running: Option<Arc<Plugin>>,
        source: &Source,
        candidate: &Arc<Plugin>,
    ) -> Admission {
        match &self.gate {
            Some(gate) => gate.admit(running, source, candidate.clone()).await,
            None => Admission::Live,
        }
    }

    /// The files are those of the version that runs.
    fn withdraw(&self, id: &str) {
        self.registry.wait_no_more(id);
        if let Some(gate) = &self.gate {
            gate.withdrawn(id);
        }
    }

    fn go_live(&self, plugin: Arc<Plugin>, begun: Instant) -> Result<Outcome, LoadError> {
        let (id, to) = (plugin.id().to_owned(), plugin.digest().to_owned());
        let before = self.registry.put(plugin)?;
        self.registry.wait_no_more(&id);
        let took = begun.elapsed();
        Ok(match before.map(|plugin| plugin.digest().to_owned()) {
            Some(from) => Outcome::Swapped { from, to, took },
            None => Outcome::Loaded { digest: to, took },
        })
    }

    fn wait(
        &self,
        plugin: Arc<Plugin>,
        instead: Option<Arc<Plugin>>,
        shadow: bool,
        why: String,
    ) -> Result<Outcome, LoadError> {
        if let Some(instead) = instead {
            self.registry.put(instead)?;
        }
        let live = self.registry.get(plugin.id());
        let live = live.map(|live| live.plugin().digest().to_owned());
        let (digest, reason) = (plugin.digest().to_owned(), why.clone());
        self.registry.wait(plugin, shadow, why);
        Ok(Outcome::Waits {
            digest,
            live: live.unwrap_or_default(),
            shadow,
            reason,
        })
    }

    /// The files, read on a thread that may block.
    async fn read(&self, id: &str, dir: &Path) -> Result<Source, String> {
        let (from, at) = (dir.to_owned(), self.grants.clone());
        if let Some(dir) = self.twins(id).into_iter().find(|dir| dir.is_dir()) {
            let id = id.to_owned();
            return Err(Taken::Twice { id, dir }.to_string());
        }
        match tokio::task::spawn_blocking(move || Source::read(&from, &at)).await {
            Ok(read) => read.map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// What must hold before anything is compiled.
    fn admitted(
        &self,
        id: &str,
        running: Option<&Plugin>,
        source: &Source,
    ) -> Result<(), LoadError> {
        self.shelf.check(source)?;
        self.plugins.check(source)?;
        if let Some(live) = self.registry.get(id) {
            live.admits(source.manifest.point, &source.dir)?;
        }
        let is_policy = source.manifest.point == Point::Policy;
        if is_policy && !source.granted && running.is_some_and(Plugin::is_granted) {
            // What it denies may stand in its settings.
            let message = "the grant of a running policy was removed".to_owned();
            let path = source.grant_file.clone();
            return Err(LoadError::Grant { path, message });
        }
        Ok(())
    }

    /// A grant that takes something back takes effect at once, even where the component cannot
    /// be linked under it: the version that runs is refused what is no longer allowed.
    fn keep(&self, running: Option<&Plugin>, source: &Source, error: &LoadError) -> Outcome {
        let reason = error.to_string();
        match running {
            Some(plugin)
                if plugin.dir() == source.dir
                    && (plugin.component_digest() == source.component_digest
                        || self.waits(plugin.id()))
                    && plugin.grant().rights() != source.grant.rights() =>
            {
                let put = self.registry.put(plugin.with_rights_of(&source.grant));
                let now = match put {
                    Ok(_) => "the running version now uses the new grant".to_owned(),
                    Err(taken) => taken.to_string(),
                };
                Outcome::Kept {
                    reason: format!("{reason}; {now}"),
                }
            }
            other => failed(other.is_some_and(|p| p.dir() == source.dir), &reason),
        }
    }

    fn waits(&self, id: &str) -> bool {
        let live = self.registry.get(id);
        live.is_some_and(|live| live.waiting().is_some())
    }

    /// The root is gone: everything that runs stays loaded.
    fn vanished(&mut self, why: &str) -> Vec<ReloadEvent> {
        let reason = format!("{}: {why}", self.plugins.name());
        self.gone(&[], &reason)
    }

    fn without_directory(&mut self, dirs: &[String]) -> Vec<ReloadEvent> {
        self.gone(dirs, "its directory was removed")
    }

    fn gone(&mut self, dirs: &[String], why: &str) -> Vec<ReloadEvent> {
        let mut events = Vec::new();
        // Another reloader may keep plugins of another directory in the same registry.
        let own: Vec<String> = self.seen.keys().cloned().collect();
        for id in own {
            let home = self.plugins.dir(&id);
            let lives = self
                .registry
                .get(&id)
                .is_some_and(|l| home.as_deref() == Some(l.plugin().dir()));
            if !lives || dirs.contains(&id) || self.seen.get(&id) == Some(&Stamp::gone()) {
                continue;
            }
            self.seen.insert(id.clone(), Stamp::gone());
            let reason = format!("{why}; the running version stays in use until the host restarts");
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
        && plugin.is_granted() == source.granted
        && plugin.dir() == source.dir
}
