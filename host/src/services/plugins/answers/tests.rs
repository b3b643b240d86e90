use std::time::Duration;

use k8shawk_core::guard::{Answer, Read, ReadError};
use k8shawk_sandbox::Trap;
use rstest::rstest;

use super::*;

fn read() -> Read {
    Read::Get {
        kind: "Pod".to_owned(),
        namespace: "shop".to_owned(),
        name: "web".to_owned(),
    }
}

/// A call that read this.
pub(crate) fn record(answers: &[Result<Answer, ReadError>]) -> CallRecord {
    CallRecord {
        plugin: "p".into(),
        digest: "d".into(),
        duration: Duration::ZERO,
        memory: 0,
        host_calls: 0,
        refusals: Vec::new(),
        log: Vec::new(),
        log_dropped: 0,
        reads: answers.iter().map(|a| (read(), a.clone())).collect(),
        dossier: None,
    }
}

pub(crate) fn waiting() -> CallError {
    CallError::Waiting {
        limit: Duration::from_secs(1),
    }
}

pub(crate) fn later() -> Result<Answer, ReadError> {
    Err(ReadError::Later("too many requests".to_owned()))
}

fn found() -> Result<Answer, ReadError> {
    Ok(Answer::Text("{}".to_owned()))
}

pub(crate) fn healthy() -> Result<Conclusion, CallError> {
    Ok(Conclusion::Healthy("it runs".to_owned()))
}

pub(crate) fn answers<T>(all: Vec<(Result<T, CallError>, CallRecord)>) -> Answers<T> {
    let mut answers = Answers::new();
    for (number, (result, record)) in all.into_iter().enumerate() {
        answers.take(&format!("p{number}"), result, &record);
    }
    answers
}

#[test]
fn healthy_is_believed_where_everybody_answered() {
    let absent = record(&[Err(ReadError::NotFound), Err(ReadError::Denied)]);
    let all = answers(vec![(healthy(), absent)]);
    assert_eq!(all.complete().unwrap().healthy(), Some("it runs"));
}

#[rstest]
#[case::another_one_waited(Err(waiting()), record(&[]), true)]
#[case::another_one_trapped(Err(CallError::Trap(Trap::aborted())), record(&[]), false)]
#[case::another_one_could_not_read(Ok(Conclusion::Findings(Vec::new())), record(&[later()]), true)]
fn healthy_is_not_believed_where_another_one_failed(
    #[case] other: Result<Conclusion, CallError>,
    #[case] record_of_other: CallRecord,
    #[case] may_pass: bool,
) {
    let all = answers(vec![
        (healthy(), record(&[found()])),
        (other, record_of_other),
    ]);
    let unanswered = all.complete().unwrap_err();
    assert_eq!((unanswered.len(), unanswered[0].who.as_str()), (1, "p1"));
    assert_eq!(unanswered[0].may_pass, may_pass);
}

#[test]
fn its_own_read_that_failed_makes_a_healthy_answer_worth_nothing() {
    let all = answers(vec![(healthy(), record(&[found(), later()]))]);
    // The same read was answered before.
    assert!(all.complete().is_ok());
    let all = answers(vec![(healthy(), record(&[later()]))]);
    assert!(all.complete().is_err());
}

fn ruling(all: Vec<(Result<Verdict, CallError>, CallRecord)>) -> Result<Ruling, Unanswered> {
    let origin = Origin::Plugin("fix".to_owned());
    answers(all)
        .ruling(Risk::Low, &origin)
        .map(|(ruling, _)| ruling)
}

#[test]
fn a_policy_that_may_answer_later_decides_nothing() {
    let allowed = || (Ok(Verdict::Auto), record(&[found()]));
    assert!(ruling(vec![allowed(), (Err(waiting()), record(&[]))]).is_err());
    assert!(ruling(vec![(Ok(Verdict::Auto), record(&[later()]))]).is_err());
    // Not even no: it may have said so for what it could not read.
    let blind = || {
        (
            Ok(Verdict::Deny("no budget".to_owned())),
            record(&[later()]),
        )
    };
    assert!(ruling(vec![allowed(), blind()]).is_err());
}

#[test]
fn a_policy_that_fails_for_good_denies() {
    let trapped = || (Err(CallError::Trap(Trap::aborted())), record(&[]));
    let denied = ruling(vec![(Ok(Verdict::Auto), record(&[])), trapped()]).unwrap();
    assert!(
        matches!(&denied, Ruling::Denied(why) if why[0].contains("p1: the policy gave no answer"))
    );
}

#[test]
fn one_clear_no_is_enough() {
    let no = (Ok(Verdict::Deny("frozen".to_owned())), record(&[]));
    let denied = ruling(vec![(Err(waiting()), record(&[])), no]).unwrap();
    assert_eq!(denied, Ruling::Denied(vec!["p1: frozen".to_owned()]));
}
