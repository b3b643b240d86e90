//! Events wait for a moment: they come by a watch of their own, and the object that they are
//! about may not have come by its watch yet.

use std::collections::VecDeque;
use std::future::pending;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::Change;

/// How long an event waits.
const DELAY: Duration = Duration::from_millis(500);
/// Most events that wait.
const ROOM: usize = 1024;

/// Events that wait, oldest first, each with the slot of its watch.
#[derive(Debug, Default)]
pub(super) struct Held {
    waiting: VecDeque<(Instant, usize, Change)>,
}

impl Held {
    /// Hold a change. Returned at once where too many wait already.
    pub(super) fn hold(&mut self, at: usize, change: Change) -> Option<Change> {
        if self.waiting.len() >= ROOM {
            return Some(change);
        }
        self.waiting.push_back((Instant::now() + DELAY, at, change));
        None
    }

    /// The next change that has waited long enough. Nothing is lost when the wait is abandoned.
    pub(super) async fn next(&mut self) -> (usize, Change) {
        loop {
            match self.waiting.front() {
                Some((due, ..)) => sleep_until(*due).await,
                None => pending().await,
            }
            if let Some((_, at, change)) = self.waiting.pop_front() {
                return (at, change);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(kind: &str) -> Change {
        Change::Restored {
            kind: kind.to_owned(),
        }
    }

    #[tokio::test]
    async fn events_wait_and_keep_their_order() {
        let mut held = Held::default();
        let begin = Instant::now();
        assert!(held.hold(1, change("a")).is_none());
        assert!(held.hold(2, change("b")).is_none());
        let (at, first) = held.next().await;
        assert_eq!((at, first.kind()), (1, "a"));
        assert!(begin.elapsed() >= DELAY);
        let (at, second) = held.next().await;
        assert_eq!((at, second.kind()), (2, "b"));
    }

    #[tokio::test]
    async fn too_many_are_not_held() {
        let mut held = Held::default();
        let refused = (0..=ROOM)
            .filter(|_| held.hold(0, change("a")).is_some())
            .count();
        assert_eq!(refused, 1);
    }
}
