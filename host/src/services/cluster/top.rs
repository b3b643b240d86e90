//! Usage, as metrics.k8s.io reports it.

use k8shawk_core::guard::{ReadError, Usage};
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
            let usage = Usage {
                pod: pod.metadata.name.clone(),
                container: container.name,
                cpu_milli: thousandths(&container.usage.cpu).unwrap_or(0),
                memory_bytes: thousandths(&container.usage.memory).unwrap_or(0) / 1000,
            };
            all.push((pod.metadata.namespace.clone(), usage));
        }
    }
    Ok(all)
}

/// A quantity in thousandths of its unit, such as `250m`, `1500000n` or `64Mi`, rounded down.
fn thousandths(quantity: &str) -> Option<u64> {
    const SUFFIXES: [(&str, u128, u128); 12] = [
        ("Ki", 1 << 10, 1),
        ("Mi", 1 << 20, 1),
        ("Gi", 1 << 30, 1),
        ("Ti", 1 << 40, 1),
        ("n", 1, 1_000_000_000),
        ("u", 1, 1_000_000),
        ("m", 1, 1000),
        ("k", 1000, 1),
        ("M", 1_000_000, 1),
        ("G", 1_000_000_000, 1),
        ("T", 1_000_000_000_000, 1),
        ("", 1, 1),
    ];
    let (digits, times, over) = SUFFIXES
        .iter()
        .find_map(|(suffix, times, over)| Some((quantity.strip_suffix(suffix)?, times, over)))?;
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let scale = 10_u128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let number: u128 = format!("{whole}{fraction}").parse().ok()?;
    u64::try_from(number.checked_mul(1000)?.checked_mul(*times)? / over.checked_mul(scale)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("250m", Some(250))]
    #[case("1", Some(1000))]
    #[case("1.5", Some(1500))]
    #[case("1500000n", Some(1))]
    #[case("64Mi", Some(64 * 1024 * 1024 * 1000))]
    #[case("0.5Gi", Some(512 * 1024 * 1024 * 1000))]
    #[case("", None)]
    #[case("x", None)]
    #[case("-1", None)]
    #[case("999999999999999999999999T", None)]
    fn quantities_parse(#[case] text: &str, #[case] expected: Option<u64>) {
        assert_eq!(thousandths(text), expected);
    }

    #[test]
    fn metrics_parse() {
        let text = r#"{"items": [{"metadata": {"name": "web", "namespace": "shop"}, "containers": [
            {"name": "app", "usage": {"cpu": "12m", "memory": "20Ki"}}]}]}"#;
        let usage = Usage {
            pod: "web".to_owned(),
            container: "app".to_owned(),
            cpu_milli: 12,
            memory_bytes: 20 * 1024,
        };
        assert_eq!(parse(text), Ok(vec![("shop".to_owned(), usage)]));
    }
}
