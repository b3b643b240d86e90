//! Bringing the plugins to life, and keeping them up to date while the host runs.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use k8shawk_sandbox::{
    ChildCompiler, Compiler, Engine, EngineError, EngineOptions, Outcome, Place, Point, Registry,
    ReloadEvent, ReloadOptions, Reloader, Shelf,
};
use tokio::sync::{Mutex, mpsc};
use tracing::warn;

use crate::run::artifacts::Artifacts;
use crate::run::settings::Settings;
use crate::run::versions::VersionGate;
use crate::services::clock::Clock;
use crate::services::plugins::{Plugins, Required};
use crate::services::store::Store;
use crate::services::tasks::{Supervisor, Task};
use crate::services::telemetry::Telemetry;
use crate::services::telemetry::event::PluginReloaded;

/// The plugins with what watches their directories.
pub struct Loaded {
    /// The plugins.
    pub plugins: Plugins,
    /// What happened to each at loading.
    pub events: Vec<ReloadEvent>,
    reloaders: Vec<(Reloader, ReloadOptions)>,
    artifacts: Arc<Artifacts>,
    /// What new versions must pass; none where nothing remembers them.
    gate: Option<Arc<VersionGate>>,
}

/// Where compiled components are kept: the cache directory of the user.
pub fn cache() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let base = set("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| set("HOME").map(|home| PathBuf::from(home).join(".cache")))?;
    Some(base.join("k8shawk").join("components"))
}

/// A directory of plugins, policies or grants cannot be used: correct the setting.
#[derive(Debug, thiserror::Error)]
pub enum NoDirectory {
    /// It is not there.
    #[error("there is no directory {} ([plugins] {key}, {variable}); `make build` lays it out beside the binary", path.display())]
    Missing {
        /// The directory.
        path: PathBuf,
        /// The key of its setting.
        key: &'static str,
        /// The variable of its setting.
        variable: &'static str,
    },
    /// The directory tells a policy from a plugin.
    #[error(
        "[plugins] plugins and policies are one directory, {}: policies need one of their own",
        .0.display()
    )]
    Same(PathBuf),
}

/// That the directories of the settings are there.
///
/// # Errors
/// [`NoDirectory`] names the setting.
pub fn directories(settings: &Settings) -> Result<(), NoDirectory> {
    let wanted = [
        (settings.plugins(), "plugins", "K8SHAWK_PLUGINS"),
        (settings.policies(), "policies", "K8SHAWK_POLICIES"),
        (settings.grants(), "grants", "K8SHAWK_GRANTS"),
    ];
    match wanted.into_iter().find(|(path, ..)| !path.is_dir()) {
        Some((path, key, variable)) => Err(NoDirectory::Missing {
            path,
            key,
            variable,
        }),
        None if is_same(&settings.plugins(), &settings.policies()) => {
            Err(NoDirectory::Same(settings.policies()))
        }
        None => Ok(()),
    }
}

fn is_same(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    real(one) == real(other)
}

/// This very program, also where its file was replaced while it runs.
const OURSELVES: &str = "/proc/self/exe";

/// An engine that leaves compiling to children, so that neither their memory nor their crashes
/// are the host's. It takes their results from the cache directory, and compiles by itself where
/// there is none.
///
/// # Errors
/// WebAssembly does not run on this machine.
pub fn engine(settings: &Settings) -> Result<Engine, EngineError> {
    let here = "plugins are compiled in this process, again at each start";
    let precompiled = settings.config.precompiled.clone();
    let alone = EngineOptions {
        precompiled: precompiled.clone(),
        ..EngineOptions::default()
    };
    let Some(directory) = cache() else {
        warn!("neither XDG_CACHE_HOME nor HOME is set: {here}");
        return Engine::new(&alone);
    };
    match engine_with(settings, directory, precompiled) {
        Err(error @ EngineError::Cache { .. }) => {
            warn!("{error}: {here}");
            Engine::new(&alone)
        }
        engine => engine,
    }
}

fn engine_with(
    settings: &Settings,
    cache: PathBuf,
    precompiled: Option<PathBuf>,
) -> Result<Engine, EngineError> {
    Engine::new(&EngineOptions {
        cache: Some(cache),
        precompiled,
        compiler: Compiler::Child(ChildCompiler {
            program: OURSELVES.into(),
            memory_mib: settings.config.compile_memory_mib,
        }),
        ..EngineOptions::default()
    })
}

/// Load every plugin and policy, and leave their machine code in a directory that may be shipped with
/// them: everybody can read it, and only this user can write to it.
///
/// # Errors
/// As of [`load`], or the directory cannot be written.
pub async fn precompile(settings: &Settings, into: &Path) -> anyhow::Result<Loaded> {
    let others = files(into)?;
    if let Some(other) = others.iter().find(|file| !is_code(file)) {
        anyhow::bail!(
            "{} is not of this command: name a new directory",
            other.display()
        );
    }
    let engine = engine_with(settings, into.to_owned(), None)?;
    let loaded = load_by(settings, engine, None).await?;
    let mode = |path: &Path, mode| {
        fs::set_permissions(path, Permissions::from_mode(mode))
            .with_context(|| path.display().to_string())
    };
    for file in files(into)?.iter().filter(|file| is_code(file)) {
        mode(file, 0o644)?;
    }
    mode(into, 0o755)?;
    Ok(loaded)
}

/// What is in a directory; nothing where it is not there yet.
fn files(directory: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !directory.exists() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(directory).with_context(|| directory.display().to_string())?;
    let paths = entries.map(|entry| Ok(entry?.path()));
    paths.collect()
}

fn is_code(file: &Path) -> bool {
    file.extension().is_some_and(|end| end == "cwasm")
}

/// Load every plugin and policy once, as they stand in their directories.
///
/// # Errors
/// [`NoDirectory`]; or the engine does not start, or no triage or analysis plugin could be loaded.
pub async fn load(settings: &Settings) -> anyhow::Result<Loaded> {
    load_by(settings, start(settings)?, None).await
}

/// Load them as a host does, which remembers its versions: a new one goes live as its grant says.
///
/// # Errors
/// As of [`load`].
pub async fn load_for_host(settings: &Settings, store: &Arc<Store>) -> anyhow::Result<Loaded> {
    load_by(settings, start(settings)?, Some(store)).await
}

fn start(settings: &Settings) -> anyhow::Result<Engine> {
    engine(settings).context("cannot start the sandbox")
}

async fn load_by(
    settings: &Settings,
    engine: Engine,
    store: Option<&Arc<Store>>,
) -> anyhow::Result<Loaded> {
    directories(settings)?;
    let registry = Arc::new(Registry::new(settings.config.quarantine_after));
    let gate = store.map(|store| {
        let (config, grants) = (settings.config.clone(), settings.grants());
        let live = (engine.clone(), registry.clone());
        Arc::new(VersionGate::new(live, store.clone(), config, grants))
    });
    let mut reloaders = Vec::new();
    let mut events = Vec::new();
    let grants = settings.grants();
    let artifacts = Arc::new(Artifacts::new(settings)?);
    events.extend(artifacts.get(&registry).await);
    let places = places(settings, &artifacts);
    for (at, (shelf, place, watched)) in places.iter().enumerate() {
        let shelf = (*shelf, place.clone());
        let mut reloader = Reloader::new(engine.clone(), registry.clone(), shelf, &grants);
        let others = places.iter().enumerate().filter(|(other, _)| *other != at);
        for (_, (_, other, _)) in others {
            reloader = reloader.beside(other.clone());
        }
        if let Some(gate) = &gate {
            reloader = reloader.gated(gate.clone());
        }
        events.extend(reloader.pass().await);
        reloaders.push((
            reloader,
            ReloadOptions::new(watched.clone(), grants.clone()),
        ));
    }
    for point in [Point::Triage, Point::Analysis] {
        if registry.at(point).is_empty() {
            let refused: Vec<String> = events.iter().filter_map(refusal).collect();
            anyhow::bail!(
                "no {} plugin in {}; {}",
                point.as_str(),
                settings.plugins().display(),
                if refused.is_empty() {
                    "is it built? (`make build`)".into()
                } else {
                    refused.join("; ")
                }
            );
        }
    }
    Ok(Loaded {
        plugins: Plugins::new(registry),
        events,
        reloaders,
        artifacts,
        gate,
    })
}

/// Where plugins come from, with what each place is for and which directory changes with it.
fn places(settings: &Settings, artifacts: &Artifacts) -> [(Shelf, Place, PathBuf); 4] {
    let (plugins, policies) = (settings.plugins(), settings.policies());
    // What is pulled stays as it is: of it, only its grant changes.
    let pulled = |shelf: Shelf| (shelf, artifacts.place(shelf), settings.grants());
    [
        (Shelf::Plugins, Place::from(&plugins), plugins),
        pulled(Shelf::Plugins),
        (Shelf::Policies, Place::from(&policies), policies),
        pulled(Shelf::Policies),
    ]
}

fn refusal(event: &ReloadEvent) -> Option<String> {
    match &event.outcome {
        Outcome::Refused { reason } | Outcome::Kept { reason } => {
            Some(format!("{}: {reason}", event.id))
        }
        _ => None,
    }
}

impl Loaded {
    /// What could not be loaded, as `id: reason`.
    pub fn refused(&self) -> Vec<String> {
        self.events.iter().filter_map(refusal).collect()
    }

    /// Require the policies that the configuration names, else those that were live before.
    pub fn require(&mut self, settings: &Settings, store: &Arc<Store>) {
        let named = settings.config.required_policies.clone();
        let registry = self.plugins.registry.clone();
        self.plugins.required = Arc::new(Required::kept(registry, named, store.clone()));
    }

    /// Watch the directories from now on, until the host stops.
    pub fn watch(self, store: Arc<Store>, clock: Clock, supervisor: &Supervisor) {
        let (sender, receiver) = mpsc::channel(64);
        let telemetry = self.plugins.telemetry.clone();
        let registry = self.plugins.registry.clone();
        for event in &self.events {
            PluginReloaded(event).count(&telemetry);
            remember(&store, &clock, event);
        }
        let events = Arc::new(Events {
            receiver: Mutex::new(receiver),
            registry,
            telemetry,
            store,
            clock,
        });
        let (artifacts, stop) = (self.artifacts, supervisor.stop().clone());
        let registry = events.registry.clone();
        supervisor.keep(Task::Artifacts, move || {
            let (artifacts, registry) = (artifacts.clone(), registry.clone());
            let stop = stop.clone();
            async move { artifacts.keep_getting(&registry, &stop).await }
        });
        let stop = supervisor.stop().clone();
        supervisor.keep(Task::ReloadEvents, move || {
            let (events, stop) = (events.clone(), stop.clone());
            async move {
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = events.keep() => {}
                }
            }
        });
        if let Some(gate) = self.gate {
            let stop = supervisor.stop().clone();
            supervisor.keep(Task::Trial, move || {
                let (gate, stop) = (gate.clone(), stop.clone());
                async move {
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = gate.run_trials() => {}
                    }
                }
            });
        }
        for (reloader, options) in self.reloaders {
            let (reloader, options) = (Arc::new(Mutex::new(reloader)), Arc::new(options));
            let (sender, stop) = (sender.clone(), supervisor.stop().clone());
            supervisor.keep(Task::Reload, move || {
                let (reloader, options) = (reloader.clone(), options.clone());
                let (sender, stop) = (sender.clone(), stop.clone());
                async move {
                    let mut reloader = reloader.lock().await;
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = reloader.watch(&options, &sender) => {}
                    }
                }
            });
        }
    }
}

/// What becomes of reloads: said, counted and kept.
struct Events {
    receiver: Mutex<mpsc::Receiver<ReloadEvent>>,
    registry: Arc<Registry>,
    telemetry: Telemetry,
    store: Arc<Store>,
    clock: Clock,
}

impl Events {
    async fn keep(&self) {
        let mut receiver = self.receiver.lock().await;
        while let Some(event) = receiver.recv().await {
            PluginReloaded(&event).emit(&self.telemetry);
            remember(&self.store, &self.clock, &event);
            require(&self.store, &self.clock, &self.registry, &event);
        }
    }
}

/// A policy that went live is required from now on. Where that is not kept, the next start keeps
/// it.
fn require(store: &Store, clock: &Clock, registry: &Registry, event: &ReloadEvent) {
    let Some(live) = registry.get(&event.id) else {
        return;
    };
    let granted = live.plugin().is_granted();
    if live.point() == Point::Policy
        && let Err(fault) = store.note_policy(live.id(), granted, clock.now())
    {
        warn!(policy = event.id, %fault, "cannot store that the policy is required");
    }
}

/// Keep it for `plugin history`. What is not kept is in the log.
fn remember(store: &Store, clock: &Clock, event: &ReloadEvent) {
    let short = |digest: &str| digest.chars().take(12).collect::<String>();
    let what = match &event.outcome {
        Outcome::Loaded { digest, took } => format!("loaded {} in {took:.0?}", short(digest)),
        Outcome::Swapped { from, to, took } => {
            format!("swapped {} for {} in {took:.0?}", short(from), short(to))
        }
        Outcome::Waits {
            digest,
            live,
            shadow,
            reason,
        } => {
            let state = if *shadow {
                "is a shadow of"
            } else {
                "waits behind"
            };
            format!("{} {state} {}: {reason}", short(digest), short(live))
        }
        Outcome::Kept { reason } => format!("kept the running version: {reason}"),
        Outcome::Refused { reason } => format!("refused: {reason}"),
    };
    if let Err(fault) = store.remember_reload(&event.id, &what, clock.now()) {
        warn!(plugin = event.id, %fault, "cannot store the history");
    }
}
