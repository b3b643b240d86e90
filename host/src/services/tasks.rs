//! Service: the owner of every task of a running host.
//!
//! A task that ends, or panics, before the host stops is restarted after a pause that grows
//! ([`Supervisor::keep`]); where it cannot be restarted, the host stops ([`Supervisor::vital`]) and
//! its caller starts it again. `tokio::spawn` is refused elsewhere by clippy.

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::services::backoff::Backoff;
use crate::services::telemetry::Telemetry;
use crate::services::telemetry::event::{TaskBegunAgain, TaskFailed};

pub use crate::services::telemetry::Task;

/// Before a task is restarted. One that ran for longer than the longest pause has not failed for
/// the reason of the last time.
const PAUSES: Backoff = Backoff {
    first: Duration::from_secs(1),
    longest: Duration::from_secs(60),
};

/// Owns tasks; clones are the same.
#[derive(Clone)]
pub struct Supervisor(Arc<Owned>);

struct Owned {
    telemetry: Telemetry,
    stop: CancellationToken,
    pauses: Backoff,
    tasks: Mutex<Vec<JoinHandle<()>>>,
    /// Cancelled where the host cannot go on.
    lost: CancellationToken,
    why: OnceLock<String>,
}

impl Supervisor {
    /// A supervisor without tasks. They all end with `stop`.
    pub fn new(telemetry: Telemetry, stop: CancellationToken) -> Supervisor {
        Supervisor::pausing(telemetry, stop, PAUSES)
    }

    fn pausing(telemetry: Telemetry, stop: CancellationToken, pauses: Backoff) -> Supervisor {
        Supervisor(Arc::new(Owned {
            telemetry,
            stop,
            pauses,
            tasks: Mutex::default(),
            lost: CancellationToken::new(),
            why: OnceLock::new(),
        }))
    }

    /// Cancelled when the host stops.
    pub fn stop(&self) -> &CancellationToken {
        &self.0.stop
    }

    /// Run a task that can be restarted, as often as it takes until the host stops. Until it
    /// runs again `/ready` says no.
    pub fn keep<W>(&self, task: Task, begin: impl Fn() -> W + Send + Sync + 'static)
    where
        W: Future<Output = ()> + Send + 'static,
    {
        let owned = self.0.clone();
        self.own(async move {
            let mut failures = 0;
            loop {
                let since = Instant::now();
                // What begins it may panic too.
                let why = until_it_ends(async { begin().await }).await;
                if owned.stop.is_cancelled() {
                    return;
                }
                failures = in_a_row(owned.pauses, failures, since.elapsed());
                let telemetry = &owned.telemetry;
                TaskFailed { task, why: &why }.emit(telemetry);
                tokio::select! {
                    () = owned.stop.cancelled() => return,
                    () = tokio::time::sleep(owned.pauses.after(failures)) => {}
                }
                TaskBegunAgain { task }.emit(telemetry);
            }
        });
    }

    /// Run a task that cannot be restarted: where it ends before the host stops, the host
    /// stops, and [`Supervisor::lost`] says why.
    pub fn vital(&self, task: Task, work: impl Future<Output = ()> + Send + 'static) {
        let owned = self.0.clone();
        self.own(async move {
            let why = until_it_ends(work).await;
            if owned.stop.is_cancelled() {
                return;
            }
            TaskFailed { task, why: &why }.emit(&owned.telemetry);
            let _ = owned.why.set(format!("the task {} {why}", task.as_str()));
            owned.lost.cancel();
        });
    }

    /// Until the host cannot go on; returns why.
    pub async fn lost(&self) -> String {
        self.0.lost.cancelled().await;
        self.0.why.get().cloned().unwrap_or_default()
    }

    /// Wait for the tasks, each for at most `patience`, after the host was told to stop. Those
    /// that take longer are aborted.
    pub async fn end(&self, patience: Duration) {
        let tasks = {
            let mut tasks = self.0.tasks.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *tasks)
        };
        let until = Instant::now() + patience;
        for mut task in tasks {
            if tokio::time::timeout_at(until, &mut task).await.is_err() {
                task.abort();
            }
        }
    }

    #[allow(
        clippy::disallowed_methods,
        reason = "the one place that starts tasks: it keeps their handles and looks at their ends"
    )]
    fn own(&self, work: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.0.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.push(tokio::spawn(work));
    }
}

/// Consecutive failures, with that of a task that ran this long.
fn in_a_row(pauses: Backoff, before: u32, ran: Duration) -> u32 {
    match ran <= pauses.longest {
        true => before.saturating_add(1),
        false => 1,
    }
}

/// How a piece of work ended, in words.
async fn until_it_ends(work: impl Future<Output = ()>) -> String {
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(()) => "ended".to_owned(),
        Err(panic) => format!("panicked: {}", words(&*panic)),
    }
}

/// The message of a panic.
pub fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a message")
}

/// Take the pieces of work of a set that have ended; a panic of one is counted and said.
pub fn reap<T: 'static>(set: &mut JoinSet<T>, task: Task, telemetry: &Telemetry) {
    while let Some(ended) = set.try_join_next() {
        if let Err(fault) = ended {
            report(task, fault, telemetry);
        }
    }
}

/// Count and say that a piece of work panicked. One that was aborted was meant to end.
pub fn report(task: Task, fault: tokio::task::JoinError, telemetry: &Telemetry) {
    if let Ok(panic) = fault.try_into_panic() {
        let why = &format!("panicked: {}", words(&*panic));
        TaskFailed { task, why }.emit_part(telemetry);
    }
}

#[cfg(test)]
mod tests;
