//! Cross-crate tests, recorded incidents and the real-cluster harness of K8sHawk.

#![allow(
    clippy::indexing_slicing,
    reason = "indexing a JSON value gives null where it lacks"
)]

pub mod api_server;
pub mod bench;
pub mod cluster;
pub mod collector;
pub mod deploy;
pub mod dossier;
pub mod fault;
pub mod fuzz;
pub mod markdown;
pub mod model_server;
pub mod policies;
pub mod prometheus;
pub mod pty;
pub mod recorded;
pub mod registry;
pub mod relay;
pub mod slack_server;
pub mod tutorial;
