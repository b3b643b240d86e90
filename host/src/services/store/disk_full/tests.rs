use k8shawk_core::llm::Disclosure;
use k8shawk_core::record::{Record, State};

use super::*;
use crate::services::store::StoreError;
use crate::services::testing::applied;

fn put(store: &Store, state: State, note: &str) -> Stored<String> {
    let mut record: Record = applied(state);
    record.documented = Some(state);
    record.history.clear();
    record.step(1_700_000_000_000, state, note.repeat(4000));
    Ok(store.insert(record, &[])?.incident.id.0)
}

/// Until a write does not fit, trying twice each time as a stage does.
fn fill(store: &Store) -> Vec<String> {
    let mut put_in = Vec::new();
    for _ in 0..2000 {
        match put(store, State::Waiting, "n").or_else(|_| put(store, State::Waiting, "n")) {
            Ok(id) => put_in.push(id),
            Err(_) => return put_in,
        }
    }
    panic!("it is never full");
}

#[test]
fn a_full_volume_gives_up_conversations_then_ended_incidents_and_nothing_that_is_open() {
    let place = tempfile::tempdir().unwrap();
    let store = Store::open(&place.path().join("k.sqlite")).unwrap();
    let open = put(&store, State::Waiting, "o").unwrap();
    let ended: Vec<String> = (0..30)
        .map(|_| put(&store, State::Recovered, "e").unwrap())
        .collect();
    let request = Disclosure {
        at: 0,
        host: "h".into(),
        model: "m".into(),
        bytes: 2,
        body: "x".repeat(50_000),
    };
    store.keep_request(&ended[0], &request).unwrap();
    store.keep_request(&open, &request).unwrap();
    assert_eq!(store.disk_space(), DiskSpace::Enough);
    // As a volume that has no page more.
    store.writer.with(|c| {
        let pages: i64 = c.query_row("PRAGMA page_count", [], |r| r.get(0)).unwrap();
        let most = format!("PRAGMA max_page_count = {pages}");
        c.query_row(&most, [], |_| Ok(())).unwrap();
    });

    // The first that does not fit costs a conversation, and then it fits.
    let refused = loop {
        match put(&store, State::Waiting, "n") {
            Ok(_) => {}
            Err(fault) => break fault,
        }
    };
    assert!(refused.to_string().contains("full"), "{refused}");
    assert_eq!(store.disk_space(), DiskSpace::None);
    assert_eq!(store.given_up(), (1, 0));
    assert_eq!(store.requests(&open).unwrap().len(), 1);
    put(&store, State::Waiting, "n").unwrap();
    assert_eq!(store.disk_space(), DiskSpace::Scarce);

    // Then ended incidents go, the oldest first; what is open is all there when nothing is left.
    let added = fill(&store);
    assert!(added.len() > 20, "{}", added.len());
    assert_eq!(store.disk_space(), DiskSpace::None);
    let all = store.list(false).unwrap();
    assert!(
        all.iter().all(|r| !r.state.is_final()),
        "ended ones are left"
    );
    for id in added.iter().chain([&open]) {
        assert!(store.get(id).is_ok(), "{id} is lost");
    }
    assert_eq!(store.given_up(), (1, 30));
    assert_eq!(store.requests(&open).unwrap().len(), 1);

    // With room again, everything is stored again.
    store.writer.with(|c| {
        c.query_row("PRAGMA max_page_count = 100000", [], |_| Ok(()))
            .unwrap();
    });
    put(&store, State::Waiting, "n").unwrap();
    assert_eq!(store.disk_space(), DiskSpace::Scarce);
}

#[test]
fn what_did_not_fit_is_not_there() {
    let place = tempfile::tempdir().unwrap();
    let store = Store::open(&place.path().join("k.sqlite")).unwrap();
    let id = put(&store, State::Waiting, "o").unwrap();
    store.writer.with(|c| {
        c.query_row("PRAGMA max_page_count = 1", [], |_| Ok(()))
            .unwrap();
    });
    fill(&store);
    let before = store.get(&id).unwrap();
    let mut changes = store.changes();
    let grown = store.modify(&id, |r| {
        r.step(1, State::Approved, "x".repeat(400_000));
        Ok::<_, StoreError>(())
    });
    assert!(matches!(grown, Err(StoreError::Database { .. })));
    assert_eq!(store.get(&id).unwrap(), before);
    assert!(changes.try_recv().is_err(), "nobody is told");
}
