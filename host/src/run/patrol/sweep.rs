//! A look at everything, in parts: a change never waits for more than one of them.

use std::collections::VecDeque;
use std::time::{Duration, Instant, SystemTime};
use std::vec;

use k8shawk_core::Observation;
use k8shawk_core::inventory;
use serde_json::Value;
use tracing::info;

use super::Patrol;

/// Longest wait for the first list of every kind, milliseconds.
const LISTING: i64 = 10_000;
/// How long a part takes, unless what it stores takes longer.
const PART: Duration = Duration::from_micros(200);
/// Objects that are looked at between two looks at the time.
const OBJECTS: usize = 16;

/// A sweep that is under way.
pub(super) struct Sweep {
    now: i64,
    worked: Duration,
    held: vec::IntoIter<(Value, i64)>,
    position: inventory::Sweep,
    seen: VecDeque<Observation>,
    stored: bool,
}

impl Patrol {
    /// Begin to look at everything, unless that is under way.
    pub(super) fn begin_sweep(&mut self) {
        let now = self.pipeline.services.clock.now();
        if !self.ingest.is_listed() {
            if now - self.started <= LISTING {
                return;
            }
            self.ingest.wait_for_no_kind();
        }
        if self.sweep.is_some() {
            return;
        }
        self.sweep = Some(Sweep {
            now,
            worked: Duration::ZERO,
            held: self.ingest.take_held().into_iter(),
            position: inventory::Sweep::default(),
            seen: VecDeque::new(),
            stored: true,
        });
    }

    /// True while a sweep is under way.
    pub(super) fn is_sweeping(&self) -> bool {
        self.sweep.is_some()
    }

    /// Sweep on for a moment; the time that it began where that was its end. A sweep that panics is
    /// over too.
    pub(super) fn sweep_on(&mut self) -> Option<i64> {
        let mut sweeping = self.sweep.take()?;
        let begun = Instant::now();
        self.taken_at = SystemTime::now();
        let mut more = true;
        while more && begun.elapsed() < PART {
            more = self.sweep_step(&mut sweeping);
        }
        sweeping.worked += begun.elapsed();
        if more {
            self.sweep = Some(sweeping);
            return None;
        }
        if sweeping.stored && self.ingest.holds_nothing() && std::mem::take(&mut self.unstored) {
            info!("writing to the database again");
        }
        let counts = self.ingest.inventory().counts();
        self.telemetry().swept(sweeping.worked, counts);
        self.dropped.tell(sweeping.now);
        Some(sweeping.now)
    }

    /// The smallest piece of a sweep; false where there is none left.
    fn sweep_step(&mut self, sweeping: &mut Sweep) -> bool {
        if let Some((event, arrived)) = sweeping.held.next() {
            let seen = self.ingest.event(event, arrived, sweeping.now, false);
            self.judge_all(seen);
            return true;
        }
        if let Some(observation) = sweeping.seen.pop_front() {
            sweeping.stored &= self.judge(&observation);
            return true;
        }
        let (position, now) = (&mut sweeping.position, sweeping.now);
        match self.ingest.inventory().observe_next(position, OBJECTS, now) {
            Some(seen) => {
                sweeping.seen.extend(seen);
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::patrol;
    use super::*;
    use crate::services::cluster::Change;
    use crate::stages::ingest::Ingest;
    use k8shawk_core::inventory::Projection;
    use k8shawk_core::inventory::watched;
    use k8shawk_core::kinds;
    use serde_json::json;

    /// A patrol of so many pods that failed.
    fn of_pods(number: usize) -> Patrol {
        let kind = kinds::kind("Pod").unwrap();
        let pods = (0..number).map(|number| {
            let name = format!("web-{number}");
            let pod = json!({"apiVersion": "v1", "kind": "Pod",
                "metadata": {"name": name, "namespace": "shop", "uid": name},
                "status": {"phase": "Failed", "reason": "Evicted"}});
            Projection::of(kind, &pod).unwrap()
        });
        Patrol {
            ingest: Ingest::of(pods),
            ..patrol()
        }
    }

    #[test]
    fn a_sweep_is_done_in_short_parts() {
        let mut patrol = of_pods(20_000);
        patrol.begin_sweep();
        let (mut parts, mut longest) = (0, Duration::ZERO);
        while patrol.is_sweeping() {
            let begun = Instant::now();
            patrol.sweep_on();
            longest = longest.max(begun.elapsed());
            parts += 1;
        }
        assert!(parts > 20, "{parts} parts");
        // Far above what a part takes on a machine that has nothing else to do.
        assert!(longest < Duration::from_millis(100), "{longest:?}");
    }

    #[tokio::test]
    async fn changes_are_taken_while_a_sweep_is_under_way() {
        let mut patrol = of_pods(5_000);
        patrol.begin_sweep();
        patrol.sweep_on();
        assert!(patrol.is_sweeping());
        let kind = watched()[0].to_owned();
        patrol.take(Change::Restored { kind });
        assert!(patrol.is_sweeping(), "it continues behind the change");
        while patrol.is_sweeping() {
            patrol.sweep_on();
        }
    }
}
