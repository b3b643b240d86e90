//! A full volume. What is given up, in this order, until a write fits again:
//!
//! 1. No model is asked: what is sent must be recorded, and it is long.
//! 2. What was said to models about incidents that have ended, and what was sent of them, is
//!    deleted.
//! 3. Ended incidents are deleted, the oldest first, but none that echoes of its signals still
//!    look for.
//! 4. Nothing is left to delete: new incidents are held in memory and said aloud.
//!
//! What is open is never touched.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

use k8shawk_core::record::DISMISSED_FOR;
use rusqlite::{Connection, ErrorCode};
use tracing::warn;

use super::{Store, Stored};

/// How long after a write that did not fit the volume counts as scarce, milliseconds.
const SCARCE: i64 = 10 * 60_000;
/// Longest window in which signals of an ended incident are its echo, milliseconds: no ended
/// incident that is younger is deleted to make room.
pub(super) const ECHOES: i64 = DISMISSED_FOR + 60_000;
/// Incidents that are deleted at once.
const AT_ONCE: usize = 20;

/// How much room the volume of the database has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiskSpace {
    /// Every write fits.
    Enough,
    /// A write did not fit a short while ago.
    Scarce,
    /// The last write did not fit.
    None,
}

/// Writes that found the volume full, and what was given up for them.
#[derive(Default)]
pub(super) struct Misses {
    /// Writes that did not fit.
    number: AtomicU64,
    /// When the last of them was.
    missed_at: AtomicI64,
    /// True until a write fits again.
    out: AtomicBool,
    /// True while room is made.
    making: AtomicBool,
    /// Conversations and incidents that were deleted for it.
    conversations: AtomicU64,
    incidents: AtomicU64,
}

impl Misses {
    /// A write failed.
    pub(super) fn failed(&self, fault: &rusqlite::Error) {
        if fault.sqlite_error_code() == Some(ErrorCode::DiskFull) {
            let now = jiff::Timestamp::now().as_millisecond();
            self.missed_at.store(now, Ordering::Relaxed);
            self.out.store(true, Ordering::Relaxed);
            self.number.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn number(&self) -> u64 {
        self.number.load(Ordering::Relaxed)
    }

    /// A write fitted: one of somebody's, not one that made room.
    pub(super) fn fitted(&self) {
        if !self.making.load(Ordering::Relaxed) {
            self.out.store(false, Ordering::Relaxed);
        }
    }
}

impl Store {
    /// How much room the volume has, as the last writes found it.
    pub fn disk_space(&self) -> DiskSpace {
        let now = jiff::Timestamp::now().as_millisecond();
        let missed_at = self.misses.missed_at.load(Ordering::Relaxed);
        if self.misses.out.load(Ordering::Relaxed) {
            DiskSpace::None
        } else if now - missed_at < SCARCE {
            DiskSpace::Scarce
        } else {
            DiskSpace::Enough
        }
    }

    /// Conversations and ended incidents that were deleted to make room, since the start.
    pub fn given_up(&self) -> (u64, u64) {
        let count = |of: &AtomicU64| of.load(Ordering::Relaxed);
        (
            count(&self.misses.conversations),
            count(&self.misses.incidents),
        )
    }

    /// A write did not fit: delete what matters least. The writer tries again.
    pub(super) fn make_room(&self) {
        if self.misses.making.swap(true, Ordering::AcqRel) {
            return;
        }
        // The log keeps its place on the volume, and begins from its start again.
        // It fails while somebody writes, and is tried at the next miss.
        let _ = self
            .writer
            .with(|c| c.query_row("PRAGMA wal_checkpoint(RESTART)", [], |_| Ok(())));
        let said = self.transact(|t| self.drop_conversations(t));
        let made = said.and_then(|gone| match gone {
            0 => self.transact(|t| self.drop_ended(t)),
            gone => Ok(gone),
        });
        match made {
            Ok(0) => warn!(
                "the volume of the database is full, and nothing more may be deleted: new \
                 incidents are kept in memory"
            ),
            Ok(_) => {}
            Err(fault) => warn!(%fault, "no space could be freed on the volume of the database"),
        }
        self.misses.making.store(false, Ordering::Release);
    }

    fn drop_conversations(&self, t: &Connection) -> Stored<usize> {
        const OF_ENDED: &str = "incident IN (SELECT id FROM incidents WHERE final = 1)";
        let said = t
            .execute(&format!("DELETE FROM investigations WHERE {OF_ENDED}"), [])
            .map_err(|e| self.fault(e))?;
        let asked = t
            .execute(&format!("DELETE FROM requests WHERE {OF_ENDED}"), [])
            .map_err(|e| self.fault(e))?;
        let gone = said + asked;
        if gone > 0 {
            let number = u64::try_from(gone).unwrap_or(u64::MAX);
            self.misses
                .conversations
                .fetch_add(number, Ordering::Relaxed);
            warn!(
                conversations = gone,
                "the volume of the database is full: deleting model conversations of ended \
                 incidents; no model is asked"
            );
        }
        Ok(gone)
    }

    fn drop_ended(&self, t: &Connection) -> Stored<usize> {
        let now = jiff::Timestamp::now().as_millisecond();
        let ids = self.deletable(t, now - ECHOES, i64::MAX, AT_ONCE)?;
        self.delete(t, &ids)?;
        if !ids.is_empty() {
            let number = u64::try_from(ids.len()).unwrap_or(u64::MAX);
            self.misses.incidents.fetch_add(number, Ordering::Relaxed);
            warn!(
                incidents = ids.len(),
                "the volume of the database is full: deleting the oldest ended incidents"
            );
        }
        Ok(ids.len())
    }
}

#[cfg(test)]
mod tests;
