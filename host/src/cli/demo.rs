//! `k8shawk demo` and `k8shawk replay`: recorded incidents through the real pipeline.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use k8shawk_core::Installation;
use k8shawk_core::approval::Person;
use k8shawk_core::bundle::Bundle;
use k8shawk_core::config::Config;
use k8shawk_core::installation::RECORDED;
use k8shawk_core::record::{Record, State};
use k8shawk_sandbox::files;
use serde_json::{Value, json};

use super::output::say;
use super::{Format, Misuse, Unusable, output};
use crate::run::load;
use crate::run::pipeline::Pipeline;
use crate::run::scan;
use crate::run::settings::Settings;
use crate::services::clock::Clock;
use crate::services::cluster::AnyCluster;
use crate::services::cluster::replay::Replay;
use crate::services::incident_json;
use crate::services::plugins::Plugins;
use crate::services::private_files;
use crate::services::store::Store;
use crate::services::telemetry::Telemetry;
use crate::services::terminal::{Terminal, lines, plain};
use crate::services::{Services, Unsent};
use crate::stages::approve;
use crate::stages::triage;

/// The largest bundle, bytes.
const BUNDLE: u64 = 256 << 20;

/// Bundle files of the arguments, those of a directory by name.
fn bundles_in(arguments: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in arguments {
        if path.is_dir() {
            let entries = std::fs::read_dir(path).map_err(|e| Unusable::fault(path, e))?;
            let mut inside: Vec<PathBuf> = entries
                .filter_map(|e| e.ok().map(|e| e.path()))
                .filter(|p| p.extension().is_some_and(|x| x == "json"))
                .collect();
            inside.sort();
            files.extend(inside);
        } else {
            files.push(path.clone());
        }
    }
    if files.is_empty() {
        let named: Vec<String> = arguments.iter().map(|a| a.display().to_string()).collect();
        return Err(Misuse(format!("there is no bundle in {}", named.join(", "))).into());
    }
    Ok(files)
}

fn read(path: &Path) -> anyhow::Result<Bundle> {
    let text = files::text_of(path, BUNDLE).map_err(|e| Unusable::fault(path, e))?;
    Bundle::parse(&text).map_err(|why| Unusable::fault(path, why))
}

/// Every bundle the whole way: noticed, explained, approved, applied, checked, documented.
pub async fn demo(
    settings: Settings,
    bundles: Vec<PathBuf>,
    format: Format,
) -> anyhow::Result<bool> {
    let bundles = if bundles.is_empty() {
        vec![settings.home.join("incidents")]
    } else {
        bundles
    };
    let files = bundles_in(&bundles)?;
    let loaded = load::load(&settings).await?;
    let mut config = settings.config.clone();
    config.settle = Duration::ZERO;
    config.recovery_interval = Duration::from_millis(10);
    config.recovery_stability = Duration::ZERO;
    config.recovery_timeout = Duration::from_millis(1);
    let store = Arc::new(Store::open(&fresh(&config)?)?);
    let name = config.cluster_name.as_deref().unwrap_or(RECORDED);
    let installation = Installation::of(name, None, &store.birth()?);
    store.installed(&installation)?;
    let mut all = Vec::new();
    for file in &files {
        let records = play(
            &config,
            &loaded.plugins,
            &store,
            read(file)?,
            format,
            &installation,
        )
        .await?;
        all.extend(records);
    }
    if format == Format::Json {
        let incident = |r: &Record| incident_json::incident(r, installation.cluster());
        output::document(&Value::Array(all.iter().map(incident).collect()))?;
    } else {
        conclude(&config, &all, files.len());
    }
    Ok(true)
}

/// The demo's own database: what a host wrote beside it stays as it is.
fn fresh(config: &Config) -> anyhow::Result<PathBuf> {
    private_files::directory(&config.state)?;
    let path = config.state.join("k8shawk-demo.sqlite");
    for end in ["", "-wal", "-shm"] {
        let mut file = path.clone().into_os_string();
        file.push(end);
        let _ = std::fs::remove_file(file);
    }
    Ok(path)
}

async fn play(
    config: &Config,
    plugins: &Plugins,
    store: &Arc<Store>,
    bundle: Bundle,
    format: Format,
    installation: &Installation,
) -> anyhow::Result<Vec<Record>> {
    let terminal = if format == Format::Json {
        Terminal::quiet()
    } else {
        Terminal::stdout()
    };
    let head = format!("── {} (Kubernetes {})", bundle.title, bundle.kubernetes);
    terminal.print(&terminal.dim(&plain(&head)));
    let replay = Replay::new(bundle);
    let clock = Clock::default();
    // Long enough after the recording for a healthy answer to be believed.
    clock.set(replay.time() + 1);
    let (inventory, events) = (replay.inventory(), replay.events());
    let services = Arc::new(Services {
        config: config.clone(),
        key: store.approval_key()?,
        unsent: Unsent::default(),
        store: store.clone(),
        plugins: plugins.clone(),
        llm: None,
        cluster: AnyCluster::Recorded(replay),
        terminal,
        clock: clock.clone(),
        telemetry: Telemetry::default(),
        installation: installation.clone(),
    });
    let now = clock.now();
    let from_events = events
        .iter()
        .filter_map(|e| inventory.observe_event(e, now));
    let mut opened = Vec::new();
    for observation in inventory.observe_all(now).into_iter().chain(from_events) {
        if let triage::Grouped::Opened(id) = triage::run(&services, &observation)? {
            opened.push(id);
        }
    }
    let pipeline = Pipeline::new(services.clone());
    for id in &opened {
        clock.set(now + 20_000);
        pipeline.drive(id);
        pipeline.idle().await;
    }
    for id in &opened {
        if services.store.get(id)?.state == State::Waiting && has_more(&services) {
            if let Some(shown) = services.store.get(id)?.question() {
                match approve::approve(&services, id, &Person::named("demo"), &shown) {
                    Ok(_) => pipeline.drive(id),
                    Err(why) => services.terminal.print(&plain(&format!("{id}: {why}"))),
                }
            }
            pipeline.idle().await;
        }
    }
    opened
        .iter()
        .map(|id| services.store.get(id).map_err(Into::into))
        .collect()
}

/// A fix is approved in the demo where what came after it was recorded.
fn has_more(services: &Services) -> bool {
    matches!(&services.cluster, AnyCluster::Recorded(replay) if replay.has_more())
}

fn conclude(config: &Config, all: &[Record], bundles: usize) {
    let count = |state: State| all.iter().filter(|r| r.state == state).count();
    let shown: Vec<Record> = all
        .iter()
        .filter(|r| !matches!(r.state, State::Merged | State::Cleared))
        .cloned()
        .collect();
    let terminal = Terminal::stdout();
    terminal.print(&terminal.table(&shown));
    terminal.print(&lines(&format!(
        "\n{} incidents of {bundles} recordings: {} recovered by an approved fix, {} wait for approval, {} have no safe fix.\nRCAs: {}",
        shown.len(),
        count(State::Recovered),
        count(State::Waiting),
        count(State::NeedsHuman),
        config.knowledge_base().join("rca").display()
    )));
}

/// Each bundle through triage, analysis and fix selection: for comparing plugins.
pub async fn replay(
    settings: Settings,
    bundles: Vec<PathBuf>,
    format: Format,
) -> anyhow::Result<bool> {
    let loaded = load::load(&settings).await?;
    let mut all = Vec::new();
    for file in bundles_in(&bundles)? {
        let bundle = read(&file)?;
        let title = bundle.title.clone();
        let replay = Replay::new(bundle);
        let clock = Clock::default();
        clock.set(replay.time() + 1);
        let (inventory, events) = (replay.inventory(), replay.events());
        let cluster = AnyCluster::Recorded(replay);
        let config = settings.config.clone();
        let services = Services::aside(config, loaded.plugins.clone(), cluster, clock)?;
        let found = scan::run(&services, &inventory, &events).await?;
        let cluster = services.installation.cluster();
        if format == Format::Text {
            say!("── {} ({})", title, file.display());
            super::scan::print(&found, format, cluster)?;
        }
        let findings = super::scan::findings(&found, cluster);
        all.push(json!({"bundle": file, "title": title, "findings": findings}));
    }
    if format == Format::Json {
        output::document(&Value::Array(all))?;
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_is_an_ordinary_file() {
        let home = tempfile::tempdir().unwrap();
        let fifo = home.path().join("bundle.json");
        nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
        for path in [&*fifo, Path::new("/dev/zero")] {
            let error = read(path).err().unwrap();
            assert!(error.is::<Unusable>(), "{error}");
            assert!(error.to_string().contains("is not an ordinary file"));
        }
    }
}
