//! Replacing a policy again and again while signals flow: what is lost, and how long the slowest swap takes.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use k8shawk_core::fix::Risk;
use k8shawk_core::guard::{Permit, ReadError, Reader, Reading};
use k8shawk_core::policy::{Origin, Verdict};
use k8shawk_core::{Incident, IncidentId, ObjectRef, ObjectSummary, Severity};
use k8shawk_sandbox::{
    CallContext, Called, Engine, EngineOptions, Live, Outcome, Point, RawProposal, Registry,
    ReloadEvent, ReloadOptions, Reloader, Shelf, plugin_digest,
};
use tokio::sync::mpsc::{Receiver, channel};
use tokio::time::timeout;

use super::{built, cache};
use crate::bench::signal;
use crate::dossier;

/// Time between two signals: 1,000 a second.
const PACE: Duration = Duration::from_millis(1);
/// A swap that takes longer failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// What was seen while a policy was replaced.
#[derive(Debug)]
pub struct Swapped {
    /// Signals that were due, 1,000 a second.
    pub signals: u64,
    /// Of them, how many were not judged.
    pub lost: u64,
    /// From the changed file to the verdict of a version that was never compiled before.
    pub compiled: Duration,
    /// The same of versions that were, the quickest first.
    pub took: Vec<Duration>,
}

/// Replace the reference policy of a language so many times, between two versions, while signals flow through the
/// shipped triage plugin. `debounce` is how long files must rest before they are read.
///
/// # Errors
/// The policy does not build, or a version does not go live.
pub async fn swapped(
    language: &str,
    swaps: usize,
    debounce: Duration,
    dist: &Path,
) -> Result<Swapped> {
    let directory = tempfile::tempdir()?;
    let id = format!("reference-{language}");
    let plugin = copied(&built(&id)?, directory.path(), &id)?;
    signal::copy(dist, directory.path())?;
    for id in ["triage", &id] {
        // A busy machine is not what is looked for.
        let grant = directory.path().join("grants").join(format!("{id}.toml"));
        fs::write(grant, "[limits]\ndeadline_ms = 30000\n")?;
    }
    let options = ReloadOptions {
        debounce,
        ..ReloadOptions::new(
            directory.path().join("policies"),
            directory.path().join("grants"),
        )
    };
    let registry = Arc::new(Registry::default());
    let mut reloader = reloader(directory.path(), &options, &registry).await?;
    ensure!(
        registry.get(&id).is_some(),
        "{id} is not loaded: {:?}",
        registry.refused()
    );
    let (events, mut seen) = channel(8);
    let reloading = tokio::spawn(async move { reloader.watch(&options, &events).await });
    let (stop, lost) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicU64::new(0)),
    );
    let flowing = {
        let (registry, stop, lost) = (registry.clone(), stop.clone(), lost.clone());
        thread::spawn(move || flow(&registry, &stop, &lost))
    };
    let component = plugin.join(format!("{id}.wasm"));
    let live = registry.get(&id).context("it was loaded")?;
    let took = swap(&component, &live, swaps, &mut seen).await;
    stop.store(true, Ordering::Relaxed);
    reloading.abort();
    let signals = flowing.join().map_err(|_| anyhow!("the signals stopped"))?;
    let mut took = took?;
    let compiled = took.remove(0);
    took.sort();
    Ok(Swapped {
        signals,
        lost: lost.load(Ordering::Relaxed),
        compiled,
        took,
    })
}

fn copied(from: &Path, to: &Path, id: &str) -> Result<std::path::PathBuf> {
    let plugin = to.join("policies").join(id);
    fs::create_dir_all(&plugin)?;
    for name in ["plugin.toml".to_owned(), format!("{id}.wasm")] {
        fs::copy(from.join(&name), plugin.join(&name))?;
    }
    Ok(plugin)
}

/// Both shelves are loaded; the policies are what is watched.
async fn reloader(
    directory: &Path,
    options: &ReloadOptions,
    registry: &Arc<Registry>,
) -> Result<Reloader> {
    let engine = Engine::new(&EngineOptions {
        cache: Some(cache().join("k8shawk/components")),
        ..EngineOptions::default()
    })?;
    let of = |shelf: Shelf, plugins: &Path| {
        let (engine, registry) = (engine.clone(), registry.clone());
        Reloader::new(engine, registry, (shelf, plugins), &options.grants)
    };
    of(Shelf::Plugins, &directory.join("plugins")).pass().await;
    ensure!(
        !registry.at(Point::Triage).is_empty(),
        "the triage plugin is not loaded"
    );
    let mut policies = of(Shelf::Policies, &options.plugins);
    policies.pass().await;
    Ok(policies)
}

/// A signal per millisecond; one that is late is judged at once. Returns how many were due.
fn flow(registry: &Registry, stop: &AtomicBool, lost: &AtomicU64) -> u64 {
    let (signal, summary) = (signal::signal(), ObjectSummary::default());
    let (begun, mut due) = (Instant::now(), 0_u32);
    while !stop.load(Ordering::Relaxed) {
        thread::sleep((begun + PACE * due).saturating_duration_since(Instant::now()));
        due += 1;
        let judged = registry.at(Point::Triage);
        let judged = judged
            .iter()
            .filter(|live| live.triage(&signal, &summary).result.is_ok());
        if judged.count() == 0 {
            lost.fetch_add(1, Ordering::Relaxed);
        }
    }
    u64::from(due)
}

async fn swap(
    component: &Path,
    live: &Live,
    swaps: usize,
    seen: &mut Receiver<ReloadEvent>,
) -> Result<Vec<Duration>> {
    let first = fs::read(component)?;
    let manifest = fs::read(component.with_file_name("plugin.toml"))?;
    let second = signal::version(&first, 1);
    let mut took = Vec::new();
    for number in 0..swaps.max(1) {
        let bytes = if number % 2 == 0 { &second } else { &first };
        let digest = plugin_digest(&manifest, bytes);
        signal::replace(component, bytes)?;
        let begun = Instant::now();
        let event = timeout(PATIENCE, seen.recv()).await;
        let event = event
            .context("a version did not go live in time")?
            .context("the reloader ended")?;
        ensure!(
            matches!(event.outcome, Outcome::Swapped { .. }),
            "{event:?}"
        );
        let called = judged(live).await;
        took.push(begun.elapsed());
        ensure!(
            *called.record.digest == *digest && matches!(called.result, Ok(Verdict::Allow)),
            "{:?}",
            called.result
        );
    }
    Ok(took)
}

/// Its verdict on a change that it allows.
async fn judged(live: &Live) -> Called<Verdict> {
    let target = ObjectRef::new("apps/v1", "Deployment", "shop", "web");
    let incident = Incident {
        id: IncidentId("i".to_owned()),
        class: "workload".to_owned(),
        severity: Severity::High,
        object: target.clone(),
        owner: target.clone(),
        signals: Vec::new(),
        victims: Vec::new(),
        opened_at: 0,
    };
    let proposal = RawProposal {
        action: "rollout-restart".to_owned(),
        target,
        parameters: Vec::new(),
        rationale: String::new(),
    };
    let dossier = dossier::of(&incident, Origin::Plugin("fix".to_owned()));
    let context = CallContext {
        reader: Arc::new(Nothing),
        now_ms: 0,
    };
    live.judge_proposal(&incident, &proposal, &dossier, Risk::Medium, context)
        .await
}

/// A cluster without any object.
struct Nothing;

impl Reader for Nothing {
    fn read(&self, _: Permit) -> Reading<'_> {
        Box::pin(async { Err(ReadError::NotFound) })
    }
}
