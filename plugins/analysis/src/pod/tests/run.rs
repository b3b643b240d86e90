use rstest::rstest;
use serde_json::json;

use super::*;

#[rstest]
#[case::waiting(crashing(137, "OOMKilled"))]
#[case::terminated(but(state(ended(137, "OOMKilled", "")), &[("/status/containerStatuses/0/restartCount", json!(5))]))]
#[case::running_again(but(web(), &[("/status/containerStatuses/0/restartCount", json!(5)), ("/status/containerStatuses/0/lastState", ended(137, "OOMKilled", ""))]))]
#[case::exit_code_of_a_shell(crashing(1, "OOMKilled"))]
fn names_the_limit_of_a_container_out_of_memory(#[case] pod: Value) {
    let finding = expect(
        &around(pod).using("web-1", "app", 20, 100 << 20),
        "out-of-memory",
        &[
            "memory limit of 128Mi",
            "OOMKilled",
            "5 restarts",
            "uses 100Mi",
        ],
    );
    assert_eq!(fact(&finding, "suggested-memory"), "256Mi");
    assert_eq!(fact(&finding, "container"), "app");
}

#[rstest]
#[case::init(json!({"name": "migrate", "image": "m:1", "resources": {"limits": {"memory": "32Mi"}}}), "init container \"migrate\"")]
#[case::sidecar(json!({"name": "migrate", "image": "m:1", "restartPolicy": "Always", "resources": {"limits": {"memory": "32Mi"}}}), "sidecar container \"migrate\"")]
fn init_and_sidecar_containers_run_out_of_memory_too(
    #[case] container: Value,
    #[case] named: &str,
) {
    let pod = but(
        waiting("PodInitializing", ""),
        &[
            ("/spec/initContainers", json!([container])),
            (
                "/status/initContainerStatuses",
                json!([{"name": "migrate", "ready": false, "restartCount": 2, "state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": ended(137, "OOMKilled", "")}]),
            ),
        ],
    );
    let finding = expect(&around(pod), "out-of-memory", &[named, "32Mi"]);
    assert_eq!(fact(&finding, "suggested-memory"), "64Mi");
}

#[test]
fn a_failing_init_container_is_named_as_one() {
    let pod = but(
        waiting("PodInitializing", ""),
        &[
            (
                "/spec/initContainers",
                json!([{"name": "migrate", "image": "m:1"}]),
            ),
            (
                "/status/initContainerStatuses",
                json!([{"name": "migrate", "ready": false, "restartCount": 3, "state": ended(1, "Error", "")}]),
            ),
        ],
    );
    expect(
        &around(pod).log("web-1", "migrate", false, "ERROR: relation exists"),
        "application-error",
        &["init container \"migrate\"", "never start"],
    );
}

#[test]
fn a_long_run_before_each_kill_is_called_a_leak() {
    let pod = but(
        crashing(137, "OOMKilled"),
        &[(
            "/status/containerStatuses/0/lastState/terminated/startedAt",
            json!(ago(8000)),
        )],
    );
    expect(&around(pod), "out-of-memory", &["looks like a leak"]);
}

fn probed(kind: &str, probe: Value, pod: Value) -> Value {
    but(pod, &[(&format!("/spec/containers/0/{kind}Probe"), probe)])
}

#[rstest]
#[case::port("liveness", json!({"httpGet": {"path": "/healthz", "port": 8081}, "periodSeconds": 5}), "Liveness probe failed: Get \"http://10.1.0.5:8081/healthz\": dial tcp 10.1.0.5:8081: connect: connection refused", &["httpGet :8081/healthz", "periodSeconds 5", "targets \
                                                                                                                                                                                                                                                                        port \
                                                                                                                                                                                                                                                                        8081, \
                                                                                                                                                                                                                                                                        but \
                                                                                                                                                                                                                                                                        the \
                                                                                                                                                                                                                                                                        container \
                                                                                                                                                                                                                                                                        declares \
                                                                                                                                                                                                                                                                        8080 \
                                                                                                                                                                                                                                                                        (http)"])]
#[case::path("liveness", json!({"httpGet": {"path": "/healthz", "port": 8080}}), "Liveness probe failed: HTTP probe failed with statuscode: 404", &["no such path"])]
#[case::name("liveness", json!({"httpGet": {"path": "/", "port": "htp"}}), "", &["port named \"htp\"", "nearest existing name is \"http\""])]
#[case::exec("liveness", json!({"exec": {"command": ["curl", "localhost"]}}), "Liveness probe failed: exec: \"curl\": executable file not found in $PATH", &["exec \"curl localhost\"", "does not exist in the image"])]
#[case::startup("startup", json!({"tcpSocket": {"port": 8080}, "periodSeconds": 2, "failureThreshold": 3}), "Startup probe failed: dial tcp 10.1.0.5:8080: connect: connection refused", &["tcpSocket :8080", "has 6 s from its start"])]
fn names_the_probe_that_kills(
    #[case] kind: &str,
    #[case] probe: Value,
    #[case] answer: &str,
    #[case] named: &[&str],
) {
    let mut bundle = around(probed(kind, probe, crashing(137, "Error"))).event(
        "Pod",
        "web-1",
        "Killing",
        &format!("Container app failed {kind} probe, will be restarted"),
        5,
    );
    if !answer.is_empty() {
        bundle = bundle.event("Pod", "web-1", "Unhealthy", answer, 15);
    }
    let finding = expect(&bundle, &format!("{kind}-probe-kills"), named);
    assert_eq!(finding.confidence, 95);
}

#[test]
fn a_probe_kill_without_events_is_suspected_from_the_exit() {
    let pod = probed(
        "liveness",
        json!({"httpGet": {"path": "/", "port": 9999}}),
        crashing(143, "Error"),
    );
    let finding = expect(&around(pod), "liveness-probe-kills", &["port 9999", "143"]);
    assert!(finding.confidence < 70 && !finding.unknown.is_empty());
}

#[test]
fn an_error_exit_is_the_applications_even_beside_a_failed_probe() {
    let pod = probed(
        "liveness",
        json!({"httpGet": {"path": "/", "port": 8080}}),
        crashing(1, "Error"),
    );
    let bundle = around(pod)
        .event(
            "Pod",
            "web-1",
            "Unhealthy",
            "Liveness probe failed: connection refused",
            1,
        )
        .log("web-1", "app", true, "panic: boom");
    expect(&bundle, "application-error", &["panic: boom"]);
}

#[rstest]
#[case::limit("20m", None)]
#[case::usage("300m", Some(299))]
fn late_answers_under_a_tiny_limit_are_starvation(#[case] limit: &str, #[case] used: Option<u64>) {
    let pod = but(
        crashing(137, "Error"),
        &[("/spec/containers/0/resources/limits/cpu", json!(limit))],
    );
    let mut bundle = around(probed("liveness", json!({"httpGet": {"path": "/", "port": 8080}}), pod))
        .event("Pod", "web-1", "Unhealthy", "Liveness probe failed: Get \"http://10.1.0.5:8080/\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)", 4)
        .event("Pod", "web-1", "Killing", "Container app failed liveness probe, will be restarted", 2);
    if let Some(used) = used {
        bundle = bundle.using("web-1", "app", used, 1 << 20);
    }
    let finding = expect(&bundle, "cpu-starvation", &[limit]);
    assert!(!fact(&finding, "suggested-cpu").is_empty());
}

fn not_ready(seconds: i64) -> Value {
    state(json!({"running": {"startedAt": ago(seconds)}}))
}

#[rstest]
#[case::status(
    "Readiness probe failed: HTTP probe failed with statuscode: 503",
    "reports itself unhealthy"
)]
#[case::refused(
    "Readiness probe failed: dial tcp 10.1.0.5:9090: connect: connection refused",
    "targets port 9090, but the container declares 8080"
)]
#[case::no_event("", "readiness probe fails")]
fn names_the_readiness_probe_that_never_passes(#[case] answer: &str, #[case] named: &str) {
    let pod = probed(
        "readiness",
        json!({"httpGet": {"path": "/ready", "port": 9090}}),
        not_ready(600),
    );
    let mut bundle = around(pod).log("web-1", "app", false, "listening on :8080");
    if !answer.is_empty() {
        bundle = bundle.event("Pod", "web-1", "Unhealthy", answer, 60);
    }
    expect(
        &bundle,
        "readiness-never-passes",
        &[named, "/ready", "listening on :8080"],
    );
}

#[test]
fn names_a_readiness_gate_that_nothing_sets() {
    let pod = but(
        web(),
        &[
            (
                "/spec/readinessGates",
                json!([{"conditionType": "example.com/ready"}]),
            ),
            ("/status/conditions/1/status", json!("False")),
            ("/status/conditions/2/lastTransitionTime", json!(ago(300))),
        ],
    );
    expect(
        &around(pod),
        "readiness-never-passes",
        &["example.com/ready"],
    );
}

#[test]
fn a_failing_post_start_hook_is_named() {
    let pod = but(
        crashing(137, "Error"),
        &[(
            "/spec/containers/0/lifecycle",
            json!({"postStart": {"exec": {"command": ["/hook.sh"]}}}),
        )],
    );
    let bundle = around(pod).event(
        "Pod",
        "web-1",
        "FailedPostStartHook",
        "PostStartHook failed: command '/hook.sh' exited with 1",
        3,
    );
    expect(&bundle, "post-start-hook-failed", &["\"app\""]);
}
