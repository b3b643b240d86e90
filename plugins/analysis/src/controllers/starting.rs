//! Whether a workload without all its pods may still be on its way.

use k8shawk_sdk::analysis::Conclusion;
use serde_json::Value;

use super::age;
use crate::case::Case;
use crate::json::{deleting, is_ready, name, reference, spoken, text};
use crate::undetermined;

/// Seconds in which a new pod may still be starting, where nothing says more.
const STARTING: i64 = 120;

/// Healthy while the pods that are not ready are young; else undetermined.
pub fn starting(case: &Case, workload: &Value, pods: &[Value]) -> Conclusion {
    let waiting: Vec<&Value> = pods.iter().filter(|pod| !is_ready(pod)).collect();
    let young = waiting
        .iter()
        .all(|pod| deleting(pod) || age(case, pod) < STARTING);
    let subject = spoken(&reference(workload));
    if !waiting.is_empty() && young {
        let names: Vec<&str> = waiting.into_iter().map(name).take(4).collect();
        return Conclusion::Healthy(format!(
            "pods of {subject} are still starting or terminating: {}",
            names.join(", ")
        ));
    }
    if case.was_refused("Pod", text(workload, "/metadata/namespace"))
        || age(case, workload) >= STARTING
    {
        return Conclusion::Findings(vec![undetermined::quote(case, workload, pods)]);
    }
    Conclusion::Healthy(format!("{subject} is new and still starting"))
}
