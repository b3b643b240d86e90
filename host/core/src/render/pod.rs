//! What a pod says twice: the status repeats much of the spec.

use serde_json::{Map, Value};

const STATUSES: [&str; 3] = [
    "containerStatuses",
    "initContainerStatuses",
    "ephemeralContainerStatuses",
];
const CONTAINERS: [&str; 3] = ["containers", "initContainers", "ephemeralContainers"];

/// A pod whose status has lost what its spec says too; none where it is no pod. What differs stays:
/// another image or other resources than asked for may be the fault.
pub(super) fn without_copies(object: &Map<String, Value>) -> Option<Map<String, Value>> {
    let is_pod = object.get("kind").and_then(Value::as_str) == Some("Pod");
    let spec = object.get("spec")?.as_object().filter(|_| is_pod)?;
    let mut pod = object.clone();
    let created = object
        .get("metadata")
        .and_then(|m| m.get("creationTimestamp"));
    if let Some(status) = pod.get_mut("status").and_then(Value::as_object_mut) {
        if status.get("startTime") == created {
            status.remove("startTime");
        }
        if !spec.contains_key("resources") {
            status.remove("resources");
            status.remove("allocatedResources");
        }
        for key in STATUSES {
            let all = status.get_mut(key).and_then(Value::as_array_mut);
            for status in all.into_iter().flatten() {
                if let Some(status) = status.as_object_mut() {
                    shorten(status, spec);
                }
            }
        }
    }
    Some(pod)
}

/// The status of one container.
fn shorten(status: &mut Map<String, Value>, spec: &Map<String, Value>) {
    status.remove("volumeMounts");
    // Only of one that runs it says something: its startup probe has not passed.
    if !status.get("state").is_some_and(is_running) || status.get("started") == Some(&true.into()) {
        status.remove("started");
    }
    let Some(container) = container(spec, status.get("name")) else {
        return;
    };
    let resources = container.get("resources");
    let empty =
        |value: Option<&Value>| value.is_none_or(|v| v.as_object().is_some_and(Map::is_empty));
    let same =
        |one: Option<&Value>, other: Option<&Value>| one == other || (empty(one) && empty(other));
    if same(status.get("resources"), resources) {
        status.remove("resources");
    }
    if same(
        status.get("allocatedResources"),
        resources.and_then(|r| r.get("requests")),
    ) {
        status.remove("allocatedResources");
    }
    let image = |value: Option<&Value>| value.and_then(Value::as_str).map(ToOwned::to_owned);
    if let (Some(runs), Some(wanted)) = (image(status.get("image")), image(container.get("image")))
        && is_same_image(&runs, &wanted)
    {
        status.remove("image");
    }
}

fn is_running(state: &Value) -> bool {
    state.get("running").is_some()
}

fn container<'s>(spec: &'s Map<String, Value>, name: Option<&Value>) -> Option<&'s Value> {
    let all = CONTAINERS
        .iter()
        .filter_map(|key| spec.get(*key)?.as_array())
        .flatten();
    all.into_iter().find(|c| c.get("name") == name)
}

/// `busybox:1` runs as `docker.io/library/busybox:1`.
fn is_same_image(runs: &str, wanted: &str) -> bool {
    let short = runs.strip_prefix("docker.io/").unwrap_or(runs);
    let short = short.strip_prefix("library/").unwrap_or(short);
    runs == wanted || short == wanted
}
