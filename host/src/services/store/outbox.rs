//! What is to be sent, stored before it is sent.
//!
//! An entry has a key, under which it exists once, and a lane, in which entries leave in the
//! order in which they came. An entry that says "make this true" is renewed instead of being
//! stored a second time.

use rusqlite::{OptionalExtension, Row, params};

use super::{Store, Stored};

/// What to put into the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Put {
    /// Idempotency key.
    pub key: String,
    /// The incident that it is about: it stays as long as that one, and that one as long as it waits.
    pub incident: Option<String>,
    /// Entries of one lane leave in order.
    pub lane: String,
    /// Lower leaves earlier, among lanes.
    pub rank: u8,
    /// What is to be done, as JSON.
    pub effect: String,
    /// True where an entry that was sent is to be sent again: "make this true".
    pub renew: bool,
}

/// An entry that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Place in the order.
    pub number: i64,
    /// Idempotency key.
    pub key: String,
    /// Lane.
    pub lane: String,
    /// Lower leaves earlier, among lanes.
    pub rank: u8,
    /// What is to be done, as JSON.
    pub effect: String,
    /// Counts renewals.
    pub generation: i64,
    /// When it was put first, milliseconds since the Unix epoch.
    pub made_at: i64,
    /// Attempts that failed.
    pub tries: u32,
    /// An attempt that began then and whose end is not known: look before doing it again.
    pub begun_at: Option<i64>,
    /// What was done of it, in the words of the sink.
    pub progress: String,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// It is done; with a word for people.
    Sent(String),
    /// It is given up, and why.
    Dropped(String),
    /// It waits until a moment, and why. `unknown` where it may have been done.
    Waits {
        /// When it is due again.
        due_at: i64,
        /// Why.
        why: String,
        /// True where it may have been done.
        unknown: bool,
    },
}

/// The entry that waits longest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Oldest {
    /// When it was put, milliseconds since the Unix epoch.
    pub made_at: i64,
    /// Why it was not sent at the last attempt; empty where there was none.
    pub note: String,
}

/// Note of an entry that waits because a person asked for silence.
pub const MUTED: &str = "muted";

/// Something that left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// When it was due, milliseconds since the Unix epoch.
    pub at: i64,
    /// Its key.
    pub key: String,
    /// What became of it.
    pub note: String,
}

fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    Ok(Entry {
        number: row.get(0)?,
        key: row.get(1)?,
        lane: row.get(2)?,
        effect: row.get(3)?,
        generation: row.get(4)?,
        made_at: row.get(5)?,
        tries: row.get(6)?,
        begun_at: row.get(7)?,
        progress: row.get(8)?,
        rank: row.get(9)?,
    })
}

impl Store {
    /// Put entries for a sink, all or none. An entry whose key is known is left as it is, or renewed.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn outbox_put(&self, sink: &str, puts: &[Put], now: i64) -> Stored<()> {
        self.atomic(|t| {
            let mut insert = t.prepare_cached(
                "INSERT INTO outbox (key, lane, rank, effect, made_at, due_at, sink, incident)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7) ON CONFLICT (key) DO NOTHING",
            )?;
            let mut renew = t.prepare_cached(
                "UPDATE outbox SET generation = generation + 1, rank = min(rank, ?2),
                    effect = ?3, made_at = iif(state = 'waiting', made_at, ?4),
                    due_at = iif(state = 'waiting', due_at, ?4),
                    tries = iif(state = 'waiting', tries, 0), state = 'waiting'
                 WHERE key = ?1",
            )?;
            for put in puts {
                let Put {
                    key,
                    incident,
                    lane,
                    rank,
                    effect,
                    renew: _,
                } = put;
                let row = params![key, lane, rank, effect, now, sink, incident];
                let fresh = insert.execute(row)?;
                if fresh == 0 && put.renew {
                    renew.execute(params![put.key, put.rank, put.effect, now])?;
                }
            }
            Ok(())
        })
    }

    /// The first waiting entry of each lane of a sink, where it is due; lower ranks first.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn outbox_due(&self, sink: &str, now: i64, limit: usize) -> Stored<Vec<Entry>> {
        self.within(|c| {
            let mut due = c.prepare_cached(
                "SELECT number, key, lane, effect, generation, made_at, tries, begun_at, progress,
                    rank
                 FROM outbox WHERE number IN
                    (SELECT min(number) FROM outbox WHERE state = 'waiting' AND sink = ?3
                     GROUP BY lane)
                 AND due_at <= ?1 ORDER BY rank, number LIMIT ?2",
            )?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            due.query_map(params![now, limit, sink], entry)?.collect()
        })
    }

    /// When the next entry of a sink is due; none where nothing waits.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn outbox_next(&self, sink: &str) -> Stored<Option<i64>> {
        self.within(|c| {
            let sql = "SELECT min(due_at) FROM outbox WHERE state = 'waiting' AND sink = ?1";
            c.query_row(sql, params![sink], |r| r.get(0))
        })
    }

    /// How many entries wait.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn outbox_waiting(&self) -> Stored<u64> {
        self.within(|c| {
            let sql = "SELECT count(*) FROM outbox WHERE state = 'waiting'";
            c.query_row(sql, [], |r| r.get::<_, i64>(0))
                .map(i64::unsigned_abs)
        })
    }

    /// What left because of an incident, in the order in which it was put.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn outbox_sent(&self, incident: &str) -> Stored<Vec<Sent>> {
        self.within(|c| {
            let mut sent = c.prepare_cached(
                "SELECT due_at, key, note FROM outbox WHERE state = 'sent' AND incident = ?1
                 ORDER BY number",
            )?;
            let row = |r: &Row<'_>| {
                Ok(Sent {
                    at: r.get(0)?,
                    key: r.get(1)?,
                    note: r.get(2)?,
                })
            };
            sent.query_map(params![incident], row)?.collect()
        })
    }

    /// True where an entry with this key was ever put.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn outbox_knows(&self, key: &str) -> Stored<bool> {
        self.within(|c| {
            let sql = "SELECT EXISTS (SELECT 1 FROM outbox WHERE key = ?1)";
            c.query_row(sql, params![key], |r| r.get(0))
        })
    }

    /// The entry that waits longest, without those that are muted or wait behind one that is.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn outbox_oldest(&self) -> Stored<Option<Oldest>> {
        self.within(|c| {
            let mut oldest = c.prepare_cached(
                "SELECT made_at, note FROM outbox WHERE number IN
                    (SELECT min(number) FROM outbox WHERE state = 'waiting' GROUP BY sink, lane)
                 AND note <> ?1 ORDER BY made_at LIMIT 1",
            )?;
            let row = |r: &Row<'_>| {
                Ok(Oldest {
                    made_at: r.get(0)?,
                    note: r.get(1)?,
                })
            };
            oldest.query_row(params![MUTED], row).optional()
        })
    }

    /// An attempt begins: stored first, so that a crash leaves a trace.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn outbox_begin(&self, number: i64, now: i64) -> Stored<()> {
        self.atomic(|c| {
            c.execute(
                "UPDATE outbox SET begun_at = coalesce(begun_at, ?2) WHERE number = ?1",
                params![number, now],
            )
            .map(|_| ())
        })
    }

    /// Remember what was done of an entry.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn outbox_progress(&self, number: i64, progress: &str) -> Stored<()> {
        self.atomic(|c| {
            let sql = "UPDATE outbox SET progress = ?2 WHERE number = ?1";
            c.execute(sql, params![number, progress]).map(|_| ())
        })
    }

    /// An attempt ended. An entry that was renewed meanwhile stays.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn outbox_end(&self, entry: &Entry, ended: &Ended) -> Stored<()> {
        let (number, generation) = (entry.number, entry.generation);
        self.atomic(|c| match ended {
            Ended::Sent(note) | Ended::Dropped(note) => {
                let state = if matches!(ended, Ended::Sent(_)) {
                    "sent"
                } else {
                    "dropped"
                };
                c.execute(
                    "UPDATE outbox SET begun_at = NULL, note = ?3, progress = '', tries = 0,
                        state = iif(generation = ?2, ?4, state) WHERE number = ?1",
                    params![number, generation, note, state],
                )
                .map(|_| ())
            }
            Ended::Waits {
                due_at,
                why,
                unknown,
            } => c
                .execute(
                    "UPDATE outbox SET tries = tries + 1, due_at = ?2, note = ?3,
                        begun_at = iif(?4, begun_at, NULL) WHERE number = ?1",
                    params![number, due_at, why, unknown],
                )
                .map(|_| ()),
        })
    }
}

#[cfg(test)]
mod tests;
