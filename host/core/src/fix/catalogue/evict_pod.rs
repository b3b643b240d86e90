//! `evict-pod`: evict one pod, honouring its disruption budget.

use serde::{Deserialize, Serialize};

use super::edit::needs_controller;
use crate::fix::Operation;
use super::entry::{Act, Entry, Found, Planned, Postcondition, Risk, Sends};
use crate::object::ObjectRef;

pub(in crate::fix) const ENTRY: Entry = Entry {
    name: "evict-pod",
    targets: &[(&["Pod"], Sends::Evict)],
    reads: &[],
    parameters: "",
    risk: Risk::Low,
    like: "`kubectl create --raw .../pods/NAME/eviction`: it honours disruption budgets",
    parse: |_| Ok(EvictPod {}.into()),
};

/// It has no values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvictPod {}

impl Act for EvictPod {
    fn plan(&self, found: &Found<'_>) -> Planned {
        needs_controller(found.current)?;
        Ok(Operation::Evict {
            object: found.current.clone(),
        })
    }

    fn postcondition(&self) -> Postcondition {
        Postcondition::Gone
    }

    /// An eviction honours the pod's disruption budget; `kubectl delete pod` does not, and no
    /// other command evicts one pod.
    fn kubectl(&self, target: &ObjectRef) -> String {
        let (namespace, name) = (&target.namespace, &target.name);
        format!(
            "echo '{{\"apiVersion\":\"policy/v1\",\"kind\":\"Eviction\",\"metadata\":{{\"name\":\"{name}\"}}}}' | kubectl create --raw /api/v1/namespaces/{namespace}/pods/{name}/eviction -f -"
        )
    }
}
