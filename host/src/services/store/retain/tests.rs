use std::time::Duration;

use k8shawk_core::record::{Record, State};

use super::*;
use crate::services::store::{Asked, Put, StoreError};
use crate::services::testing::applied;

const DAY: i64 = 24 * 3_600_000;
/// A hundred days after everything that is put in.
const NOW: i64 = 1_700_000_000_000 + 100 * DAY;

/// An incident that is in a state since `age` days.
fn aged(store: &Store, state: State, age: i64, key: &str) -> String {
    let mut record: Record = applied(state);
    record.documented = Some(state);
    record.last_seen = NOW - age * DAY;
    record.history.clear();
    record.step(NOW - age * DAY, state, "x");
    let keys = [key.to_owned()];
    let id = store.insert(record, &keys).unwrap().incident.id.0;
    store.keep_request(&id, &disclosure()).unwrap();
    id
}

fn disclosure() -> k8shawk_core::llm::Disclosure {
    k8shawk_core::llm::Disclosure {
        at: 0,
        host: "h".into(),
        model: "m".into(),
        bytes: 2,
        body: "{}".into(),
    }
}

fn message(id: &str) -> Put {
    Put {
        key: format!("message/{id}"),
        incident: Some(id.to_owned()),
        lane: id.to_owned(),
        rank: 1,
        effect: "{}".into(),
        renew: true,
    }
}

fn count(store: &Store, table: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table}");
    store
        .within(|c| c.query_row(&sql, [], |r| r.get(0)))
        .unwrap()
}

#[test]
fn what_ended_long_ago_goes_with_all_that_belongs_to_it_and_what_is_open_stays() {
    let store = Store::in_memory().unwrap();
    let old = aged(&store, State::Recovered, 91, "old");
    let fresh = aged(&store, State::Recovered, 40, "fresh");
    let open = aged(&store, State::Waiting, 99, "open");
    store
        .outbox_put("s", &[message(&old)], NOW - 91 * DAY)
        .unwrap();
    let sent = store.outbox_due("s", NOW, 1).unwrap().remove(0);
    let done = crate::services::store::Ended::Sent(String::new());
    store.outbox_end(&sent, &done).unwrap();
    let asked = Asked {
        at: NOW - 400 * DAY,
        door: "socket",
        person: "p",
        incident: &old,
        what: "approve",
        done: false,
        answer: "no",
    };
    store.asked(&asked).unwrap();
    let removed = store.retain(&Retention::default(), 0, NOW).unwrap();
    assert_eq!((removed.incidents, removed.asked), (1, 1));
    assert!(matches!(store.get(&old), Err(StoreError::Unknown(_))));
    assert_eq!(store.by_key("old").unwrap(), None);
    assert!(store.requests(&old).unwrap().is_empty());
    assert_eq!(count(&store, "outbox"), 0);
    // What was said about it is kept for a shorter time than the incident.
    assert!(store.get(&fresh).is_ok() && store.requests(&fresh).unwrap().is_empty());
    assert_eq!(store.requests(&open).unwrap().len(), 1);
    assert!(store.by_key("open").unwrap().is_some());
    assert_eq!(
        store.retain(&Retention::default(), 0, NOW).unwrap(),
        Removed::default()
    );
}

#[test]
fn the_oldest_ended_ones_beyond_the_number_go_but_none_that_something_needs() {
    let store = Store::in_memory().unwrap();
    let ended: Vec<String> = (0..5)
        .map(|n| aged(&store, State::Recovered, 30, &format!("e{n}")))
        .collect();
    let open = aged(&store, State::Waiting, 30, "open");
    // A message of the first waits to be sent; the second is a part of one that is open.
    store.outbox_put("s", &[message(&ended[0])], NOW).unwrap();
    store
        .modify(&ended[1], |r| {
            r.merged_into = Some(open.clone());
            Ok::<_, StoreError>(())
        })
        .unwrap();
    // A person said no to the last one, whose signals still come.
    let echo = aged(&store, State::Dismissed, 30, "echo");
    store
        .modify(&echo, |r| {
            r.last_seen = NOW - 1000;
            Ok::<_, StoreError>(())
        })
        .unwrap();
    let keep = Retention {
        most_incidents: 0,
        conversations: Duration::from_secs(365 * 86_400),
        ..Retention::default()
    };
    let removed = store.retain(&keep, 60_000, NOW).unwrap();
    assert_eq!(removed.incidents, 3);
    let left: Vec<String> = store
        .list(false)
        .unwrap()
        .into_iter()
        .map(|r| r.incident.id.0)
        .collect();
    assert_eq!(left, [&ended[0], &ended[1], &open, &echo].map(Clone::clone));
    assert!(store.by_key("echo").unwrap().is_some());
}

#[test]
fn the_file_shrinks_when_much_of_it_was_deleted() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("k.sqlite");
    let store = Store::open(&path).unwrap();
    for n in 0..60 {
        let id = aged(&store, State::Recovered, 95, &format!("k{n}"));
        let mut long = disclosure();
        long.body = "x".repeat(60_000);
        store.keep_request(&id, &long).unwrap();
    }
    let pages = |store: &Store| {
        let sql = "PRAGMA page_count";
        store
            .within(|c| c.query_row(sql, [], |r| r.get::<_, i64>(0)))
            .unwrap()
    };
    let before = pages(&store);
    store.retain(&Retention::default(), 0, NOW).unwrap();
    let after = pages(&store);
    assert!(before > 900 && after < before / 2, "{before} {after}");
}
