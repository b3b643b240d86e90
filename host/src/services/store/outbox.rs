//! What is to be sent, stored before it is sent.
//!
//! An entry has a key, under which it exists once, and a lane, in which entries leave in the
//! order in which they came. An entry that says "make this true" is renewed instead of being
//! stored a second time.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{Store, Stored};

/// What to put into the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Put {
    /// Idempotency key.
    pub key: String,
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
    /// What was done of it, in the words of whoever sends it.
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

/// Where the message of an incident is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// Channel.
    pub channel: String,
    /// Timestamp, which is its id.
    pub ts: String,
    /// Digest of what it shows.
    pub shown: String,
    /// How often it was posted anew after somebody deleted it.
    pub anew: u32,
}

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

/// Something that a person asked and that was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// When, milliseconds since the Unix epoch.
    pub at: i64,
    /// Who.
    pub person: String,
    /// What.
    pub what: String,
    /// Why not.
    pub answer: String,
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
    /// Read what is stored.
    pub(super) fn within<T>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Stored<T> {
        self.look(work).map_err(|e| self.fault(e))
    }

    /// Write in one transaction.
    pub(super) fn atomic<T>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Stored<T> {
        self.transact(|t| work(t).map_err(|e| self.fault(e)))
    }

    /// Put entries for a sink, all or none. An entry whose key is known is left as it is, or renewed.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn outbox_put(&self, sink: &str, puts: &[Put], now: i64) -> Stored<()> {
        self.atomic(|t| {
            let mut insert = t.prepare_cached(
                "INSERT INTO outbox (key, lane, rank, effect, made_at, due_at, sink)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6) ON CONFLICT (key) DO NOTHING",
            )?;
            let mut renew = t.prepare_cached(
                "UPDATE outbox SET generation = generation + 1, rank = min(rank, ?2),
                    effect = ?3, made_at = iif(state = 'waiting', made_at, ?4),
                    due_at = iif(state = 'waiting', due_at, ?4),
                    tries = iif(state = 'waiting', tries, 0), state = 'waiting'
                 WHERE key = ?1",
            )?;
            for put in puts {
                let fresh =
                    insert.execute(params![put.key, put.lane, put.rank, put.effect, now, sink])?;
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
                "SELECT due_at, key, note FROM outbox WHERE state = 'sent'
                 AND (key = 'message/' || ?1 OR key LIKE ?1 || '/%') ORDER BY number",
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

    /// What people asked of an incident and were refused.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn refused(&self, incident: &str) -> Stored<Vec<Refused>> {
        self.within(|c| {
            let mut asked = c.prepare_cached(
                "SELECT at, person, what, answer FROM asked
                 WHERE incident = ?1 AND done = 0 ORDER BY at",
            )?;
            let row = |r: &Row<'_>| {
                Ok(Refused {
                    at: r.get(0)?,
                    person: r.get(1)?,
                    what: r.get(2)?,
                    answer: r.get(3)?,
                })
            };
            asked.query_map(params![incident], row)?.collect()
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

    /// Where the message of an incident is.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn message(&self, incident: &str) -> Stored<Option<Posted>> {
        self.within(|c| {
            let sql = "SELECT channel, ts, shown, anew FROM messages WHERE incident = ?1";
            let posted = |r: &Row<'_>| {
                Ok(Posted {
                    channel: r.get(0)?,
                    ts: r.get(1)?,
                    shown: r.get(2)?,
                    anew: r.get(3)?,
                })
            };
            c.query_row(sql, params![incident], posted).optional()
        })
    }

    /// The incident whose message this is.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn incident_of_message(&self, channel: &str, ts: &str) -> Stored<Option<String>> {
        self.within(|c| {
            let sql = "SELECT incident FROM messages WHERE channel = ?1 AND ts = ?2";
            c.query_row(sql, params![channel, ts], |r| r.get(0))
                .optional()
        })
    }

    /// Remember where the message of an incident is and what it shows.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn message_posted(&self, incident: &str, posted: &Posted) -> Stored<()> {
        let Posted {
            channel,
            ts,
            shown,
            anew,
        } = posted;
        self.atomic(|c| {
            c.execute(
                "INSERT OR REPLACE INTO messages (incident, channel, ts, shown, anew)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
                params![incident, channel, ts, shown, anew],
            )
            .map(|_| ())
        })
    }

    /// Send nothing about an incident or a namespace until a moment.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn mute(&self, what: &str, until: i64, by: &str) -> Stored<()> {
        self.atomic(|c| {
            let sql = "INSERT OR REPLACE INTO mutes (what, until, by) VALUES (?1, ?2, ?3)";
            c.execute(sql, params![what, until, by]).map(|_| ())
        })
    }

    /// Until when an incident or a namespace is muted; none where it is not.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn muted(&self, names: &[&str], now: i64) -> Stored<Option<i64>> {
        self.within(|c| {
            let mut sql =
                c.prepare_cached("SELECT until FROM mutes WHERE what = ?1 AND until > ?2")?;
            let mut latest = None;
            for name in names {
                let until: Option<i64> =
                    sql.query_row(params![name, now], |r| r.get(0)).optional()?;
                latest = latest.max(until);
            }
            Ok(latest)
        })
    }

    /// Write down what a person asked at a door, and what they were told.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn asked(&self, asked: &Asked<'_>) -> Stored<()> {
        let Asked {
            at,
            door,
            person,
            incident,
            what,
            done,
            answer,
        } = asked;
        self.atomic(|c| {
            c.execute(
                "INSERT INTO asked (at, door, person, incident, what, done, answer)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![at, door, person, incident, what, done, answer],
            )
            .map(|_| ())
        })
    }
}

/// What a person asked, and what they were told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked<'a> {
    /// When, milliseconds since the Unix epoch.
    pub at: i64,
    /// `slack`, `console`, `socket`.
    pub door: &'a str,
    /// Who.
    pub person: &'a str,
    /// Which incident; empty where none.
    pub incident: &'a str,
    /// What, such as `approve`.
    pub what: &'a str,
    /// True where it was done.
    pub done: bool,
    /// What they were told.
    pub answer: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(key: &str, lane: &str, rank: u8, renew: bool) -> Put {
        Put {
            key: key.into(),
            lane: lane.into(),
            rank,
            effect: "{}".into(),
            renew,
        }
    }

    fn due(store: &Store, now: i64) -> Vec<String> {
        store
            .outbox_due("slack", now, 10)
            .unwrap()
            .into_iter()
            .map(|e| e.key)
            .collect()
    }

    #[test]
    fn a_lane_leaves_in_order_and_ranks_order_lanes() {
        let store = Store::in_memory().unwrap();
        let all = [
            put("a1", "a", 1, false),
            put("a2", "a", 0, false),
            put("b1", "b", 0, false),
        ];
        store.outbox_put("slack", &all, 5).unwrap();
        store.outbox_put("slack", &all, 6).unwrap();
        assert_eq!(due(&store, 5), ["b1", "a1"]);
        assert!(due(&store, 4).is_empty());
        let first = store.outbox_due("slack", 5, 10).unwrap().remove(1);
        let later = Ended::Waits {
            due_at: 90,
            why: "w".into(),
            unknown: true,
        };
        store.outbox_begin(first.number, 7).unwrap();
        store.outbox_end(&first, &later).unwrap();
        assert_eq!(due(&store, 50), ["b1"], "a2 waits behind a1");
        let again = store.outbox_due("slack", 90, 10).unwrap().remove(1);
        assert_eq!((again.begun_at, again.tries), (Some(7), 1));
        store
            .outbox_end(&again, &Ended::Sent(String::new()))
            .unwrap();
        assert_eq!(due(&store, 90), ["a2", "b1"]);
        assert_eq!(store.outbox_waiting().unwrap(), 2);
    }

    #[test]
    fn what_changes_while_it_is_sent_is_sent_again() {
        let store = Store::in_memory().unwrap();
        store
            .outbox_put("slack", &[put("m", "a", 1, true)], 1)
            .unwrap();
        let entry = store.outbox_due("slack", 1, 1).unwrap().remove(0);
        store
            .outbox_put("slack", &[put("m", "a", 1, true)], 2)
            .unwrap();
        store
            .outbox_end(&entry, &Ended::Sent(String::new()))
            .unwrap();
        let entry = store.outbox_due("slack", 9, 1).unwrap().remove(0);
        assert_eq!(entry.generation, 2);
        store
            .outbox_end(&entry, &Ended::Sent(String::new()))
            .unwrap();
        assert!(due(&store, 9).is_empty());
        store
            .outbox_put("slack", &[put("m", "a", 0, true)], 10)
            .unwrap();
        assert_eq!(due(&store, 10), ["m"]);
    }

    #[test]
    fn everything_waits_through_a_restart() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("k.sqlite");
        {
            let store = Store::open(&path).unwrap();
            store
                .outbox_put("slack", &[put("m", "a", 1, false)], 1)
                .unwrap();
            let entry = store.outbox_due("slack", 1, 1).unwrap().remove(0);
            store.outbox_begin(entry.number, 3).unwrap();
        }
        let store = Store::open(&path).unwrap();
        assert_eq!(
            store.outbox_due("slack", 1, 1).unwrap().remove(0).begun_at,
            Some(3)
        );
    }

    #[test]
    fn what_a_person_muted_is_not_old() {
        let store = Store::in_memory().unwrap();
        assert_eq!(store.outbox_oldest().unwrap(), None);
        let puts = ["a", "b"].map(|lane| put(lane, lane, 1, false));
        store.outbox_put("slack", &puts[..1], 5).unwrap();
        store
            .outbox_put("slack", &[put("behind", "a", 1, false)], 6)
            .unwrap();
        store.outbox_put("slack", &puts[1..], 7).unwrap();
        let wait = |why: &str| Ended::Waits {
            due_at: 90,
            why: why.into(),
            unknown: false,
        };
        let [a, b] = store.outbox_due("slack", 9, 2).unwrap().try_into().unwrap();
        store.outbox_end(&a, &wait(MUTED)).unwrap();
        store.outbox_end(&b, &wait("away")).unwrap();
        let oldest = store.outbox_oldest().unwrap().unwrap();
        assert_eq!((oldest.made_at, oldest.note.as_str()), (7, "away"));
    }

    #[test]
    fn a_mute_ends() {
        let store = Store::in_memory().unwrap();
        store.mute("shop", 10, "U1").unwrap();
        assert_eq!(store.muted(&["inc-1", "shop"], 9).unwrap(), Some(10));
        assert_eq!(store.muted(&["inc-1", "shop"], 10).unwrap(), None);
    }
}
