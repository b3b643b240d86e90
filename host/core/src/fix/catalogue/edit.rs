//! Small edits of objects, and the words of the outcome, that several actions share.

use serde_json::{Map, Value};

use super::entry::Planned;
use crate::fix::operation::as_written;
use crate::fix::{Operation, Precondition};
use crate::object::ObjectRef;

/// Most replicas that a fix may ask for.
pub(super) const MAX_REPLICAS: u32 = 500;

pub(super) fn fails<T>(why: impl Into<String>) -> Result<T, Precondition> {
    Err(Precondition::Fails(why.into()))
}

pub(super) fn done<T>(why: impl Into<String>) -> Result<T, Precondition> {
    Err(Precondition::Done(why.into()))
}

/// Replace the object by an edited one.
pub(super) fn replace(
    current: &Value,
    edit: impl FnOnce(&mut Value) -> Result<(), Precondition>,
) -> Planned {
    let mut object = current.clone();
    edit(&mut object)?;
    if object == *current {
        return done("the object already has the values that the fix would set");
    }
    Ok(Operation::Replace { object })
}

/// The object at a key, made where there is none; a scalar in the way is replaced.
pub(super) fn field<'v>(value: &'v mut Value, key: &str) -> &'v mut Value {
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    match value {
        Value::Object(map) => map.entry(key).or_insert(Value::Null),
        other => other,
    }
}

pub(super) fn set(object: &mut Value, path: &[&str], to: impl Into<Value>) {
    *path.iter().fold(object, |at, key| field(at, key)) = to.into();
}

/// An object as it is created again: without what the API server gave it.
pub(super) fn as_new(object: &Value) -> Value {
    let mut new = as_written(object);
    if let Some(metadata) = new.pointer_mut("/metadata").and_then(Value::as_object_mut) {
        metadata.remove("uid");
        metadata.remove("finalizers");
    }
    new
}

/// A container of the pod template, also one that only starts it.
pub(super) fn find_container<'v>(
    object: &'v mut Value,
    name: &str,
) -> Result<&'v mut Value, Precondition> {
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

/// A pod that is taken away must come back, or have ended.
pub(super) fn needs_controller(pod: &Value) -> Result<(), Precondition> {
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
        fails("the pod has no controller that would recreate it")
    }
}

/// `deployment/web`.
pub(super) fn named(target: &ObjectRef) -> String {
    format!("{}/{}", target.kind.to_lowercase(), target.name)
}

/// `kubectl`, the namespace where there is one, and the rest.
pub(super) fn line(target: &ObjectRef, rest: impl AsRef<str>) -> String {
    let rest = rest.as_ref();
    if target.namespace.is_empty() {
        format!("kubectl {rest}")
    } else {
        format!("kubectl -n {} {rest}", target.namespace)
    }
}
