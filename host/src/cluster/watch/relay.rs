//! From the watches to the queue: lists wait for room, changes do not.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{AbortHandle, BoxStream, SelectAll, StreamExt};
use k8shawk_core::ObjectRef;
use k8shawk_core::kinds::Kind;
use kube::Client;
use kube::runtime::watcher::{DefaultBackoff, Event};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio::time::{Instant, sleep_until};

use super::follow::{Step, follow};
use super::held::Held;
use super::lean::Lean;
use super::{Change, Drops};

/// How long the watches of one rank may take to be listed before the next rank begins.
const PATIENCE: Duration = Duration::from_secs(30);

mod outage;

/// Nobody receives any more.
struct Closed;

/// What is known of one watch.
struct Slot {
    kind: &'static Kind,
    handle: Option<AbortHandle>,
    backoff: DefaultBackoff,
    /// Objects of the list that is under way.
    listing: Vec<ObjectRef>,
    /// A gap of this kind alone was reported and is not over.
    gap: bool,
}

pub(super) struct Relay {
    client: Client,
    namespace: String,
    sink: mpsc::Sender<Change>,
    drops: Arc<Drops>,
    slots: Vec<Slot>,
    watches: SelectAll<BoxStream<'static, Step>>,
    /// Watches that the API server's absence ended and that are not back.
    away: BTreeSet<usize>,
    /// True from the first watch that is back until the last one.
    returning: bool,
    /// Watches that were not listed yet and have not failed either.
    unsettled: BTreeSet<usize>,
    /// Watches that wait until the others are settled, by their rank.
    waiting: Vec<(u8, usize)>,
    /// When the next rank begins at the latest.
    patience: Instant,
    held: Held,
}

/// Owners first, then their pods, then what is told of these: else a pod's root owner would
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
        client: Client,
        namespace: String,
        sink: mpsc::Sender<Change>,
        drops: Arc<Drops>,
    ) -> Self {
        Relay {
            client,
            namespace,
            sink,
            drops,
            slots: Vec::new(),
            watches: SelectAll::new(),
            away: BTreeSet::new(),
            returning: false,
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
            (at, event) = self.held.next() => self.offer(at, event).await,
            Some((at, step)) = self.watches.next() => match step {
                Ok(event) => self.relay(at, event).await,
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

    /// Begin the watch of a slot anew.
    fn begin(&mut self, at: usize, delay: Duration) {
        let Some(slot) = self.slots.get_mut(at) else {
            return;
        };
        if let Some(handle) = slot.handle.take() {
            handle.abort();
        }
        slot.listing.clear();
        let client = self.client.clone();
        let (watch, handle) = follow(client, &self.namespace, at, slot.kind, delay);
        slot.handle = Some(handle);
        self.watches.push(watch);
    }

    fn begin_later(&mut self, at: usize) {
        let delay = self.slots.get_mut(at).and_then(|slot| slot.backoff.next());
        self.begin(at, delay.unwrap_or(Duration::from_secs(30)));
    }

    async fn relay(&mut self, at: usize, event: Event<Lean>) -> Result<(), Closed> {
        let Some(slot) = self.slots.get_mut(at) else {
            return Ok(());
        };
        let kind = slot.kind;
        match event {
            Event::Init => slot.listing.clear(),
            Event::InitApply(lean) => {
                if kind.kind != "Event" {
                    slot.listing.push(lean.reference(kind));
                }
                self.deliver_of_list(lean.into_change(kind)).await?;
            }
            Event::InitDone => self.listed(at).await?,
            Event::Apply(lean) if kind.kind == "Event" => {
                if let Some(event) = self.held.hold(at, lean.into_change(kind)) {
                    self.offer(at, event).await?;
                }
            }
            Event::Apply(lean) => self.offer(at, lean.into_change(kind)).await?,
            // An event that expires is deleted: that says nothing.
            Event::Delete(_) if kind.kind == "Event" => {}
            Event::Delete(lean) => {
                self.offer(at, Change::Deleted(lean.reference(kind)))
                    .await?;
            }
        }
        Ok(())
    }

    async fn listed(&mut self, at: usize) -> Result<(), Closed> {
        let Some(slot) = self.slots.get_mut(at) else {
            return Ok(());
        };
        slot.backoff = DefaultBackoff::default();
        let (kind, gap) = (slot.kind.kind, std::mem::take(&mut slot.gap));
        let objects = std::mem::take(&mut slot.listing);
        if kind != "Event" {
            self.deliver(Change::Listed {
                kind: kind.to_owned(),
                objects,
            })
            .await?;
        }
        if gap {
            self.deliver(Change::Restored {
                kind: kind.to_owned(),
            })
            .await?;
        }
        if self.away.remove(&at) {
            self.back().await?;
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

    /// Do not wait for room: count what is dropped, and list its kind again later.
    async fn offer(&mut self, at: usize, change: Change) -> Result<(), Closed> {
        match self.sink.try_send(change) {
            Ok(()) => Ok(()),
            Err(TrySendError::Closed(_)) => Err(Closed),
            Err(TrySendError::Full(_)) => {
                if let Some(slot) = self.slots.get(at) {
                    self.drops.count(slot.kind.kind);
                }
                self.begin_later(at);
                self.gap(at, "the queue was full and changes were dropped".to_owned())
                    .await
            }
        }
    }
}
