//! What changes an incident.

use k8shawk_core::ObjectRef;
use k8shawk_core::record::{Before, Record, State};
use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};

use super::{Store, StoreError, Stored, render};

/// An object in a column. Two of one name may differ in their uid, which the record knows.
pub(super) fn place(object: &ObjectRef) -> String {
    format!("{}/{}/{}", object.kind, object.namespace, object.name)
}

/// The columns of a record that may change, its id before them: the record, and what is asked of
/// many at once.
fn values(record: &Record) -> Stored<Vec<Value>> {
    let id = &record.incident.id.0;
    Ok(vec![
        id.clone().into(),
        record.state.as_str().to_owned().into(),
        record.state.is_final().into(),
        record.changed_at().into(),
        render(id, record)?.into(),
        place(&record.incident.owner).into(),
        record.shared_cause().map(place).unwrap_or_default().into(),
        record.merged_into.clone().unwrap_or_default().into(),
        record.last_seen.into(),
        record.is_done().into(),
    ])
}

impl Store {
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

    /// Give a record its id and write it: as one row at once, since each statement that changes a
    /// row again touches every index.
    pub(super) fn add(&self, t: &Connection, record: &mut Record) -> Stored<()> {
        let number: i64 = t
            .prepare_cached(
                "SELECT coalesce(max(seq), 0) + 1 FROM sqlite_sequence WHERE name = 'incidents'",
            )
            .and_then(|mut next| next.query_row([], |row| row.get(0)))
            .map_err(|e| self.fault(e))?;
        record.incident.id.0 = format!("inc-{number}");
        let mut values = values(record)?;
        values.extend([number.into(), record.incident.opened_at.into()]);
        t.prepare_cached(
            "INSERT INTO incidents (id, state, final, updated_at, record, owner, shared, part_of,
                seen_at, done, number, opened_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )
        .and_then(|mut insert| insert.execute(params_from_iter(values)))
        .map(drop)
        .map_err(|e| self.fault(e))
    }

    fn put_key(&self, t: &Connection, key: &str, id: &str) -> Stored<()> {
        t.prepare_cached(
            "INSERT INTO keys (key, incident) VALUES (?1, ?2)
             ON CONFLICT (key) DO UPDATE SET incident = ?2",
        )
        .and_then(|mut put| put.execute(params![key, id]))
        .map(drop)
        .map_err(|e| self.fault(e))
    }

    /// Write a record that has its row.
    pub(super) fn write(&self, t: &Connection, record: &Record) -> Stored<()> {
        let values = values(record)?;
        t.prepare_cached(
            "UPDATE incidents SET state = ?2, final = ?3, updated_at = ?4, record = ?5,
                owner = ?6, shared = ?7, part_of = ?8, seen_at = ?9, done = ?10,
                revision = revision + 1
             WHERE id = ?1",
        )
        .and_then(|mut update| update.execute(params_from_iter(values)))
        .map(drop)
        .map_err(|e| self.fault(e))
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
        let (done, before, record) = self.transact_as(|t| {
            let mut record = self.read(t, id)?;
            let before = Before::of(&record);
            let done = change(&mut record)?;
            self.write(t, &record)?;
            Ok::<_, E>((done, before, record))
        })?;
        self.telemetry.changed(&before, &record);
        if let Some(watcher) = &self.watcher {
            watcher.changed(&before, &record);
        }
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

    /// Make a key lead to an incident.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn alias(&self, key: &str, id: &str) -> Stored<()> {
        self.transact(|t| self.put_key(t, key, id))
    }
}
