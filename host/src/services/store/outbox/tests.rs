use super::*;

const SINK: &str = "s";

fn put(key: &str, lane: &str, rank: u8, renew: bool) -> Put {
    Put {
        key: key.into(),
        incident: None,
        lane: lane.into(),
        rank,
        effect: "{}".into(),
        renew,
    }
}

fn due(store: &Store, now: i64) -> Vec<String> {
    store
        .outbox_due(SINK, now, 10)
        .unwrap()
        .into_iter()
        .map(|e| e.key)
        .collect()
}

#[test]
fn a_lane_leaves_in_order_and_ranks_order_lanes() {
    let store = Store::in_memory().unwrap();
    let all = [
        put("a1", "a", 1, false),
        put("a2", "a", 0, false),
        put("b1", "b", 0, false),
    ];
    store.outbox_put(SINK, &all, 5).unwrap();
    store.outbox_put(SINK, &all, 6).unwrap();
    assert_eq!(due(&store, 5), ["b1", "a1"]);
    assert!(due(&store, 4).is_empty());
    let first = store.outbox_due(SINK, 5, 10).unwrap().remove(1);
    let later = Ended::Waits {
        due_at: 90,
        why: "w".into(),
        unknown: true,
    };
    store.outbox_begin(first.number, 7).unwrap();
    store.outbox_end(&first, &later).unwrap();
    assert_eq!(due(&store, 50), ["b1"], "a2 waits behind a1");
    let again = store.outbox_due(SINK, 90, 10).unwrap().remove(1);
    assert_eq!((again.begun_at, again.tries), (Some(7), 1));
    store
        .outbox_end(&again, &Ended::Sent(String::new()))
        .unwrap();
    assert_eq!(due(&store, 90), ["a2", "b1"]);
    assert_eq!(store.outbox_waiting().unwrap(), 2);
}

#[test]
fn what_changes_while_it_is_sent_is_sent_again() {
    let store = Store::in_memory().unwrap();
    store
        .outbox_put(SINK, &[put("m", "a", 1, true)], 1)
        .unwrap();
    let entry = store.outbox_due(SINK, 1, 1).unwrap().remove(0);
    store
        .outbox_put(SINK, &[put("m", "a", 1, true)], 2)
        .unwrap();
    store
        .outbox_end(&entry, &Ended::Sent(String::new()))
        .unwrap();
    let entry = store.outbox_due(SINK, 9, 1).unwrap().remove(0);
    assert_eq!(entry.generation, 2);
    store
        .outbox_end(&entry, &Ended::Sent(String::new()))
        .unwrap();
    assert!(due(&store, 9).is_empty());
    store
        .outbox_put(SINK, &[put("m", "a", 0, true)], 10)
        .unwrap();
    assert_eq!(due(&store, 10), ["m"]);
}

#[test]
fn everything_waits_through_a_restart() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("k.sqlite");
    {
        let store = Store::open(&path).unwrap();
        store
            .outbox_put(SINK, &[put("m", "a", 1, false)], 1)
            .unwrap();
        let entry = store.outbox_due(SINK, 1, 1).unwrap().remove(0);
        store.outbox_begin(entry.number, 3).unwrap();
    }
    let store = Store::open(&path).unwrap();
    assert_eq!(
        store.outbox_due(SINK, 1, 1).unwrap().remove(0).begun_at,
        Some(3)
    );
}

#[test]
fn what_a_person_muted_is_not_old() {
    let store = Store::in_memory().unwrap();
    assert_eq!(store.outbox_oldest().unwrap(), None);
    let puts = ["a", "b"].map(|lane| put(lane, lane, 1, false));
    store.outbox_put(SINK, &puts[..1], 5).unwrap();
    store
        .outbox_put(SINK, &[put("behind", "a", 1, false)], 6)
        .unwrap();
    store.outbox_put(SINK, &puts[1..], 7).unwrap();
    let wait = |why: &str| Ended::Waits {
        due_at: 90,
        why: why.into(),
        unknown: false,
    };
    let [a, b] = store.outbox_due(SINK, 9, 2).unwrap().try_into().unwrap();
    store.outbox_end(&a, &wait(MUTED)).unwrap();
    store.outbox_end(&b, &wait("away")).unwrap();
    let oldest = store.outbox_oldest().unwrap().unwrap();
    assert_eq!((oldest.made_at, oldest.note.as_str()), (7, "away"));
}
