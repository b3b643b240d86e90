//! The kinds that keep pods running.

/// Every one of them.
pub const ALL: &[&str] = &[
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ReplicaSet",
    "ReplicationController",
];

/// Those whose pods are replaced when their template changes.
pub const ROLLED_OUT: &[&str] = &["Deployment", "StatefulSet", "DaemonSet"];

/// Those of them that have a number of replicas.
pub const SCALED: &[&str] = &["Deployment", "StatefulSet"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::kind;

    #[test]
    fn each_is_a_kind_that_can_be_read() {
        assert!(ALL.iter().all(|name| kind(name).is_some()));
        assert!(ROLLED_OUT.iter().all(|name| ALL.contains(name)));
        assert!(SCALED.iter().all(|name| ROLLED_OUT.contains(name)));
    }
}
