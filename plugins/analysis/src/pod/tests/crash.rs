use rstest::rstest;
use serde_json::json;

use super::*;

const RUNC: &str = "failed to create containerd task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: ";

#[rstest]
#[case::not_in_path(
    "exec: \"srver\": executable file not found in $PATH: unknown",
    "command-not-found"
)]
#[case::no_file(
    "exec: \"/app/srver\": stat /app/srver: no such file or directory: unknown",
    "command-not-found"
)]
#[case::not_executable(
    "exec: \"/app/run.sh\": permission denied: unknown",
    "command-not-executable"
)]
#[case::workdir(
    "chdir to cwd (\"/srv/nope\") set in config.json failed: no such file or directory: unknown",
    "bad-working-directory"
)]
#[case::mount(
    "error mounting \"/var/lib/x\" to rootfs at \"/etc/app\": not a directory: unknown: Are you trying to mount a directory onto a file (or vice-versa)?",
    "volume-mount-failed"
)]
#[case::user(
    "unable to find user web: no matching entries in passwd file",
    "user-not-found"
)]
fn tells_start_errors_apart(#[case] error: &str, #[case] class: &str) {
    let said = format!("The runtime says: {error}");
    let error = format!("{RUNC}{error}");
    let command = json!(["/app/srver", "--port"]);
    let waiting = but(
        waiting("RunContainerError", &error),
        &[("/spec/containers/0/command", command.clone())],
    );
    expect(&around(waiting), class, &["\"app\"", &said]);
    let ended = but(
        crashing(128, "StartError"),
        &[
            (
                "/status/containerStatuses/0/lastState",
                ended(128, "StartError", &error),
            ),
            ("/spec/containers/0/command", command),
        ],
    );
    expect(&around(ended), class, &["exit code 128", "\"app\"", &said]);
}

#[rstest]
#[case(127, "sh: srver: not found", "command-not-found")]
#[case(126, "sh: /app/run.sh: Permission denied", "command-not-executable")]
#[case(127, "", "command-not-found")]
fn tells_shell_exits_apart(#[case] code: i64, #[case] line: &str, #[case] class: &str) {
    let bundle = around(crashing(code, "Error")).log("web-1", "app", true, line);
    expect(&bundle, class, &[&format!("exit code {code}"), line]);
}

#[rstest]
#[case::panic(
    "starting\npanic: nil map\n\ngoroutine 1 [running]:\nmain.main()",
    "panic: nil map"
)]
#[case::traceback(
    "Traceback (most recent call last):\n  File \"a.py\", line 3\nRuntimeError: no shop",
    "RuntimeError: no shop"
)]
#[case::key_error(
    "Traceback (most recent call last):\n  File \"a.py\"\nKeyError: 'DATABASE_URL'",
    "KeyError: 'DATABASE_URL'"
)]
#[case::address("listen tcp :8080: bind: address already in use", "The port is 8080")]
#[case::parse(
    "error: failed to parse /etc/app/app.yaml: yaml: line 4: mapping values are not allowed",
    "mount /etc/app of volume \"cfg\" (ConfigMap app-config)"
)]
#[case::denied(
    "open /data/x: permission denied",
    "runs as user 1000, and the pod sets no fsGroup"
)]
#[case::variable(
    "fatal: environment variable DATABASE_URI is required",
    "nearest one that it sets is \"DATABASE_URL\""
)]
#[case::file(
    "open /etc/app/extra.yaml: no such file or directory",
    "mount /etc/app"
)]
#[case::flag("unknown flag: --prot", "--prot")]
#[case::module("ModuleNotFoundError: No module named 'flask'", "a module is missing")]
fn quotes_the_telling_line(#[case] log: &str, #[case] named: &str) {
    let pod = but(
        crashing(1, "Error"),
        &[
            (
                "/spec/containers/0/env",
                json!([{"name": "DATABASE_URL", "value": "x"}]),
            ),
            (
                "/spec/containers/0/volumeMounts",
                json!([{"name": "cfg", "mountPath": "/etc/app"}]),
            ),
            (
                "/spec/containers/0/securityContext",
                json!({"runAsUser": 1000}),
            ),
            (
                "/spec/volumes",
                json!([{"name": "cfg", "configMap": {"name": "app-config", "optional": true}}]),
            ),
        ],
    );
    expect(
        &around(pod).log("web-1", "app", true, log),
        "application-error",
        &[named, "exit code 1", "5 restarts"],
    );
}

#[test]
fn a_terminated_container_between_restarts_is_a_crash_too() {
    let pod = but(
        state(ended(3, "Error", "")),
        &[("/status/containerStatuses/0/restartCount", json!(2))],
    );
    expect(
        &around(pod).log("web-1", "app", false, "fatal: boom"),
        "application-error",
        &["exit code 3", "fatal: boom", "2 restarts"],
    );
}

#[test]
fn a_crash_without_log_and_event_is_explained_from_its_status() {
    let finding = expect(
        &around(crashing(139, "Error")),
        "application-error",
        &["exit code 139 (SIGSEGV)"],
    );
    assert!(finding.unknown.iter().any(|u| u.contains("wrote no log")));
}

#[test]
fn a_log_that_could_not_be_read_is_not_said_to_be_missing() {
    let bundle = around(crashing(1, "Error")).denying("log");
    let words = ["exit code 1", "its log could not be read"];
    expect(&bundle, "application-error", &words);
    let finding = crate::samples::finding(&bundle, "Pod", "web-1");
    let unknown = finding.unknown.join("\n");
    assert!(!unknown.contains("wrote no log"), "{unknown}");
    // Both of its logs were asked for.
    assert_eq!(unknown.matches(" (app)").count(), 1, "{unknown}");
}

#[test]
fn a_process_that_simply_ends_is_named_as_such() {
    expect(
        &around(crashing(0, "Completed")),
        "application-error",
        &["exit code 0 (Completed)", "exits without an error"],
    );
}

#[rstest]
#[case("java.lang.OutOfMemoryError: Java heap space", "heap-exhausted")]
#[case(
    "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
    "heap-exhausted"
)]
#[case(
    "tls: failed to verify certificate: x509: certificate has expired or is not yet valid",
    "certificate-expired"
)]
#[case("exec /app/server: exec format error", "image-wrong-architecture")]
fn tells_logs_apart(#[case] line: &str, #[case] class: &str) {
    expect(
        &around(crashing(1, "Error")).log("web-1", "app", true, line),
        class,
        &[line],
    );
}

#[test]
fn names_the_secret_whose_certificate_is_past_its_date() {
    let bundle = around(crashing(1, "Error"))
        .log("web-1", "app", true, "x509: certificate has expired")
        .with(json!({"kind": "Secret", "metadata": {"name": "web-tls", "namespace": "shop"}, "type": "kubernetes.io/tls", "tls": {"notAfter": ago(86_400)}}));
    let finding = expect(
        &bundle,
        "certificate-expired",
        &["\"web-tls\"", &ago(86_400)],
    );
    assert_eq!(finding.shared.expect("a shared cause").name, "web-tls");
}

#[test]
fn takes_an_rbac_refusal_apart() {
    let line = "E1 pods is forbidden: User \"system:serviceaccount:shop:web\" cannot list resource \"pods\" in API group \"\" in the namespace \"shop\"";
    let bundle = around(crashing(1, "Error")).log("web-1", "app", true, line);
    let finding = expect(
        &bundle,
        "rbac-denied",
        &[
            "system:serviceaccount:shop:web may not list pods in namespace shop",
            "verbs [\"list\"]",
            "No RoleBinding of namespace shop",
        ],
    );
    assert_eq!(finding.confidence, 95);
}

#[test]
fn an_early_warning_does_not_hide_what_ends_the_process() {
    let mut log = String::from("connect ECONNREFUSED 10.96.1.7:5432, retrying\n");
    log.push_str(&"connected, warming up\n".repeat(15));
    log.push_str(
        "WARN: CACHE_DIR is not set\nFATAL: bad license\n\tat a.b.C(C.java:3)\n\t... 8 more",
    );
    let bundle = around(crashing(1, "Error")).log("web-1", "app", true, &log);
    expect(&bundle, "application-error", &["FATAL: bad license"]);
}

#[test]
fn a_setting_that_lacks_now_counts_before_an_old_kill() {
    let mut pod = waiting("CreateContainerConfigError", "configmap \"gone\" not found");
    pod["status"]["containerStatuses"][0]["lastState"] = ended(137, "OOMKilled", "");
    expect(&around(pod), "missing-configmap", &["\"gone\""]);
}
