//! A look at everything, in parts: a change never waits for more than one of them.

use std::collections::VecDeque;
use std::time::{Duration, Instant, SystemTime};
use std::vec;

use k8shawk_core::Observation;
use k8shawk_core::inventory::Sweep;
use serde_json::Value;
use tracing::info;

use super::{LISTING, Watch};

/// How long a part takes, unless what it stores takes longer.
const PART: Duration = Duration::from_micros(200);
/// Objects that are looked at between two looks at the time.
const OBJECTS: usize = 16;

/// A sweep that is under way.
pub(super) struct Sweeping {
    now: i64,
    worked: Duration,
    held: vec::IntoIter<(Value, i64)>,
    sweep: Sweep,
    seen: VecDeque<Observation>,
    stored: bool,
}

impl Watch {
    /// Begin to look at everything, unless that is under way.
    pub(super) fn begin_sweep(&mut self) {
        let now = self.pipeline.flow.clock.now();
        if !self.unlisted.is_empty() {
            // A kind that cannot be read never is listed.
            if now - self.started > LISTING {
                self.begin();
            }
            return;
        }
        if self.sweeping.is_some() {
            return;
        }
        self.sweeping = Some(Sweeping {
            now,
            worked: Duration::ZERO,
            held: self.held.take().into_iter(),
            sweep: Sweep::default(),
            seen: VecDeque::new(),
            stored: true,
        });
    }

    /// True while a sweep is under way.
    pub(super) fn is_sweeping(&self) -> bool {
        self.sweeping.is_some()
    }

    /// Sweep on for a moment; the time that it began where that was its end. A sweep that panics is
    /// over too.
    pub(super) fn sweep_on(&mut self) -> Option<i64> {
        let mut sweeping = self.sweeping.take()?;
        let begun = Instant::now();
        self.taken_at = SystemTime::now();
        let mut more = true;
        while more && begun.elapsed() < PART {
            more = self.sweep_step(&mut sweeping);
        }
        sweeping.worked += begun.elapsed();
        if more {
            self.sweeping = Some(sweeping);
            return None;
        }
        if sweeping.stored && self.held.is_empty() && std::mem::take(&mut self.unstored) {
            info!("everything is stored again");
        }
        let counts = self.inventory.counts();
        self.telemetry().swept(sweeping.worked, counts);
        self.tell_drops(sweeping.now);
        Some(sweeping.now)
    }

    /// The smallest piece of a sweep; false where there is none left.
    fn sweep_step(&mut self, sweeping: &mut Sweeping) -> bool {
        if let Some((event, arrived)) = sweeping.held.next() {
            self.event(event, arrived, false);
            return true;
        }
        if let Some(observation) = sweeping.seen.pop_front() {
            sweeping.stored &= self.judge(&observation);
            return true;
        }
        let (sweep, now) = (&mut sweeping.sweep, sweeping.now);
        match self.inventory.observe_next(sweep, OBJECTS, now) {
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
    use super::super::tests::watch;
    use super::*;
    use crate::services::cluster::Change;
    use crate::services::watched_kinds::watched;
    use k8shawk_core::inventory::Projection;
    use k8shawk_core::kinds;
    use serde_json::json;

    /// A watch of so many pods that failed.
    fn of_pods(number: usize) -> Watch {
        let mut watch = watch();
        let kind = kinds::kind("Pod").unwrap();
        for number in 0..number {
            let name = format!("web-{number}");
            let pod = json!({"apiVersion": "v1", "kind": "Pod",
                "metadata": {"name": name, "namespace": "shop", "uid": name},
                "status": {"phase": "Failed", "reason": "Evicted"}});
            let projection = Projection::of(kind, &pod).unwrap();
            watch.inventory.hold(projection);
        }
        watch.unlisted.clear();
        watch
    }

    #[test]
    fn a_sweep_is_done_in_short_parts() {
        let mut watch = of_pods(20_000);
        watch.begin_sweep();
        let (mut parts, mut longest) = (0, Duration::ZERO);
        while watch.is_sweeping() {
            let begun = Instant::now();
            watch.sweep_on();
            longest = longest.max(begun.elapsed());
            parts += 1;
        }
        assert!(parts > 20, "{parts} parts");
        // Far above what a part takes on a machine that has nothing else to do.
        assert!(longest < Duration::from_millis(100), "{longest:?}");
    }

    #[tokio::test]
    async fn changes_are_taken_while_a_sweep_is_under_way() {
        let mut watch = of_pods(5_000);
        watch.begin_sweep();
        watch.sweep_on();
        assert!(watch.is_sweeping());
        let kind = watched()[0].to_owned();
        watch.take(Change::Restored { kind });
        assert!(watch.is_sweeping(), "it goes on behind the change");
        while watch.is_sweeping() {
            watch.sweep_on();
        }
    }
}
