use k8shawk_core::record::State;
use rusqlite::Connection;

use super::*;
use crate::services::testing::applied;

#[test]
fn one_record_that_cannot_be_read_hides_no_other_and_keeps_its_text() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("k.sqlite");
    let store = Store::open(&path).unwrap();
    let keys = ["owner/workload/a".to_owned()];
    let bad = store.insert(applied(State::Waiting), &keys).unwrap();
    let good = store.insert(applied(State::Waiting), &[]).unwrap();
    let (bad, good) = (bad.incident.id.0, good.incident.id.0);
    let spoil =
        "UPDATE incidents SET record = '{\"state\":\"paused\"}', revision = 9 WHERE id = ?1";
    let other = Connection::open(&path).unwrap();
    other.execute(spoil, [&bad]).unwrap();

    // A reader skips it and says so.
    let looks = Store::open_existing(&path).unwrap().unwrap();
    assert_eq!(looks.list(false).unwrap().len(), 1);
    assert_eq!(looks.unreadable().unwrap()[0].at, None);
    assert!(store.unreadable().unwrap().is_empty());

    // The host sets it aside, whatever read it: a signal opens another incident.
    assert_eq!(store.by_key(&keys[0]).unwrap(), None);
    let all = store.list(false).unwrap();
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].incident.id.0, good);
    assert_eq!(store.undone().unwrap(), [good]);
    let aside = store.unreadable().unwrap();
    assert_eq!((aside.len(), aside[0].id.as_str()), (1, bad.as_str()));
    assert!(
        aside[0].at.is_some() && aside[0].state == "waiting",
        "{aside:?}"
    );
    assert!(aside[0].why.contains("paused") || aside[0].why.contains("missing field"));
    let kept: String = other
        .query_row("SELECT record FROM quarantine WHERE id = ?1", [&bad], |r| {
            r.get(0)
        })
        .unwrap();
    assert_eq!(kept, "{\"state\":\"paused\"}");
    drop(store);
    assert_eq!(Store::open(&path).unwrap().unreadable().unwrap().len(), 1);
}

#[test]
fn a_stage_does_not_run_on_what_cannot_be_read() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("k.sqlite");
    let store = Store::open(&path).unwrap();
    let id = store
        .insert(applied(State::Approved), &[])
        .unwrap()
        .incident
        .id
        .0;
    let spoil = "UPDATE incidents SET record = 'x'";
    Connection::open(&path).unwrap().execute(spoil, []).unwrap();
    let ran = store.modify(&id, |_| Ok::<_, StoreError>(()));
    assert!(matches!(ran, Err(StoreError::Record { .. })));
    assert!(matches!(store.get(&id), Err(StoreError::Record { .. })));
    assert!(matches!(store.get(&id), Err(StoreError::Unknown(_))));
}
