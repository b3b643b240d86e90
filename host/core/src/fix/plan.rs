//! From a fix and the object as it is to one operation, or to the precondition that fails.

use serde_json::{Map, Value, json};

use super::{Action, Fix, Operation, Precondition, Quantity};
use crate::quantity::nano;

/// Most replicas that a fix may ask for.
const MAX_REPLICAS: u32 = 500;

type Planned = Result<Operation, Precondition>;

fn fails<T>(why: impl Into<String>) -> Result<T, Precondition> {
    Err(Precondition::Fails(why.into()))
}

fn done<T>(why: impl Into<String>) -> Result<T, Precondition> {
    Err(Precondition::Done(why.into()))
}

impl Fix {
    /// Kind of the objects that [`Fix::plan`] needs beside the target, owned by it.
    pub fn related_kind(&self) -> Option<&'static str> {
        matches!(self.action, Action::RolloutUndo { .. }).then_some("ReplicaSet")
    }

    /// Plan the change of `current`, the target as it is now. `restart_at` is the RFC 3339
    /// time that a restart is marked with.
    ///
    /// # Errors
    /// [`Precondition`] says what does not hold.
    pub fn plan(&self, current: &Value, related: &[Value], restart_at: &str) -> Planned {
        let deleting = current.pointer("/metadata/deletionTimestamp").is_some();
        if deleting != matches!(self.action, Action::RemoveFinalizer { .. }) {
            return fails(if deleting {
                "the object is being deleted"
            } else {
                "the object is not being deleted"
            });
        }
        let object = || current.clone();
        match &self.action {
            Action::DeletePod => {
                needs_controller(current).map(|()| Operation::Delete { object: object() })
            }
            Action::EvictPod => {
                needs_controller(current).map(|()| Operation::Evict { object: object() })
            }
            Action::DeleteJob => Ok(Operation::Delete { object: object() }),
            Action::RetryJob => retry_job(current),
            Action::RolloutUndo { revision } => rollout_undo(current, related, *revision),
            _ => self.edit(current, restart_at),
        }
    }

    fn edit(&self, current: &Value, restart_at: &str) -> Planned {
        let mut object = current.clone();
        match &self.action {
            Action::RolloutRestart => set(
                &mut object,
                &[
                    "spec",
                    "template",
                    "metadata",
                    "annotations",
                    "kubectl.kubernetes.io/restartedAt",
                ],
                json!(restart_at),
            ),
            Action::Scale { replicas } if *replicas > MAX_REPLICAS => {
                return fails(format!("more than {MAX_REPLICAS} replicas"));
            }
            Action::Scale { replicas } => set(&mut object, &["spec", "replicas"], json!(replicas)),
            Action::SetImage { container, image } => {
                *field(find_container(&mut object, container)?, "image") = json!(image);
            }
            Action::SetResources {
                container,
                memory,
                cpu,
            } => {
                let container = find_container(&mut object, container)?;
                set_limit(container, "memory", memory.as_ref());
                set_limit(container, "cpu", cpu.as_ref());
            }
            Action::PatchSelector { selector } => {
                set(&mut object, &["spec", "selector"], json!(selector));
            }
            Action::PatchTargetPort { port, target_port } => {
                set_target_port(&mut object, *port, target_port)?;
            }
            Action::Uncordon => {
                if let Some(spec) = object.pointer_mut("/spec").and_then(Value::as_object_mut) {
                    spec.remove("unschedulable");
                }
                drop_cordon_taint(&mut object);
            }
            Action::Cordon => set(&mut object, &["spec", "unschedulable"], json!(true)),
            Action::RaiseQuota { resource, value } => raise_quota(&mut object, resource, value)?,
            Action::ExpandPvc { size } => expand(&mut object, size)?,
            Action::ScaleHpaMax { max } if *max > MAX_REPLICAS => {
                return fails(format!("more than {MAX_REPLICAS} replicas"));
            }
            Action::ScaleHpaMax { max } => set(&mut object, &["spec", "maxReplicas"], json!(max)),
            Action::RemoveFinalizer { finalizer } => remove_finalizer(&mut object, finalizer)?,
            _ => return fails("this action is not an edit"),
        }
        if object == *current {
            return done("the object is already as the fix would make it");
        }
        Ok(Operation::Replace { object })
    }
}

fn needs_controller(pod: &Value) -> Result<(), Precondition> {
    let finished = matches!(
        pod.pointer("/status/phase").and_then(Value::as_str),
        Some("Failed" | "Succeeded")
    );
    let owners = pod
        .pointer("/metadata/ownerReferences")
        .and_then(Value::as_array);
    if finished || owners.is_some_and(|o| !o.is_empty()) {
        Ok(())
    } else {
        fails("the pod has no controller that would make it anew")
    }
}

/// The object at a key, made where it lacks; a scalar in the way is replaced.
fn field<'v>(value: &'v mut Value, key: &str) -> &'v mut Value {
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    match value {
        Value::Object(map) => map.entry(key).or_insert(Value::Null),
        other => other,
    }
}

fn set(object: &mut Value, path: &[&str], to: Value) {
    *path.iter().fold(object, |at, key| field(at, key)) = to;
}

fn find_container<'v>(object: &'v mut Value, name: &str) -> Result<&'v mut Value, Precondition> {
    let spec = object
        .pointer_mut("/spec/template/spec")
        .and_then(Value::as_object_mut);
    let found = spec.and_then(|spec| {
        spec.iter_mut()
            .filter(|(key, _)| *key == "containers" || *key == "initContainers")
            .filter_map(|(_, list)| list.as_array_mut())
            .flatten()
            .find(|c| c.get("name").and_then(Value::as_str) == Some(name))
    });
    found.ok_or_else(|| Precondition::Fails(format!("there is no container {name:?}")))
}

fn set_limit(container: &mut Value, resource: &str, limit: Option<&Quantity>) {
    let Some(limit) = limit else { return };
    set(
        container,
        &["resources", "limits", resource],
        json!(limit.to_string()),
    );
    let request = container.pointer(&format!("/resources/requests/{resource}"));
    let above = request
        .and_then(Value::as_str)
        .and_then(nano)
        .is_some_and(|r| r > limit.nano());
    if above {
        set(
            container,
            &["resources", "requests", resource],
            json!(limit.to_string()),
        );
    }
}

fn set_target_port(service: &mut Value, port: u16, target: &str) -> Result<(), Precondition> {
    let ports = service
        .pointer_mut("/spec/ports")
        .and_then(Value::as_array_mut);
    let found = ports.and_then(|ports| {
        ports
            .iter_mut()
            .find(|p| p.get("port").and_then(Value::as_u64) == Some(port.into()))
    });
    let Some(entry) = found else {
        return fails(format!("the Service has no port {port}"));
    };
    let value = target
        .parse::<u16>()
        .map_or_else(|_| json!(target), |number| json!(number));
    *field(entry, "targetPort") = value;
    Ok(())
}

fn drop_cordon_taint(node: &mut Value) {
    let taints = node
        .pointer_mut("/spec/taints")
        .and_then(Value::as_array_mut);
    if let Some(taints) = taints {
        taints.retain(|t| {
            t.get("key").and_then(Value::as_str) != Some("node.kubernetes.io/unschedulable")
        });
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

fn raise_quota(quota: &mut Value, resource: &str, value: &Quantity) -> Result<(), Precondition> {
    let hard = quota
        .pointer("/spec/hard")
        .and_then(|h| h.get(resource))
        .and_then(Value::as_str);
    let Some(now) = hard.and_then(nano) else {
        return fails(format!("the quota does not limit {resource}"));
    };
    if value.nano() <= now {
        return done(format!(
            "the quota for {resource} is no lower than {value} already"
        ));
    }
    set(quota, &["spec", "hard", resource], json!(value.to_string()));
    Ok(())
}

fn expand(claim: &mut Value, size: &Quantity) -> Result<(), Precondition> {
    let path = ["spec", "resources", "requests", "storage"];
    let now = claim
        .pointer("/spec/resources/requests/storage")
        .and_then(Value::as_str);
    if now.and_then(nano).is_some_and(|now| now >= size.nano()) {
        return done(format!("the claim asks for {size} or more already"));
    }
    set(claim, &path, json!(size.to_string()));
    Ok(())
}

fn remove_finalizer(object: &mut Value, finalizer: &str) -> Result<(), Precondition> {
    // A Namespace keeps its own in the spec, behind another API: it is never removed by hand.
    let list = object
        .pointer_mut("/metadata/finalizers")
        .and_then(Value::as_array_mut);
    let Some(list) = list else {
        return fails("the object has no finalizer");
    };
    let before = list.len();
    list.retain(|f| f.as_str() != Some(finalizer));
    if list.len() == before {
        return done(format!("the object has no finalizer {finalizer:?}"));
    }
    Ok(())
}

fn rollout_undo(current: &Value, related: &[Value], revision: u64) -> Planned {
    let uid = current.pointer("/metadata/uid");
    let found = related.iter().find(|rs| {
        let owner = rs.pointer("/metadata/ownerReferences/0/uid");
        owner.is_some() && owner == uid && revision_of(rs) == Some(revision)
    });
    let Some(template) = found.and_then(|rs| rs.pointer("/spec/template")) else {
        return fails(format!("there is no revision {revision} any more"));
    };
    let mut template = template.clone();
    if let Some(labels) = template
        .pointer_mut("/metadata/labels")
        .and_then(Value::as_object_mut)
    {
        labels.remove("pod-template-hash");
    }
    if current.pointer("/spec/template") == Some(&template) {
        return done(format!("the Deployment is at revision {revision} already"));
    }
    let mut object = current.clone();
    set(&mut object, &["spec", "template"], template);
    Ok(Operation::Replace { object })
}

/// Revision of a ReplicaSet.
fn revision_of(replica_set: &Value) -> Option<u64> {
    replica_set
        .pointer("/metadata/annotations/deployment.kubernetes.io~1revision")
        .and_then(Value::as_str)
        .and_then(|r| r.parse().ok())
}

/// Labels that the Job controller adds and that a new Job must not bring along.
const JOB_LABELS: &[&str] = &[
    "controller-uid",
    "job-name",
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-name",
];

fn retry_job(job: &Value) -> Planned {
    let failed = job
        .pointer("/status/conditions")
        .and_then(Value::as_array)
        .is_some_and(|c| {
            c.iter()
                .any(|c| c["type"] == "Failed" && c["status"] == "True")
        });
    if !failed {
        return fails("the Job has not failed");
    }
    let mut new = job.clone();
    if let Some(map) = new.as_object_mut() {
        map.remove("status");
    }
    if let Some(metadata) = new.pointer_mut("/metadata").and_then(Value::as_object_mut) {
        for key in [
            "uid",
            "resourceVersion",
            "generation",
            "creationTimestamp",
            "finalizers",
        ] {
            metadata.remove(key);
        }
    }
    if let Some(spec) = new.pointer_mut("/spec").and_then(Value::as_object_mut) {
        spec.remove("selector");
    }
    for path in ["/metadata/labels", "/spec/template/metadata/labels"] {
        if let Some(labels) = new.pointer_mut(path).and_then(Value::as_object_mut) {
            labels.retain(|key, _| !JOB_LABELS.contains(&key.as_str()));
        }
    }
    Ok(Operation::Recreate {
        old: job.clone(),
        new,
    })
}
