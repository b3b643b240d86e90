//! The fields of an object that are shown: nothing that is empty, that every object has, or that
//! stands elsewhere in it.

use serde_json::{Map, Value};

use super::{conditions, pod};

/// Fields that say nothing of a fault.
const NOISE: &[&str] = &[
    "managedFields",
    "resourceVersion",
    "generation",
    "selfLink",
    "generateName",
    "uid",
    "imageID",
    "containerID",
    "observedGeneration",
    "lastProbeTime",
    "podIPs",
    "hostIPs",
    "clusterIPs",
    "ipFamilies",
    "ipFamilyPolicy",
    "revisionHistoryLimit",
    "blockOwnerDeletion",
    "qosClass",
    "nodeInfo",
    "images",
];

/// Fields that say nothing where they have the value that the API server gives to every object.
const USUAL: &[(&str, &str)] = &[
    ("restartPolicy", "Always"),
    ("imagePullPolicy", "IfNotPresent"),
    ("serviceAccount", "default"),
    ("serviceAccountName", "default"),
    ("protocol", "TCP"),
    ("scheme", "HTTP"),
    ("phase", "Active"),
    ("priority", "0"),
    ("controller", "true"),
    ("successThreshold", "1"),
    ("terminationGracePeriodSeconds", "30"),
    ("progressDeadlineSeconds", "600"),
    ("collisionCount", "0"),
    ("terminatingReplicas", "0"),
    ("defaultMode", "420"),
    ("recursiveReadOnly", "Disabled"),
    ("whenDeleted", "Retain"),
    ("whenScaled", "Retain"),
    ("partition", "0"),
    ("volumeMode", "Filesystem"),
    ("completionMode", "NonIndexed"),
    ("podReplacementPolicy", "TerminatingOrFailed"),
    ("terminationMessagePath", "/dev/termination-log"),
    ("terminationMessagePolicy", "File"),
    ("enableServiceLinks", "true"),
    ("preemptionPolicy", "PreemptLowerPriority"),
    ("dnsPolicy", "ClusterFirst"),
    ("schedulerName", "default-scheduler"),
    ("internalTrafficPolicy", "Cluster"),
    ("sessionAffinity", "None"),
];

/// The value without managed fields, copies, noise and empty values. Values that may be secrets are
/// tokens, where it is for a model. None where nothing is left.
pub(crate) fn meaningful(value: &Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Array(items) => {
            let kept: Vec<Value> = items
                .iter()
                .filter(|i| !is_usual(i))
                .filter_map(meaningful)
                .collect();
            (!kept.is_empty()).then_some(Value::Array(kept))
        }
        Value::Object(fields) => {
            let kept = match pod::without_copies(fields) {
                Some(pod) => object(&pod),
                None => object(fields),
            };
            (!kept.is_empty()).then_some(Value::Object(kept))
        }
        Value::String(text) if text.is_empty() => None,
        other => Some(other.clone()),
    }
}

fn object(fields: &Map<String, Value>) -> Map<String, Value> {
    let mut kept = Map::new();
    for (key, value) in fields {
        if NOISE.contains(&key.as_str())
            || key.ends_with("last-applied-configuration")
            || has_usual(key, value)
        {
            continue;
        }
        let told = match conditions::of(key, value) {
            Some(lines) => Some(lines),
            None => meaningful(value),
        };
        kept.extend(told.map(|v| (key.clone(), v)));
    }
    if let (Some(behind), Some(Value::Object(status))) = (behind(fields), kept.get_mut("status")) {
        status.insert("observedGeneration".to_owned(), behind);
    }
    kept
}

/// A controller that has not seen the present spec: only then do generations say something.
fn behind(fields: &Map<String, Value>) -> Option<Value> {
    let number = |within: &str, key: &str| fields.get(within)?.get(key)?.as_i64();
    let wanted = number("metadata", "generation")?;
    let seen = number("status", "observedGeneration")?;
    (seen < wanted).then(|| format!("{seen}, the spec is at {wanted}").into())
}

fn has_usual(key: &str, value: &Value) -> bool {
    let mut usual = USUAL.iter().filter(|(of, _)| *of == key);
    usual.any(|(_, usual)| match value {
        Value::String(text) => text == usual,
        Value::Number(number) => number.to_string() == *usual,
        Value::Bool(flag) => flag.to_string() == *usual,
        _ => false,
    })
}

/// What every pod has: the default tolerations and the token's volume.
fn is_usual(item: &Value) -> bool {
    let text = |key: &str| item.get(key).and_then(Value::as_str).unwrap_or_default();
    text("name").starts_with("kube-api-access-")
        || (text("operator") == "Exists"
            && matches!(
                text("key"),
                "node.kubernetes.io/not-ready" | "node.kubernetes.io/unreachable"
            ))
}
