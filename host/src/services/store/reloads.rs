//! What became of each version of a plugin: loaded, swapped, refused.

use rusqlite::params;

use super::{Store, Stored};

/// One line of a plugin's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reload {
    /// When, milliseconds since the Unix epoch.
    pub at: i64,
    /// What happened, in a sentence.
    pub what: String,
}

/// Lines that are kept for each plugin.
const KEPT: i64 = 200;

impl Store {
    /// Remember what became of a plugin's version.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn remember_reload(&self, plugin: &str, what: &str, at: i64) -> Stored<()> {
        self.transact(|t| {
            t.execute(
                "INSERT INTO reloads (plugin, what, at) VALUES (?1, ?2, ?3)",
                params![plugin, what, at],
            )
            .and_then(|_| {
                t.execute(
                    "DELETE FROM reloads WHERE plugin = ?1 AND rowid NOT IN
                     (SELECT rowid FROM reloads WHERE plugin = ?1 ORDER BY rowid DESC LIMIT ?2)",
                    params![plugin, KEPT],
                )
            })
            .map(|_| ())
            .map_err(|e| self.fault(e))
        })
    }

    /// A plugin's history, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn reloads(&self, plugin: &str) -> Stored<Vec<Reload>> {
        let sql = "SELECT at, what FROM reloads WHERE plugin = ?1 ORDER BY rowid";
        self.within(|c| {
            let mut statement = c.prepare_cached(sql)?;
            let rows = statement.query_map(params![plugin], |r| {
                Ok(Reload {
                    at: r.get(0)?,
                    what: r.get(1)?,
                })
            })?;
            rows.collect()
        })
    }
}
