//! Which kinds are followed: by the watch of the cluster, in metrics, and as rights.

/// The kinds that are followed: those with a status that tells of a fault, and what they name.
/// ConfigMaps and Secrets are not: their contents stay where they are.
const WATCHED: [&str; 21] = [
    "Event",
    "Node",
    "Namespace",
    "Pod",
    "ReplicaSet",
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ReplicationController",
    "Job",
    "CronJob",
    "PersistentVolumeClaim",
    "StorageClass",
    "Service",
    "Ingress",
    "IngressClass",
    "HorizontalPodAutoscaler",
    "PodDisruptionBudget",
    "ValidatingWebhookConfiguration",
    "MutatingWebhookConfiguration",
    "APIService",
];

/// The kinds that the watch follows, `Event` among them.
pub fn watched() -> &'static [&'static str] {
    &WATCHED
}

/// The kind of a gap that concerns all of them.
pub const EVERY_KIND: &str = "*";
