//! The schema of the file and its versions. A migration is one file, applied once; the version of
//! a file (`PRAGMA user_version`) is the number of those that it has.
//!
//! To change the schema, add a file: one that was released is never edited.

use std::path::Path;

use rusqlite::Connection;
use rusqlite_migration::{Error, M, Migrations};

use super::{StoreError, Stored};

const STEPS: &[M<'static>] = &[
    M::up(include_str!("migrations/01-baseline.sql")),
    M::up(include_str!("migrations/02-columns.sql")),
    M::up(include_str!("migrations/03-installation.sql")),
    M::up(include_str!("migrations/04-policies.sql")),
    M::up(include_str!("migrations/05-sinks.sql")),
    M::up(include_str!("migrations/06-shown.sql")),
    M::up(include_str!("migrations/07-ledger.sql")),
    M::up(include_str!("migrations/08-versions.sql")),
    M::up(include_str!("migrations/09-one-digest.sql")),
];

/// The version that this program writes.
pub(super) const VERSION: i64 = STEPS.len() as i64;

/// The version of a file: 0 where it is new, or from before versions were counted.
///
/// # Errors
/// What SQLite says.
pub(super) fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// True where nothing was ever stored: a host that starts makes the file before its tables.
///
/// # Errors
/// What SQLite says.
pub(super) fn is_empty(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| {
        row.get(0)
    })
}

/// Leave a file alone that a newer program has written.
///
/// # Errors
/// [`StoreError::Newer`].
pub(super) fn refuse_newer(connection: &Connection, path: &Path) -> Stored<()> {
    let found = version(connection).map_err(|source| StoreError::Database {
        path: path.to_owned(),
        source,
    })?;
    if found > VERSION {
        return Err(StoreError::Newer {
            path: path.to_owned(),
            found,
        });
    }
    Ok(())
}

/// Bring a file up to [`VERSION`], in one transaction.
///
/// # Errors
/// Nothing was changed then.
pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Stored<()> {
    let migrated = Migrations::from_slice(STEPS).to_latest(connection);
    migrated.map_err(|error| match error {
        Error::RusqliteError { err, .. } => StoreError::Database {
            path: path.to_owned(),
            source: err,
        },
        other => StoreError::Schema {
            path: path.to_owned(),
            what: other.to_string(),
        },
    })
}

#[cfg(test)]
mod tests;
