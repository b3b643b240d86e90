//! Following what changes: one task over one watch per kind.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use k8shawk_core::ObjectRef;
use k8shawk_core::inventory::Projection;
use k8shawk_core::kinds::{self, Kind};
use serde_json::Value;
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;

use super::Cluster;
use k8shawk_core::inventory::watched;

mod follow;
mod held;
mod lean;
mod relay;

/// Something changed.
#[derive(Debug)]
pub enum Change {
    /// An object is new or different: [`k8shawk_core::Inventory::hold`] it.
    Applied(Projection),
    /// An object is new or different, and cannot be understood.
    Malformed(ObjectRef),
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
    /// The watch of a kind is interrupted, or changes of it were dropped; it resumes
    /// from there later, or is listed again. Reported once per gap.
    Gap {
        /// Kind; [`EVERY_KIND`](k8shawk_core::inventory::EVERY_KIND) where the API server does not answer.
        kind: String,
        /// Why.
        why: String,
    },
    /// The watch of a kind resumed, without loss.
    Restored {
        /// Kind; [`EVERY_KIND`](k8shawk_core::inventory::EVERY_KIND) after the API server was away.
        kind: String,
    },
}

impl Change {
    /// The kind of what changed.
    pub fn kind(&self) -> &str {
        match self {
            Change::Applied(projection) => projection.kind(),
            Change::Malformed(object) | Change::Deleted(object) => &object.kind,
            Change::Event(_) => "Event",
            Change::Listed { kind, .. } | Change::Gap { kind, .. } | Change::Restored { kind } => {
                kind
            }
        }
    }
}

/// Changes that found no room, by kind. A receiver without room for a relayed change reports it
/// here too, and its kind is listed again.
#[derive(Debug, Default)]
pub struct Drops {
    counts: Mutex<BTreeMap<&'static str, u64>>,
    lost: Mutex<BTreeSet<&'static str>>,
    told: Notify,
}

impl Drops {
    /// Dropped changes by kind so far.
    pub fn by_kind(&self) -> BTreeMap<&'static str, u64> {
        self.counts
            .lock()
            .map(|counts| counts.clone())
            .unwrap_or_default()
    }

    /// A change of this kind was relayed, and dropped because the queue was full.
    pub fn lose(&self, kind: &'static str) {
        self.count(kind);
        if let Ok(mut lost) = self.lost.lock() {
            lost.insert(kind);
        }
        self.told.notify_one();
    }

    /// The kinds of which changes were lost since the last time.
    async fn lost(&self) -> Vec<&'static str> {
        loop {
            let lost = self.lost.lock().map(|mut lost| std::mem::take(&mut *lost));
            match lost.unwrap_or_default() {
                lost if lost.is_empty() => self.told.notified().await,
                lost => return lost.into_iter().collect(),
            }
        }
    }

    fn count(&self, kind: &'static str) {
        if let Ok(mut counts) = self.counts.lock() {
            *counts.entry(kind).or_default() += 1;
        }
    }
}

/// Follow every observed kind and the events that are not Normal, in all namespaces or one,
/// until cancelled or until nobody receives. It comes back from any outage by itself, and may be
/// restarted after it ended: then every kind is listed again.
///
/// A watch that ends resumes from the version where it ended, and lists its kind again only where
/// the API server no longer has that version (410). What a list holds waits for room in
/// the queue; a change that finds it full is dropped, counted, and asked for again later.
pub async fn watch(
    cluster: &Cluster,
    namespace: Option<String>,
    sink: mpsc::Sender<Change>,
    drops: Arc<Drops>,
    stop: CancellationToken,
) {
    let kinds: Vec<&'static Kind> = watched()
        .iter()
        .filter_map(|name| kinds::kind(name))
        .collect();
    let namespace = namespace.unwrap_or_default();
    let relay = relay::Relay::new(cluster.clone(), namespace, sink, drops);
    tokio::select! {
        () = stop.cancelled() => {}
        () = relay.run(&kinds) => {}
    }
}
