//! Effects leave through here: stored before they are sent, in order, with patience.
//!
//! What is sent and how is the business of a [`Sink`], which has an outbox of its own; the outbox
//! knows when. It survives
//! restarts, waits through outages, and never loses an entry that was put.

mod follow;

use std::any::Any;
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use k8shawk_core::record::Record;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::services::backoff::Backoff;
use crate::services::clock::Clock;
use crate::services::store::{Ended, Entry, Put, Store, StoreError};
use crate::services::tasks::words;

/// Lanes that are served at the same time.
const AT_ONCE: usize = 8;
/// Rank of what may take long, and matters less than a message: it never takes all places.
pub const BACKGROUND: u8 = 3;
/// Lanes of such that are served at the same time.
const BACKGROUND_AT_ONCE: usize = 2;
/// Longest sleep between two looks.
const LOOK: Duration = Duration::from_secs(5);
/// Between two attempts of an outage.
const OUTAGE: Backoff = Backoff {
    first: Duration::from_secs(1),
    longest: Duration::from_secs(60),
};
/// Pause where a person is needed.
const BLOCKED: i64 = 60_000;

/// How a delivery ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is done.
    Sent(String),
    /// It will never be done, and why: a person reads it in the table.
    Dropped(String),
    /// Not now; it alone waits.
    Later {
        /// How long.
        after: Duration,
        /// Why.
        why: String,
    },
    /// The other side is away: everything waits. `unknown` where it may have been done.
    Outage {
        /// Why.
        why: String,
        /// True where it may have been done.
        unknown: bool,
    },
    /// A person must do something (a revoked token, an archived channel); it waits.
    Blocked(String),
    /// The delivery has a fault, and may have been done: it alone waits.
    Panicked(String),
}

/// Where people, or their programs, are notified of incidents.
pub trait Sink: Send + Sync + 'static {
    /// Put what is to leave of an incident as it is now. It is called after each stored change, and
    /// again; what was put before costs nothing.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was put.
    fn changed(&self, record: &Record) -> Result<(), StoreError>;

    /// Send one. An entry with `begun_at` may have been sent before: look first.
    fn deliver<'a>(&'a self, entry: &'a Entry) -> BoxFuture<'a, Outcome>;
}

/// The outbox.
pub struct Outbox {
    sink: &'static str,
    store: Arc<Store>,
    clock: Clock,
    wake: Notify,
}

/// What the runner remembers of an outage.
#[derive(Default)]
struct Outage {
    failures: u32,
    until: i64,
    blocked: bool,
}

impl Outbox {
    /// The outbox of a sink, by its name in the table.
    pub fn of(sink: &'static str, store: Arc<Store>, clock: Clock) -> Outbox {
        Outbox {
            sink,
            store,
            clock,
            wake: Notify::new(),
        }
    }

    /// Put entries and wake the runner.
    ///
    /// # Errors
    /// [`StoreError`]: nothing was put.
    pub fn put(&self, puts: &[Put]) -> Result<(), StoreError> {
        self.store.outbox_put(self.sink, puts, self.clock.now())?;
        self.wake.notify_one();
        Ok(())
    }

    /// How many entries wait.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn waiting(&self) -> Result<u64, StoreError> {
        self.store.outbox_waiting()
    }

    /// Send until cancelled. What is being sent then is finished or found again at the next
    /// start.
    pub async fn run(&self, to: Arc<dyn Sink>, stop: CancellationToken) {
        let mut sending: JoinSet<(Entry, Outcome)> = JoinSet::new();
        let mut busy: HashMap<String, u8> = HashMap::new();
        let mut outage = Outage::default();
        loop {
            if !stop.is_cancelled() {
                self.start(&to, &mut sending, &mut busy, &outage);
            }
            let pause = self.pause(&busy, &outage);
            tokio::select! {
                () = stop.cancelled() => break,
                Some(done) = sending.join_next() => match done {
                    Ok((entry, outcome)) => {
                        busy.remove(&entry.lane);
                        self.ended(&entry, outcome, &mut outage);
                    }
                    Err(fault) => error!(%fault, "a delivery was lost"),
                },
                () = self.wake.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
        let finish = async {
            while let Some(done) = sending.join_next().await {
                if let Ok((entry, outcome)) = done {
                    self.ended(&entry, outcome, &mut outage);
                }
            }
        };
        let _ = tokio::time::timeout(Duration::from_secs(3), finish).await;
    }

    fn start(
        &self,
        to: &Arc<dyn Sink>,
        sending: &mut JoinSet<(Entry, Outcome)>,
        busy: &mut HashMap<String, u8>,
        outage: &Outage,
    ) {
        let now = self.clock.now();
        // In an outage one entry asks whether it is over.
        let places = if now < outage.until {
            0
        } else if outage.failures > 0 {
            1
        } else {
            AT_ONCE
        };
        if busy.len() >= places {
            return;
        }
        let due = match self.store.outbox_due(self.sink, now, places + busy.len()) {
            Ok(due) => due,
            Err(fault) => return warn!(%fault, "the outbox cannot be read"),
        };
        for entry in due {
            let behind = busy.values().filter(|rank| **rank >= BACKGROUND).count();
            let waits = entry.rank >= BACKGROUND && behind >= BACKGROUND_AT_ONCE;
            if waits || busy.len() >= places || busy.contains_key(&entry.lane) {
                continue;
            }
            if let Err(fault) = self.store.outbox_begin(entry.number, now) {
                return warn!(%fault, "cannot write to the database; nothing is sent until it can");
            }
            busy.insert(entry.lane.clone(), entry.rank);
            let to = to.clone();
            sending.spawn(async move {
                let delivered = AssertUnwindSafe(to.deliver(&entry)).catch_unwind().await;
                let fault =
                    |panic: Box<dyn Any + Send>| Outcome::Panicked(words(&*panic).to_owned());
                let outcome = delivered.unwrap_or_else(fault);
                (entry, outcome)
            });
        }
    }

    fn pause(&self, busy: &HashMap<String, u8>, outage: &Outage) -> Duration {
        let now = self.clock.now();
        let next = match self.store.outbox_next(self.sink) {
            Ok(Some(next)) => next.max(outage.until),
            _ => return LOOK,
        };
        let floor = if busy.is_empty() { 1 } else { 20 };
        let wait = u64::try_from(next - now).unwrap_or(0).max(floor);
        Duration::from_millis(wait).min(LOOK)
    }

    fn ended(&self, entry: &Entry, outcome: Outcome, outage: &mut Outage) {
        let now = self.clock.now();
        let due = |after: i64, why: String, unknown| Ended::Waits {
            due_at: now + after,
            why,
            unknown,
        };
        let ended = match outcome {
            Outcome::Sent(note) => {
                self.over(outage);
                Ended::Sent(note)
            }
            Outcome::Dropped(why) => {
                warn!(key = entry.key, %why, "given up");
                Ended::Dropped(why)
            }
            Outcome::Later { after, why } => due(
                i64::try_from(after.as_millis()).unwrap_or(BLOCKED),
                why,
                false,
            ),
            Outcome::Outage { why, unknown } => {
                outage.failures += 1;
                let pause = OUTAGE.after(outage.failures).as_millis();
                outage.until = now + i64::try_from(pause).unwrap_or(BLOCKED);
                if outage.failures == 1 {
                    warn!(sink = self.sink, %why, "delivery paused; messages are queued");
                }
                due(0, why, unknown)
            }
            Outcome::Blocked(why) => {
                if !outage.blocked {
                    error!(sink = self.sink, %why, "delivery stopped until someone fixes this; \
                                                    messages are queued");
                }
                outage.blocked = true;
                due(BLOCKED, why, false)
            }
            Outcome::Panicked(why) => {
                error!(key = entry.key, %why, "a delivery panicked");
                due(BLOCKED, format!("the delivery panicked: {why}"), true)
            }
        };
        if let Err(fault) = self.store.outbox_end(entry, &ended) {
            warn!(key = entry.key, %fault, "cannot record what was sent; retrying");
        }
    }

    fn over(&self, outage: &mut Outage) {
        if outage.failures > 0 || outage.blocked {
            info!(sink = self.sink, "sending again");
        }
        *outage = Outage::default();
    }
}

#[cfg(test)]
mod tests;
