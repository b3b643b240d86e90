//! A look at the cluster where a value may have changed since the analysis.
//!
//! A read that is denied or fails changes nothing: the host checks preconditions again.

use k8shawk_sdk::fix::{ObjectRef, Parameter};
use serde_json::Value;

/// `kubectl get`, for what can be read.
pub trait Reader {
    /// The object, or none where it cannot be read.
    fn get(&self, object: &ObjectRef) -> Option<Value>;
}

/// Reads nothing.
pub struct Nothing;

impl Reader for Nothing {
    fn get(&self, _object: &ObjectRef) -> Option<Value> {
        None
    }
}

/// Reads through the granted capability.
#[cfg(target_family = "wasm")]
pub struct Granted;

#[cfg(target_family = "wasm")]
impl Reader for Granted {
    fn get(&self, object: &ObjectRef) -> Option<Value> {
        let text =
            k8shawk_sdk::fix::get::get(&object.kind, &object.namespace, &object.name).ok()?;
        serde_json::from_str(&text).ok()
    }
}

/// True where the object is known to be already as the fix would make it.
pub fn is_done(
    reader: &dyn Reader,
    action: &str,
    target: &ObjectRef,
    parameters: &[Parameter],
) -> bool {
    let wanted = |name: &str| {
        parameters
            .iter()
            .find(|p| p.name == name)
            .map(|p| p.value.as_str())
    };
    match action {
        "scale-hpa-max" => {
            let now = reader
                .get(target)
                .and_then(|o| o.pointer("/spec/maxReplicas")?.as_u64());
            let max = wanted("max").and_then(|m| m.parse().ok());
            now.zip(max)
                .is_some_and(|(now, max): (u64, u64)| now >= max)
        }
        "raise-quota" => {
            let Some(resource) = wanted("resource") else {
                return false;
            };
            let object = reader.get(target);
            let hard = object
                .as_ref()
                .and_then(|o| o.pointer("/spec/hard")?.get(resource));
            hard.is_some_and(|hard| hard.as_str() == wanted("value"))
        }
        "uncordon" => reader
            .get(target)
            .is_some_and(|o| o.pointer("/spec/unschedulable") != Some(&Value::Bool(true))),
        _ => false,
    }
}
