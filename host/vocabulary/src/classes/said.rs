//! What kubectl, the kubelet and controllers say, and the failure classes behind each word.

use super::{Class, named};

/// A word, and the names of the classes that it can be, the most frequent first.
type Row = (&'static str, &'static [&'static str]);

/// Waiting and terminated reasons, reasons of events and conditions, and exit codes.
const SAID: &[Row] = &[
    ("CrashLoopBackOff", CRASHES),
    ("BackOff", CRASHES),
    ("Error", CRASHES),
    ("ContainerCannotRun", STARTS),
    ("RunContainerError", STARTS),
    ("StartError", STARTS),
    ("CreateContainerError", STARTS),
    (
        "CreateContainerConfigError",
        &[
            "missing-configmap",
            "missing-secret",
            "missing-config-key",
            "run-as-root-refused",
        ],
    ),
    ("PostStartHookError", &["post-start-hook-failed"]),
    ("FailedPostStartHook", &["post-start-hook-failed"]),
    ("OOMKilled", &["out-of-memory"]),
    ("OOM", &["out-of-memory", "heap-exhausted"]),
    ("SystemOOM", &["out-of-memory", "node-pressure"]),
    (
        "137",
        &[
            "out-of-memory",
            "liveness-probe-kills",
            "startup-probe-kills",
        ],
    ),
    ("127", &["command-not-found"]),
    ("126", &["command-not-executable"]),
    ("139", &["application-error"]),
    ("ImagePullBackOff", PULLS),
    ("ErrImagePull", PULLS),
    ("ErrImageNeverPull", &["image-never-pull"]),
    ("InvalidImageName", &["invalid-image-name"]),
    ("SignatureValidationFailed", &["image-signature-refused"]),
    ("RegistryUnavailable", &["registry-unreachable"]),
    (
        "ContainerCreating",
        &[
            "volume-mount-failed",
            "volume-attach-failed",
            "missing-configmap",
            "missing-secret",
            "sandbox-failed",
        ],
    ),
    (
        "PodInitializing",
        &[
            "application-error",
            "image-not-found",
            "volume-mount-failed",
        ],
    ),
    ("Pending", PLACES),
    ("FailedScheduling", PLACES),
    ("Unschedulable", PLACES),
    ("SchedulingGated", &["scheduling-gated"]),
    (
        "Evicted",
        &["evicted-node-pressure", "ephemeral-storage-exceeded"],
    ),
    (
        "Terminating",
        &[
            "stuck-deletion-finalizer",
            "stuck-deletion",
            "namespace-stuck",
        ],
    ),
    (
        "NotReady",
        &[
            "readiness-never-passes",
            "node-not-ready",
            "node-unreachable",
        ],
    ),
    (
        "NodeNotReady",
        &["node-not-ready", "node-unreachable", "node-shutdown"],
    ),
    ("Unknown", &["node-unreachable"]),
    ("DiskPressure", PRESSURE),
    ("MemoryPressure", PRESSURE),
    ("PIDPressure", PRESSURE),
    (
        "Unhealthy",
        &[
            "readiness-never-passes",
            "liveness-probe-kills",
            "startup-probe-kills",
        ],
    ),
    (
        "FailedMount",
        &[
            "volume-mount-failed",
            "missing-configmap",
            "missing-secret",
            "missing-config-key",
        ],
    ),
    ("FailedAttachVolume", &["volume-attach-failed"]),
    (
        "FailedCreatePodSandBox",
        &["sandbox-failed", "runtime-class-missing"],
    ),
    ("FailedCreate", REFUSED),
    (
        "Forbidden",
        &[
            "rbac-denied",
            "quota-exceeded",
            "pod-security-refused",
            "limit-range-refused",
        ],
    ),
    ("FailedCallingWebhook", &["webhook-down"]),
    ("UnexpectedAdmissionError", &["kubelet-admission-refused"]),
    (
        "NodeAffinity",
        &["kubelet-admission-refused", "unschedulable-affinity"],
    ),
    (
        "OutOfcpu",
        &["kubelet-admission-refused", "unschedulable-resources"],
    ),
    (
        "OutOfmemory",
        &["kubelet-admission-refused", "unschedulable-resources"],
    ),
    (
        "OutOfpods",
        &["kubelet-admission-refused", "unschedulable-too-many-pods"],
    ),
    ("ProgressDeadlineExceeded", &["rollout-stuck"]),
    ("BackoffLimitExceeded", &["job-failed", "application-error"]),
    (
        "DeadlineExceeded",
        &["job-deadline-exceeded", "deadline-exceeded"],
    ),
    (
        "ProvisioningFailed",
        &[
            "pvc-provisioning-failed",
            "pvc-provisioner-missing",
            "pvc-no-storage-class",
        ],
    ),
    (
        "FailedBinding",
        &["pvc-no-matching-volume", "pvc-no-storage-class"],
    ),
    ("VolumeResizeFailed", &["volume-resize-failed"]),
    (
        "FailedGetResourceMetric",
        &["hpa-no-metrics", "hpa-requests-missing"],
    ),
    (
        "FailedComputeMetricsReplicas",
        &["hpa-no-metrics", "hpa-requests-missing"],
    ),
    ("FailedGetScale", &["hpa-target-missing"]),
    ("SyncLoadBalancerFailed", &["load-balancer-failed"]),
    (
        "503",
        &[
            "service-no-ready-endpoints",
            "service-selector-mismatch",
            "service-target-port-mismatch",
        ],
    ),
];

const CRASHES: &[&str] = &[
    "application-error",
    "out-of-memory",
    "liveness-probe-kills",
    "startup-probe-kills",
    "dependency-unreachable",
    "heap-exhausted",
    "command-not-found",
    "dns-broken",
    "certificate-expired",
    "rbac-denied",
];
const STARTS: &[&str] = &[
    "command-not-found",
    "command-not-executable",
    "bad-working-directory",
    "user-not-found",
    "container-start-failed",
];
const PULLS: &[&str] = &[
    "image-not-found",
    "registry-unauthorised",
    "pull-secret-missing",
    "registry-rate-limited",
    "registry-unreachable",
    "image-wrong-architecture",
];
const PLACES: &[&str] = &[
    "unschedulable-resources",
    "unschedulable-taint",
    "unschedulable-node-selector",
    "unschedulable-affinity",
    "unschedulable-volume",
    "unschedulable-cordon",
    "pvc-missing",
    "scheduling-gated",
    "scheduler-missing",
];
const PRESSURE: &[&str] = &["node-pressure", "evicted-node-pressure"];
const REFUSED: &[&str] = &[
    "quota-exceeded",
    "pod-security-refused",
    "limit-range-refused",
    "service-account-missing",
    "admission-policy-refused",
    "webhook-refused",
    "webhook-down",
];

/// Every word, as it is written.
pub fn said() -> impl Iterator<Item = &'static str> {
    SAID.iter().map(|(word, _)| *word)
}

/// The word as it is written, and the classes that it can be; none where nothing says it. `Init:`
/// in front, case and punctuation make no difference.
pub fn behind(typed: &str) -> Option<(&'static str, Vec<&'static Class>)> {
    let typed = letters(typed);
    let typed = typed
        .strip_prefix("init")
        .filter(|rest| !rest.is_empty())
        .unwrap_or(&typed);
    let (word, classes) = SAID.iter().find(|(word, _)| letters(word) == typed)?;
    Some((
        word,
        classes.iter().filter_map(|name| named(name)).collect(),
    ))
}

fn letters(text: &str) -> String {
    let plain = text.chars().filter(|c| c.is_alphanumeric());
    plain.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_leads_to_classes_that_exist() {
        for (word, classes) in SAID {
            let (written, found) = behind(word).unwrap();
            assert_eq!(
                (written, found.len()),
                (*word, classes.len()),
                "{classes:?}"
            );
            assert!(!classes.is_empty(), "{word}");
        }
    }

    #[test]
    fn no_word_is_a_class_or_there_twice() {
        let mut all: Vec<String> = said().map(letters).collect();
        assert!(said().all(|word| named(&word.to_lowercase()).is_none()));
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), SAID.len());
    }

    #[test]
    fn a_word_is_found_as_people_type_it() {
        for typed in [
            "CrashLoopBackOff",
            "crashloopbackoff",
            "Init:CrashLoopBackOff",
            "crash-loop-back-off",
        ] {
            assert_eq!(behind(typed).unwrap().0, "CrashLoopBackOff", "{typed}");
        }
        assert!(behind("init").is_none() && behind("").is_none());
    }
}
