//! `kubectl rollout history`: the revisions of a Deployment, out of its ReplicaSets.

use k8shawk_core::grant::Verb;
use k8shawk_core::guard::Read;
use k8shawk_core::point::Point;
use serde_json::Value;

use crate::call::{Call, Told};
use crate::capability::{Capability, Definition, Own};
use crate::wit::imports::k8shawk::kubectl::types::ReadError;
use crate::wit::imports::k8shawk::policy::history;

/// The revisions of a Deployment: a read, so a grant must let the plugin list its ReplicaSets.
pub(super) const HISTORY: Capability = Capability(&Definition {
    package: "policy",
    word: "history",
    points: &[Point::Policy],
    verbs: &[Verb::List],
    told: None,
    link: |linker| history::add_to_linker::<_, Own>(linker, |call| call),
});

impl history::Host for Call {
    async fn revisions(
        &mut self,
        namespace: String,
        deployment: String,
    ) -> wasmtime::Result<Told<Vec<history::Revision>>> {
        let bytes = namespace.len() + deployment.len();
        let read = Read::List {
            kind: "ReplicaSet".to_owned(),
            namespace,
            selector: String::new(),
        };
        let listed = self.text(read, bytes).await?;
        Ok(listed.and_then(|text| revisions(&text, &deployment)))
    }
}

/// The newest first.
fn revisions(listed: &str, deployment: &str) -> Told<Vec<history::Revision>> {
    let sets: Vec<Value> = serde_json::from_str(listed).map_err(|e| {
        ReadError::Unavailable(format!("the ReplicaSets are not a JSON array: {e}"))
    })?;
    let owned = sets.iter().filter(|set| is_owned(set, deployment));
    let mut revisions: Vec<history::Revision> = owned.filter_map(revision).collect();
    revisions.sort_by_key(|revision| std::cmp::Reverse(revision.number));
    Ok(revisions)
}

/// Labels may be shared by two Deployments; a controller is one.
fn is_owned(set: &Value, deployment: &str) -> bool {
    let owners = set.pointer("/metadata/ownerReferences");
    let owners = owners.and_then(Value::as_array).into_iter().flatten();
    owners.into_iter().any(|owner| {
        owner.get("controller") == Some(&Value::Bool(true))
            && owner.get("kind").is_some_and(|kind| kind == "Deployment")
            && owner.get("name").is_some_and(|name| name == deployment)
    })
}

/// None for a ReplicaSet that the Deployment has not numbered yet.
fn revision(set: &Value) -> Option<history::Revision> {
    let text = |at: &str| set.pointer(at).and_then(Value::as_str).unwrap_or_default();
    let count = |at: &str| {
        let count = set.pointer(at).and_then(Value::as_u64).unwrap_or_default();
        u32::try_from(count).unwrap_or(u32::MAX)
    };
    let number = text("/metadata/annotations/deployment.kubernetes.io~1revision");
    let containers = set.pointer("/spec/template/spec/containers");
    let containers = containers.and_then(Value::as_array).into_iter().flatten();
    let images = containers.filter_map(|container| container.get("image")?.as_str());
    Some(history::Revision {
        number: number.parse().ok()?,
        images: images.map(str::to_owned).collect(),
        created: text("/metadata/creationTimestamp").to_owned(),
        change_cause: text("/metadata/annotations/kubernetes.io~1change-cause").to_owned(),
        pods: count("/status/replicas"),
        ready: count("/status/readyReplicas"),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn set(owner: &str, controller: bool, annotations: Value) -> Value {
        json!({
            "metadata": {
                "annotations": annotations,
                "ownerReferences": [{"kind": "Deployment", "name": owner, "controller": controller}],
            },
            "spec": {"template": {"spec": {"containers": [{"image": "web:1"}, {"name": "half"}]}}},
            "status": {"replicas": 3},
        })
    }

    #[test]
    fn only_numbered_replica_sets_that_the_deployment_controls_count() {
        let numbered = |number: &str| json!({"deployment.kubernetes.io/revision": number});
        let listed = json!([
            set("web", true, numbered("2")),
            set("web", true, numbered("10")),
            set("web", true, json!({})),
            set("web", false, numbered("3")),
            set("web-2", true, numbered("4")),
            {"metadata": {}},
        ]);
        let told = revisions(&listed.to_string(), "web").unwrap();
        let numbers: Vec<u64> = told.iter().map(|r| r.number).collect();
        assert_eq!(numbers, [10, 2]);
        assert_eq!(told[0].images, ["web:1"]);
        assert_eq!((told[0].pods, told[0].ready), (3, 0));
        assert!(matches!(
            revisions("{}", "web"),
            Err(ReadError::Unavailable(_))
        ));
    }
}
