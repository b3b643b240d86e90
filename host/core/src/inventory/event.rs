//! Kubernetes Events, of both APIs: they are two views of one storage.

use serde::Deserialize;
use serde_json::Value;

use super::objects::Objects;
use super::observation::{Observation, Scene};
use super::shape::Meta;
use super::watched_kinds;
use super::wire::{Message, Text, Time, count};
use crate::event::EventRow;
use crate::object::ObjectRef;
use crate::signal::{ObjectSummary, Signal, SignalSource};

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Event {
    metadata: Meta,
    #[serde(rename = "type")]
    kind: Text,
    reason: Text,
    message: Message,
    note: Message,
    involved_object: Option<EventObject>,
    regarding: Option<EventObject>,
    #[serde(deserialize_with = "count")]
    count: Option<u32>,
    #[serde(deserialize_with = "count")]
    deprecated_count: Option<u32>,
    first_timestamp: Time,
    deprecated_first_timestamp: Time,
    last_timestamp: Time,
    deprecated_last_timestamp: Time,
    event_time: Time,
    series: Option<Series>,
    source: Source,
    deprecated_source: Source,
    reporting_component: Text,
    reporting_controller: Text,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct EventObject {
    api_version: Text,
    kind: Text,
    namespace: Text,
    name: Text,
    uid: Text,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Series {
    #[serde(deserialize_with = "count")]
    count: Option<u32>,
    last_observed_time: Time,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Source {
    component: Text,
}

/// When an event was last and first seen, and how often: of either API's fields, in
/// milliseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventTimes {
    /// Last time; 0 where the event names none.
    pub last_seen: i64,
    /// First time.
    pub first_seen: i64,
    /// How often.
    pub count: u32,
}

impl EventTimes {
    /// The times of an event; none where it cannot be understood.
    pub fn of(event: &Value) -> Option<EventTimes> {
        Event::deserialize(event).ok().map(|event| event.times())
    }
}

impl Event {
    fn times(&self) -> EventTimes {
        let created = self.metadata.creation_timestamp;
        let series = self
            .series
            .as_ref()
            .map_or(Time(None), |s| s.last_observed_time);
        let last = series
            .or(self.last_timestamp)
            .or(self.deprecated_last_timestamp)
            .or(self.event_time)
            .or(created);
        let first = self
            .first_timestamp
            .or(self.deprecated_first_timestamp)
            .or(self.event_time)
            .or(created)
            .or(last);
        let count = self.series.as_ref().and_then(|s| s.count);
        let count = count.or(self.count).or(self.deprecated_count);
        EventTimes {
            last_seen: last.0.unwrap_or(0),
            first_seen: first.0.unwrap_or(0),
            count: count.unwrap_or(1).max(1),
        }
    }

    fn target(&self) -> Option<&EventObject> {
        self.involved_object.as_ref().or(self.regarding.as_ref())
    }

    fn reporter(&self) -> &str {
        let names = [
            &self.reporting_component,
            &self.reporting_controller,
            &self.source.component,
            &self.deprecated_source.component,
        ];
        names
            .iter()
            .find(|name| !name.is_empty())
            .map_or("", |name| &***name)
    }
}

/// Events as the verb `events` answers them, oldest first, with their messages in full.
pub fn event_rows(events: &[Value]) -> Vec<EventRow> {
    let mut rows: Vec<EventRow> = events.iter().filter_map(row).collect();
    rows.sort_by_key(|row| row.last_seen);
    rows
}

fn row(event: &Value) -> Option<EventRow> {
    let read = Event::deserialize(event).ok()?;
    let (times, target) = (read.times(), read.target());
    let message = |field| event.get(field).and_then(Value::as_str);
    let said = message("message").filter(|text| !text.is_empty());
    Some(EventRow {
        count: times.count,
        last_seen: times.last_seen,
        message: said.or(message("note")).unwrap_or_default().to_owned(),
        name: target.map_or("", |target| &target.name).to_owned(),
        reason: read.reason.to_string(),
        reporter: read.reporter().to_owned(),
        kind: read.kind.to_string(),
        uid: target.map_or("", |target| &target.uid).to_owned(),
    })
}

/// What a Warning event says of its object.
pub(crate) fn observe(objects: &Objects, event: &Value, now: i64) -> Option<Observation> {
    let event = Event::deserialize(event)
        .ok()
        .filter(|event| &*event.kind == "Warning")?;
    let target = event.target().filter(|t| !t.kind.is_empty())?;
    let object = object(objects, target);
    let times = event.times();
    let message = if event.message.is_empty() {
        &event.note
    } else {
        &event.message
    };
    let signal = Signal {
        id: id(&event, &object),
        source: SignalSource::Event,
        reason: event.reason.to_string(),
        message: message.to_string(),
        owner: objects.root_owner(&object),
        count: times.count,
        first_seen: times.first_seen,
        last_seen: times.last_seen,
        reporter: event.reporter().to_owned(),
        object,
    };
    let summary = match objects.entry(&signal.object) {
        Some(entry) => watched_kinds::summary(Scene {
            objects,
            entry,
            now,
        }),
        None => ObjectSummary::default(),
    };
    Some(Observation { signal, summary })
}

/// Coordinates of the event's object. The kubelet writes a node's name in place of its uid, and
/// the namespace `default`.
fn object(objects: &Objects, target: &EventObject) -> ObjectRef {
    let mut object = ObjectRef::new(
        &target.api_version,
        &target.kind,
        &target.namespace,
        &target.name,
    );
    object.uid = target.uid.to_string();
    if object.kind == "Node" {
        object.namespace.clear();
        object.uid.clear();
    }
    match objects.entry(&object) {
        Some(entry) => entry.reference(),
        None => object,
    }
}

/// The same event has the same id while its count grows and after a restart.
fn id(event: &Event, object: &ObjectRef) -> String {
    let target = if object.uid.is_empty() {
        object.to_string()
    } else {
        object.uid.clone()
    };
    let own = if event.metadata.uid.is_empty() {
        &event.metadata.name
    } else {
        &event.metadata.uid
    };
    format!("event/{target}/{}/{own}", event.reason)
}
