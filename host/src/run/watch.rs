//! Stage: from changes in the cluster to observations, and on to triage.

mod guarded;
mod held;
mod home;
mod looks;
mod sweeping;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use k8shawk_core::inventory::EventTimes;
use k8shawk_core::record::{Record, State};
use k8shawk_core::{Inventory, ObjectRef, Observation};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use crate::run::pipeline::Pipeline;
use crate::services::cluster::{Change, Drops};
use crate::services::crash_points;
use crate::services::progress;
use crate::services::store::StoreError;
use crate::services::telemetry::event::{WatchGap, WatchRestored};
use crate::services::telemetry::{Stage, Telemetry};
use crate::services::watched_kinds::watched;
use crate::stages::decide;
use crate::stages::flow::FlowError;
use crate::stages::introspect;
use crate::stages::triage::{self, Grouped};

use self::held::Held;
use self::home::Home;
use self::looks::Looks;
use self::sweeping::Sweeping;

/// Longest wait for the first list of every kind, milliseconds.
const LISTING: i64 = 10_000;
/// Most objects that are named as not understood.
const ODD: usize = 1000;
/// How long after a change was dropped that is said to be so, milliseconds.
const DROPPED: i64 = 5 * 60_000;
/// Events older than this at their arrival are history, milliseconds.
const OLD_EVENT: i64 = 10 * 60_000;

/// Time without progress, beside three sweeps, after which the host is said to stand still.
const SILENT: Duration = Duration::from_secs(60);

/// Most changes in front of one part of a sweep: without a bound a flood of them would end sweeps.
const IN_A_ROW: u32 = 64;

/// The incidents that have not ended, as they are read, with the time of the sweep.
type Listing = JoinHandle<(i64, Result<Vec<Record>, StoreError>)>;
/// What was read; none where the reading itself failed.
type Listed = Option<(i64, Result<Vec<Record>, StoreError>)>;

/// What is read, once it is read; never where nothing is.
async fn of(listing: &mut Option<Listing>) -> Listed {
    match listing {
        Some(listing) => listing.await.ok(),
        None => std::future::pending().await,
    }
}

/// Turns changes into signals and keeps what the cluster looks like.
pub struct Watch {
    pipeline: Arc<Pipeline>,
    inventory: Inventory,
    /// When incidents are looked at again.
    looks: Looks,
    /// Kinds that are not listed yet: until all are, owners are not known, and nothing is judged.
    unlisted: HashSet<String>,
    /// Events that wait for that, or for the store.
    held: Held,
    /// The look at everything that is under way.
    sweeping: Option<Sweeping>,
    /// True where the store failed and nothing was stored since: said once.
    unstored: bool,
    /// Objects that could not be understood: each is said once.
    odd: HashSet<String>,
    started: i64,
    drops: Arc<Drops>,
    /// Dropped changes that were told of.
    told: u64,
    /// When the last of them was told of.
    dropped_at: Option<i64>,
    /// When what is judged now was taken up.
    taken_at: SystemTime,
    /// The pod of this host.
    home: Home,
}

impl Watch {
    /// A watch that knows nothing of the cluster yet.
    pub fn new(pipeline: Arc<Pipeline>, inventory: Inventory, drops: Arc<Drops>) -> Watch {
        let started = pipeline.flow.clock.now();
        let kinds = watched().iter().filter(|kind| **kind != "Event");
        let unlisted = kinds.map(|kind| (*kind).to_owned()).collect();
        let held = Held::new(drops.clone());
        let home = Home::of(introspect::pod(&pipeline.flow.config));
        Watch {
            pipeline,
            inventory,
            looks: Looks::default(),
            unlisted,
            held,
            sweeping: None,
            unstored: false,
            odd: HashSet::new(),
            started,
            drops,
            told: 0,
            dropped_at: None,
            taken_at: SystemTime::now(),
            home,
        }
    }

    fn telemetry(&self) -> &Telemetry {
        &self.pipeline.flow.telemetry
    }

    /// Take changes until the channel closes or the token is cancelled; sweep in between. A change
    /// waits for one part of a sweep at most.
    pub async fn run(mut self, mut changes: mpsc::Receiver<Change>, stop: CancellationToken) {
        let every = self.pipeline.flow.config.sweep;
        self.telemetry().beats_every(SILENT + 3 * every);
        let mut sweep = tokio::time::interval(every);
        let mut in_a_row = 0;
        let mut listing: Option<Listing> = None;
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                _ = sweep.tick() => {
                    crash_points::reach("watch");
                    self.safely(Watch::begin_sweep);
                }
                change = changes.recv(), if !self.is_sweeping() || in_a_row < IN_A_ROW => {
                    in_a_row += 1;
                    match change {
                        Some(change) => self.take_safely(change),
                        None => return,
                    }
                }
                listed = of(&mut listing) => {
                    listing = None;
                    self.safely(|watch| watch.quiet_of(listed));
                }
                () = std::future::ready(()), if self.is_sweeping() => {
                    in_a_row = 0;
                    if let Some(now) = self.sweep_safely() {
                        listing.get_or_insert_with(|| self.list(now));
                    }
                    tokio::task::yield_now().await;
                }
            }
        }
    }

    /// The incidents that have not ended, for [`Watch::quiet`]: they are many in a storm, so that
    /// others read and parse them.
    fn list(&self, now: i64) -> Listing {
        let flow = self.pipeline.flow.clone();
        tokio::task::spawn_blocking(move || (now, flow.store.list(true)))
    }

    fn quiet_of(&mut self, listed: Listed) {
        let quiet = match listed {
            Some((now, Ok(active))) => self.quiet(now, &active),
            Some((_, Err(fault))) => Err(fault.into()),
            // The process ends, or the reading panicked: the next sweep lists again.
            None => Ok(()),
        };
        if let Err(fault) = quiet {
            warn!(%fault, "quiet incidents were not looked at");
        }
    }

    /// Take one change.
    pub fn take(&mut self, change: Change) {
        let begun = Instant::now();
        self.taken_at = SystemTime::now();
        self.telemetry().change(change.kind());
        self.understand(change);
        self.telemetry().took(Stage::Watch, begun.elapsed());
    }

    fn understand(&mut self, change: Change) {
        let now = self.pipeline.flow.clock.now();
        match change {
            Change::Applied(projection) => {
                let object = self.unlisted.is_empty().then(|| projection.reference());
                self.inventory.hold(projection);
                if let Some(object) = object {
                    self.look(&object, now);
                }
            }
            Change::Malformed(object) => self.not_understood(&object),
            Change::Deleted(object) => {
                let touched = self.inventory.dependants(&object);
                self.inventory.remove(&object);
                if self.unlisted.is_empty() {
                    touched.iter().for_each(|o| self.observe(o, now));
                }
            }
            Change::Event(event) if !self.unlisted.is_empty() => self.held.push(event, now),
            Change::Event(event) => self.event(event, now, true),
            Change::Listed { kind, objects } => {
                self.inventory.replace_kind(&kind, "", &objects);
                if self.unlisted.remove(&kind) && self.unlisted.is_empty() {
                    self.begin();
                }
            }
            Change::Gap { kind, why } => WatchGap {
                kind: &kind,
                why: &why,
            }
            .emit(self.telemetry()),
            Change::Restored { kind } => WatchRestored { kind: &kind }.emit(self.telemetry()),
        }
    }

    /// Every kind is listed: judge what was held back.
    fn begin(&mut self) {
        self.unlisted.clear();
        self.telemetry().listed();
        self.begin_sweep();
    }

    /// What an event says of something that is gone, is over: a pod that was replaced while
    /// nobody watched is no incident. At its first time the object may only be late.
    fn event(&mut self, event: Value, arrived: i64, first: bool) {
        let now = self.pipeline.flow.clock.now();
        let observed = self.inventory.observe_event(&event, now);
        if observed.is_none() && EventTimes::of(&event).is_none() {
            self.not_understood(&reference(&event));
        }
        let recent = observed.filter(|o| arrived - o.signal.last_seen < OLD_EVENT);
        let done = recent.is_none_or(|o| {
            if self.inventory.is_gone(&o.signal.owner) {
                return !first;
            }
            self.judge(&o)
        });
        if !done {
            self.held.push(event, arrived);
        }
    }

    fn look(&mut self, object: &ObjectRef, now: i64) {
        self.observe(object, now);
        for dependant in self.inventory.dependants(object) {
            self.observe(&dependant, now);
        }
    }

    fn observe(&mut self, object: &ObjectRef, now: i64) {
        for observation in self.inventory.observe(object, now) {
            self.judge(&observation);
        }
    }

    /// An object without the form of its kind: what was known of it stays.
    fn not_understood(&mut self, object: &ObjectRef) {
        let name = object.to_string();
        if self.odd.len() < ODD && self.odd.insert(name.clone()) {
            warn!(
                object = name,
                "cannot be understood and is left out; everything else is watched"
            );
        }
    }

    /// What the way to a new incident took, for whoever measures it: when its observation was taken
    /// up, when it was judged, and how long it took to store it.
    fn told_in(&self, id: &str, observation: &Observation, begun: Instant) {
        let taken_up = self.taken_at.duration_since(SystemTime::UNIX_EPOCH);
        let since = self.taken_at.elapsed().unwrap_or_default();
        debug!(
            incident = id,
            object = observation.signal.object.name,
            taken_up_us = taken_up.unwrap_or_default().as_micros(),
            judged_us = begun.elapsed().as_micros(),
            all_us = since.as_micros(),
            sweeping = self.is_sweeping(),
            "opened"
        );
    }

    /// False where the store could not take it.
    fn judge(&mut self, observation: &Observation) -> bool {
        let begun = Instant::now();
        let signal = &observation.signal;
        if self
            .home
            .explains(&self.pipeline.flow, &self.inventory, signal)
        {
            return true;
        }
        let grouped = triage::run(&self.pipeline.flow, observation);
        self.telemetry().took(Stage::Triage, begun.elapsed());
        let outcome = grouped.as_ref().map_or("failed", Grouped::as_str);
        self.telemetry().signal(outcome);
        if let Err(fault) = &grouped {
            if !std::mem::replace(&mut self.unstored, true) {
                warn!(%fault, "what happens now is not stored; it is tried again at every sweep");
            }
            return false;
        }
        match grouped {
            Ok(Grouped::Opened(id)) => {
                self.told_in(&id, observation, begun);
                self.telemetry().noticed(&id, self.taken_at);
                self.looks.hear(&id, self.pipeline.flow.clock.now());
                self.pipeline.drive(&id);
            }
            Ok(Grouped::Joined(id)) => {
                self.looks.hear(&id, self.pipeline.flow.clock.now());
            }
            Ok(Grouped::Nothing | Grouped::Victim(_) | Grouped::Echo(_)) | Err(_) => {}
        }
        true
    }

    /// Changes that found no room are no loss, since they are asked for again; but whoever set the
    /// queue's size should know.
    fn tell_drops(&mut self, now: i64) {
        let total = self.drops.by_kind().values().sum();
        if total > self.told {
            let dropped = total - self.told;
            let kinds = self.dropped();
            warn!(
                dropped,
                kinds, "there was no room for changes (watch.queue); they are asked for again"
            );
            self.told = total;
            self.dropped_at = Some(now);
        }
    }

    /// Dropped changes by kind, in words.
    fn dropped(&self) -> String {
        let by_kind = self.drops.by_kind();
        let kinds: Vec<String> = by_kind.iter().map(|(k, n)| format!("{k} {n}")).collect();
        kinds.join(", ")
    }

    /// What the host finds of itself becomes an incident, and ends when it is over.
    fn introspect(&self, active: &[Record], now: i64) -> Result<(), FlowError> {
        let flow = &self.pipeline.flow;
        let recent = self.dropped_at.is_some_and(|at| now - at < DROPPED);
        let dropped = recent.then(|| self.dropped());
        let why = |id: &str| self.pipeline.failure(id);
        let troubles = introspect::look(flow, active, dropped.as_deref(), why)?;
        for trouble in &troubles {
            // Whatever stopped driving them: they are taken up again.
            trouble.stuck().for_each(|id| self.pipeline.drive(id));
            if introspect::is_known(flow, trouble)? {
                continue;
            }
            let (signal, keys) = (trouble.signal(now), [trouble.key()]);
            let mut record = triage::opened(&signal, trouble.opening(), &keys, now);
            record.finding = Some(trouble.finding());
            let id = flow.store.insert(record, &keys)?.incident.id.0;
            self.telemetry().noticed(&id, self.taken_at);
            self.pipeline.drive(&id);
        }
        introspect::settle(flow, active, &troubles)
    }

    /// An incident that may be over, or have another cause, is looked at: nothing changes where it is
    /// still there for the same cause. A question that is too old is asked again.
    fn quiet(&mut self, now: i64, active: &[Record]) -> Result<(), FlowError> {
        let flow = &self.pipeline.flow;
        let expires = i64::try_from(flow.config.approval_expires.as_millis()).unwrap_or(i64::MAX);
        self.introspect(active, now)?;
        progress::say(status(active, self.inventory.counts().pods));
        self.looks.retain(active);
        let of_cluster = active.iter().filter(|r| !r.incident.is_own());
        for record in of_cluster.filter(|r| r.state.awaits_people()) {
            let id = &record.incident.id.0;
            let expired = record.state == State::Waiting
                && record.asked_at.is_some_and(|at| now - at > expires);
            if expired {
                // What only a person wanted is not asked again and again.
                let (next, note) = match record.undo {
                    Some(_) => (State::Cleared, "nobody said yes in time"),
                    None => (State::Open, "the question expired: looked at again"),
                };
                flow.store.advance(id, State::Waiting, |r| {
                    r.votes.clear();
                    r.step(now, next, note);
                })?;
                self.pipeline.drive(id);
            } else if decide::again(flow, record)? {
                self.pipeline.drive(id);
            } else if record.undo.is_none() && self.looks.is_due(record, now) {
                self.pipeline.look_again(record);
            }
        }
        Ok(())
    }
}

/// What goes on, in a line.
fn status(active: &[Record], pods: usize) -> String {
    let waiting = active.iter().filter(|r| r.state == State::Waiting).count();
    let fixing = active.iter().filter(|r| r.execution.is_some()).count();
    let mut text = format!("watching {pods} pods · {} open incidents", active.len());
    if waiting > 0 {
        text.push_str(&format!(" · {waiting} wait for approval"));
    }
    if fixing > 0 {
        text.push_str(&format!(" · {fixing} being fixed"));
    }
    text
}

fn reference(object: &serde_json::Value) -> ObjectRef {
    let text = |p| {
        object
            .pointer(p)
            .and_then(serde_json::Value::as_str)
            .unwrap_or_default()
    };
    let mut reference = ObjectRef::new(
        text("/apiVersion"),
        text("/kind"),
        text("/metadata/namespace"),
        text("/metadata/name"),
    );
    reference.uid = text("/metadata/uid").to_owned();
    reference
}

#[cfg(test)]
mod tests;
