//! What should be gone and is not.

use super::{Class, NONE};

pub(super) const CLASSES: &[Class] = &[
    Class {
        name: "stuck-deletion-finalizer",
        means: "An object is being deleted, and a finalizer that nobody clears holds it.",
        apart: "deletionTimestamp is set, and the controller of the finalizer is away or gone. A pod on a dead node is stuck-deletion.",
        people: "Bring the controller back; remove the finalizer by hand only when what it guards may be lost.",
        fix: "remove-finalizer (high risk)",
    },
    Class {
        name: "stuck-deletion",
        means: "An object is being deleted, and something other than a forgotten finalizer holds it.",
        apart: "What holds it is named: a node that does not answer, a pod that still uses the claim.",
        people: "Free the object: stop its user, or bring the node back.",
        fix: "delete-pod of a stale pod",
    },
    Class {
        name: "namespace-stuck",
        means: "A namespace is Terminating and something in it is left.",
        apart: "Its conditions tell: contents remaining, finalizers remaining, or an API that cannot be listed (apiservice-unavailable).",
        people: "Delete what is left or repair the API; do not clear the namespace's own finalizer.",
        fix: NONE,
    },
];
