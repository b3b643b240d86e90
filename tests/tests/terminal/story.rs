//! `k8shawk demo`: the story waits where it says so, and shows nothing of the tests it came from.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use k8shawk_tests::fault::Product;
use k8shawk_tests::pty::OnTerminal;
use serde_json::Value;

/// Long enough for a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// What is shown where it waits.
const ASKED: &str = "press y to approve";

fn demo(directory: &Path, arguments: &[&str]) -> Command {
    let product = Product::with_kubeconfig(Path::new("/nowhere")).unwrap();
    let mut command = product.command(directory);
    command.arg("demo").args(arguments);
    command
}

/// The incidents as one JSON document.
fn incidents(directory: &Path) -> Vec<Value> {
    let mut command = demo(directory, &["-o", "json"]);
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or("")
}

#[test]
fn a_pipe_gets_five_incidents_that_go_on_by_themselves() {
    let here = tempfile::tempdir().unwrap();
    let mut command = demo(here.path(), &[]);
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let shown = String::from_utf8(output.stdout).unwrap();
    let lines = shown.lines().count();
    assert!((50..=300).contains(&lines), "{lines} lines");
    assert!(!shown.contains(ASKED), "{shown}");
    assert!(
        shown.contains("There is none to ask (input or output is not a terminal), so"),
        "{shown}"
    );
    let (_, end) = shown.split_once("── The RCAs").unwrap();
    assert_eq!(end.matches("/rca/2026-").count(), 5, "{end}");
    assert!(end.contains("  A deploy with a wrong tag\n    "), "{end}");
    assert!(!shown.contains("RCA: "), "{shown}");
    for next in ["k8shawk scan", "k8shawk policy new", "demo --all"] {
        assert!(end.contains(next), "{next}: {end}");
    }
    let pasted = end
        .lines()
        .find(|line| line.contains("K8SHAWK_DATABASE="))
        .unwrap();
    let mut shell = Command::new("sh");
    shell
        .args(["-c", pasted.trim()])
        .current_dir(here.path())
        .env_clear();
    let again = shell.output().unwrap();
    let told = String::from_utf8_lossy(&again.stdout).into_owned();
    assert!(
        again.status.success() && told.contains("inc-1 Deployment shop/checkout"),
        "{again:?}"
    );
    let test_words = [
        "127.0.0.1",
        ".invalid",
        "no-such-tag",
        "busybox",
        "app:1",
        "docker.io/library",
        "-1a20",
        "rollout-1a",
        "/web",
        "web-",
    ];
    for word in test_words {
        assert!(!shown.contains(word), "{word}: {shown}");
    }
    let rcas = here.path().join("k8shawk-demo/knowledge-base/rca");
    let days = std::fs::read_dir(rcas).unwrap();
    let files = days.flat_map(|day| std::fs::read_dir(day.unwrap().path()).unwrap());
    let files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    assert_eq!(files.len(), 5, "{files:?}");
    for file in files {
        let rca = std::fs::read_to_string(file).unwrap();
        for word in ["127.0.0.1", ".invalid", "no-such-tag", "-1a20"] {
            assert!(!rca.contains(word), "{word}: {rca}");
        }
    }
}

#[test]
fn each_chapter_is_the_incident_that_it_says_it_is() {
    let here = tempfile::tempdir().unwrap();
    let all = incidents(here.path());
    let told: Vec<(&str, &str)> = all
        .iter()
        .filter(|i| text(i, "/state") != "merged")
        .map(|i| (text(i, "/class"), text(i, "/state")))
        .collect();
    let expected = [
        ("image-not-found", "recovered"),
        ("missing-configmap", "needs-human"),
        ("out-of-memory", "needs-human"),
        ("certificate-expired", "needs-human"),
        ("dependency-unreachable", "recovered"),
    ];
    assert_eq!(told, expected);
    assert_eq!(all[1]["victims"].as_array().unwrap().len(), 7, "{}", all[1]);
    let forbidden = all[2]["refused_fixes"].to_string();
    assert!(
        forbidden.contains("set-resources") && forbidden.contains("Black Friday"),
        "{forbidden}"
    );
    let automatic = all[4]["history"].to_string();
    assert!(automatic.contains("without approval"), "{automatic}");
}

#[test]
fn it_waits_for_a_key_and_a_yes_is_the_persons() {
    let here = tempfile::tempdir().unwrap();
    let mut shown = OnTerminal::start(&demo(here.path(), &[]), 100).unwrap();
    shown.until(ASKED, " ", PATIENCE).unwrap();
    // Neither time nor other keys are an approval, nor is one that was pressed before the question.
    shown.press(" x\n").unwrap();
    std::thread::sleep(Duration::from_secs(2));
    assert!(!shown.shown().contains("recovered"), "{}", shown.shown());
    assert!(!shown.shown().contains("2 of 5"), "{}", shown.shown());
    // What the card cut or left out.
    let more = [
        "evidence in full:",
        "checkout:v2.4.1: not found\n",
        "digest of the fix: ",
    ];
    let card = shown.shown();
    assert!(more.iter().all(|part| !card.contains(part)), "{card}");
    shown.press("d").unwrap();
    for part in more {
        shown.until(part, "", PATIENCE).unwrap();
    }
    shown.press("y").unwrap();
    shown.until("recovered", "", PATIENCE).unwrap();
    let status = shown.end(" ", PATIENCE).unwrap();
    assert!(status.success(), "{}", shown.shown());
    assert!(shown.is_sane().unwrap());
}

#[test]
fn the_first_key_after_the_card_is_the_answer() {
    let here = tempfile::tempdir().unwrap();
    let mut shown = OnTerminal::start(&demo(here.path(), &[]), 100).unwrap();
    shown.until("confidence 95 of 100", " ", PATIENCE).unwrap();
    // The request follows the card at once: no pause is left that a key could end.
    shown.until(ASKED, "", Duration::from_secs(3)).unwrap();
    shown.press("y").unwrap();
    shown.until("approved by", "", PATIENCE).unwrap();
    assert!(shown.end(" ", PATIENCE).unwrap().success());
}

#[test]
fn no_line_of_it_is_wider_than_the_terminal() {
    let here = tempfile::tempdir().unwrap();
    let mut shown = OnTerminal::start(&demo(here.path(), &["--yes"]), 60).unwrap();
    assert!(shown.end(" ", PATIENCE).unwrap().success());
    let text = super::widths::plain(&shown.shown());
    let too_wide = text.lines().filter(|line| line.chars().count() > 60);
    let breakable = too_wide.filter(|line| line.trim_start_matches(['┃', ' ']).contains(' '));
    assert_eq!(breakable.collect::<Vec<_>>(), Vec::<&str>::new());
}

#[test]
fn a_fix_that_a_policy_denies_is_called_so() {
    let here = tempfile::tempdir().unwrap();
    let output = demo(here.path(), &[]).stdin(Stdio::null()).output();
    let shown = String::from_utf8(output.unwrap().stdout).unwrap();
    assert!(
        shown.contains("do       fix denied by policy; next: "),
        "{shown}"
    );
    let (_, table) = shown.split_once("── Summary").unwrap();
    let row = table
        .lines()
        .find(|line| line.starts_with("inc-3 "))
        .unwrap();
    assert!(row.contains(" denied "), "{row}");
}

#[test]
fn a_link_in_the_place_of_its_directory_is_not_followed() {
    let here = tempfile::tempdir().unwrap();
    let host = here.path().join("host");
    std::fs::create_dir_all(host.join("knowledge-base/rca")).unwrap();
    std::fs::write(host.join("k8shawk.sqlite"), "precious").unwrap();
    std::os::unix::fs::symlink(&host, here.path().join("k8shawk-demo")).unwrap();
    let output = demo(here.path(), &[])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("k8shawk-demo: is a link"), "{told}");
    assert!(host.join("knowledge-base/rca").is_dir());
    let kept = std::fs::read_to_string(host.join("k8shawk.sqlite")).unwrap();
    assert_eq!(kept, "precious");
}

#[test]
fn a_no_dismisses_and_nothing_is_sent() {
    let here = tempfile::tempdir().unwrap();
    let mut shown = OnTerminal::start(&demo(here.path(), &[]), 60).unwrap();
    shown.until(ASKED, " ", PATIENCE).unwrap();
    shown.press("n").unwrap();
    shown
        .until("nothing was sent to the cluster", "", PATIENCE)
        .unwrap();
    let status = shown.end(" ", PATIENCE).unwrap();
    assert!(status.success(), "{}", shown.shown());
    let told = shown.shown();
    let (_, table) = told.split_once("── Summary").unwrap();
    assert!(table.contains("dismissed"), "{table}");
}

#[test]
fn ctrl_c_ends_it_and_leaves_the_terminal_as_it_was() {
    let here = tempfile::tempdir().unwrap();
    let mut shown = OnTerminal::start(&demo(here.path(), &[]), 80).unwrap();
    shown.until(ASKED, " ", PATIENCE).unwrap();
    assert!(!shown.is_sane().unwrap(), "keys are read one by one");
    shown.press("\u{3}").unwrap();
    let status = shown.end("", PATIENCE).unwrap();
    assert_eq!(status.code(), Some(130), "{}", shown.shown());
    assert!(shown.is_sane().unwrap());
}

#[test]
fn a_yes_beforehand_asks_nobody() {
    let here = tempfile::tempdir().unwrap();
    let mut shown = OnTerminal::start(&demo(here.path(), &["--yes"]), 100).unwrap();
    let status = shown.end(" ", PATIENCE).unwrap();
    assert!(status.success(), "{}", shown.shown());
    assert!(!shown.shown().contains(ASKED), "{}", shown.shown());
    assert!(
        shown
            .shown()
            .contains("none to ask (--yes), so the demo approves")
    );
}
