//! Names of the facts that an analysis hands to the fix plugins.
//!
//! A `suggested-*` fact is present only where the evidence makes the value safe and unique.

/// Container that fails.
pub const CONTAINER: &str = "container";
/// Image that fails.
pub const IMAGE: &str = "image";
/// Image of the last revision that ran, where only the tag differs.
pub const SUGGESTED_IMAGE: &str = "suggested-image";
/// Number of the newest Deployment revision whose pods were healthy before the failing one, and
/// which does not need what fails (such as the same registry).
pub const GOOD_REVISION: &str = "good-revision";
/// Memory limit that should be enough, as a Kubernetes quantity.
pub const SUGGESTED_MEMORY: &str = "suggested-memory";
/// CPU limit that should be enough, as a Kubernetes quantity.
pub const SUGGESTED_CPU: &str = "suggested-cpu";
/// Selector that matches the pods which the Service nearly selects, `key=value,key=value`.
pub const SUGGESTED_SELECTOR: &str = "suggested-selector";
/// Service port whose target is wrong.
pub const PORT: &str = "port";
/// Target port that the selected pods do listen on (number or name).
pub const SUGGESTED_TARGET_PORT: &str = "suggested-target-port";
/// Node that is to blame.
pub const NODE: &str = "node";
/// Present (with the reason) where a cordon is the only thing in the way.
pub const CORDONED: &str = "cordoned";
/// Resource of the ResourceQuota that is used up, such as `requests.memory` or `pods`.
pub const QUOTA_RESOURCE: &str = "quota-resource";
/// Quota value that lets every wanted pod in.
pub const SUGGESTED_QUOTA: &str = "suggested-quota";
/// Replicas that fit or that are needed.
pub const SUGGESTED_REPLICAS: &str = "suggested-replicas";
/// Size for a claim that is full.
pub const SUGGESTED_SIZE: &str = "suggested-size";
/// Upper bound for an autoscaler that is at its maximum.
pub const SUGGESTED_MAX: &str = "suggested-max";
/// Finalizer that keeps an object from going away.
pub const FINALIZER: &str = "finalizer";
/// Pod that can be deleted without loss (evicted shell, stale on a node that is gone).
pub const STALE_POD: &str = "stale-pod";
/// Present where a failed Job can be run again: its cause is known to be gone or transient.
pub const RETRYABLE: &str = "retryable";
/// Job that blocks a CronJob.
pub const BLOCKING_JOB: &str = "blocking-job";
/// Deployment whose restart should help (CoreDNS).
pub const RESTART: &str = "restart";
/// Deployment that must not be at zero replicas (CoreDNS), with `suggested-replicas`.
pub const SCALED_TO_ZERO: &str = "scaled-to-zero";
/// Kind of an object that is named and does not exist; there with `missing-name` and `near-name`.
pub const MISSING_KIND: &str = "missing-kind";
/// The name that does not exist.
pub const MISSING_NAME: &str = "missing-name";
/// The one existing name that it is a slip of.
pub const NEAR_NAME: &str = "near-name";
/// Claim that was never bound.
pub const CLAIM: &str = "claim";
