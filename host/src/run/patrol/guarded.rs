//! A fault in our own code costs the one object on which it shows, never the patrol.

use std::panic::{AssertUnwindSafe, catch_unwind};

use k8shawk_core::ObjectRef;

use super::Patrol;
use crate::services::cluster::Change;
use crate::services::tasks::{Task, words};
use crate::services::telemetry::event::TaskFailed;
use crate::stages::ingest::reference;

impl Patrol {
    /// Take one change. Where that panics, its object is left out from now on.
    pub(super) fn take_safely(&mut self, change: Change) {
        let object = object(&change);
        let taken = self.safely(|patrol| patrol.take(change));
        if let (false, Some(object)) = (taken, object) {
            self.ingest.leave_out(&object);
        }
    }

    /// Sweep on; the time that the sweep began where that was its end. Where it panics the watch
    /// does not beat: a host that cannot sweep must be restarted.
    pub(super) fn sweep_safely(&mut self) -> Option<i64> {
        let mut ended = None;
        self.safely(|patrol| ended = patrol.sweep_on());
        ended
    }

    /// False where the work panicked; without that the host is known to make progress.
    pub(super) fn safely(&mut self, work: impl FnOnce(&mut Patrol)) -> bool {
        match catch_unwind(AssertUnwindSafe(|| work(self))) {
            Ok(()) => {
                self.telemetry().beat();
                true
            }
            Err(panic) => {
                let why = &format!("panicked: {}", words(&*panic));
                let task = Task::Patrol;
                TaskFailed { task, why }.emit_part(self.telemetry());
                false
            }
        }
    }
}

/// What a change is about.
fn object(change: &Change) -> Option<ObjectRef> {
    match change {
        Change::Applied(projection) => Some(projection.reference()),
        Change::Malformed(object) | Change::Deleted(object) => Some(object.clone()),
        Change::Event(event) => Some(reference(event)),
        Change::Listed { .. } | Change::Gap { .. } | Change::Restored { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::tests::patrol;
    use super::*;

    #[test]
    fn a_panic_is_counted_and_is_no_progress_and_the_patrol_goes_on() {
        let mut patrol = patrol();
        patrol.telemetry().beats_every(Duration::from_millis(20));
        std::thread::sleep(Duration::from_millis(30));
        assert!(!patrol.safely(|_| panic!("a poisoned object")));
        assert_eq!(patrol.telemetry().task_failures(Task::Patrol), 1);
        assert!(patrol.telemetry().stalled().is_some());
        let kind = "Pod".to_owned();
        patrol.take_safely(Change::Restored { kind });
        assert_eq!(patrol.telemetry().stalled(), None);
        assert_eq!(patrol.telemetry().task_failures(Task::Patrol), 1);
    }
}
