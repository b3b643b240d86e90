//! What every object has, and the body of each kind.

use serde::Deserialize;

use super::wire::{Annotations, List, Message, Pairs, Text, Time};
use super::{access, claim, job, pod, scaling, service, workload};
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

/// An object that is held.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) kind: &'static Kind,
    pub(crate) meta: Meta,
    pub(crate) body: Body,
}

/// What is kept of a kind beside the metadata.
#[derive(Debug, Clone)]
pub(crate) enum Body {
    Pod(Box<pod::Pod>),
    Workload(Box<workload::Workload>),
    Job(Box<job::Job>),
    CronJob(Box<job::CronJob>),
    Node(Box<scaling::Node>),
    Claim(Box<claim::Claim>),
    StorageClass(Box<claim::StorageClass>),
    Service(Box<service::Service>),
    Ingress(Box<access::Ingress>),
    Scaler(Box<scaling::Scaler>),
    Budget(Box<scaling::Budget>),
    Conditions(Box<scaling::Conditions>),
    Secret(Box<access::Secret>),
    Webhooks(Box<access::Webhooks>),
    Plain,
}

impl Entry {
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
