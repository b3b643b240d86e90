//! From what an observer saw to an observation.

use super::shape::{Body, Entry};
use super::wire::Time;
use super::{Inventory, Observation, summary};
use crate::object::ObjectRef;
use crate::signal::{Signal, SignalSource};

/// An object, what surrounds it, and the time.
#[derive(Clone, Copy)]
pub(crate) struct Scene<'a> {
    pub(crate) inventory: &'a Inventory,
    pub(crate) entry: &'a Entry,
    pub(crate) now: i64,
}

impl Scene<'_> {
    /// Seconds since a time; none where it is not known.
    pub(crate) fn since(&self, time: Time) -> Option<i64> {
        time.0.map(|then| self.now.saturating_sub(then) / 1000)
    }
}

/// One thing that is not as it should be.
#[derive(Debug, Clone)]
pub(crate) struct Sighting {
    /// Part of the signal's id that tells it from other facts of the object.
    key: String,
    reason: String,
    message: String,
    since: Time,
    count: u32,
    on: Option<ObjectRef>,
}

impl Sighting {
    pub(crate) fn new(reason: &str, message: impl Into<String>) -> Self {
        Sighting {
            key: reason.to_owned(),
            reason: reason.to_owned(),
            message: message.into(),
            since: Time(None),
            count: 1,
            on: None,
        }
    }

    /// The fact under its several reasons, such as a crash loop between two crashes.
    pub(crate) fn key(mut self, key: String) -> Self {
        self.key = key;
        self
    }

    /// When it began.
    pub(crate) fn since(mut self, since: Time) -> Self {
        self.since = since;
        self
    }

    /// How often it happened.
    pub(crate) fn count(mut self, count: u32) -> Self {
        self.count = count.max(1);
        self
    }

    /// The fact is another object's.
    pub(crate) fn on(mut self, object: ObjectRef) -> Self {
        self.on = Some(object);
        self
    }

    pub(crate) fn observation(self, scene: Scene<'_>) -> Observation {
        let object = self.on.unwrap_or_else(|| scene.entry.reference());
        let mut summary = match scene.inventory.entry(&object) {
            Some(entry) => summary::of(scene.inventory, entry, scene.now),
            None => summary::of(scene.inventory, scene.entry, scene.now),
        };
        let lasting = self
            .since
            .0
            .map_or(0, |then| scene.now.saturating_sub(then) / 1000);
        summary.lasting_seconds = summary::seconds(lasting);
        let identity = if object.uid.is_empty() {
            object.to_string()
        } else {
            object.uid.clone()
        };
        let signal = Signal {
            id: format!("status/{identity}/{}", self.key),
            source: SignalSource::Status,
            reason: self.reason,
            message: self.message,
            owner: scene.inventory.root_owner(&object),
            object,
            count: self.count,
            first_seen: self.since.0.unwrap_or(scene.now),
            last_seen: scene.now,
            reporter: String::new(),
        };
        Observation { signal, summary }
    }
}

/// Everything that the status of an object shows.
pub(crate) fn sightings(scene: Scene<'_>) -> Vec<Sighting> {
    if scene.entry.deleting() {
        return super::deletion::observe(scene).into_iter().collect();
    }
    match &scene.entry.body {
        Body::Pod(pod) => super::pod::observe(scene, pod),
        Body::Workload(workload) => super::workload::observe(scene, workload),
        Body::Job(job) => super::job::observe(scene, job),
        Body::CronJob(cron) => super::schedule::observe(scene, cron).into_iter().collect(),
        Body::Node(node) => super::scaling::observe_node(node),
        Body::Claim(claim) => super::claim::observe(scene, claim).into_iter().collect(),
        Body::Service(service) => super::service::observe(scene, service),
        Body::Ingress(ingress) => super::access::observe_ingress(scene, ingress),
        Body::Scaler(scaler) => super::scaling::observe_scaler(scaler),
        Body::Budget(budget) => super::scaling::observe_budget(budget).into_iter().collect(),
        Body::Conditions(held) => super::scaling::observe_conditions(scene, held),
        Body::Secret(secret) => super::access::observe_secret(scene, secret),
        Body::Webhooks(webhooks) => super::access::observe_webhooks(scene, webhooks),
        Body::StorageClass(_) | Body::Plain => Vec::new(),
    }
}
