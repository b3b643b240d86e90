//! From JSON to what is kept of an object.

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;

use super::access::{Ingress, Secret, Webhooks};
use super::claim::{Claim, StorageClass};
use super::job::{CronJob, Job};
use super::pod::Pod;
use super::scaling::{Budget, Conditions, Node, Scaler};
use super::service::Service;
use super::shape::{Body, Entry, Meta};
use super::workload::Workload;
use crate::kinds::Kind;

/// JSON that can be read more than once.
#[derive(Clone, Copy)]
pub(crate) enum Source<'a> {
    Text(&'a str),
    Value(&'a Value),
}

impl Source<'_> {
    fn read<T: DeserializeOwned>(self) -> Option<T> {
        match self {
            Source::Text(text) => serde_json::from_str(text).ok(),
            Source::Value(value) => T::deserialize(value).ok(),
        }
    }
}

#[derive(Deserialize)]
struct Object<S, T> {
    #[serde(default)]
    metadata: Meta,
    #[serde(default)]
    spec: S,
    #[serde(default)]
    status: T,
}

#[derive(Deserialize)]
struct Header {
    #[serde(default)]
    metadata: Meta,
}

/// Both halves of an object, in one pass.
fn halves<S, T>(from: Source<'_>, body: impl Fn(S, T) -> Body) -> Option<(Meta, Body)>
where
    S: DeserializeOwned + Default,
    T: DeserializeOwned + Default,
{
    let object: Object<S, T> = from.read()?;
    Some((object.metadata, body(object.spec, object.status)))
}

/// An object whose fields stand at its top.
fn flat<T: DeserializeOwned>(
    from: Source<'_>,
    body: impl Fn(Box<T>) -> Body,
) -> Option<(Meta, Body)> {
    let header: Header = from.read()?;
    Some((header.metadata, body(Box::new(from.read()?))))
}

/// What is kept of an object; none where it cannot be understood.
pub(crate) fn entry(kind: &'static Kind, from: Source<'_>) -> Option<Entry> {
    let (meta, body) = match kind.kind {
        "Pod" => halves(from, |spec, status| {
            Body::Pod(Box::new(Pod { spec, status }))
        }),
        "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet" | "ReplicationController" => {
            halves(from, |spec, status| {
                Body::Workload(Box::new(Workload { spec, status }))
            })
        }
        "Job" => halves(from, |spec, status| {
            Body::Job(Box::new(Job { spec, status }))
        }),
        "CronJob" => halves(from, |spec, status| {
            Body::CronJob(Box::new(CronJob { spec, status }))
        }),
        "Node" => halves(from, |spec, status| {
            Body::Node(Box::new(Node { spec, status }))
        }),
        "PersistentVolumeClaim" => halves(from, |spec, status| {
            Body::Claim(Box::new(Claim { spec, status }))
        }),
        "Service" => halves(from, |spec, IgnoredAny| {
            Body::Service(Box::new(Service { spec }))
        }),
        "Ingress" => halves(from, |spec, IgnoredAny| {
            Body::Ingress(Box::new(Ingress { spec }))
        }),
        "HorizontalPodAutoscaler" => halves(from, |spec, status| {
            Body::Scaler(Box::new(Scaler { spec, status }))
        }),
        "PodDisruptionBudget" => halves(from, |IgnoredAny, status| {
            Body::Budget(Box::new(Budget { status }))
        }),
        "Namespace" | "APIService" => halves(from, |IgnoredAny, status| {
            Body::Conditions(Box::new(Conditions { status }))
        }),
        "StorageClass" => flat(from, |class: Box<StorageClass>| Body::StorageClass(class)),
        "Secret" => flat(from, |secret: Box<Secret>| Body::Secret(secret)),
        "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration" => {
            flat(from, |webhooks: Box<Webhooks>| Body::Webhooks(webhooks))
        }
        _ => from
            .read::<Header>()
            .map(|header| (header.metadata, Body::Plain)),
    }?;
    let entry = Entry { kind, meta, body };
    let placed = kind.namespaced != entry.meta.namespace.is_empty();
    (placed && !entry.meta.name.is_empty()).then_some(entry)
}

/// True where the object is worth keeping: plain kinds only while they are being deleted, or
/// where others name them.
pub(crate) fn is_kept(entry: &Entry) -> bool {
    !matches!(entry.body, Body::Plain) || entry.deleting() || entry.kind.kind == "IngressClass"
}
