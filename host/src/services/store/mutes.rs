//! What people asked to hear nothing of for a while.

use rusqlite::{OptionalExtension, params};

use super::{Store, Stored};

impl Store {
    /// Send nothing about an incident or a namespace until a moment.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn mute(&self, what: &str, until: i64, by: &str) -> Stored<()> {
        self.atomic(|c| {
            let sql = "INSERT OR REPLACE INTO mutes (what, until, by) VALUES (?1, ?2, ?3)";
            c.execute(sql, params![what, until, by]).map(|_| ())
        })
    }

    /// Until when an incident or a namespace is muted; none where it is not.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn muted(&self, names: &[&str], now: i64) -> Stored<Option<i64>> {
        self.within(|c| {
            let mut sql =
                c.prepare_cached("SELECT until FROM mutes WHERE what = ?1 AND until > ?2")?;
            let mut latest = None;
            for name in names {
                let until: Option<i64> =
                    sql.query_row(params![name, now], |r| r.get(0)).optional()?;
                latest = latest.max(until);
            }
            Ok(latest)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mute_ends() {
        let store = Store::in_memory().unwrap();
        store.mute("shop", 10, "U1").unwrap();
        assert_eq!(store.muted(&["inc-1", "shop"], 9).unwrap(), Some(10));
        assert_eq!(store.muted(&["inc-1", "shop"], 10).unwrap(), None);
    }
}
