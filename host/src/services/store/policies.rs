//! Which policies were live here: without each of them nothing is decided.

use rusqlite::params;

use super::{Store, Stored};

/// A policy that was live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownPolicy {
    /// Id.
    pub id: String,
    /// True where it was live under a grant of the operator.
    pub granted: bool,
}

impl Store {
    /// Remember that a policy is live. What it was once granted is not forgotten.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn note_policy(&self, id: &str, granted: bool, now: i64) -> Stored<()> {
        self.transact(|t| {
            t.execute(
                "INSERT INTO policies (id, granted, since) VALUES (?1, ?2, ?3)
                 ON CONFLICT (id) DO UPDATE SET granted = max(granted, excluded.granted)",
                params![id, granted, now],
            )
            .map(|_| ())
            .map_err(|e| self.fault(e))
        })
    }

    /// The policies that were live, in the order of their ids.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn known_policies(&self) -> Stored<Vec<KnownPolicy>> {
        self.within(|c| {
            let mut statement = c.prepare_cached("SELECT id, granted FROM policies ORDER BY id")?;
            let rows = statement.query_map([], |r| {
                Ok(KnownPolicy {
                    id: r.get(0)?,
                    granted: r.get(1)?,
                })
            })?;
            rows.collect()
        })
    }

    /// Forget a policy that was removed on purpose. False where it is not known.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn forget_policy(&self, id: &str) -> Stored<bool> {
        self.transact(|t| {
            t.execute("DELETE FROM policies WHERE id = ?1", params![id])
                .map(|rows| rows > 0)
                .map_err(|e| self.fault(e))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_known_with_its_grant_until_it_is_forgotten() {
        let store = Store::in_memory().unwrap();
        store.note_policy("freeze", true, 1).unwrap();
        store.note_policy("freeze", false, 2).unwrap();
        let (id, granted) = ("freeze".to_owned(), true);
        let known = KnownPolicy { id, granted };
        assert_eq!(store.known_policies().unwrap(), [known]);
        assert!(store.forget_policy("freeze").unwrap());
        assert!(!store.forget_policy("freeze").unwrap());
        assert!(store.known_policies().unwrap().is_empty());
    }
}
