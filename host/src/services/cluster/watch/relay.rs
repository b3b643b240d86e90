//! From the watches to the queue: lists wait for room, changes do not.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{AbortHandle, BoxStream, SelectAll, StreamExt};
use k8shawk_core::ObjectRef;
use k8shawk_core::kinds::Kind;
use kube::runtime::watcher::DefaultBackoff;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{Instant, sleep_until};

use super::follow::{Followed, Happening, SlotHappening, follow};
use super::held::Held;
use super::{Change, Drops};
use crate::services::cluster::Cluster;

/// Lists under way at a time: after an outage every kind may want one.
const LISTS: usize = 3;
/// How long the watches of one rank may take to be listed before the next rank begins.
const PATIENCE: Duration = Duration::from_secs(30);

mod outage;

/// The receiver is gone.
struct Closed;

/// What is known of one watch.
struct Slot {
    kind: &'static Kind,
    handle: Option<AbortHandle>,
    backoff: DefaultBackoff,
    /// Everything up to this version was relayed; none where the kind is to be listed.
    version: Option<String>,
    /// Objects of the list that is under way.
    listing: Vec<ObjectRef>,
    /// A gap of this kind alone was reported and is not over.
    gap: bool,
}

pub(super) struct Relay {
    cluster: Cluster,
    namespace: String,
    lists: Arc<Semaphore>,
    sink: mpsc::Sender<Change>,
    drops: Arc<Drops>,
    slots: Vec<Slot>,
    watches: SelectAll<BoxStream<'static, SlotHappening>>,
    /// Watches that the API server's absence ended and that are not back.
    away: BTreeSet<usize>,
    /// True from the first watch that is back until the last one.
    returning: bool,
    /// When an outage of every kind was last seen, or ended.
    outage: Option<Instant>,
    /// Watches that were not listed yet and have not failed either.
    unsettled: BTreeSet<usize>,
    /// Watches that wait until the others are settled, by their rank.
    waiting: Vec<(u8, usize)>,
    /// When the next rank begins at the latest.
    patience: Instant,
    held: Held,
}

/// Owners first, then their pods, then what is reported of these: else a pod's root owner would
/// not be known when the pod is.
fn rank(kind: &Kind) -> u8 {
    match kind.kind {
        "Event" => 2,
        "Pod" => 1,
        _ => 0,
    }
}

impl Relay {
    pub(super) fn new(
        cluster: Cluster,
        namespace: String,
        sink: mpsc::Sender<Change>,
        drops: Arc<Drops>,
    ) -> Self {
        Relay {
            cluster,
            namespace,
            lists: Arc::new(Semaphore::new(LISTS)),
            sink,
            drops,
            slots: Vec::new(),
            watches: SelectAll::new(),
            away: BTreeSet::new(),
            returning: false,
            outage: None,
            unsettled: BTreeSet::new(),
            waiting: Vec::new(),
            patience: Instant::now() + PATIENCE,
            held: Held::default(),
        }
    }

    /// Relay until nobody receives.
    pub(super) async fn run(mut self, kinds: &[&'static Kind]) {
        for (at, kind) in kinds.iter().enumerate() {
            let backoff = DefaultBackoff::default();
            self.slots.push(Slot {
                kind,
                handle: None,
                backoff,
                version: None,
                listing: Vec::new(),
                gap: false,
            });
            self.waiting.push((rank(kind), at));
        }
        self.waiting
            .sort_by_key(|waiting| std::cmp::Reverse(*waiting));
        self.begin_next();
        while self.turn().await.is_ok() {}
    }

    /// One thing that happens.
    async fn turn(&mut self) -> Result<(), Closed> {
        tokio::select! {
            () = self.sink.closed() => Err(Closed),
            () = sleep_until(self.patience), if !self.waiting.is_empty() => {
                self.begin_next();
                Ok(())
            }
            lost = self.drops.lost() => {
                self.list_again(&lost);
                Ok(())
            }
            (at, event) = self.held.next() => self.offer_held(at, event).await,
            Some((at, step)) = self.watches.next() => match step {
                Ok(happening) => self.relay(at, happening).await,
                Err(error) => self.failed(at, &error).await,
            },
        }
    }

    /// A watch was listed or failed; after the last one of a rank the next rank begins.
    fn settle(&mut self, at: usize) {
        self.unsettled.remove(&at);
        if self.unsettled.is_empty() {
            self.begin_next();
        }
    }

    fn begin_next(&mut self) {
        let Some((rank, _)) = self.waiting.last().copied() else {
            return;
        };
        self.patience = Instant::now() + PATIENCE;
        self.unsettled.clear();
        while let Some((_, at)) = self.waiting.pop_if(|(of, _)| *of == rank) {
            self.unsettled.insert(at);
            self.begin(at, Duration::ZERO);
        }
    }

    /// Restart the watch of a slot, from where it stood.
    fn begin(&mut self, at: usize, delay: Duration) {
        let Some(slot) = self.slots.get_mut(at) else {
            return;
        };
        if let Some(handle) = slot.handle.take() {
            handle.abort();
        }
        slot.listing.clear();
        let followed = Followed {
            cluster: self.cluster.clone(),
            namespace: self.namespace.clone(),
            kind: slot.kind,
            lists: self.lists.clone(),
        };
        let (watch, handle) = follow(followed, at, slot.version.clone(), delay);
        slot.handle = Some(handle);
        self.watches.push(watch);
    }

    /// After a pause, and no sooner than the API server wants.
    fn begin_later(&mut self, at: usize, wanted: Duration) {
        let delay = self.slots.get_mut(at).and_then(|slot| slot.backoff.next());
        let delay = delay.unwrap_or(Duration::from_secs(30));
        self.begin(at, delay.max(wanted));
    }

    /// The kind of a slot is to be listed, whatever version it stood at.
    fn forget(&mut self, at: usize) {
        if let Some(slot) = self.slots.get_mut(at) {
            slot.version = None;
        }
    }

    /// The receiver had no room for some of these kinds.
    fn list_again(&mut self, lost: &[&'static str]) {
        for at in 0..self.slots.len() {
            let kind = self.slots.get(at).map_or("", |slot| slot.kind.kind);
            if lost.contains(&kind) {
                self.forget(at);
                self.begin_later(at, Duration::ZERO);
            }
        }
    }

    async fn relay(&mut self, at: usize, happening: Happening) -> Result<(), Closed> {
        let Some(slot) = self.slots.get_mut(at) else {
            return Ok(());
        };
        let kind = slot.kind;
        match happening {
            Happening::Listing => slot.listing.clear(),
            Happening::Listed(lean) => {
                if kind.kind != "Event" {
                    slot.listing.push(lean.reference(kind));
                }
                self.deliver_of_list(lean.into_change(kind)).await?;
            }
            Happening::Whole(version) => {
                slot.version = Some(version);
                self.listed(at).await?;
            }
            Happening::Open => self.open(at).await?,
            Happening::Passed(version) => self.passed(at, Some(version)),
            Happening::Applied(lean) if kind.kind == "Event" => {
                let version = lean.version().map(str::to_owned);
                match self.held.hold(at, lean.into_change(kind)) {
                    None => self.passed(at, version),
                    Some(event) => self.offer(at, event, version).await?,
                }
            }
            Happening::Applied(lean) => {
                let version = lean.version().map(str::to_owned);
                self.offer(at, lean.into_change(kind), version).await?;
            }
            // An event that expires is deleted: that says nothing.
            Happening::Deleted(_) if kind.kind == "Event" => {}
            Happening::Deleted(lean) => {
                let version = lean.version().map(str::to_owned);
                let change = Change::Deleted(lean.reference(kind));
                self.offer(at, change, version).await?;
            }
        }
        Ok(())
    }

    /// Everything up to a version was relayed: the watch works.
    fn passed(&mut self, at: usize, version: Option<String>) {
        if let Some(slot) = self.slots.get_mut(at) {
            slot.backoff = DefaultBackoff::default();
            slot.version = version.or(slot.version.take());
        }
    }

    /// The watch of a slot is open, and nothing was lost in between.
    async fn open(&mut self, at: usize) -> Result<(), Closed> {
        let Some(slot) = self.slots.get_mut(at) else {
            return Ok(());
        };
        let (kind, gap) = (slot.kind.kind, std::mem::take(&mut slot.gap));
        if gap {
            self.deliver(Change::Restored {
                kind: kind.to_owned(),
            })
            .await?;
        }
        if self.away.remove(&at) {
            self.back().await?;
        }
        Ok(())
    }

    async fn listed(&mut self, at: usize) -> Result<(), Closed> {
        let Some(slot) = self.slots.get_mut(at) else {
            return Ok(());
        };
        slot.backoff = DefaultBackoff::default();
        let kind = slot.kind.kind;
        let objects = std::mem::take(&mut slot.listing);
        if kind != "Event" {
            self.deliver(Change::Listed {
                kind: kind.to_owned(),
                objects,
            })
            .await?;
        }
        self.settle(at);
        Ok(())
    }

    /// Wait for room.
    async fn deliver(&mut self, change: Change) -> Result<(), Closed> {
        self.sink.send(change).await.map_err(|_| Closed)
    }

    /// Wait for room, and leave some to the changes, which do not wait.
    async fn deliver_of_list(&mut self, change: Change) -> Result<(), Closed> {
        let room = (self.sink.max_capacity() / 4).max(1);
        let mut permits = self.sink.reserve_many(room).await.map_err(|_| Closed)?;
        if let Some(permit) = permits.next() {
            permit.send(change);
        }
        Ok(())
    }

    /// Do not wait for room: count what is dropped, and begin again before it.
    async fn offer(
        &mut self,
        at: usize,
        change: Change,
        version: Option<String>,
    ) -> Result<(), Closed> {
        match self.sink.try_send(change) {
            Ok(()) => {
                self.passed(at, version);
                Ok(())
            }
            Err(TrySendError::Closed(_)) => Err(Closed),
            Err(TrySendError::Full(_)) => self.dropped(at).await,
        }
    }

    /// An event that has waited. Those behind it were taken for relayed already: where it is
    /// dropped, its kind is listed again.
    async fn offer_held(&mut self, at: usize, event: Change) -> Result<(), Closed> {
        match self.sink.try_send(event) {
            Ok(()) => Ok(()),
            Err(TrySendError::Closed(_)) => Err(Closed),
            Err(TrySendError::Full(_)) => {
                self.forget(at);
                self.dropped(at).await
            }
        }
    }

    async fn dropped(&mut self, at: usize) -> Result<(), Closed> {
        if let Some(slot) = self.slots.get(at) {
            self.drops.count(slot.kind.kind);
        }
        self.begin_later(at, Duration::ZERO);
        let why = "watch queue full: changes were dropped and are requested again";
        self.gap(at, why.to_owned()).await
    }
}

#[cfg(test)]
mod tests;
