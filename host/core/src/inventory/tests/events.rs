use rstest::rstest;
use serde_json::{Value, json};

use super::{NOW, ago, inventory, merge, object, owned, pod, reference};
use crate::inventory::{EventTimes, Inventory, event_rows};
use crate::signal::SignalSource;

fn event(over: Value) -> Value {
    let mut made = json!({
        "apiVersion": "v1", "kind": "Event", "type": "Warning", "reason": "BackOff",
        "message": "Back-off restarting failed container",
        "metadata": {"name": "web.1", "namespace": "shop", "uid": "e-1", "creationTimestamp": ago(500)},
        "involvedObject": {"apiVersion": "v1", "kind": "Pod", "namespace": "shop", "name": "web", "uid": "pod-web"},
        "count": 7, "firstTimestamp": ago(400), "lastTimestamp": ago(10),
        "source": {"component": "kubelet", "host": "n1"},
    });
    merge(&mut made, over);
    made
}

fn times(last: i64, first: i64, count: u32) -> EventTimes {
    EventTimes {
        last_seen: NOW - last * 1000,
        first_seen: NOW - first * 1000,
        count,
    }
}

#[rstest]
#[case::legacy(json!({}), times(10, 400, 7))]
#[case::series(json!({"series": {"count": 9, "lastObservedTime": ago(3)}, "eventTime": ago(200),
    "count": null, "firstTimestamp": null, "lastTimestamp": null}), times(3, 200, 9))]
#[case::single(json!({"eventTime": ago(200), "count": null, "firstTimestamp": null, "lastTimestamp": null}),
    times(200, 200, 1))]
#[case::negative(json!({"count": -3}), times(10, 400, 1))]
#[case::bare(json!({"count": null, "firstTimestamp": null, "lastTimestamp": null}), times(500, 500, 1))]
fn reads_the_times_of_either_api(#[case] over: Value, #[case] expected: EventTimes) {
    assert_eq!(EventTimes::of(&event(over)), Some(expected));
}

#[test]
fn an_event_becomes_a_signal_with_its_owner() {
    let mut made = pod(json!({}));
    merge(&mut made, owned("StatefulSet", "db"));
    let seen = inventory(&[made])
        .observe_event(&event(json!({})), NOW)
        .unwrap();
    let signal = seen.signal;
    assert_eq!(
        (signal.source, signal.reason.as_str(), signal.count),
        (SignalSource::Event, "BackOff", 7)
    );
    assert_eq!(
        (signal.owner.kind.as_str(), signal.owner.uid.as_str()),
        ("StatefulSet", "statefulset-db")
    );
    assert_eq!(signal.reporter, "kubelet");
    assert_eq!(signal.id, "event/pod-web/BackOff/e-1");
    assert_eq!(seen.summary.phase, "Running");
}

#[test]
fn the_id_stays_while_the_count_grows() {
    let empty = Inventory::new();
    let id = |over| empty.observe_event(&event(over), NOW).unwrap().signal.id;
    assert_eq!(
        id(json!({"count": 8, "lastTimestamp": ago(1)})),
        id(json!({}))
    );
    assert_ne!(id(json!({"metadata": {"uid": "e-2"}})), id(json!({})));
}

#[rstest]
#[case::normal(json!({"type": "Normal"}))]
#[case::no_object(json!({"involvedObject": null}))]
#[case::nonsense(json!({"involvedObject": "web"}))]
fn leaves_out_what_is_no_warning(#[case] over: Value) {
    assert!(Inventory::new().observe_event(&event(over), NOW).is_none());
}

#[test]
fn reads_the_newer_shape_too() {
    let newer = json!({"apiVersion": "events.k8s.io/v1", "type": "Warning", "reason": "FailedScheduling",
        "note": "0/1 nodes", "regarding": {"kind": "Pod", "namespace": "shop", "name": "web"},
        "eventTime": ago(20), "reportingController": "default-scheduler", "metadata": {"name": "x", "uid": "e-3"}});
    let seen = Inventory::new().observe_event(&newer, NOW).unwrap();
    assert_eq!(
        (seen.signal.message.as_str(), seen.signal.reporter.as_str()),
        ("0/1 nodes", "default-scheduler")
    );
}

#[test]
fn a_node_event_finds_its_node_though_the_kubelet_writes_a_name_for_the_uid() {
    let node = object("v1", "Node", "n1", json!({}));
    let raw = event(json!({"reason": "SystemOOM",
        "involvedObject": {"kind": "Node", "name": "n1", "uid": "n1", "namespace": "default"}}));
    let seen = inventory(&[node]).observe_event(&raw, NOW).unwrap();
    assert_eq!(seen.signal.object.uid, "node-n1");
    assert!(seen.signal.object.namespace.is_empty());
}

#[test]
fn a_late_event_of_a_removed_pod_finds_its_owner() {
    let mut made = pod(json!({}));
    merge(&mut made, owned("StatefulSet", "db"));
    let mut held = inventory(&[made]);
    held.remove(&reference("Pod", "web"));
    let seen = held.observe_event(&event(json!({})), NOW).unwrap();
    assert_eq!(seen.signal.owner.kind, "StatefulSet");
}

#[test]
fn what_is_told_of_a_replaced_pod_is_over_unless_its_owner_is_there() {
    let mut made = pod(json!({}));
    merge(&mut made, owned("StatefulSet", "db"));
    let owner = |held: &Inventory| {
        held.observe_event(&event(json!({})), NOW)
            .unwrap()
            .signal
            .owner
    };
    let mut held = Inventory::unlisted();
    assert!(!held.is_gone(&owner(&held)), "pods are not listed yet");
    held.replace_kind("Pod", "", &[]);
    assert!(held.is_gone(&owner(&held)));
    held.apply(&made);
    assert!(
        !held.is_gone(&owner(&held)),
        "StatefulSets are not listed yet"
    );
    held.replace_kind("StatefulSet", "", &[]);
    assert!(held.is_gone(&owner(&held)));
}

#[test]
fn both_apis_become_one_form_oldest_first() {
    let legacy = json!({"type": "Warning", "reason": "BackOff", "message": "again", "count": 3,
        "lastTimestamp": "2026-01-01T00:00:09Z", "source": {"component": "kubelet"},
        "involvedObject": {"name": "web", "uid": "u1"}});
    let newer = json!({"type": "Warning", "reason": "FailedScheduling", "note": "no node",
        "eventTime": "2026-01-01T00:00:05.000000Z", "reportingController": "scheduler",
        "series": {"count": 4, "lastObservedTime": "2026-01-01T00:00:07.000000Z"},
        "count": null, "lastTimestamp": null, "regarding": {"name": "web", "uid": "u1"}});
    let rows = event_rows(&[legacy, newer]);
    assert_eq!(
        serde_json::to_value(&rows[0]).unwrap(),
        json!({"type": "Warning", "reason": "FailedScheduling",
        "message": "no node", "count": 4, "lastSeen": 1_767_225_607_000_i64,
        "reporter": "scheduler", "name": "web", "uid": "u1"})
    );
    assert_eq!((rows[1].count, rows[1].reporter.as_str()), (3, "kubelet"));
}
