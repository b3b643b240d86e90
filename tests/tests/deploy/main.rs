//! The deployment on a real cluster: image, chart, kustomization, rights. One cluster for all.

#![allow(
    clippy::indexing_slicing,
    reason = "indexing a JSON value gives null where it lacks"
)]

mod chart;
mod files;
mod large;
mod reader;
mod story;

use std::process::ExitCode;

use k8shawk_tests::cluster::{Cluster, OnDemand, Options, is_given};
use libtest_mimic::{Arguments, Failed, Trial};

/// Tests that run at the same time, where the caller names no number.
const AT_ONCE: usize = 3;

type Test = fn(&Cluster) -> anyhow::Result<()>;

const TESTS: &[(&str, Test)] = &[
    (
        "the_pod_explains_survives_an_upgrade_and_fixes_under_the_generated_rights",
        story::told,
    ),
    (
        "the_reader_can_write_nothing_and_read_no_secret",
        reader::every_verb_on_every_kind,
    ),
    (
        "every_rule_that_is_taken_away_is_named",
        reader::every_rule_is_named,
    ),
    (
        "manifests_of_all_kinds_of_values_are_accepted",
        chart::accepted,
    ),
    ("alert_rules_are_those_of_the_release", chart::alerts),
    (
        "rights_of_the_chart_are_those_that_the_program_prints",
        chart::rights,
    ),
    (
        "without_namespaces_for_fixes_the_executor_has_no_right_to_write",
        chart::explains_only,
    ),
    (
        "nobody_connects_but_the_node_and_those_who_are_named",
        chart::peers,
    ),
    ("wrong_values_are_refused_with_their_names", chart::refused),
    ("what_is_generated_is_up_to_date", files::current),
];

fn trial(shared: &OnDemand, name: &str, test: Test) -> Trial {
    let shared = shared.clone();
    Trial::test(name, move || {
        let done = shared.get().and_then(|cluster| test(&cluster));
        done.map_err(|error| Failed::from(format!("{error:#}")))
    })
    // A given cluster is not ours to install into.
    .with_ignored_flag(is_given())
}

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads = arguments.test_threads.or(Some(AT_ONCE));
    let shared = OnDemand::new(Options {
        api_in_pods: true,
        ..Options::default()
    });
    let trials = TESTS.iter().map(|(name, test)| trial(&shared, name, *test));
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    shared.stop();
    conclusion.exit_code()
}
