//! Records that cannot be read are set aside with their text, and everything else goes on.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use rusqlite::{Connection, OptionalExtension, params};
use tracing::error;

use super::{Store, StoreError, Stored, parse};
use k8shawk_core::record::Record;

/// An incident whose record cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Incident.
    pub id: String,
    /// State that it was in.
    pub state: String,
    /// When it was set aside, milliseconds since the Unix epoch; none where it is not yet.
    pub at: Option<i64>,
    /// What does not parse, and where.
    pub why: String,
}

impl Store {
    pub(super) fn note_unreadable(&self, id: &str, fault: &StoreError) {
        let why = match fault {
            StoreError::Record { source, .. } => source.to_string(),
            other => other.to_string(),
        };
        let mut noted = self
            .unreadable
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        noted.insert(id.to_owned(), why);
    }

    /// Move what was found unreadable out of the way, unless this process only looks.
    pub(super) fn set_aside(&self) {
        if !self.writes {
            return;
        }
        let noted = std::mem::take(
            &mut *self
                .unreadable
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        );
        for (id, why) in noted {
            match self.transact(|t| self.move_aside(t, &id, &why)) {
                Ok(true) => {
                    error!(
                        incident = id,
                        why,
                        "a stored incident cannot be read: its text was moved to the table \
                         quarantine; everything else continues"
                    );
                }
                Ok(false) => {}
                // It is found again, and left out until then.
                Err(fault) => {
                    error!(incident = id, why, %fault, "a stored incident cannot be read")
                }
            }
        }
    }

    /// False where it is readable again, or no longer exists.
    fn move_aside(&self, t: &Connection, id: &str, why: &str) -> Stored<bool> {
        let text: Option<String> = t
            .query_row(
                "SELECT record FROM incidents WHERE id = ?1",
                params![id],
                |r| r.get(0),
            )
            .optional()
            .map_err(|e| self.fault(e))?;
        let reads = text.is_none_or(|text| parse::<Record>(id, &text).is_ok());
        if reads {
            return Ok(false);
        }
        let now = jiff::Timestamp::now().as_millisecond();
        t.execute(
            "INSERT OR REPLACE INTO quarantine (id, state, opened_at, at, why, record)
             SELECT id, state, opened_at, ?2, ?3, record FROM incidents WHERE id = ?1",
            params![id, now, why],
        )
        .and_then(|_| t.execute("DELETE FROM incidents WHERE id = ?1", params![id]))
        .map(|_| true)
        .map_err(|e| self.fault(e))
    }

    /// The incidents that cannot be read, those that are set aside first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub fn unreadable(&self) -> Stored<Vec<Unreadable>> {
        let mut all: BTreeMap<String, Unreadable> = BTreeMap::new();
        let aside = self.look(|c| {
            let mut select =
                c.prepare_cached("SELECT id, state, at, why FROM quarantine ORDER BY at, id")?;
            let rows = select.query_map([], |r| {
                Ok(Unreadable {
                    id: r.get(0)?,
                    state: r.get(1)?,
                    at: r.get(2)?,
                    why: r.get(3)?,
                })
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        });
        for one in aside.map_err(|e| self.fault(e))? {
            all.insert(one.id.clone(), one);
        }
        let noted = self
            .unreadable
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for (id, why) in noted.iter() {
            let (id, why) = (id.clone(), why.clone());
            all.entry(id.clone()).or_insert_with(|| Unreadable {
                id,
                state: String::new(),
                at: None,
                why,
            });
        }
        Ok(all.into_values().collect())
    }
}

#[cfg(test)]
mod tests;
