//! What is asked of the store as a whole.

use rusqlite::params;

use super::{Store, Stored};

/// One row, from the moment at which the file was made.
pub(super) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS birth (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    at INTEGER NOT NULL,
    nonce TEXT NOT NULL
);
";

impl Store {
    /// What tells this store from every other one, for its whole life.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn birth(&self) -> Stored<String> {
        let now = jiff::Timestamp::now().as_millisecond();
        self.transact(|t| {
            t.execute(
                "INSERT OR IGNORE INTO birth (one, at, nonce) VALUES (1, ?1, hex(randomblob(16)))",
                params![now],
            )
            .and_then(|_| t.query_row("SELECT at || '/' || nonce FROM birth", [], |r| r.get(0)))
            .map_err(|e| self.fault(e))
        })
    }

    /// How many incidents have not ended, by state.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn active_by_state(&self) -> Stored<Vec<(String, u64)>> {
        let connection = self.lock();
        let mut statement = connection
            .prepare_cached("SELECT state, count(*) FROM incidents WHERE final = 0 GROUP BY state")
            .map_err(|e| self.fault(e))?;
        let rows = statement
            .query_map([], |r| Ok((r.get(0)?, r.get::<_, i64>(1)?.unsigned_abs())))
            .map_err(|e| self.fault(e))?;
        rows.collect::<Result<_, _>>().map_err(|e| self.fault(e))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_keeps_what_tells_it_from_others() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("k.sqlite");
        let birth = Store::open(&path).unwrap().birth().unwrap();
        assert_eq!(Store::open(&path).unwrap().birth().unwrap(), birth);
        assert_ne!(Store::in_memory().unwrap().birth().unwrap(), birth);
    }
}
