//! Recorded incidents and the shipped plugins, within this process.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use k8shawk::services::Services;
use k8shawk::services::clock::Clock;
use k8shawk::services::cluster::AnyCluster;
use k8shawk::services::cluster::replay::Replay;
use k8shawk::services::plugins::Plugins;
use k8shawk::stages::investigate;
use k8shawk::stages::triage;
use k8shawk_core::bundle::Bundle;
use k8shawk_core::config::Config;
use k8shawk_core::record::Record;
use k8shawk_sandbox::{Engine, EngineOptions, Registry, Reloader, Shelf};

use crate::fault::bundle;

/// Where `make build` puts the product.
pub fn dist() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/dist")
}

/// The shipped plugins and policies.
///
/// # Errors
/// `make build` was not run.
pub async fn judges() -> Result<Plugins> {
    let dist = dist();
    let engine = Engine::new(&EngineOptions::default())?;
    let registry = Arc::new(Registry::new(5));
    for (shelf, name) in [(Shelf::Plugins, "plugins"), (Shelf::Policies, "policies")] {
        let directory = dist.join(name);
        ensure!(
            directory.is_dir(),
            "{} is missing: run `make build`",
            directory.display()
        );
        let grants = dist.join("grants");
        let shelf = (shelf, directory.as_path());
        let mut reloader = Reloader::new(engine.clone(), registry.clone(), shelf, &grants);
        reloader.pass().await;
    }
    Ok(Plugins::new(registry))
}

/// The recorded bundle of a fault.
///
/// # Errors
/// There is none, or it cannot be read.
pub fn read(name: &str) -> Result<Bundle> {
    let path = bundle(name);
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    Bundle::parse(&text).map_err(|why| anyhow::anyhow!("{}: {why}", path.display()))
}

/// A configuration whose flow goes as fast as it can, with its files in `state`.
pub fn quick(state: &Path) -> Config {
    Config {
        state: state.to_owned(),
        settle: Duration::ZERO,
        recovery_interval: Duration::from_millis(5),
        recovery_stability: Duration::ZERO,
        recovery_timeout: Duration::from_millis(1),
        ..Config::default()
    }
}

/// The services over a bundle at its first frame.
///
/// # Errors
/// The store does not start.
pub fn flow(judges: &Plugins, bundle: Bundle, config: Config) -> Result<Arc<Services>> {
    let replay = Replay::new(bundle);
    let clock = Clock::default();
    clock.set(replay.time() + 1);
    let world = AnyCluster::Recorded(replay);
    Ok(Arc::new(Services::aside(
        config,
        judges.clone(),
        world,
        clock,
    )?))
}

/// The first incident that triage opens.
///
/// # Errors
/// It opens none.
pub fn opened(flow: &Services) -> Result<String> {
    let AnyCluster::Recorded(replay) = &flow.cluster else {
        anyhow::bail!("the world is not a recorded one");
    };
    let (inventory, events, now) = (replay.inventory(), replay.events(), flow.clock.now());
    let seen = events
        .iter()
        .filter_map(|e| inventory.observe_event(e, now));
    let mut first = None;
    for observation in inventory.observe_all(now).into_iter().chain(seen) {
        if let triage::Grouped::Opened(id) = triage::run(flow, &observation)? {
            first.get_or_insert(id);
        }
    }
    // Long enough after the recording for a healthy answer to be believed.
    flow.clock.set(now + 20_000);
    first.context("no incident is opened")
}

/// An incident with the patterns' findings.
///
/// # Errors
/// The analysis fails.
pub async fn explained(flow: &Services, id: &str) -> Result<Record> {
    let open = flow.store.get(id)?;
    investigate::run(flow, &open, investigate::Asking::Once).await?;
    Ok(flow.store.get(id)?)
}
