//! The open connections of one listener: at most so many, and none without an end.
//!
//! Where there is no room for a new one, the connection gives way that has been of no use for the
//! longest time. So a client that holds idle connections cannot keep others out.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::{AbortHandle, Id, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::services::tasks::{Task, report};
use crate::services::telemetry::Telemetry;

/// Time in which a connection may begin to ask before it has to give way.
const NEW: Duration = Duration::from_millis(50);
/// Time in which a question may be worked on before its connection has to give way, where nobody else does.
const BUSY: Duration = Duration::from_millis(100);
/// Longest wait for questions that are being answered, when the listener stops.
const GRACE: Duration = Duration::from_secs(5);
/// Pause where the system gives no connection, as without free file descriptors.
const PAUSE: Duration = Duration::from_millis(100);
/// Pause between two looks for one that gives way.
const LOOK: Duration = Duration::from_millis(5);

/// When a connection last began to ask something, and whether that is being worked on.
#[derive(Debug, Clone)]
pub struct Turn(Arc<Asked>);

#[derive(Debug)]
struct Asked {
    opened: Instant,
    /// Milliseconds after `opened`.
    at: AtomicU64,
    working: AtomicBool,
}

impl Turn {
    fn new() -> Turn {
        Turn(Arc::new(Asked {
            opened: Instant::now(),
            at: AtomicU64::new(0),
            working: AtomicBool::new(false),
        }))
    }

    /// A question begins.
    pub fn begins(&self) {
        let millis = self.0.opened.elapsed().as_millis();
        let millis = u64::try_from(millis).unwrap_or(u64::MAX);
        self.0.at.store(millis, Ordering::Relaxed);
        self.0.working.store(true, Ordering::Relaxed);
    }

    /// Its answer is there.
    pub fn answered(&self) {
        self.0.working.store(false, Ordering::Relaxed);
    }

    fn is_working(&self) -> bool {
        self.0.working.load(Ordering::Relaxed)
    }

    fn since(&self) -> Instant {
        self.0.opened + Duration::from_millis(self.0.at.load(Ordering::Relaxed))
    }

    /// Until so much time has passed since a question began, or since the connection was opened.
    pub async fn is_over(&self, longest: Duration) {
        loop {
            let until = self.since() + longest;
            if until <= Instant::now() {
                return;
            }
            tokio::time::sleep_until(until).await;
        }
    }
}

/// The connections of one listener.
pub struct Connections {
    task: Task,
    limit: usize,
    telemetry: Telemetry,
    serving: JoinSet<()>,
    open: HashMap<Id, (Turn, AbortHandle)>,
}

impl Connections {
    /// No connection yet, and at most `limit` at once.
    pub fn new(task: Task, limit: usize, telemetry: Telemetry) -> Connections {
        Connections {
            task,
            limit,
            telemetry,
            serving: JoinSet::new(),
            open: HashMap::new(),
        }
    }

    /// Serve each connection that `accept` brings, until cancelled; those that are open then have a
    /// moment to end.
    pub async fn serve<S, A, W>(
        mut self,
        accept: impl Fn() -> A,
        serve: impl Fn(S, Turn) -> W,
        stop: &CancellationToken,
    ) where
        A: Future<Output = std::io::Result<S>>,
        W: Future<Output = ()> + Send + 'static,
    {
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => break,
                accepted = accept() => accepted,
            };
            match accepted {
                Ok(stream) => self.admit(|turn| serve(stream, turn)).await,
                Err(error) => {
                    warn!(%error, listener = self.task.as_str(), "a client could not connect");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
        self.end().await;
    }

    /// Serve one more. Where that is one too many, another one is closed; where all of them still have
    /// their time, this waits a moment, and the next ones wait to be accepted.
    async fn admit<W>(&mut self, serve: impl FnOnce(Turn) -> W)
    where
        W: Future<Output = ()> + Send + 'static,
    {
        self.reap();
        while self.open.len() >= self.limit && !self.shed() {
            tokio::time::sleep(LOOK).await;
            self.reap();
        }
        let turn = Turn::new();
        let handle = self.serving.spawn(serve(turn.clone()));
        self.open.insert(handle.id(), (turn, handle));
    }

    fn reap(&mut self) {
        while let Some(ended) = self.serving.try_join_next_with_id() {
            let id = match ended {
                Ok((id, ())) => id,
                Err(fault) => {
                    let id = fault.id();
                    report(self.task, fault, &self.telemetry);
                    id
                }
            };
            self.open.remove(&id);
        }
    }

    /// Close the one that asks nothing for the longest time; where none does, the one that is
    /// worked on for the longest time. False where all of them still have their time.
    fn shed(&mut self) -> bool {
        let old = self.oldest(false, NEW).or_else(|| self.oldest(true, BUSY));
        let Some((_, handle)) = old.and_then(|id| self.open.remove(&id)) else {
            return false;
        };
        handle.abort();
        self.telemetry.shed();
        true
    }

    fn oldest(&self, working: bool, time: Duration) -> Option<Id> {
        let of_kind = self.open.iter().filter(|(_, (turn, _))| {
            turn.is_working() == working && turn.since().elapsed() >= time
        });
        let oldest = of_kind.min_by_key(|(_, (turn, _))| turn.since());
        oldest.map(|(id, _)| *id)
    }

    /// Wait for those that are open; those that take too long are closed.
    async fn end(mut self) {
        let all = async { while self.serving.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(GRACE, all).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Serve until the end of the test, after a question or without one.
    async fn held(turn: Turn, asks: bool) {
        if asks {
            turn.begins();
        }
        std::future::pending().await
    }

    #[tokio::test]
    async fn whoever_is_answered_for_long_gives_way_where_nobody_is_idle() {
        let mut connections = Connections::new(Task::Http, 2, Telemetry::default());
        for _ in 0..2 {
            connections.admit(|turn| held(turn, true)).await;
        }
        tokio::time::sleep(BUSY).await;
        let begun = Instant::now();
        // Not the newest one: that had no time yet to ask anything.
        for _ in 0..2 {
            connections.admit(|turn| held(turn, true)).await;
        }
        assert!(begun.elapsed() < BUSY / 2, "{:?}", begun.elapsed());
        assert_eq!(connections.open.len(), 2);
    }

    #[tokio::test]
    async fn the_one_that_asked_nothing_for_the_longest_time_gives_way() {
        let telemetry = Telemetry::default();
        let mut connections = Connections::new(Task::Http, 3, telemetry);
        for asks in [true, false, false] {
            connections.admit(|turn| held(turn, asks)).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let ids = |connections: &Connections| -> Vec<Instant> {
            let mut all: Vec<_> = connections.open.values().map(|(t, _)| t.0.opened).collect();
            all.sort();
            all
        };
        let before = ids(&connections);
        let begun = Instant::now();
        connections.admit(|turn| held(turn, false)).await;
        // The second one was the oldest that asked nothing, and had its time to begin.
        assert!(before[1].elapsed() >= NEW, "{:?}", begun.elapsed());
        let after = ids(&connections);
        assert_eq!(after.len(), 3);
        assert_eq!(after[..2], [before[0], before[2]]);
    }
}
