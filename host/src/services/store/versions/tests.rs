use super::*;
use crate::services::store::Compared;

fn found(pin: &str) -> Found {
    Found {
        id: VersionId {
            plugin: "guard".to_owned(),
            pin: pin.to_owned(),
        },
        version: "1".to_owned(),
    }
}

fn states(store: &Store) -> Vec<(String, &'static str)> {
    let all = store.versions("guard").unwrap().into_iter();
    all.map(|v| (v.id.pin, v.state.as_str())).collect()
}

fn named(pins: &[(&str, &'static str)]) -> Vec<(String, &'static str)> {
    let owned = |(pin, state): &(&str, &'static str)| ((*pin).to_owned(), *state);
    pins.iter().map(owned).collect()
}

#[test]
fn one_version_is_live_and_the_one_before_it_can_come_back() {
    let store = Store::in_memory().unwrap();
    assert_eq!(store.roll_back_version("guard", "root", 1).unwrap(), None);
    for (pin, now) in [("a", 1), ("b", 2), ("c", 3)] {
        store.version_goes_live(&found(pin), now).unwrap();
    }
    let (from, to) = store
        .roll_back_version("guard", "alice", 4)
        .unwrap()
        .unwrap();
    assert_eq!((&*from.id.pin, &*to.id.pin), ("c", "b"));
    assert_eq!(
        states(&store),
        named(&[("a", "past"), ("b", "live"), ("c", "rolled-back")])
    );
    let taken = store.version(&from.id).unwrap().unwrap();
    assert_eq!((&*taken.decided_by, taken.decided_at), ("alice", Some(4)));
    store
        .roll_back_version("guard", "alice", 5)
        .unwrap()
        .unwrap();
    assert_eq!(
        states(&store),
        named(&[("a", "live"), ("b", "rolled-back"), ("c", "rolled-back")])
    );
    assert_eq!(store.roll_back_version("guard", "alice", 6).unwrap(), None);
}

#[test]
fn what_waits_is_accepted_by_name_and_once() {
    let store = Store::in_memory().unwrap();
    store.version_goes_live(&found("a"), 1).unwrap();
    store
        .version_waits(&found("b"), VersionState::Held, 2)
        .unwrap();
    store
        .version_waits(&found("c"), VersionState::Shadow, 3)
        .unwrap();
    assert_eq!(
        states(&store),
        named(&[("a", "live"), ("b", "withdrawn"), ("c", "shadow")])
    );
    let accept = |pin: &str| store.accept_version(&found(pin).id, "bob", 4).unwrap();
    assert!(accept("a").is_none() && accept("b").is_none());
    assert!(accept("c").is_some());
    assert!(accept("c").is_none(), "once");
    store.version_goes_live(&found("c"), 5).unwrap();
    let live = store.live_version("guard").unwrap().unwrap();
    assert_eq!((&*live.id.pin, &*live.decided_by), ("c", "bob"));
    assert_eq!(
        store.previous_version("guard").unwrap().unwrap().id.pin,
        "a"
    );
}

#[test]
fn a_version_keeps_its_verdicts_and_its_sums() {
    let store = Store::in_memory().unwrap();
    let id = found("a").id;
    store.version_goes_live(&found("a"), 1).unwrap();
    let change = |new: &str| Compared {
        at: 1,
        incident: "inc-1".to_owned(),
        subject: "scale".to_owned(),
        live: "allow".to_owned(),
        new: new.to_owned(),
    };
    store.keep_changes(&id, &[change("deny")]).unwrap();
    store.keep_changes(&id, &[change("auto")]).unwrap();
    assert_eq!(store.changed_verdicts(&id).unwrap(), [change("auto")]);
    assert_eq!(change("auto").told(), "inc-1, scale: allow -> auto");
    for _ in 0..600 {
        store.keep_shadowed(&id, &[change("allow")]).unwrap();
    }
    assert_eq!(store.shadowed(&id).unwrap().len(), 500);
    assert_eq!(store.changed_verdicts(&id).unwrap().len(), 1);
    let sums = Tallied {
        calls: 2,
        guest_faults: 1,
        micros: 30,
    };
    store
        .add_tallies(&[(id.clone(), sums), (id.clone(), sums)])
        .unwrap();
    let stored = store.version(&id).unwrap().unwrap().tallied;
    assert_eq!(
        (stored.calls, stored.guest_faults, stored.micros),
        (4, 2, 60)
    );
}
