use serde_json::json;

use super::*;

fn text(value: &Value) -> String {
    meaningful(value).map(|v| yaml(&v)).unwrap_or_default()
}

#[test]
fn a_status_does_not_repeat_its_spec() {
    let pod = json!({
        "kind": "Pod", "metadata": {"name": "web", "creationTimestamp": "t"},
        "spec": {"containers": [{"name": "app", "image": "app:1", "resources": {"limits": {"cpu": "1"}}},
            {"name": "side", "image": "side:1", "resources": {}}]},
        "status": {"startTime": "t", "resources": {"limits": {"memory": "9007199254740988Ki"}},
            "containerStatuses": [
                {"name": "app", "image": "docker.io/library/app:1", "resources": {"limits": {"cpu": "1"}},
                    "started": true, "ready": true, "volumeMounts": [{"name": "v", "mountPath": "/v"}],
                    "state": {"running": {"startedAt": "s"}}},
                {"name": "side", "image": "docker.io/library/side:2", "resources": {"limits": {"cpu": "2"}},
                    "started": false, "ready": false, "state": {"running": {"startedAt": "s"}}}]},
    });
    let expected = "\
kind: Pod
metadata: {name: web, creationTimestamp: t}
spec:
  containers:
  - {name: app, image: app:1, resources: {limits: {cpu: 1}}}
  - {name: side, image: side:1}
status:
  containerStatuses:
  - {name: app, ready: true, state: {running: {startedAt: s}}}
  - name: side
    image: docker.io/library/side:2
    ready: false
    resources: {limits: {cpu: 2}}
    started: false
    state: {running: {startedAt: s}}
";
    assert_eq!(text(&pod), expected);
}

#[test]
fn conditions_that_say_the_same_stand_on_one_line() {
    let condition = |name: &str, status: &str, reason: &str| {
        json!({"type": name, "status": status, "reason": reason, "lastProbeTime": null,
            "observedGeneration": 1, "lastTransitionTime": "t"})
    };
    let mut silent = condition("Ready", "Unknown", "NodeStatusUnknown");
    silent["lastHeartbeatTime"] = json!("h");
    let status = json!({"conditions": [condition("Initialized", "True", ""),
        condition("Ready", "False", "NotReady"), condition("ContainersReady", "False", "NotReady"),
        condition("PodScheduled", "True", ""), silent]});
    let expected = "\
conditions:
- Initialized, PodScheduled True
- Ready, ContainersReady False since t NotReady
- Ready Unknown since t, last heard of h NodeStatusUnknown
";
    assert_eq!(text(&status), expected);
    let other = json!({"conditions": [{"type": "Ready", "status": "True", "severity": "Info"}]});
    assert!(text(&other).contains("severity: Info"));
}

#[test]
fn what_may_be_a_secret_keeps_its_line() {
    let env = json!({"env": [{"name": "PORT", "value": "80"}, {"name": "X", "value": "y, z"}]});
    let expected = "env:\n- name: PORT\n  value: 80\n- name: X\n  value: y, z\n";
    assert_eq!(text(&env), expected);
    let odd = json!({"annotations": {"a": "pass=hunter2 b", "c": "d"}});
    let shown = text(&odd);
    assert!(
        !shown.contains("hunter2") && shown.contains("\n  c: d\n"),
        "{shown}"
    );
    let reference = json!({"secretKeyRef": {"key": "password", "name": "db"}});
    let shown = text(&reference);
    assert!(
        shown.contains("key: password") && shown.contains("name: db"),
        "{shown}"
    );
}

#[test]
fn what_has_marks_of_its_own_keeps_its_line() {
    let odd = json!({"a": {"b": "x, y: z", "c": "}"}, "args": ["sh", "-c", "a\nb"]});
    assert_eq!(
        text(&odd),
        "a:\n  b: x, y: z\n  c: }\nargs:\n- sh\n- -c\n- a\\nb\n"
    );
}

#[test]
fn what_differs_from_the_default_is_told() {
    let of = |scheduler: &str, dns: &str, seen: i64| {
        json!({"metadata": {"name": "web", "generation": 5},
            "spec": {"schedulerName": scheduler, "dnsPolicy": dns, "priority": 0},
            "status": {"observedGeneration": seen, "phase": "Pending"}})
    };
    let usual = "metadata: {name: web}\nstatus: {phase: Pending}\n";
    assert_eq!(text(&of("default-scheduler", "ClusterFirst", 5)), usual);
    let shown = text(&of("mine", "None", 3));
    for told in [
        "schedulerName: mine",
        "dnsPolicy: None",
        "observedGeneration: 3, the spec is at 5",
    ] {
        assert!(shown.contains(told), "{told} in {shown}");
    }
}
