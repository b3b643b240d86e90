//! Cross-crate tests, recorded incidents and the real-cluster harness of K8sHawk.

pub mod cluster;
pub mod fault;
