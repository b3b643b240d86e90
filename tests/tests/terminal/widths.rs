//! An incident, and the list of them, on terminals of any width, with colours and without.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use k8shawk_tests::fault::{Product, bundle};
use k8shawk_tests::pty::OnTerminal;
use rstest::rstest;

const PATIENCE: Duration = Duration::from_secs(60);

fn command(directory: &Path, arguments: &[&str]) -> Command {
    let product = Product::with_kubeconfig(Path::new("/nowhere")).unwrap();
    let mut command = product.command(directory);
    command
        .args(arguments)
        .env_remove("NO_COLOR")
        .env("K8SHAWK_DATABASE", "k8shawk-demo/k8shawk.sqlite");
    command
}

/// What a command shows on a terminal of so many columns.
fn on_terminal(command: &Command, columns: u16) -> String {
    let mut shown = OnTerminal::start(command, columns).unwrap();
    let status = shown.end("", PATIENCE).unwrap();
    assert!(status.success(), "{}", shown.shown());
    shown.shown()
}

/// Without colours.
pub fn plain(text: &str) -> String {
    let mut pieces = text.split('\u{1b}');
    let mut out = pieces.next().unwrap_or_default().to_owned();
    pieces.for_each(|p| out.push_str(p.split_once('m').map_or("", |(_, behind)| behind)));
    out
}

#[rstest]
fn an_incident_says_what_why_and_what_to_do_in_one_line_each_and_breaks_no_name(
    #[values(60, 80, 200)] columns: u16,
) {
    let here = tempfile::tempdir().unwrap();
    let recording = bundle("oom").display().to_string();
    let text = plain(&on_terminal(
        &command(here.path(), &["replay", &recording]),
        columns,
    ));
    let labels = [
        "┃ HIGH Deployment ",
        "┃ what ",
        "┃ why ",
        "┃ do ",
        "┃ evidence ",
    ];
    let places = labels.map(|label| {
        text.find(label)
            .unwrap_or_else(|| panic!("{label}: {text}"))
    });
    assert!(places.is_sorted(), "{text}");
    for name in ["oom-1a205945310-12/web", "set-resources", "out-of-memory"] {
        assert!(text.contains(name), "{name}: {text}");
    }
    let too_wide = text
        .lines()
        .filter(|l| l.chars().count() > usize::from(columns));
    let breakable = too_wide.filter(|l| l.trim_start_matches(['┃', ' ']).contains(' '));
    assert_eq!(breakable.collect::<Vec<_>>(), Vec::<&str>::new());
}

#[test]
fn no_colour_where_it_is_not_wanted_or_nobody_looks() {
    let here = tempfile::tempdir().unwrap();
    let recording = bundle("oom").display().to_string();
    let mut replay = command(here.path(), &["replay", &recording]);
    assert!(on_terminal(&replay, 100).contains('\u{1b}'));
    replay.env("NO_COLOR", "1");
    assert!(!on_terminal(&replay, 100).contains('\u{1b}'));
    let piped = command(here.path(), &["replay", &recording])
        .output()
        .unwrap();
    assert!(!String::from_utf8(piped.stdout).unwrap().contains('\u{1b}'));
}

#[rstest]
fn incidents_are_listed_by_what_they_need(#[values(60, 120, 200)] columns: u16) {
    let here = tempfile::tempdir().unwrap();
    let mut demo = command(here.path(), &["demo"]);
    assert!(demo.stdin(Stdio::null()).output().unwrap().status.success());
    let text = plain(&on_terminal(&command(here.path(), &["incidents"]), columns));
    let (waiting, ended) = text
        .split_once("ENDED (2)")
        .unwrap_or_else(|| panic!("{text}"));
    assert!(waiting.contains("WAITING FOR A PERSON (3)"), "{text}");
    for name in ["platform/cart", "payments/ledger", "orders/api"] {
        assert!(waiting.contains(name), "{name}: {text}");
    }
    for name in ["shop/checkout", "reports/nightly-import"] {
        assert!(ended.contains(name), "{name}: {text}");
    }
    assert_eq!(text.contains("OPENED"), columns == 200, "{text}");
}
