//! What is asked of the store as a whole.

use k8shawk_core::Installation;
use k8shawk_core::approval::ApprovalKey;
use rusqlite::{OptionalExtension, params};

use super::{Store, Stored, parse, render};
use crate::services::random;

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

    /// The key by which this installation makes the digests that approvals are for; made once, and
    /// kept as long as the store.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database), or
    /// [`StoreError::Key`](super::StoreError::Key).
    pub fn approval_key(&self) -> Stored<ApprovalKey> {
        let fresh = random::key()?;
        let bytes: [u8; 32] = self.transact(|t| {
            t.execute(
                "INSERT OR IGNORE INTO installation (one, approval_key) VALUES (1, ?1)",
                params![fresh],
            )
            .and_then(|_| t.query_row("SELECT approval_key FROM installation", [], |r| r.get(0)))
            .map_err(|e| self.fault(e))
        })?;
        Ok(ApprovalKey::new(&bytes))
    }

    /// Keep which installation works with this store, for readers without a cluster.
    ///
    /// # Errors
    /// [`StoreError`](super::StoreError).
    pub fn installed(&self, installation: &Installation) -> Stored<()> {
        let text = render("installation", installation)?;
        self.transact(|t| {
            t.execute(
                "INSERT INTO host (one, installation) VALUES (1, ?1)
                 ON CONFLICT (one) DO UPDATE SET installation = ?1",
                params![text],
            )
            .map(|_| ())
            .map_err(|e| self.fault(e))
        })
    }

    /// The installation that works, or last worked, with this store; none where none did yet.
    ///
    /// # Errors
    /// [`StoreError`](super::StoreError).
    pub fn installation(&self) -> Stored<Option<Installation>> {
        let sql = "SELECT installation FROM host";
        let text: Option<String> =
            self.within(|c| c.query_row(sql, [], |r| r.get(0)).optional())?;
        text.map(|text| parse("installation", &text)).transpose()
    }

    /// How many incidents have not ended, by state.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn active_by_state(&self) -> Stored<Vec<(String, u64)>> {
        let sql =
            "SELECT state, count(*) FROM incidents WHERE done = 0 AND final = 0 GROUP BY state";
        self.within(|c| {
            let mut statement = c.prepare_cached(sql)?;
            let rows =
                statement.query_map([], |r| Ok((r.get(0)?, r.get::<_, i64>(1)?.unsigned_abs())))?;
            rows.collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::store::StoreError;

    #[test]
    fn a_store_keeps_what_tells_it_from_others() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("k.sqlite");
        let birth = Store::open(&path).unwrap().birth().unwrap();
        assert_eq!(Store::open(&path).unwrap().birth().unwrap(), birth);
        assert_ne!(Store::in_memory().unwrap().birth().unwrap(), birth);
    }

    #[test]
    fn a_store_keeps_the_key_of_its_approvals() {
        use k8shawk_core::fix::{Fix, Operation};
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("k.sqlite");
        let target = k8shawk_core::ObjectRef::new("v1", "Pod", "shop", "web");
        let fix = Fix::parse("delete-pod", target, &[]).unwrap();
        let object = serde_json::json!({"metadata": {"uid": "u"}});
        let sent = Operation::Delete {
            object: object.clone(),
        };
        let digest = |store: &Store| {
            let key = store.approval_key().unwrap();
            key.digest(&fix, &sent, &object, &serde_json::Value::Null)
        };
        let first = digest(&Store::open(&path).unwrap());
        assert_eq!(digest(&Store::open(&path).unwrap()), first);
        assert_ne!(digest(&Store::in_memory().unwrap()), first);
    }

    #[test]
    fn a_store_knows_whose_it_is() {
        let store = Store::in_memory().unwrap();
        assert_eq!(store.installation().unwrap(), None);
        for cluster in ["staging", "prod"] {
            let ours = Installation::of(cluster, Some("uid"), "db");
            store.installed(&ours).unwrap();
            assert_eq!(store.installation().unwrap(), Some(ours));
        }
    }

    #[test]
    fn a_file_has_one_host() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("k8shawk.sqlite");
        let first = Store::of_host(&path).unwrap();
        let link = directory.path().join("link.sqlite");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        for same in [&path, &link] {
            let second = Store::of_host(same);
            assert!(matches!(second, Err(StoreError::InUse { .. })), "{same:?}");
        }
        // A reader is let in.
        assert!(Store::open_existing(&path).unwrap().is_some());
        drop(first);
        Store::of_host(&path).unwrap();
    }
}
