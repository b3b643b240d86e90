//! Which recorded incidents are mixed.

use k8shawk_core::bundle::Bundle;
use k8shawk_tests::recorded;

/// Incidents whose fix was recorded together with the recovery after it.
pub const FIXED: &[&str] = &[
    "configmap-missing-env",
    "app-crash-replaced-all",
    "app-panic-rollout",
    "command-not-found-rollout",
    "configmap-missing-rollout",
    "image-not-found-rollout",
    "image-wrong-architecture-rollout",
    "job-retry-configmap",
    "job-retry-dependency",
    "liveness-path-rollout",
    "oom-sidecar",
    "oom",
    "quota-complete",
    "readiness-path-rollout",
    "service-selector-near-miss",
    "service-target-port-name",
    "service-target-port-number",
];

/// Incidents with a fix alone: it is made, and the objects stay or go.
pub const TRIED: &[&str] = &[
    "cpu-starvation",
    "cronjob-blocked",
    "evicted-ephemeral-storage",
    "oom-leak",
];

/// Incidents without a safe fix.
pub const UNFIXED: &[&str] = &["app-panic", "command-not-found", "image-not-found"];

/// Every bundle of the mix, each once.
pub fn all() -> Vec<(&'static str, Bundle)> {
    let names = FIXED.iter().chain(TRIED).chain(UNFIXED);
    names
        .map(|name| (*name, recorded::read(name).unwrap()))
        .collect()
}
