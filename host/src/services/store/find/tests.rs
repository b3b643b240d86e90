use super::*;
use crate::services::testing::applied;

#[test]
fn a_record_is_parsed_once_for_each_of_its_revisions() {
    let store = Store::in_memory().unwrap();
    let key = "owner/workload/a".to_owned();
    let made = store
        .insert(applied(State::Waiting), std::slice::from_ref(&key))
        .unwrap();
    let id = made.incident.id.0;
    let first = store.by_key(&key).unwrap().unwrap();
    let again = store.by_key(&key).unwrap().unwrap();
    assert!(Arc::ptr_eq(&first, &again));
    store
        .modify(&id, |r| {
            r.last_seen = 77;
            Ok::<_, StoreError>(())
        })
        .unwrap();
    assert_eq!(store.by_key(&key).unwrap().unwrap().last_seen, 77);
    assert_eq!(store.by_key("owner/workload/b").unwrap(), None);
}

#[test]
fn what_is_about_a_cause_is_found_by_its_owner_and_by_what_it_shares() {
    let store = Store::in_memory().unwrap();
    let cause = ObjectRef::new("v1", "ConfigMap", "shop", "platform");
    let insert = |change: &dyn Fn(&mut Record)| {
        let mut record = applied(State::Waiting);
        change(&mut record);
        store.insert(record, &[]).unwrap().incident.id.0
    };
    let _other = insert(&|_| {});
    let shares = insert(&|r| {
        r.shared = Some(cause.clone());
        if let Some(finding) = &mut r.finding {
            finding.shared = None;
        }
    });
    let owns = insert(&|r| r.incident.owner = cause.clone());
    let ended = insert(&|r| {
        r.shared = Some(cause.clone());
        r.state = State::Merged;
    });
    let first = |skip: &[&str]| {
        let fits = |r: &Record| !skip.contains(&r.incident.id.0.as_str());
        let found = store.first_about(&cause, fits).unwrap();
        found.map(|r| r.incident.id.0)
    };
    assert_eq!(first(&[]), Some(shares.clone()));
    assert_eq!(first(&[&shares]), Some(owns.clone()));
    assert_eq!(first(&[&shares, &owns]), None, "{ended} has ended");
}

#[test]
fn a_start_takes_up_what_is_not_done_and_nothing_else() {
    let store = Store::in_memory().unwrap();
    let insert = |state: State, documented: Option<State>| {
        let mut record = applied(state);
        record.documented = documented;
        store.insert(record, &[]).unwrap().incident.id.0
    };
    let waits = insert(State::Waiting, Some(State::Waiting));
    let unwritten = insert(State::Recovered, Some(State::Waiting));
    insert(State::Recovered, Some(State::Recovered));
    insert(State::Merged, None);
    assert_eq!(store.undone().unwrap(), [waits, unwritten]);
}
