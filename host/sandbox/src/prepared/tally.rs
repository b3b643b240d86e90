//! How the calls of one version went.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Sums over the calls of one version since they were last taken.
#[derive(Debug, Default)]
pub struct Tally {
    calls: AtomicU64,
    guest_faults: AtomicU64,
    micros: AtomicU64,
}

/// What a tally held.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tallied {
    /// Calls.
    pub calls: u64,
    /// Those that were the plugin's own fault.
    pub guest_faults: u64,
    /// Wall-clock time of all of them, microseconds.
    pub micros: u64,
}

impl Tally {
    pub(crate) fn note(&self, took: Duration, guest_fault: bool) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.guest_faults
            .fetch_add(u64::from(guest_fault), Ordering::Relaxed);
        self.micros.fetch_add(micros, Ordering::Relaxed);
    }

    /// Take the sums out: from now on they begin at zero.
    pub fn take(&self) -> Tallied {
        Tallied {
            calls: self.calls.swap(0, Ordering::Relaxed),
            guest_faults: self.guest_faults.swap(0, Ordering::Relaxed),
            micros: self.micros.swap(0, Ordering::Relaxed),
        }
    }
}
