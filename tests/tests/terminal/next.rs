//! What is wrong with a command is said with what to type next.

use std::path::Path;
use std::process::{Command, Output};

use k8shawk_tests::fault::Product;
use rstest::rstest;

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
fn an_unknown_incident_of_a_database_is_told_where_all_are() {
    let here = tempfile::tempdir().unwrap();
    let demo = command(here.path()).arg("demo").output().unwrap();
    assert!(demo.status.success());
    let mut incidents = command(here.path());
    incidents
        .args(["incidents", "99"])
        .env("K8SHAWK_DATABASE", "k8shawk-demo.sqlite");
    let output = incidents.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("`k8shawk incidents --all`"), "{told}");
}

#[test]
fn plugins_that_nobody_calls_have_no_counters() {
    let output = run("plugin list");
    let shown = String::from_utf8(output.stdout).unwrap();
    assert_eq!(shown.lines().count(), 6, "{shown}");
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
