//! What every stage is given, and why a stage stops.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use k8shawk_core::Installation;
use k8shawk_core::approval::{ApprovalKey, Authority};
use k8shawk_core::config::Config;
use k8shawk_core::installation::RECORDED;
use thiserror::Error;

use crate::services::clock::Clock;
use crate::services::cluster::ClusterError;
use crate::services::cluster::world::World;
use crate::services::llm::Model;
use crate::services::plugins::Judges;
use crate::services::socket::account;
use crate::services::store::{Store, StoreError};
use crate::services::telemetry::{Fault, Telemetry};
use crate::services::terminal::Terminal;

/// The services that the stages use.
pub struct Flow {
    /// Configuration.
    pub config: Config,
    /// Incidents on disk.
    pub store: Arc<Store>,
    /// Plugins.
    pub judges: Judges,
    /// The model that investigates; none where it is off or has no key.
    pub model: Option<Arc<Model>>,
    /// The cluster.
    pub world: World,
    /// Where people read.
    pub terminal: Terminal,
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

/// Why a stage stopped. The incident stays in the state that is stored.
#[derive(Debug, Error)]
pub enum FlowError {
    /// The store failed: try the stage again later.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The cluster does not answer, or refuses what the stage cannot do without: try the stage
    /// again later.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// A plugin gave no answer that may come later: try the stage again later.
    #[error("not answered yet: {0}")]
    Unanswered(String),
    /// A file cannot be written: try the stage again later.
    #[error("{0}")]
    File(String),
    /// The stage has a fault: it is tried again, and a person must report it.
    #[error("the stage panicked: {0}")]
    Panicked(String),
}

impl FlowError {
    /// How long the API server wants to be left alone before the stage is run again.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            FlowError::Cluster(error) => error.retry_after(),
            FlowError::Store(_)
            | FlowError::Unanswered(_)
            | FlowError::File(_)
            | FlowError::Panicked(_) => None,
        }
    }
}

impl Fault for FlowError {
    fn kind(&self) -> Option<&'static str> {
        match self {
            // Somebody else was faster: the stage is run on what is stored now.
            FlowError::Store(StoreError::Moved { .. }) => None,
            FlowError::Store(_) => Some("store"),
            FlowError::Cluster(_) | FlowError::Unanswered(_) => Some("cluster"),
            FlowError::File(_) => Some("file"),
            FlowError::Panicked(_) => Some("panic"),
        }
    }
}

impl Flow {
    /// A flow that stores nothing beyond this process, and tells nobody: for one pass.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn aside(
        config: Config,
        judges: Judges,
        world: World,
        clock: Clock,
    ) -> Result<Flow, StoreError> {
        let store = Arc::new(Store::in_memory()?);
        let cluster = config.cluster_name.as_deref().unwrap_or(RECORDED);
        let installation = Installation::of(cluster, None, &store.birth()?);
        Ok(Flow {
            installation,
            config,
            key: store.approval_key()?,
            unsent: Unsent::default(),
            store,
            judges,
            model: None,
            world,
            terminal: Terminal::quiet(),
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
