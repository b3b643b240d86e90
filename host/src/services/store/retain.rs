//! What has ended is deleted by age and by number. What is open is never deleted, nor what a
//! signal, a message or an open incident still needs.

use k8shawk_core::config::Retention;
use rusqlite::{Connection, params};

use super::disk_full::ECHOES;
use super::{Store, Stored};

/// Incidents that are deleted in one transaction: other writers do not wait for long.
const AT_ONCE: usize = 50;
/// Pages that are given back to the volume in one transaction.
const PAGES: i64 = 256;
/// Outcomes of fixes that are kept: what later incidents are shown.
const OUTCOMES: i64 = 10_000;

/// What was deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Removed {
    /// Incidents, with their keys, messages and conversations.
    pub incidents: usize,
    /// Conversations and requests of incidents that are kept.
    pub conversations: usize,
    /// Messages that were sent or dropped.
    pub messages: usize,
    /// Questions of people.
    pub asked: usize,
}

impl Removed {
    /// True where nothing was.
    pub fn is_nothing(&self) -> bool {
        *self == Removed::default()
    }
}

fn millis(time: std::time::Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

impl Store {
    /// Delete what is beyond its limit. `echoes` is the window in which signals of an ended
    /// incident are its echo: within it nothing is deleted.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database): what was deleted before stays so.
    pub fn retain(&self, keep: &Retention, echoes: i64, now: i64) -> Stored<Removed> {
        let floor = now - echoes.max(ECHOES);
        let mut removed = Removed::default();
        loop {
            let gone = self.transact(|t| self.drop_beyond(t, keep, floor, now))?;
            removed.incidents += gone;
            if gone < AT_ONCE {
                break;
            }
        }
        removed.conversations = self.transact(|t| self.drop_said(t, keep, now))?;
        self.atomic(|t| {
            let sent = "DELETE FROM outbox WHERE state <> 'waiting' AND due_at < ?1";
            removed.messages = t.execute(sent, params![now - millis(keep.outbox)])?;
            let asked = "DELETE FROM asked WHERE at < ?1";
            removed.asked = t.execute(asked, params![now - millis(keep.asked)])?;
            t.execute("DELETE FROM mutes WHERE until < ?1", params![now])?;
            let aside = "DELETE FROM quarantine WHERE at < ?1";
            t.execute(aside, params![now - millis(keep.incidents)])?;
            let outcomes = "DELETE FROM outcomes WHERE rowid <=
                (SELECT rowid FROM outcomes ORDER BY rowid DESC LIMIT 1 OFFSET ?1)";
            t.execute(outcomes, params![OUTCOMES])
        })?;
        self.give_back()?;
        Ok(removed)
    }

    fn drop_beyond(&self, t: &Connection, keep: &Retention, floor: i64, now: i64) -> Stored<usize> {
        let beyond = "SELECT number FROM incidents WHERE done = 1 ORDER BY number DESC
                      LIMIT 1 OFFSET ?1";
        let beyond = t.query_row(beyond, params![keep.most_incidents], |r| r.get::<_, i64>(0));
        let surplus = match beyond {
            Ok(number) => number,
            Err(rusqlite::Error::QueryReturnedNoRows) => 0,
            Err(fault) => return Err(self.fault(fault)),
        };
        let old = (now - millis(keep.incidents)).min(floor);
        let mut ids = self.deletable(t, old, i64::MAX, AT_ONCE)?;
        if ids.len() < AT_ONCE {
            let more = self.deletable(t, floor, surplus, AT_ONCE - ids.len())?;
            ids.extend(
                more.into_iter()
                    .filter(|id| !ids.contains(id))
                    .collect::<Vec<_>>(),
            );
        }
        self.delete(t, &ids)?;
        Ok(ids.len())
    }

    /// The oldest incidents, up to a number, that are done and were not seen since a moment. None
    /// that a message waits for, nor a part of one that is open.
    pub(super) fn deletable(
        &self,
        t: &Connection,
        before: i64,
        up_to: i64,
        limit: usize,
    ) -> Stored<Vec<String>> {
        let sql = "SELECT id FROM incidents i
            WHERE done = 1 AND number <= ?2 AND max(updated_at, seen_at) < ?1
            AND NOT EXISTS (SELECT 1 FROM incidents h WHERE h.id = i.part_of AND h.final = 0)
            AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.state = 'waiting' AND o.incident = i.id)
            ORDER BY number LIMIT ?3";
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let select = || -> rusqlite::Result<Vec<String>> {
            let mut select = t.prepare_cached(sql)?;
            let ids = select.query_map(params![before, up_to, limit], |r| r.get(0))?;
            ids.collect()
        };
        select().map_err(|e| self.fault(e))
    }

    /// Delete incidents with all that belongs to them; the outcomes of their fixes stay.
    pub(super) fn delete(&self, t: &Connection, ids: &[String]) -> Stored<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let ids = super::render("", &ids)?;
        const DELETES: [&str; 7] = [
            "DELETE FROM incidents WHERE id IN (SELECT value FROM json_each(?1))",
            "DELETE FROM keys WHERE incident IN (SELECT value FROM json_each(?1))",
            "DELETE FROM investigations WHERE incident IN (SELECT value FROM json_each(?1))",
            "DELETE FROM requests WHERE incident IN (SELECT value FROM json_each(?1))",
            "DELETE FROM shown WHERE incident IN (SELECT value FROM json_each(?1))",
            "DELETE FROM mutes WHERE what IN (SELECT value FROM json_each(?1))",
            "DELETE FROM outbox WHERE incident IN (SELECT value FROM json_each(?1))",
        ];
        for delete in DELETES {
            t.prepare_cached(delete)
                .and_then(|mut delete| delete.execute(params![ids]))
                .map_err(|e| self.fault(e))?;
        }
        Ok(())
    }

    /// What was said to models about incidents that ended long ago, or beyond the number.
    fn drop_said(&self, t: &Connection, keep: &Retention, now: i64) -> Stored<usize> {
        let old = now - millis(keep.conversations);
        const OF_OLD: &str =
            "incident IN (SELECT id FROM incidents WHERE done = 1 AND updated_at < ?1)";
        let delete = || -> rusqlite::Result<usize> {
            let mut gone = 0;
            for table in ["investigations", "requests"] {
                let aged = format!("DELETE FROM {table} WHERE {OF_OLD}");
                gone += t.execute(&aged, params![old])?;
                let surplus = format!(
                    "DELETE FROM {table} WHERE number <=
                        (SELECT number FROM {table} ORDER BY number DESC LIMIT 1 OFFSET ?1)
                     AND incident IN (SELECT id FROM incidents WHERE done = 1)"
                );
                gone += t.execute(&surplus, params![keep.most_conversations])?;
            }
            Ok(gone)
        };
        delete().map_err(|e| self.fault(e))
    }

    /// Give pages that nothing uses back to the volume, a few at a time.
    fn give_back(&self) -> Stored<()> {
        loop {
            let free =
                |c: &Connection| c.query_row("PRAGMA freelist_count", [], |r| r.get::<_, i64>(0));
            let before = self.within(free)?;
            if before < PAGES {
                return Ok(());
            }
            self.atomic(|t| {
                let mut vacuum = t.prepare(&format!("PRAGMA incremental_vacuum({PAGES})"))?;
                let mut rows = vacuum.query([])?;
                while rows.next()?.is_some() {}
                Ok(())
            })?;
            // A file that was made without `auto_vacuum` keeps its pages, and uses them again.
            if self.within(free)? >= before {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests;
