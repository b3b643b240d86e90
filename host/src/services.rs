//! What stages use. Each service is a noun, hides one thing of the outside world, and knows no stage.
//! [`Services`] are all of them that a stage is given.

pub mod backoff;
pub mod clock;
pub mod cluster;
pub mod commands;
pub mod connections;
pub mod crash_points;
pub mod dossier;
pub mod http_client;
pub mod http_server;
pub mod incident_json;
pub mod llm;
pub mod outbox;
pub mod plugins;
pub mod private_files;
pub mod progress;
pub mod random;
pub mod registry;
pub mod sinks;
pub mod slack;
pub mod socket;
pub mod speech;
pub mod store;
pub mod tasks;
pub mod telemetry;
pub mod terminal;
#[cfg(test)]
pub(crate) mod testing;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use k8shawk_core::Installation;
use k8shawk_core::approval::{ApprovalKey, Authority};
use k8shawk_core::config::Config;
use k8shawk_core::installation::RECORDED;

use self::clock::Clock;
use self::cluster::AnyCluster;
use self::llm::Llm;
use self::plugins::Plugins;
use self::socket::account;
use self::store::{Store, StoreError};
use self::telemetry::Telemetry;
use self::terminal::Terminal;

/// The services that the stages use.
pub struct Services {
    /// Configuration.
    pub config: Config,
    /// Incidents on disk.
    pub store: Arc<Store>,
    /// Plugins.
    pub plugins: Plugins,
    /// The model that investigates; none where it is off or has no key.
    pub llm: Option<Arc<Llm>>,
    /// The cluster.
    pub cluster: AnyCluster,
    /// Where people read what is done now: what is stored they read by the store.
    pub terminal: Arc<Terminal>,
    /// Time.
    pub clock: Clock,
    /// What is counted and traced.
    pub telemetry: Telemetry,
    /// Who this host is.
    pub installation: Installation,
    /// Key of the digests that approvals are for.
    pub key: ApprovalKey,
    /// What was stored to be sent, and was not sent yet.
    pub unsent: Unsent,
}

/// Incidents whose operation this process stored and did not begin to send: of these alone it is
/// known that nothing was sent.
#[derive(Debug, Default)]
pub struct Unsent(Mutex<HashSet<String>>);

impl Unsent {
    /// The operation of an incident is stored.
    pub fn put(&self, id: &str) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.insert(id.to_owned());
    }

    /// It is about to be sent. True where it was never sent before.
    pub fn take(&self, id: &str) -> bool {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.remove(id)
    }
}

impl Services {
    /// A flow that stores nothing beyond this process, and tells nobody: for one pass.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn aside(
        config: Config,
        plugins: Plugins,
        cluster: AnyCluster,
        clock: Clock,
    ) -> Result<Services, StoreError> {
        let store = Arc::new(Store::in_memory()?);
        let name = config.cluster_name.as_deref().unwrap_or(RECORDED);
        let installation = Installation::of(name, None, &store.birth()?);
        Ok(Services {
            installation,
            config,
            key: store.approval_key()?,
            unsent: Unsent::default(),
            store,
            plugins,
            llm: None,
            cluster,
            terminal: Arc::new(Terminal::quiet()),
            clock,
            telemetry: Telemetry::default(),
        })
    }

    /// Who may approve.
    pub fn authority(&self) -> Authority {
        let millis = self.config.approval_expires.as_millis();
        let host = account();
        Authority {
            people: self.config.people.clone().sharing(&["root", &host]),
            approvers: self.config.approvers.clone(),
            in_slack: self.config.approvers_in_slack(),
            expires_after: i64::try_from(millis).unwrap_or(i64::MAX),
        }
    }
}
