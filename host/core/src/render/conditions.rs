//! Conditions of a status, each on a line of its own instead of five, and those that say the same
//! on one: `Ready, ContainersReady False since 2026-11-22T23:13:30Z ContainersNotReady: containers
//! with unready status: [app]`.

use serde_json::{Map, Value};

/// What a condition has. With anything else it is shown like any other object.
const KEYS: &[&str] = &[
    "type",
    "status",
    "reason",
    "message",
    "lastTransitionTime",
    "lastUpdateTime",
    "lastProbeTime",
    "lastHeartbeatTime",
    "observedGeneration",
];

/// The lines of a field `conditions`; none where it holds something else.
pub(super) fn of(key: &str, value: &Value) -> Option<Value> {
    let items = value.as_array().filter(|_| key == "conditions")?;
    let mut said: Vec<(Vec<&str>, String)> = Vec::new();
    for item in items {
        let (name, rest) = condition(item.as_object()?)?;
        match said.iter_mut().find(|(_, same)| *same == rest) {
            Some((names, _)) => names.push(name),
            None => said.push((vec![name], rest)),
        }
    }
    let lines = said.into_iter();
    let lines = lines.map(|(names, rest)| format!("{} {rest}", names.join(", ")).into());
    Some(Value::Array(lines.collect())).filter(|lines| *lines != Value::Array(Vec::new()))
}

/// The type, and what is said of it.
fn condition(fields: &Map<String, Value>) -> Option<(&str, String)> {
    if !fields.keys().all(|key| KEYS.contains(&key.as_str())) {
        return None;
    }
    let text = |key: &str| fields.get(key).and_then(Value::as_str).unwrap_or_default();
    let name = fields.get("type")?.as_str()?;
    let mut rest = fields.get("status")?.as_str()?.to_owned();
    // Since when something is as it should be explains no fault.
    let explained = !text("reason").is_empty() || !text("message").is_empty();
    if (explained || rest != "True") && !text("lastTransitionTime").is_empty() {
        rest.push_str(&format!(" since {}", text("lastTransitionTime")));
    }
    // The last sign of life counts where there is none now.
    if rest.starts_with("Unknown") && !text("lastHeartbeatTime").is_empty() {
        rest.push_str(&format!(", last heard of {}", text("lastHeartbeatTime")));
    }
    for (sign, key) in [(" ", "reason"), (": ", "message")] {
        if !text(key).is_empty() {
            rest.push_str(sign);
            rest.push_str(text(key));
        }
    }
    Some((name, rest))
}
