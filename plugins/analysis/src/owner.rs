//! The root of an object's owner chain.

use k8shawk_sdk::analysis::ObjectRef;
use serde_json::Value;

use crate::case::Case;
use crate::json::{items, reference, text};

/// Longest chain that is walked: a custom controller may own what owns a workload.
const DEPTH: usize = 6;

/// The root owner: walks ReplicaSet to Deployment, Job to CronJob and so on. An owner that
/// cannot be read ends the walk and is the answer.
pub fn root_owner(case: &Case, object: &Value) -> ObjectRef {
    let mut root = reference(object);
    let namespace = root.namespace.clone();
    let mut next = controller(object).cloned();
    for _ in 0..DEPTH {
        let Some(owner) = next else { break };
        root = ObjectRef {
            api_version: text(&owner, "/apiVersion").to_owned(),
            kind: text(&owner, "/kind").to_owned(),
            namespace: namespace.clone(),
            name: text(&owner, "/name").to_owned(),
            uid: text(&owner, "/uid").to_owned(),
        };
        if root.kind == "Node" {
            root.namespace.clear();
        }
        next = case
            .get(&root.kind, &root.namespace, &root.name)
            .and_then(|found| controller(&found).cloned());
    }
    root
}

/// The root owner where its kind is known, else the object itself.
pub fn owner_of(case: &Case, object: &Value) -> ObjectRef {
    let owner = root_owner(case, object);
    if owner.kind.is_empty() {
        reference(object)
    } else {
        owner
    }
}

/// The owner reference of the controller; else the only one.
fn controller(object: &Value) -> Option<&Value> {
    let owners = items(object, "/metadata/ownerReferences");
    owners
        .iter()
        .find(|o| o.get("controller").and_then(Value::as_bool) == Some(true))
        .or_else(|| owners.first())
}
