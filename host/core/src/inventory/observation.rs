//! What an observer looks at, and what it saw.

use super::objects::Objects;
use super::shape::Entry;
use super::wire::Time;
use crate::object::ObjectRef;
use crate::signal::{ObjectSummary, Signal};

/// An object, what surrounds it, and the time.
#[derive(Clone, Copy)]
pub(crate) struct Scene<'a> {
    pub(crate) objects: &'a Objects,
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
    pub(super) key: String,
    pub(super) reason: String,
    pub(super) message: String,
    pub(super) since: Time,
    pub(super) count: u32,
    pub(super) on: Option<ObjectRef>,
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
}

/// A signal and what is known of its object without a further read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// The signal.
    pub signal: Signal,
    /// The signal's object.
    pub summary: ObjectSummary,
}
