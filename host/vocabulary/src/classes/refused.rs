//! What the API server refuses.

use super::{Class, NONE, ROLLBACK};

pub(super) const CLASSES: &[Class] = &[
    Class {
        name: "quota-exceeded",
        means: "A ResourceQuota of the namespace is used up, so new pods are refused.",
        apart: "FailedCreate with `exceeded quota`: asked, used and hard are told. `must specify` means that the quota demands a request the pod does not set.",
        people: "Raise the quota, free some of it, or run fewer replicas.",
        fix: "raise-quota, scale",
    },
    Class {
        name: "limit-range-refused",
        means: "The pod breaks a LimitRange of the namespace.",
        apart: "FailedCreate with `maximum cpu usage per Container is` and the like; the bound is told.",
        people: "Bring requests and limits within the range, or widen it.",
        fix: ROLLBACK,
    },
    Class {
        name: "pod-security-refused",
        means: "Pod Security Admission refuses the pod at the namespace's level.",
        apart: "FailedCreate with `violates PodSecurity` and the fields. A webhook's or a policy's refusal names itself.",
        people: "Drop what the level forbids from the securityContext, or get an exemption.",
        fix: ROLLBACK,
    },
    Class {
        name: "admission-policy-refused",
        means: "A ValidatingAdmissionPolicy refuses the object.",
        apart: "`ValidatingAdmissionPolicy 'x' with binding 'y' denied request`.",
        people: "Meet the policy, or narrow its binding where it reaches further than meant.",
        fix: NONE,
    },
    Class {
        name: "webhook-refused",
        means: "An admission webhook answers, and says no.",
        apart: "`admission webhook \"x\" denied the request` with its message. One that does not answer is webhook-down.",
        people: "Read the message: the manifest breaks a rule that the webhook's owners can explain.",
        fix: NONE,
    },
    Class {
        name: "webhook-down",
        means: "An admission webhook does not answer, and its failurePolicy is Fail: nothing it covers can be created.",
        apart: "`failed calling webhook`, with the state of its Service and pods. Many workloads with one webhook are one incident.",
        people: "Repair the webhook's backend or its certificate first; do not delete the webhook.",
        fix: NONE,
    },
];
