//! How many objects there are, without reading them.

use futures::future::try_join_all;
use k8shawk_core::inventory::Counts;
use k8shawk_core::kinds;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::request::Restriction;
use super::{Cluster, ClusterError};

#[derive(Deserialize)]
struct List {
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    items: Option<Vec<IgnoredAny>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Metadata {
    /// Left out where nothing remains.
    remaining_item_count: Option<usize>,
}

impl Cluster {
    /// Count what a summary names, in all namespaces or in one; of a kind without read permission,
    /// 0.
    ///
    /// # Errors
    /// Those that may pass: nothing is known then.
    pub async fn census(&self, namespace: Option<&str>) -> Result<Counts, ClusterError> {
        let namespace = namespace.unwrap_or_default();
        let kinds = ["Node", "Pod", "Namespace", "Service", "Deployment"];
        let counts = try_join_all(kinds.map(|kind| self.count(kind, namespace))).await?;
        let [nodes, pods, namespaces, services, deployments] =
            counts.try_into().unwrap_or_default();
        Ok(Counts {
            nodes,
            pods,
            namespaces,
            services,
            deployments,
        })
    }

    /// From the first object of a list, since the server says how many more there are.
    async fn count(&self, kind: &str, namespace: &str) -> Result<usize, ClusterError> {
        let Some(kind) = kinds::kind(kind) else {
            return Ok(0);
        };
        let restriction = Restriction {
            limit: Some(1),
            ..Restriction::default()
        };
        let attempt = format!("count {}", kind.plural);
        let path = kind.path(namespace);
        match self.list_text(&attempt, &path, &restriction).await {
            Ok(text) => Ok(counted(&text)),
            Err(error) if error.may_pass() => Err(error),
            Err(_) => Ok(0),
        }
    }
}

fn counted(text: &str) -> usize {
    let list: Option<List> = serde_json::from_str(text).ok();
    list.map_or(0, |list| {
        let rest = list.metadata.remaining_item_count.unwrap_or_default();
        list.items.unwrap_or_default().len().saturating_add(rest)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(
        r#"{"metadata": {"remainingItemCount": 19999, "continue": "x"}, "items": [{}]}"#,
        20_000
    )]
    #[case(r#"{"metadata": {"resourceVersion": "7"}, "items": [{}]}"#, 1)]
    #[case(r#"{"metadata": {}, "items": null}"#, 0)]
    #[case("no list", 0)]
    fn what_remains_counts(#[case] text: &str, #[case] number: usize) {
        assert_eq!(counted(text), number);
    }
}
