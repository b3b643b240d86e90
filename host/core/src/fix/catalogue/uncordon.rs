//! `uncordon`: let pods be scheduled on a node again.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::edit::{line, replace};
use crate::fix::Action;
use super::entry::{Act, Before, Entry, Found, Planned, Risk, Sends};
use crate::object::ObjectRef;

pub(in crate::fix) const ENTRY: Entry = Entry {
    name: "uncordon",
    targets: &[(&["Node"], Sends::Replace)],
    reads: &[],
    parameters: "",
    risk: Risk::Low,
    like: "`kubectl uncordon`",
    parse: |_| Ok(Uncordon {}.into()),
};

/// The taint that the node controller keeps on a cordoned node.
const TAINT: &str = "node.kubernetes.io/unschedulable";

/// It has no values.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uncordon {}

impl Act for Uncordon {
    fn plan(&self, found: &Found<'_>) -> Planned {
        replace(found.current, |node| {
            if let Some(spec) = node.pointer_mut("/spec").and_then(Value::as_object_mut) {
                spec.remove("unschedulable");
            }
            drop_taint(node);
            Ok(())
        })
    }

    fn inverse(&self, _before: &Before<'_>) -> Option<Action> {
        Some(Action::Cordon(Default::default()))
    }

    fn kubectl(&self, target: &ObjectRef) -> String {
        line(target, format!("uncordon {}", target.name))
    }
}

fn drop_taint(node: &mut Value) {
    let taints = node
        .pointer_mut("/spec/taints")
        .and_then(Value::as_array_mut);
    if let Some(taints) = taints {
        taints.retain(|t| t.get("key").and_then(Value::as_str) != Some(TAINT));
    }
    if node
        .pointer("/spec/taints")
        .and_then(Value::as_array)
        .is_some_and(Vec::is_empty)
        && let Some(spec) = node.pointer_mut("/spec").and_then(Value::as_object_mut)
    {
        spec.remove("taints");
    }
}
