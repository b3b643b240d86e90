//! The calls that recorded incidents cause: each recording goes the way of a scan, and what one
//! plugin is asked on the way is kept.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use k8shawk_core::bundle::Bundle;
use k8shawk_core::config::Config;
use k8shawk_sandbox::{Live, files};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::rehearse::Script;
use crate::run::scan;
use crate::services::Services;
use crate::services::clock::Clock;
use crate::services::cluster::AnyCluster;
use crate::services::cluster::replay::Replay;
use crate::services::plugins::{Plugins, Seen, Witness};

/// The largest bundle, bytes.
pub const LARGEST: u64 = 256 << 20;
/// Longest time for all recordings. Those that are left then are not used.
const LONGEST: Duration = Duration::from_secs(10);

/// What a plugin is asked in every recording of a directory, by the versions that judge there. A
/// recording that cannot be used is left out, with a line in the log.
/// On a thread that may block: no other task waits for a plugin that computes.
pub async fn scripts(
    config: Config,
    plugins: Plugins,
    plugin: String,
    directory: PathBuf,
) -> Vec<Script> {
    let handle = Handle::current();
    // A caller that no longer waits for it ends it after the recording that is under way.
    let ended = CancellationToken::new();
    let _waited = ended.clone().drop_guard();
    let work = move || {
        let files = recordings(&directory);
        handle.block_on(of_all(&config, &plugins, &plugin, &files, &ended))
    };
    tokio::task::spawn_blocking(work).await.unwrap_or_default()
}

async fn of_all(
    config: &Config,
    plugins: &Plugins,
    plugin: &str,
    files: &[PathBuf],
    ended: &CancellationToken,
) -> Vec<Script> {
    let until = Instant::now() + LONGEST;
    let mut scripts = Vec::new();
    for (used, file) in files.iter().enumerate() {
        if ended.is_cancelled() || Instant::now() > until {
            let all = files.len();
            warn!(
                plugin,
                used, all, "not every recorded incident was used: time is up"
            );
            break;
        }
        match of_one(config, plugins, plugin, file).await {
            Ok(more) => scripts.extend(more),
            Err(error) => warn!(file = %file.display(), %error, "recorded incident not used"),
        }
    }
    scripts
}

fn recordings(directory: &Path) -> Vec<PathBuf> {
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) => {
            warn!(directory = %directory.display(), %error, "no recorded incidents");
            return Vec::new();
        }
    };
    let paths = entries.flatten().map(|entry| entry.path());
    let mut files: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|x| x == "json"))
        .collect();
    files.sort();
    files
}

async fn of_one(
    config: &Config,
    plugins: &Plugins,
    plugin: &str,
    file: &Path,
) -> anyhow::Result<Vec<Script>> {
    let bundle = Bundle::parse(&files::text_of(file, LARGEST)?).map_err(anyhow::Error::msg)?;
    let replay = Replay::new(bundle);
    let clock = Clock::default();
    clock.set(replay.time() + 1);
    let (inventory, events) = (replay.inventory(), replay.events());
    let asked = Arc::new(Asked {
        plugin: plugin.to_owned(),
        seen: Mutex::default(),
    });
    let judging = Plugins {
        witness: Some(asked.clone()),
        ..plugins.clone()
    };
    let cluster = AnyCluster::Recorded(replay);
    let beyond = cluster.reader();
    let services = Services::aside(config.clone(), judging, cluster, clock)?;
    scan::run(&services, &inventory, &events).await?;
    let name = file.file_stem().unwrap_or_default().to_string_lossy();
    let mut subjects = BTreeSet::new();
    let script = |seen: Seen| {
        let subject = seen.call.question.subject();
        subjects.insert(subject.clone()).then(|| Script {
            incident: format!("recording {name}"),
            subject,
            call: seen.call,
            beyond: Some(beyond.clone()),
        })
    };
    Ok(asked.take().into_iter().filter_map(script).collect())
}

/// Keeps what one plugin is asked.
struct Asked {
    plugin: String,
    seen: Mutex<Vec<Seen>>,
}

impl Asked {
    fn take(&self) -> Vec<Seen> {
        std::mem::take(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Witness for Asked {
    fn called(&self, live: &Arc<Live>, seen: &dyn Fn() -> Seen) {
        if live.id() == self.plugin {
            let mut kept = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            kept.push(seen());
        }
    }
}
