use std::fs;

use k8shawk_core::record::State;
use rusqlite::params;

use super::*;
use crate::services::store::Store;

/// A database as a host of the commit 92d4046 left it, before files had a version: written by the
/// pipeline over recorded incidents (`tests/src/bin/stored.rs`).
const BEFORE: &str = include_str!("../../../../../tests/stored/92d4046.sql");

fn before(path: &Path) {
    let connection = Connection::open(path).unwrap();
    connection
        .execute_batch("PRAGMA journal_mode = WAL")
        .unwrap();
    connection.execute_batch(BEFORE).unwrap();
    assert_eq!(version(&connection).unwrap(), 0);
}

#[test]
fn a_database_from_before_versions_opens_with_everything_in_it() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("k.sqlite");
    before(&path);
    let birth: String = Connection::open(&path)
        .unwrap()
        .query_row("SELECT at || '/' || nonce FROM birth", [], |r| r.get(0))
        .unwrap();
    let store = Store::open(&path).unwrap();
    assert_eq!(store.birth().unwrap(), birth);
    let all = store.list(false).unwrap();
    assert_eq!(store.unreadable().unwrap(), []);
    for state in [
        State::Open,
        State::Waiting,
        State::NeedsHuman,
        State::Approved,
        State::Executing,
        State::Applied,
        State::Recovered,
        State::Merged,
        State::Dismissed,
    ] {
        assert!(all.iter().any(|r| r.state == state), "{state:?}");
    }
    for record in &all {
        let id = &record.incident.id.0;
        // The columns say what the records say.
        let undone = store.undone().unwrap().contains(id);
        assert_eq!(undone, !record.is_done(), "{id}");
        if !record.state.is_final() && record.undo.is_none() {
            let owner = &record.incident.owner;
            let found = store.first_about(owner, |r| r.incident.id == record.incident.id);
            assert!(found.unwrap().is_some(), "{id}");
        }
        // What was shown is known at its place, and what is to leave by its incident.
        let shown = store.shown("slack", id).unwrap().unwrap();
        let at = store.incident_at("slack", &shown.place).unwrap();
        assert_eq!(at.as_ref(), Some(id), "{shown:?}");
        assert!(store.told_by("slack", 0).unwrap().contains(id), "{id}");
    }
    assert!(all.iter().any(|r| r.votes.len() == 1));
    let conversed = all.iter().filter(|r| {
        let id = &r.incident.id.0;
        !store.conversations(id).unwrap().is_empty() && !store.requests(id).unwrap().is_empty()
    });
    assert_eq!(conversed.count(), 1);
    assert!(store.outbox_waiting().unwrap() > 0);
    assert_eq!(store.refused("inc-2").unwrap().len(), 1);
    assert_eq!(store.reloads("triage").unwrap().len(), 1);
    // What was not kept before is empty, and can be kept from now on.
    assert!(store.versions("triage").unwrap().is_empty());
    assert!(store.kept_calls("triage").unwrap().is_empty());
}

#[test]
fn what_waited_for_people_waits_and_its_signals_lead_to_it() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("k.sqlite");
    before(&path);
    let store = Store::open(&path).unwrap();
    let waiting = store.in_state(State::Waiting).unwrap();
    assert_eq!(waiting.len(), 2);
    for record in &waiting {
        let id = &record.incident.id.0;
        assert!(store.undone().unwrap().contains(id), "a start takes it up");
        assert!(record.asked_at.is_some() && record.fix().is_some());
        let found = store.by_key(&record.key).unwrap().unwrap();
        assert_eq!(&found.incident.id.0, id);
    }
}

#[test]
fn the_file_of_a_newer_version_is_left_alone_and_says_so() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("k.sqlite");
    drop(Store::open(&path).unwrap());
    let connection = Connection::open(&path).unwrap();
    connection
        .pragma_update(None, "user_version", VERSION + 1)
        .unwrap();
    drop(connection);
    let written = fs::read(&path).unwrap();
    for opened in [Store::open(&path).err(), Store::open_existing(&path).err()] {
        let said = opened.unwrap().to_string();
        let clear = said.contains("k.sqlite") && said.contains(&format!("version {}", VERSION + 1));
        assert!(
            clear && said.contains("start the version that wrote it"),
            "{said}"
        );
    }
    assert_eq!(fs::read(&path).unwrap(), written);
}

#[test]
fn whoever_only_looks_changes_no_file_of_an_older_version() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("k.sqlite");
    before(&path);
    let said = Store::open_existing(&path).err().unwrap().to_string();
    assert!(said.contains("`k8shawk run` upgrades it"), "{said}");
    assert_eq!(version(&Connection::open(&path).unwrap()).unwrap(), 0);
    drop(Store::open(&path).unwrap());
    let seen = Store::open_existing(&path).unwrap().unwrap();
    assert!(!seen.list(false).unwrap().is_empty());
}

#[test]
fn a_record_that_is_no_json_does_not_stop_an_upgrade() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("k.sqlite");
    before(&path);
    let connection = Connection::open(&path).unwrap();
    connection
        .execute(
            "UPDATE incidents SET record = ?1 WHERE id = 'inc-1'",
            params!["{\"incident\": "],
        )
        .unwrap();
    drop(connection);
    let store = Store::open(&path).unwrap();
    let all = store.list(false).unwrap();
    assert!(all.len() > 5 && all.iter().all(|r| r.incident.id.0 != "inc-1"));
    assert_eq!(store.unreadable().unwrap()[0].id, "inc-1");
}

#[test]
fn every_migration_fits_on_the_one_before() {
    assert!(Migrations::from_slice(STEPS).validate().is_ok());
}

#[test]
fn a_file_that_a_host_is_about_to_fill_is_no_database_yet() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("k.sqlite");
    let host = Connection::open(&path).unwrap();
    host.execute_batch("PRAGMA journal_mode = WAL").unwrap();
    assert!(Store::open_existing(&path).unwrap().is_none());
}
