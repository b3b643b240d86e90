//! The cluster: connecting to it, reading it, and watching it. Nothing here writes.
//!
//! Three sources serve the same verbs: [`Snapshot`] from memory after one list per kind,
//! [`LiveReader`] by API requests, and a recorded bundle elsewhere. They give raw objects; what a
//! reader answers is made of them in one place (`source`), whatever the source. Whatever is served
//! was stripped first: no value of a Secret, no managed fields, no last-applied copies.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use k8shawk_core::config::Config;
use k8shawk_core::rbac::Account;
use tokio::sync::Semaphore;

use self::clients::Clients;

mod any;
mod census;
mod clients;
mod connect;
mod credentials;
pub mod declared;
pub mod dry_run;
mod error;
pub mod health;
mod held;
mod identity;
mod live;
mod memo;
pub(crate) mod page;
pub mod replay;
pub(crate) mod request;
mod retry_after;
mod review;
mod secret;
mod snapshot;
pub(crate) mod source;
mod strip;
#[cfg(test)]
mod testing;
mod top;
mod watch;
mod write;

pub use any::AnyCluster;
pub use error::{Class, ClusterError};
pub use live::LiveReader;
pub use request::within;
pub use review::{Missing, Who};
pub use snapshot::Snapshot;
pub use watch::{Change, Drops, watch};

/// A connection to an API server.
#[derive(Clone)]
pub struct Cluster {
    clients: Arc<Clients>,
    reader: Option<Account>,
    name: String,
    address: String,
    version: String,
    /// Places of lists that investigations ask for.
    lists: Arc<Semaphore>,
    /// Places of investigations that hold large lists.
    large_reads: Arc<Semaphore>,
    /// When a request was refused for being one too many.
    throttled: Arc<Mutex<Option<Instant>>>,
    /// Requests so far, each try counted.
    sent: Arc<AtomicUsize>,
}

/// What people call the cluster that is configured, without asking it: as [`Cluster::name`] once
/// it is connected.
pub fn called(config: &Config) -> String {
    connect::called(config)
}

/// How many lists investigations may ask for at the same time: to select among thousands of objects
/// may take a server a second of processor time.
const LISTS: usize = 4;
/// How long after a refused request the API server counts as overloaded.
const OVERLOADED: Duration = Duration::from_secs(10);
/// How many investigations may hold large lists at the same time.
const LARGE_READS: usize = 3;

impl Cluster {
    /// Connect by the configured kubeconfig (else `KUBECONFIG`, `~/.kube/config`, or the pod's own
    /// service account) and ask for the version. Reads are made as the configured reader.
    ///
    /// # Errors
    /// [`ClusterError::Config`] or [`ClusterError::Unreachable`], with the file or the address.
    pub async fn connect(config: &Config) -> Result<Self, ClusterError> {
        connect::connect(config).await
    }

    /// A connection by these clients, whose version is not known yet.
    fn over(clients: Clients, reader: Option<Account>, name: String, address: String) -> Cluster {
        Cluster {
            clients: Arc::new(clients),
            reader,
            name,
            address,
            version: "unknown".to_owned(),
            lists: Arc::new(Semaphore::new(LISTS)),
            large_reads: Arc::new(Semaphore::new(LARGE_READS)),
            throttled: Arc::default(),
            sent: Arc::default(),
        }
    }

    /// What people call the cluster: `cluster.name`, else the kubeconfig's context, else
    /// `in-cluster`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Address of the API server.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Version of the API server, such as `v1.37.2`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The account that reads are made as, where it is not the one that writes.
    pub fn reader(&self) -> Option<&Account> {
        self.reader.as_ref()
    }

    /// The client for reads and watches. Like the other one, it never tries again by itself; it is
    /// another one after the credentials were rotated, so that nobody keeps it.
    pub(crate) fn reads(&self) -> kube::Client {
        self.clients.reads()
    }

    /// The client for writes: it never tries again by itself, so that a refused eviction (429) is
    /// not repeated in silence.
    pub(crate) fn writes(&self) -> kube::Client {
        self.clients.writes()
    }

    /// What a fault of a request means: the one way from the client's errors to ours. Credentials
    /// that are not accepted are loaded again before this returns.
    pub(crate) async fn fault(&self, attempt: &str, error: kube::Error) -> ClusterError {
        let error = ClusterError::of(attempt, &self.address, error);
        if error.wants_credentials() {
            self.clients.renew().await;
        }
        if let (ClusterError::Throttled { .. }, Ok(mut at)) = (&error, self.throttled.lock()) {
            *at = Some(Instant::now());
        }
        error
    }

    /// Requests made so far, each try counted.
    pub fn requests(&self) -> usize {
        self.sent.load(Ordering::Relaxed)
    }

    /// True where the API server refused a request a short while ago since there were too many.
    pub fn is_overloaded(&self) -> bool {
        let at = self.throttled.lock().map(|at| *at).unwrap_or_default();
        at.is_some_and(|at| at.elapsed() < OVERLOADED)
    }
}
