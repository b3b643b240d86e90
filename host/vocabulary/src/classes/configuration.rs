//! Objects that a pod refers to and that are not there.

use super::{Class, REFERENCE, ROLLBACK};

pub(super) const CLASSES: &[Class] = &[
    Class {
        name: "missing-configmap",
        means: "The pod refers to a ConfigMap that does not exist in its namespace.",
        apart: "`configmap \"x\" not found`: CreateContainerConfigError for a variable, FailedMount for a volume. If the ConfigMap exists and the key does not, it is missing-config-key.",
        people: "Apply the ConfigMap before the workload, or correct the name; the nearest existing name is told.",
        fix: REFERENCE,
    },
    Class {
        name: "missing-secret",
        means: "The pod refers to a Secret that does not exist in its namespace.",
        apart: "As missing-configmap, for a Secret. A Secret for pulling images is pull-secret-missing; one of an Ingress is ingress-tls-missing.",
        people: "Create the Secret here, or find out why its operator (External Secrets, cert-manager, Sealed Secrets) did not.",
        fix: REFERENCE,
    },
    Class {
        name: "missing-config-key",
        means: "The ConfigMap or Secret exists, and the key that the pod names is not in it.",
        apart: "`couldn't find key` for a variable, `references non-existent config key` for a volume.",
        people: "Add the key, or correct its name; the nearest existing key is told.",
        fix: ROLLBACK,
    },
    Class {
        name: "service-account-missing",
        means: "The ServiceAccount of the pod does not exist, so the controller cannot create any pod.",
        apart: "FailedCreate on the ReplicaSet or Job with `serviceaccount \"x\" not found`; there is no pod to look at.",
        people: "Create the ServiceAccount with its roles, or correct serviceAccountName.",
        fix: REFERENCE,
    },
    Class {
        name: "priority-class-missing",
        means: "The PriorityClass that the pod names does not exist.",
        apart: "FailedCreate with `no PriorityClass with name x was found`.",
        people: "Correct priorityClassName, or ask the platform team for the class.",
        fix: REFERENCE,
    },
    Class {
        name: "runtime-class-missing",
        means: "The RuntimeClass that the pod names does not exist.",
        apart: "FailedCreate with `RuntimeClass \"x\" not found`. Where the class exists and the node lacks its handler, it is sandbox-failed.",
        people: "Correct runtimeClassName, or install the runtime and its class.",
        fix: REFERENCE,
    },
    Class {
        name: "pod-template-invalid",
        means: "The API server refuses the pods of the workload: a field of the pod template is not valid.",
        apart: "FailedCreate with `is invalid` and the name of the field; policies, quotas and limit ranges say `forbidden` instead.",
        people: "Apply the manifest with `--dry-run=server` and correct the field that it names.",
        fix: ROLLBACK,
    },
];
