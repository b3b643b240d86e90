//! Following what changes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;

use k8shawk_core::ObjectRef;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::Cluster;

/// Something changed.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// An object is new or different: [`k8shawk_core::Inventory::apply`] it.
    Applied(Value),
    /// An object is gone: [`k8shawk_core::Inventory::remove`] it.
    Deleted(ObjectRef),
    /// An event that is not Normal: [`k8shawk_core::Inventory::observe_event`]. After a start
    /// or a gap old ones come again.
    Event(Value),
    /// A kind was listed in full; its objects came before this as `Applied`:
    /// [`k8shawk_core::Inventory::replace_kind`].
    Listed {
        /// Kind.
        kind: String,
        /// Every object of it.
        objects: Vec<ObjectRef>,
    },
    /// A kind is not followed for now, or changes of it were lost; a `Listed` follows later.
    /// Reported once per gap.
    Gap {
        /// Kind.
        kind: String,
        /// Why.
        why: String,
    },
    /// A kind is followed again, without loss.
    Restored {
        /// Kind.
        kind: String,
    },
}

/// Changes that found the queue full, by kind.
#[derive(Debug, Default)]
pub struct Drops {
    counts: Mutex<BTreeMap<&'static str, u64>>,
}

impl Drops {
    /// Dropped changes by kind so far.
    pub fn by_kind(&self) -> BTreeMap<&'static str, u64> {
        self.counts.lock().map(|c| c.clone()).unwrap_or_default()
    }
}

/// The kinds that [`watch`] follows, `Event` among them.
pub fn watched() -> &'static [&'static str] {
    &[]
}

/// Follow every observed kind and the events that are not Normal, in all namespaces or one,
/// until cancelled. One task; it comes back from any outage by itself.
pub fn watch(
    _cluster: &Cluster,
    _namespace: Option<String>,
    _sink: mpsc::Sender<Change>,
    _drops: Arc<Drops>,
    stop: CancellationToken,
) -> JoinHandle<()> {
    tokio::spawn(async move { stop.cancelled().await })
}
