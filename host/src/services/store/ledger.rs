//! How fixes ended: shown with later incidents of the same signature, and held against a fix
//! that did not help.

use k8shawk_core::fix::Fix;
use k8shawk_core::record::Record;
use rusqlite::params;

use super::{Store, Stored};

/// An execution of one fix on one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// Incident that it was for.
    pub incident: String,
    /// How it ended.
    pub verdict: String,
    /// When, milliseconds since the Unix epoch.
    pub at: i64,
}

impl Past {
    /// True where doing it again would be no better.
    pub fn is_useless(&self) -> bool {
        matches!(self.verdict.as_str(), "unchanged" | "worse" | "failed")
    }

    /// Why it is not proposed again.
    pub fn refusal(&self, now: i64) -> String {
        let minutes = (now - self.at) / 60_000;
        let (id, verdict) = (&self.incident, &self.verdict);
        format!("{id} did this {minutes} min ago with the outcome {verdict}")
    }
}

impl Store {
    /// Remember how the fix of an incident ended.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn remember(&self, record: &Record, fix: &Fix, at: i64) -> Stored<()> {
        let (verdict, id) = (record.state.as_str(), &record.incident.id.0);
        let (signature, action, fix) = (record.signature(), fix.action.name(), fix.kubectl());
        self.transact(|t| {
            t.execute(
                "INSERT INTO outcomes SELECT ?1, ?2, ?3, ?4, ?5, ?6
                 WHERE NOT EXISTS (SELECT 1 FROM outcomes WHERE incident = ?5)",
                params![signature, action, fix, verdict, id, at],
            )
            .map(|_| ())
            .map_err(|e| self.fault(e))
        })
    }

    /// Executions of exactly this fix since a moment, the newest first.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn past(&self, fix: &Fix, since: i64) -> Stored<Vec<Past>> {
        let sql = "SELECT incident, verdict, at FROM outcomes WHERE fix = ?1 AND at >= ?2
                   ORDER BY at DESC";
        self.within(|c| {
            let mut statement = c.prepare_cached(sql)?;
            let rows = statement.query_map(params![fix.kubectl(), since], |r| {
                Ok(Past {
                    incident: r.get(0)?,
                    verdict: r.get(1)?,
                    at: r.get(2)?,
                })
            })?;
            rows.collect()
        })
    }

    /// How often an action led to each verdict for a signature.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn outcomes(&self, signature: &str, action: &str) -> Stored<Vec<(String, u32)>> {
        let sql = "SELECT verdict, count(*) FROM outcomes WHERE signature = ?1 AND action = ?2
                   GROUP BY verdict ORDER BY 2 DESC";
        self.within(|c| {
            let mut statement = c.prepare_cached(sql)?;
            let rows =
                statement.query_map(params![signature, action], |r| Ok((r.get(0)?, r.get(1)?)))?;
            rows.collect()
        })
    }
}
