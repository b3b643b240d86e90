//! Recordings through the real pipeline: real plugins, a real database, and reads that answer from
//! the recording.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use k8shawk_core::Installation;
use k8shawk_core::approval::Person;
use k8shawk_core::bundle::Bundle;
use k8shawk_core::config::Config;
use k8shawk_core::installation::RECORDED;
use k8shawk_core::record::{Record, State};

use crate::cli::{DEMO, Format, Unusable};
use crate::run::load;
use crate::run::pipeline::Pipeline;
use crate::run::settings::Settings;
use crate::services::clock::Clock;
use crate::services::cluster::AnyCluster;
use crate::services::cluster::replay::Replay;
use crate::services::plugins::Plugins;
use crate::services::private_files;
use crate::services::store::{Store, StoreError};
use crate::services::telemetry::Telemetry;
use crate::services::terminal::{Terminal, plain};
use crate::services::{Services, Unsent};
use crate::stages::approve;
use crate::stages::triage;

/// How long signals had been there when the investigation begins, milliseconds.
const SETTLED: i64 = 20_000;

/// Plays one bundle after the other in one database.
pub(super) struct Player {
    config: Config,
    plugins: Plugins,
    store: Arc<Store>,
    /// Where it prints.
    pub terminal: Arc<Terminal>,
    /// Who this host is.
    pub installation: Installation,
}

impl Player {
    /// With the plugins of the settings, a database of its own, and no time to lose: what took
    /// minutes was recorded.
    ///
    /// # Errors
    /// A plugin that must be there is not, or the state directory cannot be used.
    pub async fn new(
        settings: &Settings,
        mut config: Config,
        format: Format,
    ) -> anyhow::Result<Player> {
        let plugins = load::load(settings).await?.plugins;
        config.state = config.state.join(DEMO);
        config.database = None;
        config.settle = Duration::ZERO;
        config.recovery_interval = Duration::from_millis(10);
        config.recovery_stability = Duration::ZERO;
        config.recovery_timeout = Duration::from_millis(1);
        let terminal = Arc::new(match format {
            Format::Json => Terminal::quiet(),
            Format::Text => Terminal::stdout(),
        });
        let store = Store::open(&fresh(&config)?)?.shown_by(terminal.clone());
        let store = Arc::new(store);
        let name = config.cluster_name.as_deref().unwrap_or(RECORDED);
        let installation = Installation::of(name, None, &store.birth()?);
        store.installed(&installation)?;
        Ok(Player {
            config,
            plugins,
            store,
            terminal,
            installation,
        })
    }

    /// Directory of the RCAs.
    pub fn rcas(&self) -> PathBuf {
        self.config.knowledge_base().join("rca")
    }

    /// Its database.
    pub fn database(&self) -> PathBuf {
        self.config.database()
    }

    /// Open what is broken in a bundle, and drive each incident until it rests.
    ///
    /// # Errors
    /// The store fails.
    pub async fn play(&self, bundle: Bundle) -> anyhow::Result<Played> {
        let replay = Replay::new(bundle);
        let clock = Clock::default();
        // Long enough after the recording for a healthy answer to be believed.
        clock.set(replay.time() + 1);
        let (inventory, events) = (replay.inventory(), replay.events());
        let services = Arc::new(Services {
            config: self.config.clone(),
            key: self.store.approval_key()?,
            unsent: Unsent::default(),
            store: self.store.clone(),
            plugins: self.plugins.clone(),
            llm: None,
            cluster: AnyCluster::Recorded(replay),
            terminal: self.terminal.clone(),
            clock: clock.clone(),
            telemetry: Telemetry::default(),
            installation: self.installation.clone(),
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
        let played = Played {
            pipeline: Pipeline::new(services),
            opened,
        };
        for id in &played.opened {
            clock.set(now + SETTLED);
            played.go_on(id).await;
        }
        Ok(played)
    }
}

/// The demo's own database, empty; what the demo before wrote is deleted, and what a host wrote beside
/// it stays.
fn fresh(config: &Config) -> anyhow::Result<PathBuf> {
    if config.state.is_symlink() {
        // It may lead to the files of a host.
        let why = "is a link, and the demo deletes what it wrote before";
        return Err(Unusable::fault(&config.state, why));
    }
    private_files::directory(&config.state)?;
    if config.knowledge_base.is_none() {
        let _ = std::fs::remove_dir_all(config.knowledge_base());
    }
    let path = config.database();
    for end in ["", "-wal", "-shm"] {
        let mut file = path.clone().into_os_string();
        file.push(end);
        let _ = std::fs::remove_file(file);
    }
    Ok(path)
}

/// A bundle whose incidents rest: they have ended, or wait for people.
pub(super) struct Played {
    pipeline: Pipeline,
    opened: Vec<String>,
}

impl Played {
    /// The incidents, as they are stored now.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn records(&self) -> Result<Vec<Record>, StoreError> {
        let store = &self.pipeline.services.store;
        self.opened.iter().map(|id| store.get(id)).collect()
    }

    /// Those that ask for approval now, one after the other: a fix can be carried out where what
    /// came after it was recorded.
    pub fn asked(&self) -> impl Iterator<Item = Record> + '_ {
        let store = &self.pipeline.services.store;
        let records = self.opened.iter().filter_map(|id| store.get(id).ok());
        records.filter(|r| r.state == State::Waiting && self.has_more())
    }

    fn has_more(&self) -> bool {
        let cluster = &self.pipeline.services.cluster;
        matches!(cluster, AnyCluster::Recorded(replay) if replay.has_more())
    }

    /// Approve what an incident asks, and see its fix through.
    pub async fn approve(&self, record: &Record, who: &Person) {
        let (services, id) = (&self.pipeline.services, record.incident.id.0.as_str());
        let Some(shown) = record.question() else {
            return;
        };
        match approve::approve(services, id, who, &shown) {
            Ok(_) => self.go_on(id).await,
            Err(why) => services.terminal.print(&plain(&format!("{id}: {why}"))),
        }
    }

    /// Dismiss an incident.
    pub async fn dismiss(&self, record: &Record, who: &Person) {
        let (services, id) = (&self.pipeline.services, record.incident.id.0.as_str());
        match approve::dismiss(services, id, who, "") {
            Ok(_) => self.go_on(id).await,
            Err(why) => services.terminal.print(&plain(&format!("{id}: {why}"))),
        }
    }

    async fn go_on(&self, id: &str) {
        self.pipeline.drive(id);
        self.pipeline.idle().await;
    }
}
