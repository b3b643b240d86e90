//! Sources of evidence that others than their plugin know.

/// What changed in the pod template of a Deployment between its last two revisions.
pub const TEMPLATES: &str = "pod templates of the two ReplicaSets";
