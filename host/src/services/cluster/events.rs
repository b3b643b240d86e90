//! The answer form of the `events` verb.

use k8shawk_core::inventory::EventTimes;
use serde_json::{Value, json};

/// One event as the verb answers it, with its time: `type`, `reason`, `message`, `count`,
/// `lastSeen` (milliseconds), `reporter`, and `name` and `uid` of the object.
pub(super) fn row(event: &Value) -> Option<(i64, Value)> {
    let times = EventTimes::of(event)?;
    let text = |pointers: &[&str]| {
        let mut found = pointers
            .iter()
            .filter_map(|p| event.pointer(p).and_then(Value::as_str));
        found
            .find(|text| !text.is_empty())
            .unwrap_or_default()
            .to_owned()
    };
    let row = json!({
        "type": text(&["/type"]),
        "reason": text(&["/reason"]),
        "message": text(&["/message", "/note"]),
        "count": times.count,
        "lastSeen": times.last_seen,
        "reporter": text(&["/reportingComponent", "/reportingController", "/source/component"]),
        "name": text(&["/involvedObject/name", "/regarding/name"]),
        "uid": text(&["/involvedObject/uid", "/regarding/uid"]),
    });
    Some((times.last_seen, row))
}

/// Oldest first.
pub(super) fn rows<'a>(events: impl Iterator<Item = &'a Value>) -> Vec<Value> {
    let mut rows: Vec<(i64, Value)> = events.filter_map(row).collect();
    rows.sort_by_key(|(time, _)| *time);
    rows.into_iter().map(|(_, row)| row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_apis_become_one_form_oldest_first() {
        let legacy = json!({"type": "Warning", "reason": "BackOff", "message": "again", "count": 3,
            "lastTimestamp": "2026-01-01T00:00:09Z", "source": {"component": "kubelet"},
            "involvedObject": {"name": "web", "uid": "u1"}});
        let newer = json!({"type": "Warning", "reason": "FailedScheduling", "note": "no node",
            "eventTime": "2026-01-01T00:00:05.000000Z", "reportingController": "scheduler",
            "series": {"count": 4, "lastObservedTime": "2026-01-01T00:00:07.000000Z"},
            "count": null, "lastTimestamp": null, "regarding": {"name": "web", "uid": "u1"}});
        let rows = rows([&legacy, &newer].into_iter());
        assert_eq!(
            rows[0],
            json!({"type": "Warning", "reason": "FailedScheduling",
            "message": "no node", "count": 4, "lastSeen": 1_767_225_607_000_i64,
            "reporter": "scheduler", "name": "web", "uid": "u1"})
        );
        assert_eq!(
            (&rows[1]["count"], &rows[1]["reporter"]),
            (&json!(3), &json!("kubelet"))
        );
    }
}
