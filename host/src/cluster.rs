//! The cluster: connecting to it, reading it, and watching it. Nothing here writes.
//!
//! Three readers serve the same verbs: [`Snapshot`] from memory after one list per kind,
//! [`LiveReader`] by API requests, and a recorded bundle elsewhere. Whatever they serve was
//! stripped first: no value of a Secret, no managed fields, no last-applied copies.

use std::path::Path;

mod connect;
mod describe;
mod error;
mod events;
mod live;
mod page;
mod request;
mod secret;
mod snapshot;
mod strip;
mod top;
mod watch;
mod write;

pub use error::ClusterError;
pub use live::LiveReader;
pub use snapshot::Snapshot;
pub use watch::{Change, Drops, EVERY_KIND, watch, watched};
pub use write::WriteError;

/// A connection to an API server.
#[derive(Clone)]
pub struct Cluster {
    client: kube::Client,
    name: String,
    address: String,
    version: String,
}

impl Cluster {
    /// Connect by a kubeconfig (else `KUBECONFIG`, `~/.kube/config`, or the pod's own service
    /// account) and ask for the version.
    ///
    /// # Errors
    /// [`ClusterError::Config`] or [`ClusterError::Unreachable`], with the file or the address.
    pub async fn connect(
        kubeconfig: Option<&Path>,
        context: Option<&str>,
    ) -> Result<Self, ClusterError> {
        connect::connect(kubeconfig, context).await
    }

    /// Name of the cluster: of the kubeconfig's context, else `in-cluster`.
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

    /// The client for writes and watches: it never tries again by itself, so that a refused
    /// eviction (429) is not repeated in silence.
    pub fn writes(&self) -> kube::Client {
        self.client.clone()
    }
}
