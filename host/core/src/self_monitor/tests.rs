use serde_json::json;

use super::*;

const MINUTE: i64 = 60_000;

fn record(id: &str, owner: &ObjectRef, state: State, since: i64) -> Record {
    serde_json::from_value(json!({
        "incident": {
            "id": id, "class": "workload", "severity": "high", "object": owner, "owner": owner,
            "signals": [], "opened_at": 0,
        },
        "state": state, "key": "", "why": "", "answered_by": "",
        "history": [{ "at": since, "state": state, "note": "" }], "last_seen": since,
    }))
    .unwrap()
}

fn web() -> ObjectRef {
    ObjectRef::new("apps/v1", "Deployment", "shop", "web")
}

fn found(records: &[Record], now: i64) -> Option<Trouble> {
    stuck(records, now, 5 * MINUTE, 3 * MINUTE, |id| {
        (id == "inc-1").then(|| "the cluster does not answer".to_owned())
    })
}

#[test]
fn what_makes_no_progress_is_named_with_its_last_failure() {
    let records = [
        record("inc-1", &web(), State::Approved, 0),
        record("inc-2", &web(), State::Open, 0),
    ];
    assert_eq!(found(&records, 5 * MINUTE), None);
    let trouble = found(&records, 5 * MINUTE + 1).unwrap();
    assert_eq!(trouble.title, "2 incidents stuck");
    let finding = trouble.finding();
    assert!(finding.cause.contains("[e1] [e2]"), "{}", finding.cause);
    let first = &finding.evidence[0];
    assert!(
        first.excerpt.starts_with("approved since 1970-01-01"),
        "{first:?}"
    );
    assert!(
        first.excerpt.ends_with("the cluster does not answer"),
        "{first:?}"
    );
}

#[test]
fn waiting_for_people_or_for_a_recovery_is_no_trouble_and_neither_is_the_host_itself() {
    let records = [
        record("inc-1", &web(), State::Waiting, 0),
        record("inc-2", &web(), State::NeedsHuman, 0),
        record("inc-3", &web(), State::Applied, 0),
        record("inc-4", &host(), State::Open, 0),
    ];
    assert_eq!(found(&records, 8 * MINUTE), None);
    let late = found(&records, 8 * MINUTE + 1).unwrap();
    assert_eq!(late.facts.len(), 1, "only the recovery: {late:?}");
}

#[test]
fn each_plugin_in_quarantine_has_an_incident_of_its_own() {
    let (a, b) = (
        quarantined("a", Point::Fix, "d", "trap"),
        quarantined("b", Point::Fix, "d", "trap"),
    );
    assert_ne!(a.key(), b.key());
    assert_eq!(a.signal(7).owner, host());
    assert!(record("inc-1", &host(), State::Open, 0).incident.is_own());
    assert!(!record("inc-1", &web(), State::Open, 0).incident.is_own());
}

#[test]
fn every_condition_says_what_to_do() {
    for condition in Condition::ALL {
        assert_eq!(Condition::of_class(condition.class()), Some(condition));
        assert!(!decision(condition.class()).next_check.is_empty());
    }
}
