//! Replacing the triage plugin while signals flow: from the changed file to the first verdict of
//! the new version, and what is lost on the way.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use k8shawk_core::ObjectSummary;
use k8shawk_sandbox::{
    ChildCompiler, Compiler, Engine, EngineOptions, Point, Registry, ReloadOptions, Reloader,
    Shelf, plugin_digest,
};

use super::figure::{Figure, percentile};
use super::signal;

const SWAPS: u8 = 20;
/// Time between two signals: 1,000 a second.
const PACE: Duration = Duration::from_millis(1);
/// The host's default for `watch.queue`.
const QUEUE: usize = 10_000;
/// Time between two swaps, in which the version before has gone live for certain.
const REST: Duration = Duration::from_millis(750);

/// One signal's way: when it was due, when it was judged, and by which version.
struct Verdict {
    due: Instant,
    at: Instant,
    digest: Arc<str>,
    failed: bool,
}

struct Swap {
    at: Instant,
    digest: String,
}

pub(super) fn measure(dist: &Path) -> Result<Vec<Figure>> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(flowing(dist))
}

async fn flowing(dist: &Path) -> Result<Vec<Figure>> {
    let directory = tempfile::tempdir()?;
    let (component, bytes) = signal::copy(dist, directory.path())?;
    let options = ReloadOptions::new(
        directory.path().join("plugins"),
        directory.path().join("grants"),
    );
    let registry = Arc::new(Registry::default());
    let engine = Engine::new(&EngineOptions {
        cache: Some(directory.path().join("cache")),
        compiler: Compiler::Child(ChildCompiler::new(dist.join("k8shawk"))),
        ..EngineOptions::default()
    })?;
    let mut reloader = Reloader::new(
        engine,
        registry.clone(),
        (Shelf::Plugins, &options.plugins),
        &options.grants,
    );
    reloader.pass().await;
    ensure!(
        !registry.at(Point::Triage).is_empty(),
        "the triage plugin is not loaded"
    );
    let (events, _kept) = tokio::sync::mpsc::channel(usize::from(SWAPS));
    let reloading = tokio::spawn(async move { reloader.watch(&options, &events).await });

    let (sender, receiver) = sync_channel(QUEUE);
    let stop = Arc::new(AtomicBool::new(false));
    let told = stop.clone();
    let sending = thread::spawn(move || send(&sender, &told));
    let judging = thread::spawn(move || judge_all(&receiver, &registry));
    let swaps = swap(&component, &bytes).await;
    reloading.abort();
    stop.store(true, Ordering::Relaxed);
    let sent = sending.join().map_err(|_| anyhow!("the sender died"))?;
    let verdicts = judging.join().map_err(|_| anyhow!("the judge died"))?;
    figures(&swaps?, sent, &verdicts)
}

async fn swap(component: &Path, bytes: &[u8]) -> Result<Vec<Swap>> {
    let mut swaps = Vec::new();
    let manifest = std::fs::read(component.with_file_name("plugin.toml"))?;
    for number in 0..SWAPS {
        tokio::time::sleep(REST).await;
        let version = signal::version(bytes, number);
        let digest = plugin_digest(&manifest, &version);
        signal::replace(component, &version)?;
        swaps.push(Swap {
            at: Instant::now(),
            digest,
        });
    }
    tokio::time::sleep(REST).await;
    Ok(swaps)
}

/// Offers a signal per millisecond; a full queue loses it. Returns how many were offered.
fn send(queue: &SyncSender<Instant>, stop: &AtomicBool) -> u64 {
    let (begun, mut sent) = (Instant::now(), 0_u32);
    while !stop.load(Ordering::Relaxed) {
        let due = begun + PACE * sent;
        thread::sleep(due.saturating_duration_since(Instant::now()));
        // A lost signal shows as a verdict that is missing.
        let _ = queue.try_send(due);
        sent += 1;
    }
    u64::from(sent)
}

fn judge_all(queue: &Receiver<Instant>, registry: &Registry) -> Vec<Verdict> {
    let (signal, summary) = (signal::signal(), ObjectSummary::default());
    let judged = queue.iter().flat_map(|due| {
        let called: Vec<_> = registry
            .at(Point::Triage)
            .iter()
            .map(|live| live.triage(&signal, &summary))
            .collect();
        called.into_iter().map(move |called| Verdict {
            due,
            at: Instant::now(),
            digest: called.record.digest,
            failed: called.result.is_err(),
        })
    });
    judged.collect()
}

fn figures(swaps: &[Swap], sent: u64, verdicts: &[Verdict]) -> Result<Vec<Figure>> {
    let times = swaps.iter().map(|swap| {
        let first = verdicts.iter().find(|v| *v.digest == *swap.digest);
        let first = first.context("a version did not go live in time")?;
        Ok(millis(first.at.saturating_duration_since(swap.at)))
    });
    let times = times.collect::<Result<Vec<f64>>>()?;
    let judged = verdicts.iter().filter(|v| !v.failed).count() as f64;
    let waits: Vec<f64> = verdicts
        .iter()
        .map(|v| millis(v.at.saturating_duration_since(v.due)))
        .collect();
    let lost = format!("signals lost of {sent} in {SWAPS} swaps at 1,000/s");
    Ok(vec![
        Figure::alone(
            "swap of the triage plugin under 1,000 signals/s, median",
            "ms",
            percentile(&times, 0.5),
        ),
        Figure::alone(
            "swap of the triage plugin under 1,000 signals/s, slowest",
            "ms",
            percentile(&times, 1.0),
        )
        .at_most(500.0),
        Figure::alone(lost, "", sent as f64 - judged).at_most(0.0),
        Figure::alone(
            "signal due until judged while swapping, p99",
            "ms",
            percentile(&waits, 0.99),
        ),
    ])
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
