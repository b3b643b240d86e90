//! PersistentVolumeClaims, their classes and their volumes.

use serde::Deserialize;

use super::objects::Objects;
use super::observation::{Scene, Sighting};
use super::observed::{Change, Observed, Source};
use super::pod::Pod;
use super::shape::{Entry, Meta, condition};
use super::wire::{Annotations, Message, Text, Time};
use crate::signal::ObjectSummary;

/// What is kept of a claim.
#[derive(Debug, Clone, Default)]
pub(crate) struct Claim {
    pub(crate) spec: ClaimSpec,
    pub(crate) status: ClaimStatus,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ClaimSpec {
    pub(crate) storage_class_name: Option<Text>,
    pub(crate) volume_name: Text,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ClaimStatus {
    pub(crate) phase: Text,
}

/// What is kept of a storage class.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct StorageClass {
    pub(crate) provisioner: Text,
    pub(crate) volume_binding_mode: Text,
}

impl Observed for Claim {
    const KINDS: &'static [&'static str] = &["PersistentVolumeClaim"];
    const DEPENDS_ON: &'static [&'static str] = &["Pod", "StorageClass"];

    fn parse(from: Source<'_>) -> Option<(Meta, Self)> {
        let (meta, spec, status) = from.halves()?;
        Some((meta, Claim { spec, status }))
    }

    fn observe(&self, scene: Scene<'_>) -> Vec<Sighting> {
        unbound(scene, self).into_iter().collect()
    }

    fn summarise(&self, _: Scene<'_>, summary: &mut ObjectSummary) {
        summary.phase = self.status.phase.to_string();
        summary.ready = &*self.status.phase == "Bound";
    }

    fn depends_on(&self, own: &Entry, change: Change<'_>) -> bool {
        let pod = change.held.and_then(|entry| entry.kept::<Pod>());
        !change.is("Pod") || pod.is_some_and(|pod| pod.uses_claim(&own.meta.name))
    }
}

impl Observed for StorageClass {
    const KINDS: &'static [&'static str] = &["StorageClass"];

    fn parse(from: Source<'_>) -> Option<(Meta, Self)> {
        from.flat()
    }
}

/// What is kept of a volume.
#[derive(Debug, Clone, Default)]
pub(crate) struct Volume {
    spec: VolumeSpec,
    status: VolumeStatus,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct VolumeSpec {
    persistent_volume_reclaim_policy: Text,
    claim_ref: Option<ClaimRef>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct ClaimRef {
    namespace: Text,
    name: Text,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct VolumeStatus {
    phase: Text,
    message: Message,
    last_phase_transition_time: Time,
}

impl Observed for Volume {
    const KINDS: &'static [&'static str] = &["PersistentVolume"];

    fn parse(from: Source<'_>) -> Option<(Meta, Self)> {
        let (meta, spec, status) = from.halves()?;
        Some((meta, Volume { spec, status }))
    }

    /// It was released, and what it holds could be neither deleted nor recycled.
    fn observe(&self, _: Scene<'_>) -> Vec<Sighting> {
        if &*self.status.phase != "Failed" {
            return Vec::new();
        }
        let policy = &self.spec.persistent_volume_reclaim_policy;
        let mut message = format!("reclaim policy {policy} failed: {}", &*self.status.message);
        if let Some(claim) = &self.spec.claim_ref {
            message = format!("{message}; released by {}/{}", claim.namespace, claim.name);
        }
        let since = self.status.last_phase_transition_time;
        vec![Sighting::new("ReclaimFailed", message).since(since)]
    }

    fn summarise(&self, _: Scene<'_>, summary: &mut ObjectSummary) {
        summary.phase = self.status.phase.to_string();
        summary.ready = &*self.status.phase != "Failed";
    }
}

/// A claim without a volume, or one that lost it.
fn unbound(scene: Scene<'_>, claim: &Claim) -> Option<Sighting> {
    match &*claim.status.phase {
        "Lost" => {
            let message = format!("the claim lost its volume {}", claim.spec.volume_name);
            Some(Sighting::new("Lost", message))
        }
        "Pending" => pending(scene, claim),
        _ => None,
    }
}

fn pending(scene: Scene<'_>, claim: &Claim) -> Option<Sighting> {
    let class = class_of(scene.objects, claim);
    let what = match (&claim.spec.storage_class_name, &class) {
        (_, Some((entry, class))) => {
            format!(
                "storage class {}, provisioner {}",
                entry.meta.name, class.provisioner
            )
        }
        (Some(name), None) if name.is_empty() => "no storage class requested".to_owned(),
        (Some(name), None) if scene.objects.is_readable("StorageClass", "") => {
            format!("storage class {name} does not exist")
        }
        (Some(name), None) => format!("storage class {name}"),
        (None, None) => "no storage class named, and no default class known".to_owned(),
    };
    let waits = class.is_some_and(|(_, c)| &*c.volume_binding_mode == "WaitForFirstConsumer");
    if waits && claim.spec.volume_name.is_empty() && !is_wanted(scene) {
        return None;
    }
    let since = scene.entry.meta.creation_timestamp;
    Some(Sighting::new("Pending", format!("the claim is not bound: {what}")).since(since))
}

fn class_of<'a>(objects: &'a Objects, claim: &Claim) -> Option<(&'a Entry, &'a StorageClass)> {
    let classes = objects
        .of_kind("StorageClass")
        .filter_map(|entry| Some((entry, entry.kept::<StorageClass>()?)));
    let is_default = |e: &Entry| e.meta.annotations.get(Annotations::DEFAULT_CLASS) == Some("true");
    match &claim.spec.storage_class_name {
        Some(name) => classes
            .into_iter()
            .find(|(entry, _)| entry.meta.name == *name),
        None => classes.into_iter().find(|(entry, _)| is_default(entry)),
    }
}

/// True where a claim that waits for its first consumer has one: a node was chosen for it, or a
/// pod that uses it finds no node because its volume is missing.
fn is_wanted(scene: Scene<'_>) -> bool {
    let meta = &scene.entry.meta;
    let mut users = scene
        .objects
        .in_namespace("Pod", &meta.namespace)
        .filter_map(|entry| entry.kept::<Pod>())
        .filter(|pod| pod.is_active() && pod.uses_claim(&meta.name));
    if meta.annotations.get(Annotations::SELECTED_NODE).is_some() {
        return users.next().is_some();
    }
    users.any(|pod| {
        let held = condition(&pod.status.conditions, "PodScheduled", "False");
        held.is_some_and(|c| c.message.to_lowercase().contains("volume"))
    })
}
