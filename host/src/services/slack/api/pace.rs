//! How fast Slack may be called: a turn for each method, and one for each channel.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Time between two calls.
#[derive(Debug, Clone, Copy)]
pub struct Rates {
    /// Two posts into one channel: Slack allows one each second.
    pub post: Duration,
    /// Two edits: Slack allows about 50 each minute.
    pub edit: Duration,
    /// Two calls of any other method.
    pub other: Duration,
}

impl Default for Rates {
    fn default() -> Rates {
        Rates {
            post: Duration::from_millis(1050),
            edit: Duration::from_millis(1200),
            other: Duration::from_millis(50),
        }
    }
}

/// Hands out turns, first come first served.
#[derive(Clone)]
pub struct Pace {
    rates: Rates,
    next: Arc<Mutex<HashMap<String, Instant>>>,
}

/// A pause that is waited for in place.
const SHORT: Duration = Duration::from_secs(2);
/// Buckets that are remembered; there is one channel in ordinary use.
const BUCKETS: usize = 1000;

impl Pace {
    /// With these rates.
    pub fn new(rates: Rates) -> Pace {
        Pace {
            rates,
            next: Arc::default(),
        }
    }

    /// Wait for a turn.
    pub(super) async fn turn(&self, method: &str, channel: &str) {
        loop {
            let at = self.book(method, channel);
            tokio::time::sleep_until(at).await;
            // A pause that came meanwhile counts.
            if self
                .paused(method)
                .is_none_or(|until| until <= Instant::now())
            {
                return;
            }
        }
    }

    fn book(&self, method: &str, channel: &str) -> Instant {
        let (bucket, gap) = match method {
            // Answers to one person do not wait behind the messages of a storm.
            "chat.postMessage" => (format!("{method}/{channel}"), self.rates.post),
            "chat.update" => (method.to_owned(), self.rates.edit),
            _ => (method.to_owned(), self.rates.other),
        };
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if next.len() > BUCKETS {
            next.retain(|_, at| *at > now);
        }
        let pause = next.get(&pause_of(method)).copied().unwrap_or(now);
        let at = next
            .get(&bucket)
            .copied()
            .unwrap_or(now)
            .max(now)
            .max(pause);
        next.insert(bucket, at + gap);
        at
    }

    fn paused(&self, method: &str) -> Option<Instant> {
        let next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        next.get(&pause_of(method)).copied()
    }

    /// What is left of a pause that is too long to wait for: the caller does something else.
    pub(super) fn left(&self, method: &str) -> Option<Duration> {
        let left = self
            .paused(method)?
            .saturating_duration_since(Instant::now());
        (left > SHORT).then_some(left)
    }

    /// Slack asked to wait.
    pub(super) fn pause(&self, method: &str, after: Duration) {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let until = Instant::now() + after;
        let known = next.entry(pause_of(method)).or_insert(until);
        *known = (*known).max(until);
    }
}

fn pause_of(method: &str) -> String {
    format!("pause/{method}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn posts_into_one_channel_wait_for_each_other_and_other_channels_do_not() {
        let pace = Pace::new(Rates::default());
        let first = pace.book("chat.postMessage", "C1");
        assert!(pace.book("chat.postMessage", "C1") >= first + Duration::from_secs(1));
        assert!(pace.book("chat.postMessage", "C2") < first + Duration::from_secs(1));
    }

    #[test]
    fn a_pause_holds_the_whole_method() {
        let pace = Pace::new(Rates::default());
        pace.pause("chat.update", Duration::from_secs(30));
        assert!(pace.left("chat.update").is_some() && pace.left("chat.postMessage").is_none());
        let soon = Instant::now() + Duration::from_secs(29);
        assert!(pace.book("chat.update", "C1") > soon);
        assert!(pace.book("chat.postMessage", "C1") < soon);
    }
}
