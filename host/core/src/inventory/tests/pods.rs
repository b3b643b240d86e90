use rstest::rstest;
use serde_json::{Value, json};

use super::{NOW, ago, inventory, merge, object, one, owned, pod, reasons, unready};

/// A status of the container `app`.
fn app(status: Value) -> Value {
    let mut made =
        json!({"name": "app", "ready": false, "restartCount": 0, "state": {}, "lastState": {}});
    merge(&mut made, status);
    json!({"status": {"conditions": unready(90), "containerStatuses": [made]}})
}

fn ended(code: i32, reason: &str, seconds: i64) -> Value {
    json!({"terminated": {"exitCode": code, "reason": reason, "finishedAt": ago(seconds),
                          "message": "first line\nno such table"}})
}

#[rstest]
#[case::back_off("CrashLoopBackOff", "CrashLoopBackOff/app")]
#[case::pull("ImagePullBackOff", "ImagePullBackOff/app")]
#[case::pull_error("ErrImagePull", "ImagePullBackOff/app")]
#[case::config("CreateContainerConfigError", "CreateContainerConfigError/app")]
#[case::name("InvalidImageName", "InvalidImageName/app")]
#[case::run("RunContainerError", "RunContainerError/app")]
#[case::never("ErrImageNeverPull", "ErrImageNeverPull/app")]
fn names_the_waiting_reason(#[case] reason: &str, #[case] key: &str) {
    let waiting = json!({"state": {"waiting": {"reason": reason, "message": "because"}}});
    let seen = one(&[pod(app(waiting))]);
    assert_eq!(seen.signal.reason, reason);
    assert_eq!(seen.signal.id, format!("status/pod-web/{key}"));
    assert!(
        seen.signal.message.ends_with(": because"),
        "{}",
        seen.signal.message
    );
    assert_eq!(seen.summary.containers[0].reason, reason);
}

#[test]
fn says_nothing_of_a_healthy_pod() {
    assert!(reasons(&[pod(json!({}))]).is_empty());
}

#[test]
fn sees_a_container_killed_for_memory_while_it_waits() {
    let status = json!({"restartCount": 3, "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                        "lastState": ended(137, "OOMKilled", 20)});
    let seen = one(&[pod(app(status))]);
    assert_eq!(seen.signal.reason, "OOMKilled");
    assert_eq!(seen.signal.count, 3);
    assert_eq!(seen.summary.lasting_seconds, 20);
    assert!(
        seen.signal
            .message
            .contains("last exit code 137 (OOMKilled)")
    );
}

#[test]
fn a_crash_loop_is_one_fact_between_its_crashes() {
    let waiting = json!({"restartCount": 4, "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                         "lastState": ended(1, "Error", 20)});
    let between = json!({"restartCount": 4, "state": ended(1, "Error", 1)});
    let running = json!({"restartCount": 4, "ready": true, "state": {"running": {}},
                         "lastState": ended(1, "Error", 5)});
    let seen = [waiting, between, running].map(|status| one(&[pod(app(status))]).signal);
    assert_eq!(seen[0].reason, "CrashLoopBackOff");
    assert_eq!(seen[1].reason, "ContainerFailed");
    assert_eq!(seen[2].reason, "ContainerFailed");
    assert!(seen.iter().all(|signal| signal.id == seen[0].id));
    assert!(
        seen[1].message.ends_with("no such table"),
        "{}",
        seen[1].message
    );
}

#[test]
fn sees_a_loop_that_ends_without_error() {
    let status = json!({"restartCount": 2, "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                        "lastState": ended(0, "Completed", 20)});
    assert_eq!(one(&[pod(app(status))]).signal.reason, "CrashLoopBackOff");
}

#[rstest]
#[case::recent(1000, true)]
#[case::history(7 * 3600, false)]
fn forgets_a_crash_of_a_container_that_is_ready_since(#[case] seconds: i64, #[case] seen: bool) {
    let over = json!({"status": {"containerStatuses": [{
        "name": "app", "ready": true, "restartCount": 1, "state": {"running": {}},
        "lastState": ended(1, "Error", seconds),
    }]}});
    assert_eq!(!reasons(&[pod(over)]).is_empty(), seen);
}

#[rstest]
#[case::once("", "InitFailed")]
#[case::sidecar("Always", "CrashLoopBackOff")]
fn tells_init_containers_from_sidecars(#[case] policy: &str, #[case] reason: &str) {
    let over = json!({
        "spec": {"initContainers": [{"name": "init", "restartPolicy": policy}]},
        "status": {"phase": "Pending", "conditions": unready(90), "containerStatuses": [
            {"name": "app", "ready": false, "state": {"waiting": {"reason": "PodInitializing"}}}],
            "initContainerStatuses": [{"name": "init", "ready": false, "restartCount": 2,
                "state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": ended(1, "Error", 9)}]},
    });
    let seen = one(&[pod(over)]);
    assert_eq!(seen.signal.reason, reason);
    assert!(seen.summary.containers[0].init);
}

#[test]
fn an_init_container_that_completed_at_last_is_fine() {
    let over = json!({
        "spec": {"initContainers": [{"name": "init"}]},
        "status": {"initContainerStatuses": [{"name": "init", "ready": true, "restartCount": 2,
            "state": ended(0, "Completed", 60), "lastState": ended(1, "Error", 90)}]},
    });
    assert!(reasons(&[pod(over)]).is_empty());
}

#[test]
fn measures_how_long_a_pod_is_not_ready() {
    let seen = one(&[pod(app(json!({"state": {"running": {}}})))]);
    assert_eq!(seen.signal.reason, "NotReady");
    assert_eq!(seen.summary.lasting_seconds, 90);
    assert!(
        seen.signal
            .message
            .contains("0 of 1 container ready, not app")
    );
}

#[test]
fn a_failed_readiness_gate_is_not_ready_too() {
    let seen = one(&[pod(app(json!({"ready": true, "state": {"running": {}}})))]);
    assert_eq!(seen.signal.reason, "NotReady");
}

#[rstest]
#[case::completed(json!({"status": {"phase": "Succeeded", "conditions": unready(90)}}))]
#[case::half_done(app(json!({"state": ended(0, "Completed", 90)})))]
#[case::within_grace(json!({"metadata": {"deletionTimestamp": ago(-20)}, "status": {"conditions": unready(9)}}))]
#[case::just_created(json!({"status": {"phase": "Pending", "startTime": ago(5), "containerStatuses": [],
    "conditions": [{"type": "PodScheduled", "status": "True", "lastTransitionTime": ago(5)}]}}))]
fn says_nothing_of_what_is_harmless(#[case] over: Value) {
    assert!(reasons(&[pod(over)]).is_empty());
}

#[rstest]
#[case::volumes("ContainerCreating", json!([]), "ContainerCreating")]
#[case::init("PodInitializing", json!([{"name": "init", "state": {"running": {}}}]), "PodInitializing")]
fn sees_a_start_that_takes_long(#[case] waiting: &str, #[case] init: Value, #[case] reason: &str) {
    let mut over = app(json!({"state": {"waiting": {"reason": waiting}}}));
    let inits = json!(if init == json!([]) {
        vec![]
    } else {
        vec![json!({"name": "init"})]
    });
    merge(
        &mut over,
        json!({"spec": {"initContainers": inits},
        "status": {"phase": "Pending", "initContainerStatuses": init}}),
    );
    let seen = one(&[pod(over)]);
    assert_eq!(
        (seen.signal.reason.as_str(), seen.summary.lasting_seconds),
        (reason, 3600)
    );
    assert_eq!(seen.signal.id, "status/pod-web/Starting");
}

#[rstest]
#[case::no_node("Unschedulable", "Unschedulable")]
#[case::gate("SchedulingGated", "SchedulingGated")]
fn sees_a_pod_without_a_node(#[case] why: &str, #[case] reason: &str) {
    let over = json!({"spec": {"nodeName": ""}, "status": {"phase": "Pending", "containerStatuses": [],
        "conditions": [{"type": "PodScheduled", "status": "False", "reason": why,
                        "message": "0/1 nodes are available", "lastTransitionTime": ago(40)}]}});
    let seen = one(&[pod(over)]);
    assert_eq!(
        (seen.signal.reason.as_str(), seen.summary.lasting_seconds),
        (reason, 40)
    );
    assert!(seen.signal.message.contains("0/1 nodes"));
}

#[rstest]
#[case::evicted("Evicted", "Evicted")]
#[case::unnamed("", "PodFailed")]
#[case::admission("UnexpectedAdmissionError", "UnexpectedAdmissionError")]
fn sees_a_pod_that_failed(#[case] why: &str, #[case] reason: &str) {
    let over = json!({"status": {"phase": "Failed", "reason": why, "message": "low on memory"}});
    assert_eq!(one(&[pod(over)]).signal.reason, reason);
}

#[test]
fn a_failed_pod_that_was_replaced_is_history() {
    let set = object(
        "apps/v1",
        "StatefulSet",
        "db",
        json!({"spec": {"replicas": 1},
        "status": {"availableReplicas": 1}}),
    );
    let mut over = json!({"status": {"phase": "Failed", "reason": "Terminated"}});
    merge(&mut over, owned("StatefulSet", "db"));
    assert!(reasons(&[set, pod(over)]).is_empty());
}

#[rstest]
#[case::first_try(json!({"failed": 1}), false)]
#[case::again(json!({"failed": 2}), true)]
#[case::complete(json!({"failed": 3, "conditions": [{"type": "Complete", "status": "True"}]}), false)]
fn leaves_a_failed_pod_to_its_job(#[case] status: Value, #[case] seen: bool) {
    let job = object("batch/v1", "Job", "run", json!({"status": status}));
    let mut over = json!({"status": {"phase": "Failed"}});
    merge(&mut over, owned("Job", "run"));
    assert_eq!(!reasons(&[job, pod(over)]).is_empty(), seen);
}

#[test]
fn sees_a_pod_that_should_be_gone() {
    let over =
        json!({"metadata": {"deletionTimestamp": ago(300), "finalizers": ["example.com/hold"]}});
    let seen = one(&[pod(over)]);
    assert_eq!(
        (seen.signal.reason.as_str(), seen.summary.lasting_seconds),
        ("StuckTerminating", 300)
    );
    assert!(seen.summary.deleting);
    assert!(seen.signal.message.contains("example.com/hold"));
}

#[test]
fn the_summary_tells_what_triage_needs() {
    let inventory = inventory(&[pod(json!({}))]);
    let summary = inventory
        .summary(&super::reference("Pod", "web"), NOW)
        .unwrap();
    assert_eq!(
        (summary.phase.as_str(), summary.age_seconds, summary.ready),
        ("Running", 3600, true)
    );
    let app = &summary.containers[0];
    assert_eq!(
        (app.image.as_str(), app.state.as_str(), app.last_exit_code),
        ("app:1", "running", None)
    );
}
