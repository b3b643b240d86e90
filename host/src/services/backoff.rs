//! How long to wait before something is tried again: twice as long after each failure.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};

use crate::services::random;

/// Failures after which a pause is the longest for sure: 2^20 times the first one.
const MOST: u32 = 20;

/// The pauses of one kind of work.
#[derive(Debug, Clone, Copy)]
pub struct Backoff {
    /// The first pause.
    pub first: Duration,
    /// The longest.
    pub longest: Duration,
}

impl Backoff {
    /// The pause after this many consecutive failures.
    pub fn after(self, failures: u32) -> Duration {
        let mut pauses = ExponentialBuilder::new()
            .with_min_delay(self.first)
            .with_max_delay(self.longest)
            .without_max_times()
            .build();
        let before = usize::try_from(failures.clamp(1, MOST) - 1).unwrap_or(0);
        pauses.nth(before).unwrap_or(self.longest)
    }
}

/// A pause and up to a part of it more, so that many who failed together do not come back together.
pub fn spread(pause: Duration, part: u32) -> Duration {
    let more = u64::try_from(pause.as_millis() / u128::from(part.max(1))).unwrap_or(0);
    pause + Duration::from_millis(random::below(more + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_stay_there() {
        let backoff = Backoff {
            first: Duration::from_secs(3),
            longest: Duration::from_secs(30),
        };
        let all = [0, 1, 2, 3, 4, 5, 1000, u32::MAX].map(|n| backoff.after(n).as_secs());
        assert_eq!(all, [3, 3, 6, 12, 24, 30, 30, 30]);
    }

    #[test]
    fn a_spread_pause_is_never_shorter_and_a_part_longer_at_most() {
        let pause = Duration::from_millis(300);
        let all: Vec<Duration> = (0..200).map(|_| spread(pause, 3)).collect();
        assert!(all.iter().all(|p| (300..=400).contains(&p.as_millis())));
        assert!(all.iter().any(|p| *p != all[0]));
    }
}
