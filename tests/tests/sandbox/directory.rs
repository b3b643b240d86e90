//! Every policy of `policies/`: it builds with the tools of its language, and answers its cases.

use std::process::Command;

use k8shawk_tests::policies::{built, cache, product, sources};
use rstest::rstest;

/// The ids that the next test is run for.
const IDS: [&str; 16] = [
    "approvals",
    "blast-radius",
    "business-hours",
    "ceilings",
    "disruption",
    "freeze",
    "images",
    "ownership",
    "protected-labels",
    "proven",
    "reference-c",
    "reference-go",
    "reference-javascript",
    "reference-python",
    "reference-rust",
    "reference-typescript",
];

#[test]
fn every_policy_of_the_directory_is_tried() {
    let sources = sources().unwrap();
    let ids: Vec<&str> = sources.keys().map(String::as_str).collect();
    assert_eq!(ids, IDS);
}

#[rstest]
fn a_policy_builds_and_answers_its_cases(
    #[values(
        "approvals",
        "blast-radius",
        "business-hours",
        "ceilings",
        "disruption",
        "freeze",
        "images",
        "ownership",
        "protected-labels",
        "proven",
        "reference-c",
        "reference-go",
        "reference-javascript",
        "reference-python",
        "reference-rust",
        "reference-typescript"
    )]
    id: &str,
) {
    let output = Command::new(product())
        .args(["plugin", "test"])
        .arg(built(id).unwrap())
        .env("XDG_CACHE_HOME", cache())
        .output()
        .unwrap();
    let printed = [output.stdout, output.stderr].concat();
    let printed = String::from_utf8_lossy(&printed);
    assert!(output.status.success(), "{printed}");
    let cases = printed.lines().filter(|line| line.starts_with("ok "));
    assert!(cases.count() >= 15, "{printed}");
}
