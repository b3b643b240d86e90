//! The patches that are fixes: each changes one field.

use serde_json::{Map, Value};

type Read = (&'static str, Vec<(String, String)>);

/// The fix that a patch of this kind is.
pub(super) fn read(kind: &str, text: &str) -> Result<Read, String> {
    let patch: Value =
        serde_json::from_str(text).map_err(|_| "the patch is not JSON".to_owned())?;
    let none = || format!("this patch of a {kind} is not in the catalogue");
    let spec = only(&patch, "spec").ok_or_else(none)?;
    match kind {
        "Service" => target_port(spec),
        "ResourceQuota" => hard(spec),
        "PersistentVolumeClaim" => storage(spec),
        "HorizontalPodAutoscaler" => only(spec, "maxReplicas")
            .and_then(Value::as_u64)
            .map(|max| ("scale-hpa-max", vec![("max".to_owned(), max.to_string())])),
        _ => None,
    }
    .ok_or_else(none)
}

/// The value of an object's only field.
fn only<'v>(value: &'v Value, key: &str) -> Option<&'v Value> {
    let fields = value.as_object().filter(|f| f.len() == 1)?;
    fields.get(key)
}

fn target_port(spec: &Value) -> Option<Read> {
    let ports = only(spec, "ports")?.as_array().filter(|p| p.len() == 1)?;
    let port: &Map<String, Value> = ports.first()?.as_object().filter(|p| p.len() == 2)?;
    let target = match port.get("targetPort")? {
        Value::String(name) => name.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let number = port.get("port")?.as_u64()?.to_string();
    let parameters = vec![
        ("port".to_owned(), number),
        ("targetPort".to_owned(), target),
    ];
    Some(("patch-target-port", parameters))
}

fn hard(spec: &Value) -> Option<Read> {
    let hard = only(spec, "hard")?.as_object().filter(|h| h.len() == 1)?;
    let (resource, value) = hard.iter().next()?;
    let value = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let parameters = vec![
        ("resource".to_owned(), resource.clone()),
        ("value".to_owned(), value),
    ];
    Some(("raise-quota", parameters))
}

fn storage(spec: &Value) -> Option<Read> {
    let size = only(only(only(spec, "resources")?, "requests")?, "storage")?.as_str()?;
    Some(("expand-pvc", vec![("size".to_owned(), size.to_owned())]))
}
