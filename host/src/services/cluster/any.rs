//! What the flow acts on: a live cluster, or a recorded incident.

use std::sync::Arc;

use k8shawk_core::fix::{Fix, Half, Operation};
use k8shawk_core::guard::Reader;
use serde_json::Value;

use crate::services::cluster::replay::Replay;
use crate::services::cluster::{Cluster, ClusterError, LiveReader, Snapshot};

/// A live cluster or a recorded one; both go the same way through the flow.
pub enum AnyCluster {
    /// A cluster behind an API server.
    Live(Box<Cluster>),
    /// A recorded incident.
    Recorded(Replay),
    /// A cluster at one moment, to read only: for a scan.
    Snapshot(Arc<Snapshot>),
}

fn read_only<T>() -> Result<T, ClusterError> {
    Err(ClusterError::Refused {
        attempt: "act on the cluster".to_owned(),
        why: "a scan only reads".to_owned(),
    })
}

impl AnyCluster {
    /// Where it is, for people.
    pub fn address(&self) -> String {
        match self {
            AnyCluster::Live(cluster) => cluster.address().to_owned(),
            AnyCluster::Recorded(_) => "a recording".to_owned(),
            AnyCluster::Snapshot(_) => "a snapshot".to_owned(),
        }
    }

    /// True where the API server said a short while ago that it is asked too much.
    pub fn is_overloaded(&self) -> bool {
        match self {
            AnyCluster::Live(cluster) => cluster.is_overloaded(),
            AnyCluster::Recorded(_) | AnyCluster::Snapshot(_) => false,
        }
    }

    /// A reader for one investigation.
    pub fn reader(&self) -> Arc<dyn Reader> {
        match self {
            AnyCluster::Live(cluster) => Arc::new(LiveReader::new(Cluster::clone(cluster))),
            AnyCluster::Recorded(replay) => replay.reader(),
            AnyCluster::Snapshot(snapshot) => snapshot.clone(),
        }
    }

    /// An object as it is now; none where it does not exist.
    ///
    /// # Errors
    /// [`ClusterError`].
    pub async fn current(
        &self,
        kind: &str,
        namespace: &str,
        name: &str,
    ) -> Result<Option<Value>, ClusterError> {
        match self {
            AnyCluster::Live(cluster) => cluster.current(kind, namespace, name).await,
            AnyCluster::Recorded(replay) => Ok(replay.current(kind, namespace, name)),
            AnyCluster::Snapshot(_) => read_only(),
        }
    }

    /// The objects of a kind in a namespace as they are now.
    ///
    /// # Errors
    /// [`ClusterError`].
    pub async fn current_list(
        &self,
        kind: &str,
        namespace: &str,
    ) -> Result<Vec<Value>, ClusterError> {
        match self {
            AnyCluster::Live(cluster) => cluster.current_list(kind, namespace).await,
            AnyCluster::Recorded(replay) => Ok(replay.current_list(kind, namespace)),
            AnyCluster::Snapshot(_) => read_only(),
        }
    }

    /// The object as the server would leave it; null where it would be gone.
    ///
    /// # Errors
    /// [`ClusterError`].
    pub async fn dry_run(&self, fix: &Fix, operation: &Operation) -> Result<Value, ClusterError> {
        match self {
            AnyCluster::Live(cluster) => {
                let mut left = Value::Null;
                for half in [Half::First, Half::Second] {
                    if let Some(write) = operation.write(half) {
                        left = cluster.write(write, true).await?;
                    }
                }
                Ok(left)
            }
            AnyCluster::Recorded(replay) => replay.dry_run(fix),
            AnyCluster::Snapshot(_) => read_only(),
        }
    }

    /// Send this half of an operation, once.
    ///
    /// # Errors
    /// [`ClusterError`].
    pub async fn send(&self, operation: &Operation, half: Half) -> Result<(), ClusterError> {
        let Some(write) = operation.write(half) else {
            return Ok(());
        };
        match self {
            AnyCluster::Live(cluster) => cluster.write(write, false).await.map(drop),
            // A recording continues once all is done.
            AnyCluster::Recorded(replay) if is_last(operation, half) => replay.execute(),
            AnyCluster::Recorded(_) => Ok(()),
            AnyCluster::Snapshot(_) => read_only(),
        }
    }

    /// Wait until the object of this uid is gone; the caller bounds the time.
    ///
    /// # Errors
    /// [`ClusterError`].
    pub async fn until_gone(&self, object: &Value) -> Result<(), ClusterError> {
        match self {
            AnyCluster::Live(cluster) => cluster.until_gone(object).await,
            AnyCluster::Recorded(_) => Ok(()),
            AnyCluster::Snapshot(_) => read_only(),
        }
    }
}

fn is_last(operation: &Operation, half: Half) -> bool {
    half == Half::Second || operation.write(Half::Second).is_none()
}
