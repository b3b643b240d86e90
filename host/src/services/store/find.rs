//! What finds incidents. Nothing here parses a record that is not asked for.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use k8shawk_core::ObjectRef;
use k8shawk_core::record::{Record, State};
use rusqlite::{Connection, OptionalExtension, Params, params};

use super::incidents::place;
use super::{Store, StoreError, Stored, parse};

/// Parsed records, by incident, with the revision that they were parsed from.
pub(super) type Parsed = HashMap<String, (i64, Arc<Record>)>;

/// Most records that are kept parsed.
const KEPT: usize = 512;

impl Store {
    /// The record of an incident, as it is within a transaction or outside of any.
    pub(super) fn read(&self, connection: &Connection, id: &str) -> Stored<Record> {
        let text: Option<String> = connection
            .prepare_cached("SELECT record FROM incidents WHERE id = ?1")
            .and_then(|mut select| select.query_row(params![id], |r| r.get(0)).optional())
            .map_err(|e| self.fault(e))?;
        let text = text.ok_or_else(|| StoreError::Unknown(id.to_owned()))?;
        self.parsed(id, &text)
    }

    /// A record; what does not parse is noted, to be set aside.
    fn parsed(&self, id: &str, text: &str) -> Stored<Record> {
        parse(id, text).inspect_err(|fault| self.note_unreadable(id, fault))
    }

    /// One incident.
    ///
    /// # Errors
    /// [`StoreError::Unknown`] where there is none.
    pub fn get(&self, id: &str) -> Stored<Record> {
        let found = self.look(|c| self.read(c, id));
        if found.is_err() {
            self.set_aside();
        }
        found
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

    /// The newest incident under a key, with its record; none where that cannot be read. Asked
    /// for each failing object at every sweep: a record is parsed once for each of its revisions.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn by_key(&self, key: &str) -> Stored<Option<Arc<Record>>> {
        let sql = "SELECT i.id, i.revision FROM keys k JOIN incidents i ON i.id = k.incident
                   WHERE k.key = ?1";
        let found: Option<(String, i64)> = self.within(|c| {
            let mut select = c.prepare_cached(sql)?;
            let row = select.query_row(params![key], |r| Ok((r.get(0)?, r.get(1)?)));
            row.optional()
        })?;
        let Some((id, revision)) = found else {
            return Ok(None);
        };
        if let Some(record) = self.known(&id, revision) {
            return Ok(Some(record));
        }
        match self.get(&id) {
            Ok(record) => Ok(Some(self.keep(revision, record))),
            Err(StoreError::Record { .. } | StoreError::Unknown(_)) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    fn known(&self, id: &str, revision: i64) -> Option<Arc<Record>> {
        let parsed = self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        let (of, record) = parsed.get(id)?;
        (*of == revision).then(|| record.clone())
    }

    /// A record that was read after its revision was: it may be newer, and is parsed again then.
    fn keep(&self, revision: i64, record: Record) -> Arc<Record> {
        let record = Arc::new(record);
        let mut parsed = self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        if parsed.len() >= KEPT {
            parsed.clear();
        }
        let id = record.incident.id.0.clone();
        parsed.insert(id, (revision, record.clone()));
        record
    }

    /// True where a key leads to an incident that has not ended, without reading its record.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn leads_to_active(&self, key: &str) -> Stored<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM keys k JOIN incidents i ON i.id = k.incident
                   WHERE k.key = ?1 AND i.final = 0)";
        self.within(|c| c.prepare_cached(sql)?.query_row(params![key], |r| r.get(0)))
    }

    /// All incidents, oldest first; without the ended ones where `active`. What cannot be read is
    /// left out and set aside: see [`Store::unreadable`](Store::unreadable).
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn list(&self, active: bool) -> Stored<Vec<Record>> {
        self.records(
            "SELECT id, record FROM incidents WHERE (done = 0 AND final = 0) OR ?1 ORDER BY number",
            params![!active],
        )
    }

    /// The incidents in one state, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn in_state(&self, state: State) -> Stored<Vec<Record>> {
        self.records(
            "SELECT id, record FROM incidents WHERE state = ?1 ORDER BY number",
            params![state.as_str()],
        )
    }

    /// The newest incidents, ended ones among them, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn newest(&self, limit: u32) -> Stored<Vec<Record>> {
        let mut newest = self.records(
            "SELECT id, record FROM incidents ORDER BY number DESC LIMIT ?1",
            params![limit],
        )?;
        newest.reverse();
        Ok(newest)
    }

    /// The records of rows of id and record, oldest first.
    fn records(&self, sql: &str, fit: impl Params) -> Stored<Vec<Record>> {
        // Parsed when the connection is free for others again.
        let rows: Vec<(String, String)> = self.within(|c| {
            let mut select = c.prepare_cached(sql)?;
            let rows = select.query_map(fit, |r| Ok((r.get(0)?, r.get(1)?)))?;
            rows.collect()
        })?;
        let parsed = rows
            .iter()
            .filter_map(|(id, text)| self.parsed(id, text).ok());
        let records = parsed.collect();
        self.set_aside();
        Ok(records)
    }

    /// The ids of incidents that have not ended, or whose end is not written down yet: all that a
    /// start has to take up.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn undone(&self) -> Stored<Vec<String>> {
        let sql = "SELECT coalesce(id, '') FROM incidents WHERE done = 0 ORDER BY number";
        self.ids(sql, params![])
    }

    /// The ids of incidents that have not ended, and of those that ended since a moment and that a
    /// sink has seen.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn told_by(&self, sink: &str, since: i64) -> Stored<Vec<String>> {
        let sql = "SELECT id FROM incidents WHERE (done = 0 AND final = 0) OR (updated_at > ?1
                   AND id IN (SELECT incident FROM outbox WHERE sink = ?2)) ORDER BY number";
        self.ids(sql, params![since, sink])
    }

    fn ids(&self, sql: &str, fit: impl Params) -> Stored<Vec<String>> {
        self.within(|c| {
            let mut select = c.prepare_cached(sql)?;
            let rows = select.query_map(fit, |r| r.get(0))?;
            rows.collect()
        })
    }

    /// The first incident that has not ended, whose owner or whose shared cause this is, and that
    /// `fits`.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn first_about(
        &self,
        cause: &ObjectRef,
        fits: impl Fn(&Record) -> bool,
    ) -> Stored<Option<Record>> {
        let sql = "SELECT id FROM incidents WHERE final = 0 AND (owner = ?1 OR shared = ?1)
                   ORDER BY number";
        self.first_of(self.ids(sql, params![place(cause)])?, fits)
    }

    /// The newest incident of an owner in a state that `fits`.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn newest_of(
        &self,
        owner: &ObjectRef,
        state: State,
        fits: impl Fn(&Record) -> bool,
    ) -> Stored<Option<Record>> {
        let sql = "SELECT id FROM incidents WHERE owner = ?1 AND state = ?2 ORDER BY number DESC";
        self.first_of(self.ids(sql, params![place(owner), state.as_str()])?, fits)
    }

    fn first_of(&self, ids: Vec<String>, fits: impl Fn(&Record) -> bool) -> Stored<Option<Record>> {
        for id in ids {
            match self.get(&id) {
                Ok(record) if fits(&record) => return Ok(Some(record)),
                // Gone, or set aside, since the list was read.
                Ok(_) | Err(StoreError::Record { .. } | StoreError::Unknown(_)) => {}
                Err(fault) => return Err(fault),
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests;
