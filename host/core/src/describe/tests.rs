use serde_json::json;

use super::*;

fn event(reason: &str, message: &str, count: u32, last_seen: i64) -> EventRow {
    let row = json!({"type": "Warning", "reason": reason, "message": message, "count": count,
        "lastSeen": last_seen, "reporter": "kubelet", "name": "web", "uid": "u"});
    serde_json::from_value(row).unwrap()
}

fn pod(spec: Value) -> Described {
    Described {
        object: json!({"apiVersion": "v1", "kind": "Pod", "spec": spec, "metadata": {"name": "web",
            "namespace": "shop", "labels": {"app": "web"}, "resourceVersion": "9", "uid": "u"},
            "status": {"phase": "Running", "message": null}}),
        events: Vec::new(),
        at: 5999,
    }
}

#[test]
fn reads_like_yaml_without_what_is_empty() {
    let mut described =
        pod(json!({"containers": [{"image": "a:1", "name": "app", "resources": {}}]}));
    described.events = vec![event("BackOff", "m", 3, 1000)];
    let expected = "\
kind: Pod
metadata: {name: web, labels: {app: web}, namespace: shop}
apiVersion: v1
spec: {containers: [{name: app, image: a:1}]}
status: {phase: Running}
events (it is 1970-01-01T00:00:05Z):
  Warning BackOff x3 4s ago (kubelet): m
";
    assert_eq!(described.text(), expected);
}

#[test]
fn an_event_that_repeats_stands_once() {
    let mut described = pod(json!({}));
    let again = "again in pod web_shop(u)";
    described.events = vec![
        event("BackOff", again, 2, 1000),
        event("Killing", "m", 1, 2000),
        event("BackOff", again, 3, 4000),
    ];
    let text = described.text();
    let lines: Vec<&str> = text.lines().rev().take(2).collect();
    assert_eq!(
        lines,
        [
            "  Warning BackOff x5 1s ago (kubelet): again in pod web",
            "  Warning Killing x1 3s ago (kubelet): m"
        ]
    );
}

#[test]
fn a_model_is_told_no_literal_that_may_be_a_secret() {
    let described = pod(
        json!({"containers": [{"name": "app", "args": ["--token", "plain"],
        "command": ["sh"], "env": [{"name": "FEED", "value": "hunter2"}, {"name": "PORT", "value": "8080"}]}]}),
    );
    let veil = Veil::new("n");
    let shown = described.veiled(&veil);
    assert!(
        !shown.contains("hunter2") && !shown.contains("plain"),
        "{shown}"
    );
    for kept in ["value: 8080", "--token", "sh", "name: web", "events: none"] {
        assert!(shown.contains(kept), "{kept} in {shown}");
    }
    assert!(shown.contains(&veil.value("FEED", "hunter2")), "{shown}");
    let map = Described {
        object: json!({"kind": "ConfigMap", "data": {"feed": "hunter2", "mode": "fast"}}),
        ..described
    };
    let shown = map.veiled(&veil);
    assert!(
        shown.contains("mode: fast") && !shown.contains("hunter2"),
        "{shown}"
    );
}

#[test]
fn long_texts_are_cut() {
    let described = Described {
        object: json!({"kind": "ConfigMap", "data": {"a": "é".repeat(90_000)}}),
        events: Vec::new(),
        at: 0,
    };
    let text = described.text();
    assert!(
        text.len() < 1000 && text.contains("[cut]"),
        "{}",
        text.len()
    );
    assert!(text.ends_with("events: none\n"));
}
