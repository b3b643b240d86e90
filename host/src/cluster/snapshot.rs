//! Every object of a cluster at one time, by one list request per kind.

use k8shawk_core::guard::{Permit, ReadError, Reader, Reading};
use k8shawk_core::inventory::{Counts, Inventory};

use super::{Cluster, ClusterError};

/// Every object of a cluster at one time.
pub struct Snapshot {}

impl Snapshot {
    /// List every kind once; an empty `namespace` is all of them. Kinds that cannot be read
    /// are remembered ([`Snapshot::unreadable`]).
    ///
    /// # Errors
    /// Where the API server does not answer at all.
    pub async fn take(_: &Cluster, _namespace: Option<&str>) -> Result<Self, ClusterError> {
        Ok(Snapshot {})
    }

    /// Requests made so far.
    pub fn requests(&self) -> usize {
        0
    }

    /// Kinds that could not be listed, each with the reason.
    pub fn unreadable(&self) -> &[(String, ClusterError)] {
        &[]
    }

    /// An inventory of what is here.
    pub fn inventory(&self) -> Inventory {
        Inventory::new()
    }

    /// The events that are not Normal, as core/v1 objects, oldest first.
    pub fn warnings(&self) -> Vec<serde_json::Value> {
        Vec::new()
    }

    /// How many objects there are.
    pub fn counts(&self) -> Counts {
        Counts::default()
    }
}

impl Reader for Snapshot {
    fn read(&self, _permit: Permit) -> Reading<'_> {
        Box::pin(async { Err(ReadError::NotFound) })
    }
}

/// Reads by API requests; what was read once is remembered for one investigation.
pub struct LiveReader {}

impl LiveReader {
    /// A reader with an empty memory.
    pub fn new(_cluster: Cluster) -> Self {
        LiveReader {}
    }
}

impl Reader for LiveReader {
    fn read(&self, _permit: Permit) -> Reading<'_> {
        Box::pin(async { Err(ReadError::NotFound) })
    }
}
