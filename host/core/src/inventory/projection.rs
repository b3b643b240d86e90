//! An object on its way into an inventory.

use serde_json::Value;

use super::observed::Source;
use super::shape::Entry;
use super::watched_kinds;
use crate::kinds::Kind;
use crate::object::ObjectRef;

/// An object as an inventory keeps it: for a pod 1 to 2 KB, whatever it weighs in the cluster.
#[derive(Debug)]
pub struct Projection(pub(super) Box<Entry>);

impl Projection {
    /// What is kept of an object; none where it does not have the form of its kind.
    pub fn of(kind: &'static Kind, object: &Value) -> Option<Projection> {
        Projection::read(kind, Source::Value(object))
    }

    pub(super) fn read(kind: &'static Kind, from: Source<'_>) -> Option<Projection> {
        watched_kinds::parse(kind, from).map(|entry| Projection(Box::new(entry)))
    }

    /// The kind of the object.
    pub fn kind(&self) -> &'static str {
        self.0.kind.kind
    }

    /// Coordinates of the object, with the uid.
    pub fn reference(&self) -> ObjectRef {
        self.0.reference()
    }
}
