//! The flow. Each stage is a verb, takes an incident from one stored state to the next, and knows
//! the services alone; [`pipeline`](crate::run::pipeline) runs them in this order:
//!
//! [`ingest`] -> [`triage`] -> [`investigate`] -> [`merge`] -> [`consult`] -> [`decide`] -> [`notify`] ->
//! [`approve`] -> [`fix`] -> [`recover`] -> [`document`]
//!
//! [`self_monitor`] stands for the middle of it where the host itself is what fails. Every stage is given
//! the [`Services`](crate::services::Services), and stops with a [`StageError`].

pub mod approve;
pub mod consult;
pub mod decide;
pub mod document;
pub mod fix;
pub mod ingest;
pub mod investigate;
pub mod merge;
pub mod notify;
pub mod recover;
pub mod self_monitor;
pub mod triage;

use std::time::Duration;

use thiserror::Error;

use crate::services::cluster::ClusterError;
use crate::services::store::StoreError;
use crate::services::telemetry::StageFault;

/// Why a stage stopped. The incident stays in the state that is stored.
#[derive(Debug, Error)]
pub enum StageError {
    /// The store failed: try the stage again later.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The cluster does not answer, or refuses what the stage cannot do without: try the stage
    /// again later.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// A plugin gave no answer that may come later: try the stage again later.
    #[error("not answered yet: {0}")]
    Unanswered(String),
    /// A file cannot be written: try the stage again later.
    #[error("{0}")]
    File(String),
    /// The stage has a fault: it is tried again, and a person must report it.
    #[error("the stage panicked: {0}")]
    Panicked(String),
}

impl StageError {
    /// How long the API server wants to be left alone before the stage is run again.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            StageError::Cluster(error) => error.retry_after(),
            StageError::Store(_)
            | StageError::Unanswered(_)
            | StageError::File(_)
            | StageError::Panicked(_) => None,
        }
    }
}

impl StageFault for StageError {
    fn kind(&self) -> Option<&'static str> {
        match self {
            // Somebody else was faster: the stage is run on what is stored now.
            StageError::Store(StoreError::Moved { .. }) => None,
            StageError::Store(_) => Some("store"),
            StageError::Cluster(_) | StageError::Unanswered(_) => Some("cluster"),
            StageError::File(_) => Some("file"),
            StageError::Panicked(_) => Some("panic"),
        }
    }
}
