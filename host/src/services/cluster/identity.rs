//! What tells a cluster from every other one.

use serde::Deserialize;

use super::{Cluster, ClusterError};

/// A namespace that every cluster has from its start to its end.
const SYSTEM: &str = "/api/v1/namespaces/kube-system";

#[derive(Deserialize)]
struct Namespace {
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Metadata {
    uid: Option<String>,
}

impl Cluster {
    /// Uid of the namespace `kube-system`; none where the reader may not read it.
    ///
    /// # Errors
    /// [`ClusterError`]: it is unknown which cluster this is, so do not continue as another one.
    pub async fn system_uid(&self) -> Result<Option<String>, ClusterError> {
        let attempt = "read the uid of kube-system";
        match self.object_text(attempt, SYSTEM).await {
            Ok(text) => uid(attempt, &text),
            Err(ClusterError::Denied { .. } | ClusterError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn uid(attempt: &str, text: &str) -> Result<Option<String>, ClusterError> {
    let read = serde_json::from_str::<Namespace>(text);
    let uid = read.map(|namespace| namespace.metadata.uid);
    uid.map_err(|error| ClusterError::Answer {
        attempt: attempt.to_owned(),
        why: error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_uid_is_read_and_other_text_is_an_error() {
        let of = |text| uid("read", text);
        let known = of(r#"{"kind": "Namespace", "metadata": {"uid": "u1"}}"#).unwrap();
        assert_eq!(known.as_deref(), Some("u1"));
        assert_eq!(of(r#"{"metadata": {}}"#).unwrap(), None);
        assert!(matches!(of("<html>"), Err(ClusterError::Answer { .. })));
    }
}
