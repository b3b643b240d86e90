//! From the watches to the queue: lists wait for room, changes do not.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{AbortHandle, BoxStream, SelectAll, StreamExt};
use k8shawk_core::ObjectRef;
use k8shawk_core::kinds::Kind;
use kube::Client;
use kube::runtime::watcher::{DefaultBackoff, Error, Event};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio::time::{Instant, sleep_until};

use super::follow::{Fault, Step, fault, follow};
use super::held::Held;
use super::lean::Lean;
use super::{Change, Drops, EVERY_KIND};

/// How long the watches of one rank may take to be listed before the next rank begins.
const PATIENCE: Duration = Duration::from_secs(30);

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
                    slot.listing.push(reference(kind, &lean.object));
                }
                self.deliver(changed(kind, lean)).await?;
            }
            Event::InitDone => self.listed(at).await?,
            Event::Apply(lean) if kind.kind == "Event" => {
                if let Some(event) = self.held.hold(at, changed(kind, lean)) {
                    self.offer(at, event).await?;
                }
            }
            Event::Apply(lean) => self.offer(at, changed(kind, lean)).await?,
            // An event that expires is deleted: that says nothing.
            Event::Delete(_) if kind.kind == "Event" => {}
            Event::Delete(lean) => {
                self.offer(at, Change::Deleted(reference(kind, &lean.object)))
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
        if self.away.remove(&at) && self.away.is_empty() {
            self.deliver(Change::Restored {
                kind: EVERY_KIND.to_owned(),
            })
            .await?;
        }
        self.settle(at);
        Ok(())
    }

    /// A watch ended: say so once, and begin it again after a pause.
    async fn failed(&mut self, at: usize, error: &Error) -> Result<(), Closed> {
        match fault(error) {
            Fault::Server(why) => {
                let first = self.away.is_empty();
                self.away.insert(at);
                if first {
                    self.deliver(Change::Gap {
                        kind: EVERY_KIND.to_owned(),
                        why,
                    })
                    .await?;
                }
            }
            Fault::Kind(why) => self.gap(at, why).await?,
        }
        self.begin_later(at);
        self.settle(at);
        Ok(())
    }

    async fn gap(&mut self, at: usize, why: String) -> Result<(), Closed> {
        let Some(slot) = self.slots.get_mut(at) else {
            return Ok(());
        };
        if std::mem::replace(&mut slot.gap, true) {
            return Ok(());
        }
        let kind = slot.kind.kind.to_owned();
        self.deliver(Change::Gap { kind, why }).await
    }

    /// Wait for room.
    async fn deliver(&mut self, change: Change) -> Result<(), Closed> {
        self.sink.send(change).await.map_err(|_| Closed)
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

/// The change that an object brings. Lists leave out the kind of their objects.
fn changed(kind: &Kind, lean: Lean) -> Change {
    let mut object = lean.object;
    if let Some(fields) = object.as_object_mut() {
        fields.insert("apiVersion".to_owned(), kind.api_version().into());
        fields.insert("kind".to_owned(), kind.kind.into());
    }
    match kind.kind {
        "Event" => Change::Event(object),
        _ => Change::Applied(object),
    }
}

fn reference(kind: &Kind, object: &Value) -> ObjectRef {
    let text = |pointer: &str| {
        object
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    ObjectRef {
        uid: text("/metadata/uid").to_owned(),
        ..ObjectRef::new(
            &kind.api_version(),
            kind.kind,
            text("/metadata/namespace"),
            text("/metadata/name"),
        )
    }
}
