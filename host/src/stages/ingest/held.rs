//! Events that wait: until every kind is listed, since owners are not known before, or until the
//! store works again.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use crate::services::cluster::Drops;

/// Most events that wait. One that finds no room is counted, and the events are listed again.
pub(super) const ROOM: usize = 1000;

/// Events that wait, each with its arrival, milliseconds. Of one event the newest form waits.
pub(super) struct Held {
    waiting: Vec<(Value, i64)>,
    /// Where the event of a uid stands.
    places: HashMap<String, usize>,
    drops: Arc<Drops>,
}

impl Held {
    pub(super) fn new(drops: Arc<Drops>) -> Held {
        Held {
            waiting: Vec::new(),
            places: HashMap::new(),
            drops,
        }
    }

    pub(super) fn push(&mut self, event: Value, arrived: i64) {
        let uid = event.pointer("/metadata/uid").and_then(Value::as_str);
        let uid = uid.unwrap_or_default().to_owned();
        let known = self
            .places
            .get(&uid)
            .and_then(|at| self.waiting.get_mut(*at));
        if let Some((waiting, _)) = known {
            *waiting = event;
        } else if self.waiting.len() < ROOM {
            if !uid.is_empty() {
                self.places.insert(uid, self.waiting.len());
            }
            self.waiting.push((event, arrived));
        } else {
            // Unlike a status, an event is not seen again by itself.
            self.drops.lose("Event");
        }
    }

    /// Those that tell of this object, which was late; they wait no more.
    pub(super) fn take_of(&mut self, uid: &str) -> Vec<(Value, i64)> {
        let of = |event: &Value| {
            let told = event.pointer("/involvedObject/uid").and_then(Value::as_str);
            !uid.is_empty() && told == Some(uid)
        };
        if !self.waiting.iter().any(|(event, _)| of(event)) {
            return Vec::new();
        }
        let all = self.take().into_iter();
        let (theirs, others): (Vec<_>, Vec<_>) = all.partition(|(event, _)| of(event));
        others
            .into_iter()
            .for_each(|(event, at)| self.push(event, at));
        theirs
    }

    /// All of them; none wait after this.
    pub(super) fn take(&mut self) -> Vec<(Value, i64)> {
        self.places.clear();
        std::mem::take(&mut self.waiting)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(uid: usize, count: u32) -> Value {
        json!({"metadata": {"uid": format!("e{uid}")}, "count": count})
    }

    #[test]
    fn no_more_wait_than_there_is_room_for_and_the_others_are_counted() {
        let drops = Arc::new(Drops::default());
        let mut held = Held::new(drops.clone());
        (0..ROOM + 7).for_each(|uid| held.push(event(uid, 1), 0));
        assert_eq!(drops.by_kind()["Event"], 7);
        assert_eq!(held.take().len(), ROOM);
        held.push(event(1, 1), 0);
        assert_eq!(held.take().len(), 1);
    }

    #[test]
    fn the_events_of_an_object_that_was_late_wait_no_more_and_the_others_do() {
        let mut held = Held::new(Arc::new(Drops::default()));
        for uid in 0..6 {
            let mut event = event(uid, 1);
            event["involvedObject"]["uid"] = format!("pod-{}", uid % 2).into();
            held.push(event, 0);
        }
        held.push(event(6, 1), 0);
        assert!(held.take_of("").is_empty() && held.take_of("pod-2").is_empty());
        assert_eq!(held.take_of("pod-1").len(), 3);
        // What is told again still finds its place.
        held.push(event(6, 2), 0);
        assert_eq!(held.take().len(), 4);
    }

    #[test]
    fn an_event_that_is_told_again_takes_no_more_room() {
        let drops = Arc::new(Drops::default());
        let mut held = Held::new(drops.clone());
        (0..5000).for_each(|count| held.push(event(1, count), i64::from(count)));
        let waiting = held.take();
        assert!(held.is_empty() && drops.by_kind().is_empty());
        assert_eq!(waiting, [(event(1, 4999), 0)]);
    }
}
