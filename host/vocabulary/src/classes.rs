//! Failure classes: those that the shipped analysis names, and how a class is read.

/// Every class that the shipped analysis can give, by topic.
pub const ALL: &[&str] = &[
    // Images
    "image-not-found",
    "image-wrong-architecture",
    "invalid-image-name",
    "image-never-pull",
    "image-signature-refused",
    "registry-unauthorised",
    "pull-secret-missing",
    "registry-unreachable",
    "registry-rate-limited",
    // Starting and running
    "command-not-found",
    "command-not-executable",
    "bad-working-directory",
    "user-not-found",
    "container-start-failed",
    "run-as-root-refused",
    "security-profile-missing",
    "invalid-configuration",
    "post-start-hook-failed",
    "application-error",
    "dependency-unreachable",
    "dns-broken",
    "certificate-expired",
    "rbac-denied",
    "out-of-memory",
    "heap-exhausted",
    "cpu-starvation",
    "liveness-probe-kills",
    "startup-probe-kills",
    "readiness-never-passes",
    "deadline-exceeded",
    // Configuration
    "missing-configmap",
    "missing-secret",
    "missing-config-key",
    "service-account-missing",
    "priority-class-missing",
    "runtime-class-missing",
    "pod-template-invalid",
    // Places and nodes
    "unschedulable-resources",
    "unschedulable-extended-resource",
    "unschedulable-too-many-pods",
    "unschedulable-cordon",
    "unschedulable-affinity",
    "unschedulable-ports",
    "unschedulable-taint",
    "unschedulable-node-selector",
    "unschedulable-spread",
    "unschedulable-volume",
    "scheduling-gated",
    "scheduler-missing",
    "preempted",
    "kubelet-admission-refused",
    "sandbox-failed",
    "node-not-ready",
    "node-unreachable",
    "node-pressure",
    "node-shutdown",
    "evicted-node-pressure",
    "ephemeral-storage-exceeded",
    // Volumes
    "pvc-missing",
    "pvc-lost",
    "pvc-no-storage-class",
    "pvc-provisioner-missing",
    "pvc-provisioning-failed",
    "pvc-no-matching-volume",
    "volume-mount-failed",
    "volume-attach-failed",
    "volume-full",
    "volume-resize-failed",
    // Refused by the API server
    "quota-exceeded",
    "limit-range-refused",
    "pod-security-refused",
    "admission-policy-refused",
    "webhook-refused",
    "webhook-down",
    // Workloads
    "rollout-stuck",
    "statefulset-stuck",
    "statefulset-service-missing",
    "daemonset-incomplete",
    "job-failed",
    "job-deadline-exceeded",
    "cronjob-blocked",
    "cronjob-bad-schedule",
    "cronjob-bad-timezone",
    "cronjob-too-many-missed",
    "cronjob-never-ran",
    // Routing and scaling
    "service-selector-mismatch",
    "service-target-port-mismatch",
    "service-no-ready-endpoints",
    "load-balancer-failed",
    "ingress-class-missing",
    "ingress-service-missing",
    "ingress-port-missing",
    "ingress-tls-missing",
    "ingress-duplicate-host",
    "network-policy-isolates",
    "hpa-at-max",
    "hpa-no-metrics",
    "hpa-requests-missing",
    "hpa-target-missing",
    "pdb-blocks-eviction",
    "apiservice-unavailable",
    // Deletion
    "stuck-deletion-finalizer",
    "stuck-deletion",
    "namespace-stuck",
    // What fits no pattern
    "undetermined",
];

/// True where `class` contains the words of `part`, whole and in a row: `node-pressure` is part
/// of `evicted-node-pressure`, and neither `node` of `nodeport-taken` nor `evict` of `evicted`.
pub fn says(class: &str, part: &str) -> bool {
    let (class, part): (Vec<&str>, Vec<&str>) =
        (class.split('-').collect(), part.split('-').collect());
    class.windows(part.len()).any(|words| words == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_class_is_whole_words_in_a_row() {
        assert!(says("evicted-node-pressure", "node-pressure"));
        assert!(says("webhook-down", "webhook-down"));
        assert!(!says("evicted-node-pressure", "evict"));
        assert!(!says("evicted-node-pressure", "evicted-pressure"));
        assert!(!says("node", "node-pressure"));
    }

    #[test]
    fn no_class_is_listed_twice() {
        let mut all = ALL.to_vec();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), ALL.len());
    }
}
