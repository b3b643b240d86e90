use k8shawk_core::ObjectRef;
use k8shawk_core::incident::{Incident, IncidentId};
use k8shawk_core::severity::Severity;
use k8shawk_sandbox::{CallError, Trap};
use rstest::rstest;

use super::*;
use crate::services::plugins::answers::tests::{answers, healthy, later, record as call, waiting};

const OLD: i64 = NOT_KNOWN_AFTER + 1;

fn incident() -> Record {
    let object = ObjectRef::new("v1", "Pod", "shop", "web");
    let incident = Incident {
        id: IncidentId("inc-1".to_owned()),
        class: "workload".to_owned(),
        severity: Severity::Medium,
        object: object.clone(),
        owner: object,
        signals: Vec::new(),
        victims: Vec::new(),
        opened_at: 0,
    };
    Record::new(incident, "it restarts".to_owned())
}

fn cause() -> Result<Conclusion, CallError> {
    let mut finding = undetermined(&incident(), &[]);
    finding.class = "oom".to_owned();
    Ok(Conclusion::Findings(vec![finding]))
}

fn nothing() -> Result<Conclusion, CallError> {
    Ok(Conclusion::Findings(Vec::new()))
}

fn trapped() -> Result<Conclusion, CallError> {
    Err(CallError::Trap(Trap::aborted()))
}

type Answer = Result<Conclusion, CallError>;

/// What follows from the answers of plugins that read all they wanted.
fn follows(all: Vec<Answer>, age: i64, asking: Asking) -> Outcome {
    let all = all.into_iter().map(|answer| (answer, call(&[])));
    outcome(&answers(all.collect()), &incident(), age, asking)
}

fn class(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Found(found) => &found[0].class,
        Outcome::Cleared(_) => "cleared",
        Outcome::TooEarly => "too early",
        Outcome::Later(_) => "later",
    }
}

#[rstest]
#[case::all_say_so(vec![healthy(), nothing()], OLD, "cleared")]
#[case::too_young(vec![healthy(), nothing()], 1, "too early")]
#[case::one_waited(vec![healthy(), Err(waiting())], 1, "later")]
#[case::one_waited_long(vec![healthy(), Err(waiting())], NOT_KNOWN_AFTER - 1, "later")]
#[case::one_never_answers(vec![healthy(), Err(waiting())], OLD, "undetermined")]
#[case::one_trapped(vec![healthy(), trapped()], OLD, "undetermined")]
#[case::one_trapped_and_no_other(vec![trapped()], 1, "undetermined")]
#[case::none_knows(vec![nothing()], 1, "undetermined")]
#[case::a_cause(vec![healthy(), cause()], 1, "oom")]
#[case::a_cause_and_one_waited(vec![cause(), Err(waiting())], 1, "later")]
#[case::a_cause_is_good_enough(vec![cause(), Err(waiting())], GOOD_ENOUGH_AFTER, "oom")]
#[case::a_cause_and_one_trapped(vec![cause(), trapped()], 1, "oom")]
fn nothing_is_concluded_from_a_failure(
    #[case] all: Vec<Answer>,
    #[case] age: i64,
    #[case] expected: &str,
) {
    let follows = follows(all, age, Asking::UntilAnswered);
    assert_eq!(class(&follows), expected, "{follows:?}");
}

#[test]
fn a_scan_says_that_it_does_not_know() {
    let follows = follows(vec![healthy(), Err(waiting())], 0, Asking::Once);
    let Outcome::Found(found) = &follows else {
        panic!("{follows:?}");
    };
    assert!(
        found[0]
            .unknown
            .iter()
            .any(|u| u.contains("no answer from p1")),
        "{found:?}"
    );
}

#[test]
fn a_read_that_failed_is_no_proof_of_health() {
    let blind = answers(vec![(healthy(), call(&[later()]))]);
    let follows = outcome(&blind, &incident(), OLD - 2, Asking::UntilAnswered);
    assert_eq!(class(&follows), "later", "{follows:?}");
}

#[rstest]
#[case::longer_than_for_a_cause(GOOD_ENOUGH_AFTER + 1, "later")]
#[case::not_for_ever(OLD, "undetermined")]
fn a_plugin_that_could_not_read_and_does_not_know_is_asked_again(
    #[case] age: i64,
    #[case] expected: &str,
) {
    let unknown = Ok(Conclusion::Findings(vec![undetermined(&incident(), &[])]));
    let blind = answers(vec![(unknown, call(&[later()]))]);
    let follows = outcome(&blind, &incident(), age, Asking::UntilAnswered);
    assert_eq!(class(&follows), expected, "{follows:?}");
}
