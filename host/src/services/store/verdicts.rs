//! What a version that is not live decides, beside what the live one does.

use rusqlite::{Row, params};

use super::versions::VersionId;
use super::{Store, Stored};

/// Two verdicts on one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// When, milliseconds since the Unix epoch.
    pub at: i64,
    /// Incident, or empty.
    pub incident: String,
    /// What it is about, in words.
    pub subject: String,
    /// What the live version decides.
    pub live: String,
    /// What the other one does.
    pub new: String,
}

impl Compared {
    /// True where the versions disagree.
    pub fn is_change(&self) -> bool {
        self.live != self.new
    }

    /// One line for people.
    pub fn told(&self) -> String {
        let Compared {
            incident,
            subject,
            live,
            new,
            ..
        } = self;
        let about = match incident.as_str() {
            "" => subject.clone(),
            incident => format!("{incident}, {subject}"),
        };
        format!("{about}: {live} -> {new}")
    }
}

/// Verdicts of each version that are kept, of replays and as a shadow each.
const KEPT: i64 = 500;
/// Verdicts of each plugin that are kept.
const OF_PLUGIN: i64 = 2_000;

fn compared(row: &Row<'_>) -> rusqlite::Result<Compared> {
    Ok(Compared {
        at: row.get(0)?,
        incident: row.get(1)?,
        subject: row.get(2)?,
        live: row.get(3)?,
        new: row.get(4)?,
    })
}

impl Store {
    /// Keep the verdicts that a version changed on replayed calls, instead of those of an earlier
    /// replay.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn keep_changes(&self, id: &VersionId, changes: &[Compared]) -> Stored<()> {
        self.atomic(|t| {
            t.execute(
                "DELETE FROM verdicts WHERE plugin = ?1 AND pin = ?2 AND shadow = 0",
                params![id.plugin, id.pin],
            )?;
            insert(t, id, false, changes)
        })
    }

    /// Keep what a shadow decided on real calls.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn keep_shadowed(&self, id: &VersionId, verdicts: &[Compared]) -> Stored<()> {
        self.atomic(|t| insert(t, id, true, verdicts))
    }

    /// The verdicts that a version changed on replayed calls.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn changed_verdicts(&self, id: &VersionId) -> Stored<Vec<Compared>> {
        self.verdicts(id, false)
    }

    /// What a version decided as a shadow, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn shadowed(&self, id: &VersionId) -> Stored<Vec<Compared>> {
        self.verdicts(id, true)
    }

    fn verdicts(&self, id: &VersionId, shadow: bool) -> Stored<Vec<Compared>> {
        self.within(|c| {
            let mut statement = c.prepare_cached(
                "SELECT at, incident, subject, live, new FROM verdicts
                 WHERE plugin = ?1 AND pin = ?2 AND shadow = ?3 ORDER BY number",
            )?;
            let rows = statement.query_map(params![id.plugin, id.pin, shadow], compared)?;
            rows.collect()
        })
    }
}

fn insert(
    t: &rusqlite::Connection,
    id: &VersionId,
    shadow: bool,
    verdicts: &[Compared],
) -> rusqlite::Result<()> {
    let mut insert = t.prepare_cached(
        "INSERT INTO verdicts (plugin, pin, shadow, at, incident, subject, live, new)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    let VersionId { plugin, pin } = id;
    for v in verdicts {
        let (live, new) = (&v.live, &v.new);
        insert.execute(params![
            plugin, pin, shadow, v.at, v.incident, v.subject, live, new
        ])?;
    }
    t.execute(
        "DELETE FROM verdicts WHERE plugin = ?1 AND pin = ?2 AND shadow = ?3 AND number <=
            (SELECT number FROM verdicts WHERE plugin = ?1 AND pin = ?2 AND shadow = ?3
             ORDER BY number DESC LIMIT 1 OFFSET ?4)",
        params![plugin, pin, shadow, KEPT],
    )?;
    t.execute(
        "DELETE FROM verdicts WHERE plugin = ?1 AND number <=
            (SELECT number FROM verdicts WHERE plugin = ?1
             ORDER BY number DESC LIMIT 1 OFFSET ?2)",
        params![plugin, OF_PLUGIN],
    )?;
    Ok(())
}
