//! One connection that writes, and commits that are shared.
//!
//! A write runs on the thread of its caller, within the open transaction. The last one
//! that nobody waits behind commits for all of them: one wait for the disk, however many there
//! are. Nobody is told that something was written before it is on the disk, and a write that
//! failed because of what another one wrote is told so only once that is on the disk, too.
//!
//! No task of the runtime stands behind a disk: see [`off_worker`].

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, ErrorCode, ffi};
use tokio::runtime::{Handle, RuntimeFlavor};

/// Most writes of one commit: so that the first of them does not wait forever.
const MOST: usize = 64;
/// Commits after which the log is copied into the file: some 3 MB.
const COMMITS: u64 = 64;

/// The connection that writes.
pub(super) struct Writer {
    front: Mutex<Front>,
    /// Writes that are about to run.
    coming: AtomicUsize,
    commits: AtomicU64,
    /// Whom to tell that the log has grown.
    grown: Option<SyncSender<()>>,
}

struct Front {
    connection: Connection,
    /// The transaction that is open.
    batch: Option<Batch>,
}

/// Writes of one transaction.
struct Batch {
    outcome: Arc<Outcome>,
    writes: usize,
}

/// How a transaction ended, for everybody who took part in it.
#[derive(Default)]
struct Outcome {
    ended: Mutex<Option<rusqlite::Result<()>>>,
    told: Condvar,
}

impl Outcome {
    fn tell(&self, ended: rusqlite::Result<()>) {
        *self.ended.lock().unwrap_or_else(PoisonError::into_inner) = Some(ended);
        self.told.notify_all();
    }

    fn wait(&self) -> rusqlite::Result<()> {
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match &*ended {
                Some(Ok(())) => return Ok(()),
                Some(Err(fault)) => return Err(copy(fault)),
                None => {}
            }
            ended = self
                .told
                .wait(ended)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// The same fault for another one who took part.
fn copy(fault: &rusqlite::Error) -> rusqlite::Error {
    match fault {
        rusqlite::Error::SqliteFailure(code, text) => {
            rusqlite::Error::SqliteFailure(*code, text.clone())
        }
        other => rusqlite::Error::SqliteFailure(
            ffi::Error::new(ffi::SQLITE_ERROR),
            Some(other.to_string()),
        ),
    }
}

impl Front {
    /// The transaction that a write takes part in.
    fn join(&mut self) -> rusqlite::Result<Arc<Outcome>> {
        if self.batch.is_none() {
            self.connection.execute_batch("BEGIN IMMEDIATE")?;
        }
        let batch = self.batch.get_or_insert_with(|| Batch {
            outcome: Arc::default(),
            writes: 0,
        });
        batch.writes += 1;
        Ok(batch.outcome.clone())
    }

    /// Run one write; where it fails, nothing of it stays.
    fn run<T, E>(
        &mut self,
        work: impl FnOnce(&Connection) -> Result<T, E>,
        fault: impl Fn(rusqlite::Error) -> E,
    ) -> Result<T, E> {
        let point = self.connection.savepoint().map_err(&fault)?;
        let done = work(&point)?;
        point.commit().map_err(fault)?;
        Ok(done)
    }

    /// True where SQLite took the whole transaction back by itself, as on a full disk.
    fn is_lost(&self) -> bool {
        self.batch.is_some() && self.connection.is_autocommit()
    }

    fn is_full(&self) -> bool {
        self.batch.as_ref().is_some_and(|b| b.writes >= MOST)
    }

    fn commit(&mut self) {
        let Some(batch) = self.batch.take() else {
            return;
        };
        let ended = if self.connection.is_autocommit() {
            Err(rusqlite::Error::SqliteFailure(
                ffi::Error {
                    code: ErrorCode::OperationAborted,
                    extended_code: ffi::SQLITE_ABORT_ROLLBACK,
                },
                Some("another write of the same commit failed".to_owned()),
            ))
        } else {
            self.connection.execute_batch("COMMIT")
        };
        if ended.is_err() && !self.connection.is_autocommit() {
            // It fails only where the transaction is gone already.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
        batch.outcome.tell(ended);
    }
}

/// A write that has the connection. Dropping it passes the duty to commit on to the one that comes
/// next, or commits.
struct Turn<'w> {
    writer: &'w Writer,
    front: MutexGuard<'w, Front>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let nobody = self.writer.coming.load(Ordering::SeqCst) == 0;
        if nobody || self.front.is_full() || self.front.is_lost() {
            self.front.commit();
            self.writer.count();
        }
    }
}

impl Writer {
    /// A writer over this connection; `grown` is told when the log is worth copying.
    pub(super) fn new(connection: Connection, grown: Option<SyncSender<()>>) -> Writer {
        Writer {
            front: Mutex::new(Front {
                connection,
                batch: None,
            }),
            coming: AtomicUsize::new(0),
            commits: AtomicU64::new(0),
            grown,
        }
    }

    /// Write in a transaction, and return when it is on the disk. Where `work` fails, nothing of
    /// it is written.
    ///
    /// # Errors
    /// What `work` returns, or what `fault` makes of SQLite's.
    pub(super) fn write<T, E>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, E>,
        fault: impl Fn(rusqlite::Error) -> E,
    ) -> Result<T, E> {
        let mut turn = self.turn();
        let outcome = turn.front.join().map_err(&fault)?;
        let done = turn.front.run(work, &fault);
        let lost = turn.front.is_lost();
        drop(turn);
        match (outcome.wait(), done) {
            (Ok(()), done) => done,
            // What it ran into itself says more than that the transaction is gone.
            (Err(_), Err(own)) if lost => Err(own),
            // A no may be because of what another one wrote, which is not there.
            (Err(ended), _) => Err(fault(ended)),
        }
    }

    fn turn(&self) -> Turn<'_> {
        self.coming.fetch_add(1, Ordering::SeqCst);
        let front = self.front.lock().unwrap_or_else(PoisonError::into_inner);
        self.coming.fetch_sub(1, Ordering::SeqCst);
        Turn {
            writer: self,
            front,
        }
    }

    /// Use the connection between transactions, or within one.
    pub(super) fn with<T>(&self, work: impl FnOnce(&Connection) -> T) -> T {
        let turn = self.turn();
        work(&turn.front.connection)
    }

    fn count(&self) {
        let commits = self.commits.fetch_add(1, Ordering::Relaxed) + 1;
        if let (0, Some(grown)) = (commits % COMMITS, &self.grown) {
            // Where it is full, the log is being copied.
            let _ = grown.try_send(());
        }
    }
}

/// Do what waits for a disk. The other tasks of this worker go on, on another thread.
pub(super) fn off_worker<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|handle| handle.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}

#[cfg(test)]
mod tests;
