//! What every object has.

use std::any::Any;

use serde::Deserialize;

use super::wire::{Annotations, List, Message, Pairs, Text, Time};
use crate::kinds::Kind;
use crate::object::ObjectRef;

/// Metadata that is kept.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Meta {
    pub(crate) name: Text,
    pub(crate) namespace: Text,
    pub(crate) uid: Text,
    pub(crate) labels: Pairs,
    pub(crate) annotations: Annotations,
    pub(crate) creation_timestamp: Time,
    pub(crate) deletion_timestamp: Time,
    pub(crate) finalizers: List<Text>,
    pub(crate) owner_references: List<Owner>,
    pub(crate) generation: Option<i64>,
}

/// An owner reference.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Owner {
    pub(crate) api_version: Text,
    pub(crate) kind: Text,
    pub(crate) name: Text,
    pub(crate) uid: Text,
    pub(crate) controller: Option<bool>,
}

/// One condition of a status.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Condition {
    #[serde(rename = "type")]
    pub(crate) kind: Text,
    pub(crate) status: Text,
    pub(crate) reason: Text,
    pub(crate) message: Message,
    pub(crate) last_transition_time: Time,
}

impl Condition {
    /// `Reason: message`, whichever there is.
    pub(crate) fn says(&self) -> String {
        match (self.reason.is_empty(), self.message.is_empty()) {
            (false, false) => format!("{}: {}", self.reason, &*self.message),
            (false, true) => self.reason.to_string(),
            _ => self.message.to_string(),
        }
    }
}

/// The condition of a type, if it has this status.
pub(crate) fn condition<'a>(
    conditions: &'a [Condition],
    kind: &str,
    status: &str,
) -> Option<&'a Condition> {
    conditions
        .iter()
        .find(|c| &*c.kind == kind && &*c.status == status)
}

/// True where the object says of itself that it is ready.
pub(crate) fn is_ready(conditions: &[Condition]) -> bool {
    crate::condition::is_ready(conditions.iter().map(|c| (&*c.kind, &*c.status)))
}

/// What is kept of an object of an observed kind beside its metadata.
type Body = Box<dyn Any + Send + Sync>;

/// An object that is held.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) kind: &'static Kind,
    pub(crate) meta: Meta,
    /// None for a kind that is only noticed while it is being deleted.
    pub(crate) body: Option<Body>,
}

impl Entry {
    /// What is kept of it, where it is of this form.
    pub(crate) fn kept<T: 'static>(&self) -> Option<&T> {
        self.body.as_ref()?.downcast_ref()
    }

    /// True where it is worth keeping: a kind that nobody observes only while it is being deleted.
    pub(crate) fn is_kept(&self) -> bool {
        self.body.is_some() || self.deleting()
    }

    /// Coordinates with the uid.
    pub(crate) fn reference(&self) -> ObjectRef {
        ObjectRef {
            api_version: self.kind.api_version(),
            kind: self.kind.kind.to_owned(),
            namespace: self.meta.namespace.to_string(),
            name: self.meta.name.to_string(),
            uid: self.meta.uid.to_string(),
        }
    }

    /// The owner that controls it.
    pub(crate) fn controller(&self) -> Option<&Owner> {
        self.meta
            .owner_references
            .iter()
            .find(|o| o.controller == Some(true))
    }

    /// True where it was asked to go.
    pub(crate) fn deleting(&self) -> bool {
        self.meta.deletion_timestamp.0.is_some()
    }
}
