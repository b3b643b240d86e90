//! Whether the watch goes on: it beats whenever it took a change or has swept.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

/// The last beat, and how long the next one may take.
#[derive(Debug, Default)]
pub(super) struct Pulse(Mutex<Option<Beat>>);

#[derive(Debug, Clone, Copy)]
struct Beat {
    last: Instant,
    longest: Duration,
}

impl Pulse {
    /// From now on it beats at least this often.
    pub(super) fn expect(&self, longest: Duration) {
        let last = Instant::now();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Beat { last, longest });
    }

    pub(super) fn beat(&self) {
        let mut beat = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(beat) = beat.as_mut() {
            beat.last = Instant::now();
        }
    }

    pub(super) fn stalled(&self) -> Option<String> {
        self.stalled_at(Instant::now())
    }

    fn stalled_at(&self, now: Instant) -> Option<String> {
        let beat = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Beat { last, longest } = beat?;
        let silent = now.saturating_duration_since(last);
        (silent > longest).then(|| {
            let seconds = silent.as_secs();
            format!("the watch took no change and ran no sweep for {seconds} s")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stalls_where_no_beat_comes_in_time_and_only_after_it_has_begun() {
        let later = |seconds| Instant::now() + Duration::from_secs(seconds);
        let pulse = Pulse::default();
        pulse.beat();
        assert_eq!(pulse.stalled_at(later(3600)), None);
        pulse.expect(Duration::from_secs(30));
        assert_eq!(pulse.stalled_at(later(29)), None);
        let why = pulse.stalled_at(later(32)).unwrap();
        assert!(why.contains("ran no sweep for 3"), "{why}");
        assert_eq!(pulse.stalled(), None);
    }

    #[test]
    fn a_beat_takes_the_stall_away() {
        let pulse = Pulse::default();
        pulse.expect(Duration::from_millis(20));
        std::thread::sleep(Duration::from_millis(30));
        assert!(pulse.stalled().is_some());
        pulse.beat();
        assert_eq!(pulse.stalled(), None);
    }
}
