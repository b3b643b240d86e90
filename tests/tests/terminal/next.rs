//! What is wrong with a command is said with what to type next.

use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use k8shawk_tests::fault::Product;
use k8shawk_tests::pty::OnTerminal;
use rstest::rstest;

/// Long enough for a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

fn command(directory: &Path) -> Command {
    let product = Product::with_kubeconfig(Path::new("/nowhere")).unwrap();
    let mut command = product.command(directory);
    command.env_remove("KUBECONFIG").env("HOME", directory);
    command
}

fn run(arguments: &str) -> Output {
    let here = tempfile::tempdir().unwrap();
    command(here.path())
        .args(arguments.split(' '))
        .output()
        .unwrap()
}

#[rstest]
#[case::command("scn", 2, &["'scan'"])]
#[case::id("incidents foo", 2, &["inc-17", "`k8shawk incidents`"])]
#[case::no_host("dismiss 3", 1, &["`k8shawk run`", "K8SHAWK_STATE"])]
#[case::no_host_to_approve("approve 3", 1, &["`k8shawk run`", "K8SHAWK_STATE"])]
#[case::directory("incidents", 0, &["`k8shawk run`", "K8SHAWK_STATE"])]
#[case::kubeconfig("scan", 2, &["--kubeconfig FILE", "KUBECONFIG"])]
#[case::plugin("plugin history foo", 2, &["`k8shawk plugin list`"])]
#[case::format_first("-o json scan", 2, &["--kubeconfig FILE"])]
#[case::format_of_none("-o json approve 3", 2, &["--output", "approve"])]
#[case::crash_loop("explain CrashLoopBackOff", 0, &["out-of-memory: ", "application-error: ", "liveness-probe-kills: "])]
#[case::pull("explain ImagePullBackOff", 0, &["image-not-found: ", "registry-unauthorised: "])]
#[case::one_class("explain OOMKilled", 0, &["OOMKilled is the class out-of-memory", "fix by"])]
#[case::spoken("explain oom", 0, &["out-of-memory: ", "heap-exhausted: "])]
#[case::slip("explain CrashLopBackOff", 2, &["nearest: CrashLoopBackOff"])]
#[case::nothing_like_it("explain zzzz", 2, &["nearest: ", "`k8shawk explain`"])]
#[case::class("explain oom-kiled", 2, &["out-of-memory", "`k8shawk explain`"])]
#[case::slack("slack check", 1, &["SLACK_BOT_TOKEN", "api.slack.com/apps"])]
fn an_error_says_what_to_type_next(
    #[case] arguments: &str,
    #[case] code: i32,
    #[case] next: &[&str],
) {
    let output = run(arguments);
    let told = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert_eq!(output.status.code(), Some(code), "{told}");
    for word in next {
        assert!(told.contains(word), "{word}: {told}");
    }
}

#[test]
fn a_format_before_the_command_is_the_commands() {
    let here = tempfile::tempdir().unwrap();
    let output = |arguments: &[&str]| {
        let output = command(here.path()).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let behind = output(&["incidents", "-o", "json"]);
    assert_eq!(behind.trim(), "[]");
    for before in [
        &["-o", "json", "incidents"][..],
        &["-ojson", "incidents"],
        &["--output=json", "incidents"],
    ] {
        assert_eq!(output(before), behind, "{before:?}");
    }
}

#[test]
fn approve_and_dismiss_give_one_reason() {
    let here = tempfile::tempdir().unwrap();
    let told = |arguments: &[&str]| {
        let mut command = command(here.path());
        let output = command.args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    // No database at all.
    assert_eq!(told(&["approve", "1"]), told(&["dismiss", "1"]));
    assert!(
        command(here.path())
            .arg("demo")
            .output()
            .unwrap()
            .status
            .success()
    );
    let hint = told(&["approve", "1"]);
    assert!(
        hint.contains("K8SHAWK_DATABASE=./k8shawk-demo/k8shawk.sqlite"),
        "{hint}"
    );
    std::fs::rename(
        here.path().join("k8shawk-demo/k8shawk.sqlite"),
        here.path().join("k8shawk.sqlite"),
    )
    .unwrap();
    // No such incident, and one that has ended.
    assert_eq!(told(&["approve", "99"]), told(&["dismiss", "99"]));
    let ended = told(&["approve", "1"]);
    assert_eq!(ended, told(&["dismiss", "1"]));
    assert_eq!(ended, "k8shawk: inc-1 (recovered): it has ended\n");
}

#[test]
fn a_host_that_reached_no_cluster_leaves_no_incidents_and_it_is_told_why() {
    let here = tempfile::tempdir().unwrap();
    let failed = command(here.path()).arg("run").output().unwrap();
    assert_eq!(failed.status.code(), Some(2), "{failed:?}");
    let output = command(here.path()).arg("incidents").output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        told.contains("no `k8shawk run` has reached a cluster"),
        "{told}"
    );
}

#[test]
fn an_error_is_on_a_line_of_its_own_below_no_spinner() {
    let here = tempfile::tempdir().unwrap();
    let dead = here.path().join("kubeconfig");
    let server = "http://127.0.0.1:1";
    let text = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: a\n\
         clusters: [{{name: a, cluster: {{server: '{server}'}}}}]\n\
         contexts: [{{name: a, context: {{cluster: a, user: a}}}}]\nusers: [{{name: a, user: {{}}}}]\n"
    );
    std::fs::write(&dead, text).unwrap();
    let mut scan = command(here.path());
    scan.arg("scan")
        .arg("--kubeconfig")
        .arg(&dead)
        .env("TERM", "xterm");
    let mut shown = OnTerminal::start(&scan, 120).unwrap();
    assert!(!shown.end("", PATIENCE).unwrap().success());
    let text = shown.shown();
    let (before, _) = text.split_once("k8shawk: no answer").unwrap();
    // The last that was written before it cleared the line of the spinner and its words.
    assert!(text.contains("loading plugins"), "{text:?}");
    let cleared = before.ends_with("\u{1b}[2K") || before.ends_with("\r\u{1b}[2K\r");
    assert!(cleared || before.ends_with('\n'), "{before:?}");
    let (_, after) = text.split_once("k8shawk: no answer").unwrap();
    assert!(!after.contains("loading plugins"), "{after:?}");
}

#[test]
fn an_unknown_incident_of_a_database_is_told_where_all_are() {
    let here = tempfile::tempdir().unwrap();
    let demo = command(here.path()).arg("demo").output().unwrap();
    assert!(demo.status.success());
    let mut incidents = command(here.path());
    incidents
        .args(["incidents", "99"])
        .env("K8SHAWK_DATABASE", "k8shawk-demo/k8shawk.sqlite");
    let output = incidents.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("`k8shawk incidents --all`"), "{told}");
}

#[test]
fn plugins_that_nobody_calls_have_no_counters() {
    let output = run("plugin list");
    let shown = String::from_utf8(output.stdout).unwrap();
    assert_eq!(shown.lines().count(), 7, "{shown}");
    assert!(!shown.contains("calls"), "{shown}");
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("no host runs here"), "{told}");
}

#[test]
fn explain_says_what_tells_a_class_apart_and_how_people_fix_it() {
    let shown = String::from_utf8(run("explain out-of-memory").stdout).unwrap();
    for word in ["OOMKilled", "heap-exhausted", "fix by", "set-resources"] {
        assert!(shown.contains(word), "{word}: {shown}");
    }
    let all = String::from_utf8(run("explain").stdout).unwrap();
    for class in k8shawk_core::classes::names() {
        assert!(all.contains(class), "{class}: {all}");
    }
}
