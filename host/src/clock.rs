//! The time, from one place, so that tests and replays can set it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// A clock: the machine's, or a replay's, which starts at the time of the recording.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    /// Milliseconds that are added to the machine's time.
    shift: Arc<AtomicI64>,
}

impl Clock {
    /// Milliseconds since the Unix epoch.
    pub fn now(&self) -> i64 {
        jiff::Timestamp::now().as_millisecond() + self.shift.load(Ordering::Relaxed)
    }

    /// Make it `at` now.
    pub fn set(&self, at: i64) {
        self.shift.store(
            at - jiff::Timestamp::now().as_millisecond(),
            Ordering::Relaxed,
        );
    }
}
