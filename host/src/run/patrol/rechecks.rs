//! When an incident that waits for people is checked again.

use k8shawk_core::count;
use std::collections::HashMap;

use k8shawk_core::record::{Record, State};

use super::Patrol;
use crate::services::progress;
use crate::stages::StageError;
use crate::stages::decide;

/// Time without any signal after which an incident is checked again, and time between two checks of
/// one whose cause or fix may only not be known yet; milliseconds.
const PAUSE: i64 = 60_000;

/// When each incident was last heard of and last looked at.
#[derive(Debug, Default)]
pub(super) struct Rechecks {
    heard: HashMap<String, i64>,
    looked: HashMap<String, i64>,
}

impl Rechecks {
    /// A signal of this incident was seen.
    pub(super) fn hear(&mut self, id: &str, now: i64) {
        self.heard.insert(id.to_owned(), now);
    }

    /// Forget what has ended.
    pub(super) fn retain(&mut self, active: &[Record]) {
        let is_active = |id: &str| active.iter().any(|r| r.incident.id.0 == id);
        self.heard.retain(|id, _| is_active(id));
        self.looked.retain(|id, _| is_active(id));
    }

    /// True where it is to be looked at now; then that is taken as done.
    ///
    /// One that is quiet may have gone away by itself. One of which Kubernetes gives a new reason
    /// may have another cause. Where the cause or the fix is not known, as after an outage of the API
    /// server, it may be known now, whatever signals came in the meantime.
    pub(super) fn is_due(&mut self, record: &Record, now: i64) -> bool {
        let id = &record.incident.id.0;
        let heard = *self.heard.entry(id.clone()).or_insert(now);
        let looked = self.looked.get(id).copied();
        let looked = looked.unwrap_or_default().max(record.changed_at());
        let due = now - heard > PAUSE
            || record.has_news()
            || record.may_be_answered() && now - looked > PAUSE;
        if due {
            self.heard.insert(id.clone(), now);
            self.looked.insert(id.clone(), now);
        }
        due
    }
}

impl Patrol {
    /// An incident that may be over, or have another cause, is looked at: nothing changes where it is
    /// still there for the same cause.
    pub(super) fn recheck(&mut self, now: i64, active: &[Record]) -> Result<(), StageError> {
        let services = &self.pipeline.services;
        self.watch_itself(active, now)?;
        progress::say(status(active, self.ingest.inventory().counts().pods));
        self.rechecks.retain(active);
        let of_cluster = active.iter().filter(|r| !r.incident.is_own());
        for record in of_cluster.filter(|r| r.state.awaits_people()) {
            let id = &record.incident.id.0;
            if self.expire(record, now)? {
                continue;
            }
            if decide::again(services, record)? {
                self.pipeline.drive(id);
            } else if record.undo.is_none() && self.rechecks.is_due(record, now) {
                self.pipeline.look_again(record);
            }
        }
        Ok(())
    }
}

/// The current state, in a line.
fn status(active: &[Record], pods: usize) -> String {
    let waiting = active.iter().filter(|r| r.state == State::Waiting).count();
    let fixing = active.iter().filter(|r| r.execution.is_some()).count();
    let (pods, open) = (count(pods, "pod"), count(active.len(), "open incident"));
    let mut text = format!("watching {pods} · {open}");
    if waiting > 0 {
        text.push_str(&format!(" · {waiting} waiting for approval"));
    }
    if fixing > 0 {
        text.push_str(&format!(" · {fixing} being fixed"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::testing::record;

    const MINUTE: i64 = 60_000;

    /// An incident of which signals are heard all the time, looked at every five seconds.
    fn looks(record: &Record, minutes: i64) -> usize {
        let (mut looks, begun) = (Rechecks::default(), record.changed_at());
        let times = (0..minutes * 12).map(|n| begun + n * 5_000);
        let due = times.filter(|now| {
            looks.hear(&record.incident.id.0, *now);
            looks.is_due(record, *now)
        });
        due.count()
    }

    fn known() -> Record {
        let mut known = record();
        known.judged = known.incident.signals.len();
        known
    }

    #[test]
    fn a_known_cause_is_left_alone_while_signals_go_on() {
        assert_eq!(looks(&known(), 30), 0);
    }

    #[test]
    fn an_unknown_cause_is_looked_for_again_while_signals_go_on() {
        let mut unknown = known();
        unknown.finding.as_mut().unwrap().class = "undetermined".into();
        assert!((25..=30).contains(&looks(&unknown, 30)));
    }

    #[test]
    fn what_is_quiet_is_looked_at_once_a_minute() {
        let (mut looks, known) = (Rechecks::default(), known());
        let begun = known.changed_at();
        let due = (0..120).filter(|n| looks.is_due(&known, begun + n * 5_000));
        assert!((8..=10).contains(&due.count()));
        let mut later = Rechecks::default();
        later.hear(&known.incident.id.0, begun);
        assert!(!later.is_due(&known, begun + MINUTE - 1));
        assert!(later.is_due(&known, begun + MINUTE + 1));
    }
}
