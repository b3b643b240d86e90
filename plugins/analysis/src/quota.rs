//! A ResourceQuota that is used up.

use k8shawk_sdk::analysis::Conclusion;
use serde_json::Value;

use crate::case::Case;
use crate::controllers::{failed_create, refusal, workload};
use crate::json::{name, named, text};
use crate::owner::root_owner;

/// Explain an incident about a quota: who is refused by it.
pub fn diagnose(case: &Case, quota: &Value) -> Conclusion {
    let namespace = text(quota, "/metadata/namespace");
    let needle = format!("quota: {}", name(quota));
    for kind in ["ReplicaSet", "StatefulSet", "DaemonSet", "Job"] {
        for event in case.events(&named(kind, namespace, "")).iter().rev() {
            if !event.message.contains(&needle) {
                continue;
            }
            let Some(creator) = case.get(kind, namespace, &event.name) else {
                continue;
            };
            let owner = root_owner(case, &creator);
            let refused = case
                .get(&owner.kind, namespace, &owner.name)
                .unwrap_or(creator);
            let present = workload::present(case, &refused);
            if let Some(refusal) = refusal::of(case, &refused, present) {
                return Conclusion::Findings(vec![failed_create::explain(&refusal)]);
            }
        }
    }
    Conclusion::Healthy(format!(
        "no workload is refused by ResourceQuota {} now",
        name(quota)
    ))
}
