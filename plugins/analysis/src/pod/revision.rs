//! What an earlier revision of the pod's Deployment ran.

use serde_json::Value;

use super::container::Container;
use super::subject::Subject;
use crate::json::{items, name, text};

/// An image that an earlier revision ran.
pub struct Earlier {
    /// The ReplicaSet of that revision.
    pub replica_set: String,
    /// Its number.
    pub revision: i64,
    /// Its image for the container.
    pub image: String,
}

/// The newest earlier revision whose image for this container differs only by tag.
pub fn earlier_image(subject: &Subject, container: &Container) -> Option<Earlier> {
    if subject.owner.kind != "Deployment" {
        return None;
    }
    let sets = subject.case.list("ReplicaSet", subject.namespace());
    let own = items(subject.pod, "/metadata/ownerReferences")
        .iter()
        .map(|o| text(o, "/name"))
        .next()?;
    let current = sets.iter().find(|s| name(s) == own).and_then(number)?;
    sets.iter()
        .filter(|set| {
            items(set, "/metadata/ownerReferences")
                .iter()
                .any(|o| text(o, "/name") == subject.owner.name)
        })
        .filter_map(|set| Some((number(set).filter(|n| *n < current)?, set)))
        .filter_map(|(revision, set)| {
            let image = image(set, container.name())?;
            let differs =
                image != container.image() && repository(image) == repository(container.image());
            differs.then(|| Earlier {
                replica_set: name(set).to_owned(),
                revision,
                image: image.to_owned(),
            })
        })
        .max_by_key(|earlier| earlier.revision)
}

fn number(set: &Value) -> Option<i64> {
    let annotations = set.pointer("/metadata/annotations")?;
    annotations
        .get("deployment.kubernetes.io/revision")?
        .as_str()?
        .parse()
        .ok()
}

fn image<'s>(set: &'s Value, container: &str) -> Option<&'s str> {
    [
        "/spec/template/spec/containers",
        "/spec/template/spec/initContainers",
    ]
    .into_iter()
    .flat_map(|list| items(set, list))
    .find(|c| text(c, "/name") == container)
    .map(|c| text(c, "/image"))
}

/// An image without its tag and digest.
pub fn repository(image: &str) -> &str {
    let image = image.split_once('@').map_or(image, |(left, _)| left);
    match image.rsplit_once(':') {
        Some((left, tag)) if !tag.contains('/') => left,
        _ => image,
    }
}
