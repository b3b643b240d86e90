//! Decides what becomes of a version that loads, by what it changes and what the operator wrote in
//! its grant. What is decided is stored before it holds.

use std::path::PathBuf;
use std::sync::Arc;

use k8shawk_core::config::Config;
use k8shawk_core::grant::Reload;
use k8shawk_sandbox::{Admission, Admitting, Engine, Gate, Plugin, Registry, Source};
use tokio::sync::{Mutex, mpsc};
use tracing::{info, warn};

use super::rehearse::{Rehearsed, rehearse, scripts_of};
use super::{Script, bundles};
use crate::services::clock::Clock;
use crate::services::crash_points;
use crate::services::plugins::{KeptFiles, Plugins};
use crate::services::store::{Found, Store, StoreError, Version, VersionId, VersionState};

/// Versions that decided before and whose files are kept, of each plugin.
const PREDECESSORS: usize = 2;
/// Versions that wait to be tried after they went live.
const TRIALS: usize = 64;

/// The gate of a running host.
pub struct VersionGate {
    engine: Engine,
    registry: Arc<Registry>,
    /// What became of each version, and the last real calls.
    store: Arc<Store>,
    /// Files of versions that decided.
    files: KeptFiles,
    clock: Clock,
    config: Config,
    grants: PathBuf,
    later: mpsc::Sender<Trial>,
    trials: Mutex<mpsc::Receiver<Trial>>,
}

/// A version that is live already, to be tried.
struct Trial {
    running: Option<Arc<Plugin>>,
    /// The version before it.
    live: Version,
    source: Source,
    candidate: Arc<Plugin>,
}

impl Gate for VersionGate {
    fn admit<'a>(
        &'a self,
        running: Option<Arc<Plugin>>,
        source: &'a Source,
        candidate: Arc<Plugin>,
    ) -> Admitting<'a> {
        Box::pin(async move {
            match self.decide(running, source, candidate).await {
                Ok(admission) => admission,
                // What is not stored does not hold at the next start.
                Err(fault) => Admission::Refused {
                    why: format!("cannot store what becomes of the version: {fault}"),
                },
            }
        })
    }

    fn withdrawn(&self, id: &str) {
        if let Err(fault) = self.store.versions_withdrawn(id) {
            warn!(plugin = id, %fault, "cannot store that no version waits");
        }
    }
}

impl VersionGate {
    /// A gate before a registry, whose versions the engine compiles; `grants` is the directory of
    /// grants. Files of versions are kept in the state directory of the configuration.
    pub fn new(
        (engine, registry): (Engine, Arc<Registry>),
        store: Arc<Store>,
        config: Config,
        grants: PathBuf,
    ) -> VersionGate {
        let (later, trials) = mpsc::channel(TRIALS);
        VersionGate {
            engine,
            registry,
            store,
            files: KeptFiles::within(&config.state),
            clock: Clock::default(),
            config,
            grants,
            later,
            trials: Mutex::new(trials),
        }
    }

    /// Try the versions that went live at once, one after the other, for as long as it is polled.
    pub async fn run_trials(&self) {
        let mut trials = self.trials.lock().await;
        while let Some(trial) = trials.recv().await {
            let id = found(&trial.candidate).id;
            if let Err(fault) = self.try_now(trial).await {
                warn!(plugin = id.plugin, %fault, "cannot store what a new version changes");
            }
        }
    }

    async fn try_now(&self, trial: Trial) -> Result<(), StoreError> {
        let Trial {
            running,
            live,
            source,
            candidate,
        } = trial;
        let found = found(&candidate);
        let before = self.before(running, &source, &live).await;
        let rehearsed = self.rehearse(before.plugin(), candidate, &source).await?;
        self.note(&found, &rehearsed)
    }

    async fn decide(
        &self,
        running: Option<Arc<Plugin>>,
        source: &Source,
        candidate: Arc<Plugin>,
    ) -> Result<Admission, StoreError> {
        let found = found(&candidate);
        let Some(live) = self.store.live_version(&found.id.plugin)? else {
            return self.live(source, &found);
        };
        if live.id == found.id {
            self.keep_files(source);
            return Ok(Admission::Live);
        }
        let known = self.store.version(&found.id)?;
        if let Some(known) = &known
            && known.state == VersionState::Accepted
        {
            return self.live(source, &found);
        }
        // A grant that names the version has accepted it.
        let pinned = source.grant.digest.is_some();
        let taken_back = known.filter(|known| known.state == VersionState::RolledBack && !pinned);
        if taken_back.is_none() && (pinned || source.grant.reload == Reload::AtOnce) {
            let admission = self.live(source, &found)?;
            let trial = Trial {
                running,
                live,
                source: source.clone(),
                candidate,
            };
            if self.later.try_send(trial).is_err() {
                warn!(
                    plugin = found.id.plugin,
                    "not tried: too many new versions at once"
                );
            }
            return Ok(admission);
        }
        let before = self.before(running, source, &live).await;
        if let Some(known) = taken_back {
            let why = format!("rolled back by {}", known.decided_by);
            return self.wait(&found, before, VersionState::RolledBack, why);
        }
        let rehearsed = self.rehearse(before.plugin(), candidate, source).await?;
        self.judge(source, &found, before, &rehearsed)
    }

    fn judge(
        &self,
        source: &Source,
        found: &Found,
        before: Before,
        rehearsed: &Rehearsed,
    ) -> Result<Admission, StoreError> {
        let state = match source.grant.reload {
            Reload::AtOnce => None,
            Reload::Accept if rehearsed.changes.is_empty() && rehearsed.tried.skipped == 0 => None,
            Reload::Accept => Some(VersionState::Held),
            Reload::Shadow => Some(VersionState::Shadow),
        };
        let admission = match state {
            None => self.live(source, found)?,
            Some(state) => self.wait(found, before, state, rehearsed.told())?,
        };
        self.note(found, rehearsed)?;
        Ok(admission)
    }

    /// Store what a version changes.
    fn note(&self, found: &Found, rehearsed: &Rehearsed) -> Result<(), StoreError> {
        let (id, told) = (&found.id, rehearsed.told());
        for change in &rehearsed.changes {
            let change = change.told();
            info!(
                plugin = id.plugin,
                change, "a new version changes a verdict"
            );
        }
        self.store.version_tried(id, &rehearsed.tried)?;
        self.store.keep_changes(id, &rehearsed.changes)?;
        let now = self.clock.now();
        let digest = found.id.pin.get(..12).unwrap_or_default();
        self.store
            .remember_reload(&id.plugin, &format!("tried {digest}: {told}"), now)
    }

    /// The files first, then the word, then the version itself: a crash in between leaves a version
    /// that is put live at the next start.
    fn live(&self, source: &Source, found: &Found) -> Result<Admission, StoreError> {
        self.keep_files(source);
        crash_points::reach("version-kept");
        self.store.version_goes_live(found, self.clock.now())?;
        crash_points::reach("version-live");
        self.forget_files(&found.id.plugin)?;
        Ok(Admission::Live)
    }

    fn keep_files(&self, source: &Source) {
        if let Err(error) = self.files.keep(source) {
            let plugin = &source.manifest.id;
            warn!(plugin, %error, "cannot keep the files of the version; it cannot be rolled back to");
        }
    }

    fn forget_files(&self, plugin: &str) -> Result<(), StoreError> {
        let mut versions = self.store.versions(plugin)?;
        versions.sort_by_key(|version| std::cmp::Reverse(version.live_at));
        let live = versions.iter().filter(|v| v.state == VersionState::Live);
        let past = versions.iter().filter(|v| v.state == VersionState::Past);
        let kept = live.chain(past.take(PREDECESSORS));
        let pins: Vec<String> = kept.map(|version| version.id.pin.clone()).collect();
        if let Err(error) = self.files.keep_only(plugin, &pins) {
            warn!(plugin, %error, "cannot delete the files of old versions");
        }
        Ok(())
    }

    fn wait(
        &self,
        found: &Found,
        before: Before,
        state: VersionState,
        why: String,
    ) -> Result<Admission, StoreError> {
        let instead = match before {
            Before::Runs(_) => None,
            Before::Kept(plugin) => Some(plugin),
            Before::Missing(error) => {
                return Ok(Admission::Refused {
                    why: format!(
                        "{why}; the version before it cannot decide meanwhile: {error}; pin the new \
                         one in its grant to load it"
                    ),
                });
            }
        };
        self.store.version_waits(found, state, self.clock.now())?;
        Ok(Admission::Waits {
            instead,
            shadow: state == VersionState::Shadow,
            why,
        })
    }

    /// The version that decides by what is stored, under the grant of today.
    async fn before(
        &self,
        running: Option<Arc<Plugin>>,
        source: &Source,
        live: &Version,
    ) -> Before {
        let running = running.filter(|plugin| plugin.digest() == live.id.pin);
        if let Some(running) = &running
            && *running.grant() == source.grant
            && running.is_granted() == source.granted
        {
            return Before::Runs(running.clone());
        }
        match (self.kept(&live.id, source).await, running) {
            (Ok(plugin), _) => Before::Kept(Arc::new(plugin)),
            // What the operator takes back is taken back at once.
            (Err(_), Some(running)) => {
                Before::Kept(Arc::new(running.with_rights_of(&source.grant)))
            }
            (Err(error), None) => Before::Missing(error),
        }
    }

    async fn kept(&self, id: &VersionId, source: &Source) -> Result<Plugin, String> {
        let kept = self.files.source(id, &source.dir, &self.grants);
        let kept = kept.map_err(|error| error.to_string())?;
        let plugin = Plugin::prepare(&self.engine, &kept).await;
        let plugin = plugin.map_err(|error| error.to_string())?;
        plugin.smoke().await.map_err(|error| error.to_string())?;
        Ok(plugin)
    }

    async fn rehearse(
        &self,
        before: Option<Arc<Plugin>>,
        candidate: Arc<Plugin>,
        source: &Source,
    ) -> Result<Rehearsed, StoreError> {
        let mut scripts = scripts_of(&self.store, candidate.id())?;
        scripts.extend(self.recorded(candidate.id(), source).await);
        Ok(rehearse(before, candidate, scripts, self.clock.now()).await)
    }

    /// What the recorded incidents ask the plugin: as the versions judge that are live, or were when
    /// the host stopped.
    async fn recorded(&self, id: &str, source: &Source) -> Vec<Script> {
        let Some(directory) = &self.config.bundles else {
            return Vec::new();
        };
        let plugins = match self.registry.get(id) {
            Some(_) => Plugins::new(self.registry.clone()),
            None => self.former(source).await,
        };
        bundles::scripts(
            self.config.clone(),
            plugins,
            id.to_owned(),
            directory.clone(),
        )
        .await
    }

    /// Every version that was live when the host stopped, as far as its files are kept.
    async fn former(&self, source: &Source) -> Plugins {
        let registry = Arc::new(Registry::new(self.config.quarantine_after));
        for live in self.store.live_versions().unwrap_or_default() {
            let kept = self.kept(&live.id, source).await;
            let put =
                kept.and_then(|plugin| registry.put(plugin).map_err(|error| error.to_string()));
            if let Err(error) = put {
                warn!(
                    plugin = live.id.plugin,
                    error, "not used for recorded incidents"
                );
            }
        }
        Plugins::new(registry)
    }
}

/// The version that decides so far.
enum Before {
    /// It runs, under the grant of today.
    Runs(Arc<Plugin>),
    /// It is to be put live: it does not run yet, or under another grant.
    Kept(Arc<Plugin>),
    /// It is not available.
    Missing(String),
}

impl Before {
    fn plugin(&self) -> Option<Arc<Plugin>> {
        match self {
            Before::Runs(plugin) | Before::Kept(plugin) => Some(plugin.clone()),
            Before::Missing(_) => None,
        }
    }
}

fn found(plugin: &Plugin) -> Found {
    Found {
        id: VersionId {
            plugin: plugin.id().to_owned(),
            pin: plugin.digest().to_owned(),
        },
        version: plugin.manifest().version.to_string(),
    }
}
