//! The incidents on disk: one SQLite file, written before anything happens because of it.
//!
//! Every change goes through [`Store::modify`], which reads, changes and writes one record in
//! one transaction, so that triage and the flow cannot overwrite each other. The file is in WAL
//! mode with full sync; `sqlite3 k8shawk.sqlite 'select * from history'` reads it.

mod conversations;
mod ledger;
mod outbox;
mod reloads;
mod state;
mod undo;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use k8shawk_core::record::{Record, State};
use rusqlite::{Connection, OptionalExtension, ToSql, Transaction, TransactionBehavior, params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;
use tokio::sync::broadcast;

use crate::random::NoRandomness;
use crate::telemetry::{Before, Telemetry};

pub use ledger::Past;
pub use outbox::{Asked, Ended, Entry, MUTED, Oldest, Posted, Put, Refused, Sent};
pub use reloads::Reload;

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
    /// A stored record does not parse: it was written by another version.
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
    /// There is no such incident.
    #[error("there is no incident {0}")]
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

const SCHEMA: &str = "
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
CREATE TABLE IF NOT EXISTS incidents (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT UNIQUE,
    state TEXT NOT NULL,
    final INTEGER NOT NULL,
    opened_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    record TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS incidents_active ON incidents (final);
CREATE TABLE IF NOT EXISTS keys (
    key TEXT PRIMARY KEY,
    incident TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS outcomes (
    signature TEXT NOT NULL,
    action TEXT NOT NULL,
    fix TEXT NOT NULL,
    verdict TEXT NOT NULL,
    incident TEXT NOT NULL,
    at INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS investigations (
    number INTEGER PRIMARY KEY,
    incident TEXT NOT NULL,
    conversation TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS investigations_incident ON investigations (incident);
CREATE TABLE IF NOT EXISTS requests (
    number INTEGER PRIMARY KEY,
    incident TEXT NOT NULL,
    request TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS requests_incident ON requests (incident);
CREATE TABLE IF NOT EXISTS reloads (
    plugin TEXT NOT NULL,
    what TEXT NOT NULL,
    at INTEGER NOT NULL
);
CREATE VIEW IF NOT EXISTS history AS
    SELECT i.id AS incident, s.value ->> 'at' AS at, s.value ->> 'state' AS state,
           s.value ->> 'note' AS note
    FROM incidents i, json_each(i.record, '$.history') s;
";

/// The store.
pub struct Store {
    path: PathBuf,
    connection: Mutex<Connection>,
    changes: broadcast::Sender<String>,
    telemetry: Telemetry,
}

/// Changes that a follower may be behind before it has to look at everything.
const BEHIND: usize = 1024;

type Stored<T> = Result<T, StoreError>;

impl Store {
    /// Open or make the file.
    ///
    /// # Errors
    /// [`StoreError::Database`] names the file.
    pub fn open(path: &Path) -> Stored<Store> {
        let fault = |source| StoreError::Database {
            path: path.to_owned(),
            source,
        };
        // SQLite gives its companions the mode of the database; where this fails, its own error
        // says why.
        let _ = crate::private::touch(path);
        let connection = Connection::open(path).map_err(fault)?;
        Store::prepare(path, connection)
    }

    /// A store that ends with the process: for a scan or a demo.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn in_memory() -> Stored<Store> {
        let path = Path::new(":memory:");
        let fault = |source| StoreError::Database {
            path: path.to_owned(),
            source,
        };
        Store::prepare(path, Connection::open_in_memory().map_err(fault)?)
    }

    fn prepare(path: &Path, connection: Connection) -> Stored<Store> {
        let fault = |source| StoreError::Database {
            path: path.to_owned(),
            source,
        };
        connection
            .busy_timeout(Duration::from_secs(10))
            .map_err(fault)?;
        connection.execute_batch(SCHEMA).map_err(fault)?;
        connection.execute_batch(outbox::SCHEMA).map_err(fault)?;
        connection.execute_batch(state::SCHEMA).map_err(fault)?;
        Ok(Store {
            path: path.to_owned(),
            connection: Mutex::new(connection),
            changes: broadcast::channel(BEHIND).0,
            telemetry: Telemetry::default(),
        })
    }

    /// Every arrow that is stored is told there.
    #[must_use]
    pub fn watched_by(mut self, telemetry: Telemetry) -> Store {
        self.telemetry = telemetry;
        self
    }

    /// Open the file of a host, to read; none where there is no file yet.
    ///
    /// # Errors
    /// [`StoreError::Database`] names the file.
    pub fn open_existing(path: &Path) -> Stored<Option<Store>> {
        if path.exists() {
            Store::open(path).map(Some)
        } else {
            Ok(None)
        }
    }

    /// The ids of incidents as they change, each after its change is stored.
    pub fn changes(&self) -> broadcast::Receiver<String> {
        self.changes.subscribe()
    }

    /// Tell whoever follows.
    fn changed(&self, id: &str) {
        let _ = self.changes.send(id.to_owned());
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn fault(&self, source: rusqlite::Error) -> StoreError {
        self.telemetry.store_error();
        StoreError::Database {
            path: self.path.clone(),
            source,
        }
    }

    fn transact<T>(&self, work: impl FnOnce(&Transaction<'_>) -> Stored<T>) -> Stored<T> {
        let mut connection = self.lock();
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(|e| self.fault(e))?;
        let done = work(&transaction)?;
        transaction.commit().map_err(|e| self.fault(e))?;
        Ok(done)
    }

    /// Store a new incident under its keys; returns it with its id, `inc-<number>`.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn insert(&self, mut record: Record, keys: &[String]) -> Stored<Record> {
        self.transact(|t| {
            self.add(t, &mut record)?;
            for key in keys {
                self.put_key(t, key, &record.incident.id.0)?;
            }
            Ok(())
        })?;
        self.changed(&record.incident.id.0);
        self.telemetry.opened(&record);
        Ok(record)
    }

    /// Give a record its id and write it.
    fn add(&self, t: &Transaction<'_>, record: &mut Record) -> Stored<()> {
        let opened = record.incident.opened_at;
        t.execute(
            "INSERT INTO incidents (state, final, opened_at, updated_at, record)
             VALUES ('open', 0, ?1, ?1, '{}')",
            params![opened],
        )
        .map_err(|e| self.fault(e))?;
        let number = t.last_insert_rowid();
        record.incident.id.0 = format!("inc-{number}");
        t.execute(
            "UPDATE incidents SET id = ?1 WHERE number = ?2",
            params![record.incident.id.0, number],
        )
        .map_err(|e| self.fault(e))?;
        self.write(t, record)
    }

    fn put_key(&self, t: &Transaction<'_>, key: &str, id: &str) -> Stored<()> {
        t.execute(
            "INSERT INTO keys (key, incident) VALUES (?1, ?2)
             ON CONFLICT (key) DO UPDATE SET incident = ?2",
            params![key, id],
        )
        .map(|_| ())
        .map_err(|e| self.fault(e))
    }

    fn write(&self, t: &Transaction<'_>, record: &Record) -> Stored<()> {
        let id = &record.incident.id.0;
        let text = render(id, record)?;
        let updated = record.changed_at();
        t.execute(
            "UPDATE incidents SET state = ?2, final = ?3, updated_at = ?4, record = ?5
             WHERE id = ?1",
            params![
                id,
                record.state.as_str(),
                record.state.is_final(),
                updated,
                text
            ],
        )
        .map(|_| ())
        .map_err(|e| self.fault(e))
    }

    fn read(&self, connection: &Connection, id: &str) -> Stored<Record> {
        let text: Option<String> = connection
            .query_row(
                "SELECT record FROM incidents WHERE id = ?1",
                params![id],
                |r| r.get(0),
            )
            .optional()
            .map_err(|e| self.fault(e))?;
        let text = text.ok_or_else(|| StoreError::Unknown(id.to_owned()))?;
        parse(id, &text)
    }

    /// Read, change and write one record in one transaction. Where `change` fails, nothing is
    /// written.
    ///
    /// # Errors
    /// What `change` returns, or [`StoreError`].
    pub fn modify<T, E: From<StoreError>>(
        &self,
        id: &str,
        change: impl FnOnce(&mut Record) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut connection = self.lock();
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(|e| self.fault(e))?;
        let mut record = self.read(&transaction, id)?;
        let before = Before::of(&record);
        let done = change(&mut record)?;
        self.write(&transaction, &record)?;
        transaction.commit().map_err(|e| self.fault(e))?;
        drop(connection);
        self.telemetry.changed(&before, &record);
        self.changed(id);
        Ok(done)
    }

    /// Take an arrow: the record must be in state `from`; `change` fills in what the stage
    /// found and takes the step.
    ///
    /// # Errors
    /// [`StoreError::Moved`] where it is in another state.
    pub fn advance(
        &self,
        id: &str,
        from: State,
        change: impl FnOnce(&mut Record),
    ) -> Stored<Record> {
        self.modify(id, |record| {
            if record.state != from {
                return Err(StoreError::Moved {
                    id: id.to_owned(),
                    state: record.state.as_str(),
                    expected: from.as_str().to_owned(),
                });
            }
            change(record);
            Ok(record.clone())
        })
    }

    /// One incident.
    ///
    /// # Errors
    /// [`StoreError::Unknown`] where there is none.
    pub fn get(&self, id: &str) -> Stored<Record> {
        self.read(&self.lock(), id)
    }

    /// The incident that people mean: `inc-17` or `17`.
    ///
    /// # Errors
    /// [`StoreError::Unknown`] where there is none.
    pub fn find(&self, text: &str) -> Stored<Record> {
        let id = if text.chars().all(|c| c.is_ascii_digit()) && !text.is_empty() {
            format!("inc-{text}")
        } else {
            text.to_owned()
        };
        self.get(&id)
    }

    /// The newest incident under a key, with its record.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn by_key(&self, key: &str) -> Stored<Option<Record>> {
        let connection = self.lock();
        let id: Option<String> = connection
            .query_row(
                "SELECT incident FROM keys WHERE key = ?1",
                params![key],
                |r| r.get(0),
            )
            .optional()
            .map_err(|e| self.fault(e))?;
        id.map(|id| self.read(&connection, &id)).transpose()
    }

    /// True where a key leads to an incident that has not ended, without reading its record.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn leads_to_active(&self, key: &str) -> Stored<bool> {
        self.lock()
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM keys k JOIN incidents i ON i.id = k.incident
                 WHERE k.key = ?1 AND i.final = 0)",
            )
            .and_then(|mut statement| statement.query_row(params![key], |r| r.get(0)))
            .map_err(|e| self.fault(e))
    }

    /// Make a key lead to an incident.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn alias(&self, key: &str, id: &str) -> Stored<()> {
        self.transact(|t| self.put_key(t, key, id))
    }

    /// All incidents, oldest first; without the ended ones where `active`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn list(&self, active: bool) -> Stored<Vec<Record>> {
        self.records("final = 0 OR ?1", params![!active])
    }

    /// The incidents in one state, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn in_state(&self, state: State) -> Stored<Vec<Record>> {
        self.records("state = ?1", params![state.as_str()])
    }

    /// The records that fit a condition of ours, oldest first.
    fn records(&self, fit: &str, parameters: &[&dyn ToSql]) -> Stored<Vec<Record>> {
        let connection = self.lock();
        let mut statement = connection
            .prepare(&format!(
                "SELECT id, record FROM incidents WHERE {fit} ORDER BY number"
            ))
            .map_err(|e| self.fault(e))?;
        let rows = statement
            .query_map(parameters, |r| {
                Ok((r.get::<_, String>(0)?, r.get::<_, String>(1)?))
            })
            .map_err(|e| self.fault(e))?;
        rows.map(|row| {
            let (id, text) = row.map_err(|e| self.fault(e))?;
            parse(&id, &text)
        })
        .collect()
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
