//! What one triage call costs: natively, in one instance, in a fresh store with and without the
//! pool, and what it costs to load what was compiled before. `triage_cost COMPONENT.wasm` takes the
//! shipped triage plugin as a component, or any other of that point, such as one that imports WASI.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{env, fs};

use anyhow::{Context, Result};
use k8shawk_core::grant::Grant;
use k8shawk_core::{ObjectRef, ObjectSummary, Signal, SignalSource};
use k8shawk_plugin_triage::judge;
use k8shawk_sandbox::{Engine, EngineOptions, Manifest, Plugin, Source, plugin_digest, sha256};

const ROUNDS: usize = 20;
const CALLS: u32 = 500;
const LOADS: usize = 50;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let file = env::args_os()
        .nth(1)
        .context("usage: triage_cost COMPONENT.wasm")?;
    let source = source(Path::new(&file))?;
    let (signal, summary) = (signal(), ObjectSummary::default());
    let (native_signal, native_summary) = native(&signal);
    report("native function", || {
        black_box(judge(black_box(&native_signal), black_box(&native_summary)));
    });
    for on_demand in [false, true] {
        let engine = Engine::new(&EngineOptions {
            on_demand,
            ..EngineOptions::default()
        })?;
        let begun = Instant::now();
        let plugin = Plugin::prepare(&engine, &source).await?;
        let how = if engine.is_pooling() {
            "pooling"
        } else {
            "on demand"
        };
        println!("compile and link, {how}: {:?}", begun.elapsed());
        if !plugin.imports_wasi() {
            let mut session = plugin.triage_session()?;
            report(&format!("one instance, {how}"), || {
                black_box(session.triage(&signal, &summary)).ok();
            });
        }
        report(&format!("fresh store, {how}"), || {
            black_box(plugin.triage(&signal, &summary)).result.ok();
        });
        println!("  it says {:?}", plugin.triage(&signal, &summary).result?);
    }
    load(&source).await
}

/// The best of some loads of a component that is in the cache.
async fn load(source: &Source) -> Result<()> {
    let dir = tempfile::tempdir()?;
    let engine = Engine::new(&EngineOptions {
        cache: Some(dir.path().join("cache")),
        ..EngineOptions::default()
    })?;
    drop(Plugin::prepare(&engine, source).await?);
    let mut best = Duration::MAX;
    for _ in 0..LOADS {
        let begun = Instant::now();
        drop(black_box(Plugin::prepare(&engine, source).await?));
        best = best.min(begun.elapsed());
    }
    println!("load, compiled before: best {best:?}");
    Ok(())
}

/// The best and the middle of a number of rounds: other programs disturb, they never help.
fn report(what: &str, mut call: impl FnMut()) {
    let mut rounds: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let begun = Instant::now();
            (0..CALLS).for_each(|_| call());
            begun.elapsed() / CALLS
        })
        .collect();
    rounds.sort();
    let (best, middle) = (rounds.first().copied(), rounds.get(ROUNDS / 2).copied());
    println!(
        "{what}: best {:?}, median {:?}",
        best.unwrap_or_default(),
        middle.unwrap_or_default()
    );
}

fn source(file: &Path) -> Result<Source> {
    let text = "id = \"triage\"\nversion = \"0.1.0\"\npoint = \"triage\"\nwants = [\"log\", \"settings\"]\n";
    let bytes = fs::read(file).with_context(|| file.display().to_string())?;
    Ok(Source {
        dir: "triage".into(),
        granted: false,
        digest: plugin_digest(text.as_bytes(), &bytes),
        manifest: Manifest::parse(text, Path::new("triage/plugin.toml"))?,
        grant: Arc::new(Grant::default()),
        grant_file: "triage.toml".into(),
        wasm_file: file.to_owned(),
        component_digest: sha256(&bytes),
    })
}

fn signal() -> Signal {
    let pod = ObjectRef::new("v1", "Pod", "shop", "web-7c5ddbdf54-x2x7q");
    Signal {
        id: "0f8e6c1e".to_owned(),
        source: SignalSource::Event,
        reason: "Failed".to_owned(),
        message: "Failed to pull image \"registry.example/shop/web:1.2.3\": not found".to_owned(),
        owner: ObjectRef::new("apps/v1", "Deployment", "shop", "web"),
        object: pod,
        count: 4,
        first_seen: 1_700_000_000_000,
        last_seen: 1_700_000_060_000,
        reporter: "kubelet".to_owned(),
    }
}

/// The same signal in the types of the guest.
fn native(
    signal: &Signal,
) -> (
    k8shawk_sdk::triage::Signal,
    k8shawk_sdk::triage::ObjectSummary,
) {
    use k8shawk_sdk::triage as sdk;
    let object = |o: &ObjectRef| sdk::ObjectRef {
        api_version: o.api_version.clone(),
        kind: o.kind.clone(),
        namespace: o.namespace.clone(),
        name: o.name.clone(),
        uid: o.uid.clone(),
    };
    let summary = sdk::ObjectSummary {
        phase: String::new(),
        age_seconds: 0,
        lasting_seconds: 0,
        ready: false,
        deleting: false,
        suspended: false,
        containers: Vec::new(),
        desired: None,
        available: None,
    };
    let signal = sdk::Signal {
        id: signal.id.clone(),
        source: sdk::SignalSource::Event,
        reason: signal.reason.clone(),
        message: signal.message.clone(),
        object: object(&signal.object),
        owner: object(&signal.owner),
        count: signal.count,
        first_seen: signal.first_seen,
        last_seen: signal.last_seen,
        reporter: signal.reporter.clone(),
    };
    (signal, summary)
}
