//! The table of fixes: the one place to extend. Rows are tried in order, so the better fix of
//! two comes first.

use crate::row::Target::{Kind, Named, Object};
use crate::row::{Row, row};
use k8shawk_sdk::facts::*;
use k8shawk_sdk::workloads::{ROLLED_OUT, SCALED};

/// Causes outside of the workload: an earlier revision meets them too. A registry is not among
/// them: the analysis names a good revision only where that one comes from another registry.
const OUTSIDE: &[&str] = &[
    "node-not-ready",
    "node-unreachable",
    "node-pressure",
    "node-shutdown",
    "evicted",
    "preempted",
    "webhook",
    "network-policy",
    "dns",
    "dependency",
    "volume-full",
    "certificate",
];

/// Rows in the order of preference.
pub const ROWS: &[Row] = &[
    row("set-resources", Kind(ROLLED_OUT))
        .classes(&["memory", "oom", "heap"])
        .with(&[("container", CONTAINER), ("memory", SUGGESTED_MEMORY)])
        .because(
            "Container {container} hits its memory limit: {suggested-memory} should be enough.",
        ),
    row("set-resources", Kind(ROLLED_OUT))
        .classes(&["cpu", "throttled", "throttling"])
        .with(&[("container", CONTAINER), ("cpu", SUGGESTED_CPU)])
        .because(
            "Container {container} is CPU-throttled: a limit of {suggested-cpu} lets it \
                  answer in time.",
        ),
    row("rollout-undo", Kind(&["Deployment"]))
        .but(OUTSIDE)
        .with(&[("revision", GOOD_REVISION)])
        .because("Revision {good-revision} of {target} ran; the failure came with a later one."),
    row("set-image", Kind(ROLLED_OUT))
        .but(&["registry", "unauthorised", "unauthorized"])
        .unless(&[GOOD_REVISION])
        .with(&[("container", CONTAINER), ("image", SUGGESTED_IMAGE)])
        .because("Container {container} last ran with {suggested-image}; only the tag differs."),
    row("patch-selector", Kind(&["Service"]))
        .with(&[("selector", SUGGESTED_SELECTOR)])
        .because(
            "With the selector {suggested-selector}, {target} selects the pods that it nearly \
                  selects now.",
        ),
    row("patch-target-port", Kind(&["Service"]))
        .with(&[("port", PORT), ("targetPort", SUGGESTED_TARGET_PORT)])
        .because(
            "The selected pods listen on {suggested-target-port}; port {port} of {target} \
                  points elsewhere.",
        ),
    row("patch-reference", Kind(ROLLED_OUT))
        .but(&["storage-class"])
        .unless(&[GOOD_REVISION])
        .with(&[
            ("kind", MISSING_KIND),
            ("from", MISSING_NAME),
            ("to", NEAR_NAME),
        ])
        .because(
            "{target} names the {missing-kind} {missing-name}, which does not exist; \
                  {near-name} is the only existing name close to it.",
        ),
    row(
        "patch-reference",
        Named {
            kind: "PersistentVolumeClaim",
            fact: CLAIM,
        },
    )
    .classes(&["storage-class"])
    .with(&[
        ("kind", MISSING_KIND),
        ("from", MISSING_NAME),
        ("to", NEAR_NAME),
    ])
    .because(
        "{target} was never bound and asks for the {missing-kind} {missing-name}, which \
                  does not exist; {near-name} is the only existing name close to it.",
    ),
    row(
        "uncordon",
        Named {
            kind: "Node",
            fact: NODE,
        },
    )
    .needs(&[CORDONED])
    .because("Only the cordon of node {node} blocks it ({cordoned})."),
    row("raise-quota", Kind(&["ResourceQuota"]))
        .with(&[("resource", QUOTA_RESOURCE), ("value", SUGGESTED_QUOTA)])
        .because("{quota-resource} of {target} is used up: {suggested-quota} admits every pod."),
    row("scale", Kind(SCALED))
        .classes(&["quota", "unschedulable", "insufficient", "scheduling"])
        .with(&[("replicas", SUGGESTED_REPLICAS)])
        .because("The cluster has capacity for {target} at replicas={suggested-replicas}."),
    row("scale", Kind(SCALED))
        .classes(&["disruption", "pdb"])
        .with(&[("replicas", SUGGESTED_REPLICAS)])
        .because(
            "At replicas={suggested-replicas}, the disruption budget of {target} allows evicting one \
                  pod at a time.",
        ),
    row(
        "scale",
        Named {
            kind: "Deployment",
            fact: SCALED_TO_ZERO,
        },
    )
    .with(&[("replicas", SUGGESTED_REPLICAS)])
    .because(
        "The cluster needs {target}, which is scaled to zero: \
                  replicas={suggested-replicas} brings it back.",
    ),
    row("retry-job", Kind(&["Job"]))
        .needs(&[RETRYABLE])
        .because(
            "The reason {target} failed is gone or transient ({retryable}): it can run again.",
        ),
    row(
        "delete-job",
        Named {
            kind: "Job",
            fact: BLOCKING_JOB,
        },
    )
    .because("Job {blocking-job} does not finish and blocks the next run of {owner}."),
    row("expand-pvc", Kind(&["PersistentVolumeClaim"]))
        .with(&[("size", SUGGESTED_SIZE)])
        .because("The volume of {target} is full: expand it to {suggested-size}."),
    row("scale-hpa-max", Kind(&["HorizontalPodAutoscaler"]))
        .with(&[("max", SUGGESTED_MAX)])
        .because(
            "{target} is at its maximum and its metric calls for more: {suggested-max} lets \
                  it scale.",
        ),
    row(
        "rollout-restart",
        Named {
            kind: "Deployment",
            fact: RESTART,
        },
    )
    .because(
        "The processes of {target} run but do not answer: restart them, one pod after the \
                  other.",
    ),
    row(
        "delete-pod",
        Named {
            kind: "Pod",
            fact: STALE_POD,
        },
    )
    .because("Pod {stale-pod} no longer runs but still holds resources that others need."),
    row(
        "cordon",
        Named {
            kind: "Node",
            fact: NODE,
        },
    )
    .classes(&["node-not-ready", "node-unreachable", "node-unknown"])
    .unless(&[CORDONED])
    .because(
        "Node {node} is unreliable: cordon it to keep new pods off until someone has \
                  checked it.",
    ),
    row("cordon", Kind(&["Node"]))
        .classes(&["node-not-ready", "node-unreachable", "node-unknown"])
        .unless(&[CORDONED, NODE])
        .because(
            "{target} is unreliable: cordon it to keep new pods off until someone has checked \
                  it.",
        ),
    row("remove-finalizer", Object)
        .with(&[("finalizer", FINALIZER)])
        .because(
            "Nothing clears the finalizer {finalizer} of {target}; whatever it guards is lost \
                  when it is removed.",
        ),
];
