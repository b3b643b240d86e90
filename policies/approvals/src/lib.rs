//! The shipped approvals policy of K8sHawk.
