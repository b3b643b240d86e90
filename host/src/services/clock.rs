//! The time, from one place, so that tests and replays can set it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// A clock: the machine's, or a replay's, which starts at the time of the recording.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    /// Milliseconds that are added to the machine's time; the time itself, where it stands still.
    shift: Arc<AtomicI64>,
    stands: bool,
}

impl Clock {
    /// A clock that stands still.
    pub fn at(ms: i64) -> Clock {
        Clock {
            shift: Arc::new(AtomicI64::new(ms)),
            stands: true,
        }
    }

    /// Milliseconds since the Unix epoch.
    pub fn now(&self) -> i64 {
        let shift = self.shift.load(Ordering::Relaxed);
        if self.stands {
            return shift;
        }
        jiff::Timestamp::now().as_millisecond() + shift
    }

    /// Make it `at` now.
    pub fn set(&self, at: i64) {
        let shift = match self.stands {
            true => at,
            false => at - jiff::Timestamp::now().as_millisecond(),
        };
        self.shift.store(shift, Ordering::Relaxed);
    }
}
