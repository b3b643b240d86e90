//! Stub.
use std::path::Path;

use super::{Cluster, ClusterError};

pub(super) async fn connect(
    _kubeconfig: Option<&Path>,
    _context: Option<&str>,
) -> Result<Cluster, ClusterError> {
    Err(ClusterError::NotFound {
        attempt: "connect".to_owned(),
    })
}
