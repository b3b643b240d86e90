//! The incidents on disk: one SQLite file, written before anything happens because of it.
//!
//! Every change goes through [`Store::modify`], which reads, changes and writes one record in
//! one transaction, so that triage and the flow cannot overwrite each other. Whatever returns from
//! a write is on the disk; writes that wait for the disk together share its commit.
//! Reads have a connection of their own and wait for nobody.
//!
//! The file is in WAL mode with full sync; `sqlite3 k8shawk.sqlite 'select * from history'` reads
//! it. Its schema has a version: see `schema.rs`.

mod asked;
mod calls;
mod conversations;
mod disk_full;
mod find;
mod incidents;
mod keeper;
mod ledger;
mod mutes;
mod open;
mod outbox;
mod policies;
mod quarantine;
mod reloads;
mod retain;
mod schema;
mod shown;
mod state;
mod undo;
mod verdicts;
mod versions;
mod writer;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use k8shawk_core::record::{Before, Record};
use rusqlite::Connection;
use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;
use tokio::sync::broadcast;

use crate::services::random::NoRandomness;
use crate::services::telemetry::Telemetry;
use disk_full::Misses;
use find::Parsed;
use keeper::Keeper;
use writer::{Writer, off_worker};

pub use asked::{Asked, Refused};
pub use calls::KeptCall;
pub use disk_full::DiskSpace;
pub use ledger::Past;
pub use outbox::{Ended, Entry, MUTED, Oldest, Put, Sent};
pub use policies::KnownPolicy;
pub use quarantine::Unreadable;
pub use reloads::Reload;
pub use retain::Removed;
pub use shown::Shown;
pub use verdicts::Compared;
pub use versions::{Found, Tried, Version, VersionId, VersionState};

/// Why the store did not do it. Nothing was written.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The file cannot be opened or written (a full disk, rights): free room, then try again.
    #[error("database {}: {source}", path.display())]
    Database {
        /// File.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// Something else is in the place of the file: name another one.
    #[error("database {} {why}", path.display())]
    NoFile {
        /// File.
        path: PathBuf,
        /// What it is.
        why: &'static str,
    },
    /// The file is no database, is damaged, or cannot be opened: correct it, or name another one.
    #[error("database {}: {source}", path.display())]
    Unusable {
        /// File.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// A stored record does not parse: it is set aside, and everything else goes on.
    #[error("incident {id} in the database does not parse: {source}")]
    Record {
        /// Incident.
        id: String,
        /// Where it does not.
        source: serde_json::Error,
    },
    /// The key of this installation cannot be made: try again once the system gives randomness.
    #[error(transparent)]
    Key(#[from] NoRandomness),
    /// A newer version has written the file: start that one, or put a copy from before it back.
    #[error(
        "database {} has version {found} of the schema, and this k8shawk knows {} at most: start \
         the version that wrote it, or restore a backup from before",
        path.display(), schema::VERSION
    )]
    Newer {
        /// File.
        path: PathBuf,
        /// Its version.
        found: i64,
    },
    /// An older version has written the file, and this command only reads: start the host.
    #[error(
        "database {} is from an older version: `k8shawk run` upgrades it at its start",
        path.display()
    )]
    Older {
        /// File.
        path: PathBuf,
    },
    /// The schema cannot be brought up to date; nothing was changed.
    #[error("database {}: its schema cannot be upgraded: {what}", path.display())]
    Schema {
        /// File.
        path: PathBuf,
        /// Why not.
        what: String,
    },
    /// Another host uses the file: stop that one, or give this one a state directory of its own.
    #[error("database {} is in use by another k8shawk run", path.display())]
    InUse {
        /// File.
        path: PathBuf,
    },
    /// There is no such incident.
    #[error("there is no incident {0}; `k8shawk incidents --all` lists every one")]
    Unknown(String),
    /// Somebody else was faster: the incident is not in the state that was expected.
    #[error("incident {id} is {state}, not {expected}")]
    Moved {
        /// Incident.
        id: String,
        /// State that it is in.
        state: &'static str,
        /// State that it was expected in.
        expected: String,
    },
}

impl StoreError {
    /// True where the file that was named cannot be used, now or later.
    pub fn is_misuse(&self) -> bool {
        matches!(
            self,
            StoreError::NoFile { .. }
                | StoreError::Unusable { .. }
                | StoreError::Newer { .. }
                | StoreError::Older { .. }
                | StoreError::Schema { .. }
        )
    }
}

/// A watcher of each change of an incident once it is stored, by the task that made it: what is
/// worth seeing now and not worth sending later.
pub trait Watcher: Send + Sync {
    /// An incident was stored; `before` is what stood there.
    fn changed(&self, before: &Before, record: &Record);
}

/// The store.
pub struct Store {
    path: PathBuf,
    writer: Writer,
    /// Another connection, so that no read waits for a commit; none where nothing waits, in memory.
    reader: Option<Mutex<Connection>>,
    /// False for a process that only reads the file of a host.
    writes: bool,
    /// Incidents whose records did not parse, until they are set aside.
    unreadable: Mutex<BTreeMap<String, String>>,
    /// Recent records, by incident, with the revision that they were parsed from.
    parsed: Mutex<Parsed>,
    misses: Misses,
    changes: broadcast::Sender<String>,
    telemetry: Telemetry,
    watcher: Option<Arc<dyn Watcher>>,
    /// Ends after the connections above.
    _keeper: Option<Keeper>,
    /// Held as long as this is the file's only host.
    _alone: Option<File>,
}

/// Changes that a follower may be behind before it has to look at everything.
const BEHIND: usize = 1024;

type Stored<T> = Result<T, StoreError>;

impl Store {
    /// Every arrow that is stored is told there.
    #[must_use]
    pub fn watched_by(mut self, telemetry: Telemetry) -> Store {
        self.telemetry = telemetry;
        self
    }

    /// Every change is shown there, as it is stored.
    #[must_use]
    pub fn shown_by(mut self, watcher: Arc<dyn Watcher>) -> Store {
        self.watcher = Some(watcher);
        self
    }

    /// The ids of incidents as they change, each after its change is stored.
    pub fn changes(&self) -> broadcast::Receiver<String> {
        self.changes.subscribe()
    }

    /// Tell the followers.
    fn changed(&self, id: &str) {
        let _ = self.changes.send(id.to_owned());
    }

    /// Read, beside whatever is being written.
    fn look<T>(&self, read: impl FnOnce(&Connection) -> T) -> T {
        match &self.reader {
            Some(reader) => read(&reader.lock().unwrap_or_else(PoisonError::into_inner)),
            None => self.writer.with(read),
        }
    }

    fn fault(&self, source: rusqlite::Error) -> StoreError {
        self.telemetry.store_error();
        self.misses.failed(&source);
        StoreError::Database {
            path: self.path.clone(),
            source,
        }
    }

    /// Read what is stored.
    fn within<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Stored<T> {
        self.look(work).map_err(|e| self.fault(e))
    }

    /// Write in one transaction.
    fn atomic<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Stored<T> {
        self.transact(|t| work(t).map_err(|e| self.fault(e)))
    }

    /// Write in one transaction; it is on the disk when this returns.
    fn transact<T>(&self, work: impl FnOnce(&Connection) -> Stored<T>) -> Stored<T> {
        self.transact_as(work)
    }

    /// [`Store::transact`] for work that fails in its own way.
    fn transact_as<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let write = || {
            let misses = self.misses.number();
            let done = self.writer.write(work, |e| self.fault(e).into());
            if self.misses.number() > misses {
                self.make_room();
            } else if done.is_ok() {
                self.misses.fitted();
            }
            done
        };
        // In memory nothing waits.
        match self.reader {
            Some(_) => off_worker(write),
            None => write(),
        }
    }
}

/// What is stored of an incident, parsed.
fn parse<T: DeserializeOwned>(id: &str, text: &str) -> Stored<T> {
    serde_json::from_str(text).map_err(|source| StoreError::Record {
        id: id.to_owned(),
        source,
    })
}

/// What is stored of an incident, as text.
fn render<T: Serialize>(id: &str, value: &T) -> Stored<String> {
    serde_json::to_string(value).map_err(|source| StoreError::Record {
        id: id.to_owned(),
        source,
    })
}
