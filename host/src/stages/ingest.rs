//! Stage: from changes in the cluster to observations.

mod held;

use std::collections::HashSet;
use std::sync::Arc;

use k8shawk_core::inventory::EventTimes;
use k8shawk_core::{Inventory, ObjectRef, Observation};
use serde_json::Value;
use tracing::warn;

use crate::services::cluster::{Change, Drops};
use crate::services::telemetry::Telemetry;
use crate::services::telemetry::event::{WatchGap, WatchRestored};
use k8shawk_core::inventory::watched;

use self::held::Held;

/// Most objects that are named as not understood.
const ODD: usize = 1000;
/// Events older than this at their arrival are history, milliseconds.
const OLD_EVENT: i64 = 10 * 60_000;

/// Keeps what the cluster looks like, and says what is to be judged of it.
pub struct Ingest {
    inventory: Inventory,
    /// Kinds that are not listed yet: until all are, owners are not known, and nothing is judged.
    unlisted: HashSet<String>,
    /// Events that wait for that, or for the store.
    held: Held,
    /// Objects that could not be understood: each is said once.
    odd: HashSet<String>,
    telemetry: Telemetry,
}

/// Something to be judged.
pub struct Seen {
    /// What was observed.
    pub observation: Observation,
    /// The event that told it, with its arrival: it is told only once.
    event: Option<(Value, i64)>,
}

/// What became of a change.
#[derive(Default)]
pub struct Taken {
    /// What is to be judged.
    pub seen: Vec<Seen>,
    /// True where it was the last kind that was not listed yet: everything is to be judged.
    pub is_listed_now: bool,
}

impl From<Vec<Observation>> for Taken {
    fn from(observations: Vec<Observation>) -> Taken {
        let of_object = |observation| Seen {
            observation,
            event: None,
        };
        Taken {
            seen: observations.into_iter().map(of_object).collect(),
            is_listed_now: false,
        }
    }
}

impl Ingest {
    /// One that knows nothing of the cluster yet.
    pub fn new(inventory: Inventory, drops: Arc<Drops>, telemetry: Telemetry) -> Ingest {
        let kinds = watched().iter().filter(|kind| **kind != "Event");
        Ingest {
            inventory,
            unlisted: kinds.map(|kind| (*kind).to_owned()).collect(),
            held: Held::new(drops),
            odd: HashSet::new(),
            telemetry,
        }
    }

    /// What the cluster looks like.
    pub fn inventory(&self) -> &Inventory {
        &self.inventory
    }

    /// True where every kind is listed: nothing is judged before.
    pub fn is_listed(&self) -> bool {
        self.unlisted.is_empty()
    }

    /// Stop waiting for kinds: one that cannot be read is never listed.
    pub fn wait_for_no_kind(&mut self) {
        self.unlisted.clear();
        self.telemetry.listed();
    }

    /// Take one change at this time, milliseconds since the Unix epoch.
    pub fn take(&mut self, change: Change, now: i64) -> Taken {
        match change {
            Change::Applied(projection) => {
                let object = self.is_listed().then(|| projection.reference());
                self.inventory.hold(projection);
                object.map_or_else(Taken::default, |object| self.applied(&object, now))
            }
            Change::Malformed(object) => {
                self.not_understood(&object);
                Taken::default()
            }
            Change::Deleted(object) => self.deleted(&object, now).into(),
            Change::Event(event) if !self.is_listed() => {
                self.held.push(event, now);
                Taken::default()
            }
            Change::Event(event) => Taken {
                seen: self.event(event, now, now, true).into_iter().collect(),
                is_listed_now: false,
            },
            Change::Listed { kind, objects } => self.listed(&kind, &objects),
            Change::Gap { kind, why } => {
                let (kind, why) = (&kind, &why);
                WatchGap { kind, why }.emit(&self.telemetry);
                Taken::default()
            }
            Change::Restored { kind } => {
                WatchRestored { kind: &kind }.emit(&self.telemetry);
                Taken::default()
            }
        }
    }

    /// An event may come before its object, and waits for it.
    fn applied(&mut self, object: &ObjectRef, now: i64) -> Taken {
        let mut taken = Taken::from(self.look(object, now));
        for (event, arrived) in self.held.take_of(&object.uid) {
            taken.seen.extend(self.event(event, arrived, now, true));
        }
        taken
    }

    /// What an object shows, and what shows it on others.
    fn look(&self, object: &ObjectRef, now: i64) -> Vec<Observation> {
        let mut seen: Vec<Observation> = self.inventory.observe(object, now).into_iter().collect();
        for dependent in self.inventory.dependants(object) {
            seen.extend(self.inventory.observe(&dependent, now));
        }
        seen
    }

    fn deleted(&mut self, object: &ObjectRef, now: i64) -> Vec<Observation> {
        let touched = self.inventory.dependants(object);
        self.inventory.remove(object);
        if !self.is_listed() {
            return Vec::new();
        }
        let seen = touched.iter().map(|o| self.inventory.observe(o, now));
        seen.flatten().collect()
    }

    fn listed(&mut self, kind: &str, objects: &[ObjectRef]) -> Taken {
        self.inventory.replace_kind(kind, "", objects);
        let is_last = self.unlisted.remove(kind) && self.is_listed();
        if is_last {
            self.wait_for_no_kind();
        }
        Taken {
            seen: Vec::new(),
            is_listed_now: is_last,
        }
    }

    /// What an event says of something that is gone, is over: a pod that was replaced while
    /// nobody watched is no incident. At its first time the object may only be late.
    pub fn event(&mut self, event: Value, arrived: i64, now: i64, first: bool) -> Option<Seen> {
        let observed = self.inventory.observe_event(&event, now);
        if observed.is_none() && EventTimes::of(&event).is_none() {
            self.not_understood(&reference(&event));
        }
        let observation = observed.filter(|o| arrived - o.signal.last_seen < OLD_EVENT)?;
        if self.inventory.is_gone(&observation.signal.owner) {
            if first {
                self.held.push(event, arrived);
            }
            return None;
        }
        Some(Seen {
            observation,
            event: Some((event, arrived)),
        })
    }

    /// What was seen could not be stored. An object is seen again at the next sweep; an event waits.
    pub fn keep(&mut self, seen: Seen) {
        if let Some((event, arrived)) = seen.event {
            self.held.push(event, arrived);
        }
    }

    /// Events that waited, with their arrival.
    pub fn take_held(&mut self) -> Vec<(Value, i64)> {
        self.held.take()
    }

    /// True where no event waits.
    pub fn holds_nothing(&self) -> bool {
        self.held.is_empty()
    }

    /// Know this object no more: our own code fails on it.
    pub fn leave_out(&mut self, object: &ObjectRef) {
        self.inventory.remove(object);
        self.not_understood(object);
    }

    /// An object without the form of its kind: what was known of it stays.
    fn not_understood(&mut self, object: &ObjectRef) {
        let name = object.to_string();
        if self.odd.len() < ODD && self.odd.insert(name.clone()) {
            warn!(
                object = name,
                "cannot be parsed and is ignored; everything else is watched"
            );
        }
    }

    /// One of these objects, with every kind listed.
    #[cfg(test)]
    pub(crate) fn of(
        projections: impl IntoIterator<Item = k8shawk_core::inventory::Projection>,
    ) -> Ingest {
        let mut ingest = Ingest::new(Inventory::unlisted(), Arc::default(), Telemetry::default());
        projections
            .into_iter()
            .for_each(|p| ingest.inventory.hold(p));
        ingest.unlisted.clear();
        ingest
    }
}

/// What an event, or an object, is.
pub fn reference(object: &Value) -> ObjectRef {
    let text = |p| {
        object
            .pointer(p)
            .and_then(Value::as_str)
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
