//! Usage, as metrics.k8s.io reports it.

use k8shawk_core::guard::{ReadError, Usage};
use k8shawk_core::quantity;
use serde::Deserialize;

use super::{Cluster, ClusterError};

#[derive(Deserialize)]
struct List {
    #[serde(default)]
    items: Vec<PodMetrics>,
}

#[derive(Deserialize)]
struct PodMetrics {
    metadata: Named,
    #[serde(default)]
    containers: Vec<Container>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
    #[serde(default)]
    namespace: String,
}

#[derive(Deserialize)]
struct Container {
    name: String,
    #[serde(default)]
    usage: Quantities,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Quantities {
    cpu: String,
    memory: String,
}

/// Usage of every container of a namespace (of all, where it is empty), each with the namespace.
pub(super) async fn usage(
    cluster: &Cluster,
    namespace: &str,
) -> Result<Vec<(String, Usage)>, ReadError> {
    let path = if namespace.is_empty() {
        "/apis/metrics.k8s.io/v1beta1/pods".to_owned()
    } else {
        format!("/apis/metrics.k8s.io/v1beta1/namespaces/{namespace}/pods")
    };
    let text = match cluster.metrics_text(&path).await {
        Ok(text) => text,
        // The API server asks a server of metrics, which most clusters have and some do not.
        Err(ClusterError::NotFound { .. } | ClusterError::Backend { .. }) => {
            return Err(ReadError::Unavailable(
                "the cluster serves no metrics".to_owned(),
            ));
        }
        Err(error) => return Err(error.into()),
    };
    parse(&text)
}

fn parse(text: &str) -> Result<Vec<(String, Usage)>, ReadError> {
    let list: List = serde_json::from_str(text)
        .map_err(|error| ReadError::Unavailable(format!("metrics cannot be read: {error}")))?;
    let mut all = Vec::new();
    for pod in list.items {
        for container in pod.containers {
            let cpu = quantity::milli(&container.usage.cpu);
            let usage = Usage {
                pod: pod.metadata.name.clone(),
                container: container.name,
                cpu_milli: cpu.and_then(|milli| u64::try_from(milli).ok()).unwrap_or(0),
                memory_bytes: quantity::units(&container.usage.memory).unwrap_or(0),
            };
            all.push((pod.metadata.namespace.clone(), usage));
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_parse() {
        let text = r#"{"items": [{"metadata": {"name": "web", "namespace": "shop"}, "containers": [
            {"name": "app", "usage": {"cpu": "12m", "memory": "20Ki"}},
            {"name": "proxy", "usage": {"cpu": "1500000n", "memory": "1e6"}}]}]}"#;
        let usage = |container: &str, cpu_milli, memory_bytes| {
            let usage = Usage {
                pod: "web".to_owned(),
                container: container.to_owned(),
                cpu_milli,
                memory_bytes,
            };
            ("shop".to_owned(), usage)
        };
        let all = vec![usage("app", 12, 20 * 1024), usage("proxy", 1, 1_000_000)];
        assert_eq!(parse(text), Ok(all));
    }
}
