//! The versions of each plugin: which one decides, which ones decided before, which one waits.

use rusqlite::{Connection, OptionalExtension, Row, params};

use k8shawk_sandbox::Tallied;

use super::{Store, Stored};

/// What a version is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionState {
    /// It decides. One of each plugin is.
    Live,
    /// It decided before.
    Past,
    /// It waits until a person accepts it.
    Held,
    /// It judges beside the live one until a person accepts it.
    Shadow,
    /// A person accepted it, and it is about to go live.
    Accepted,
    /// It decided before, and a person took it back: it waits until one accepts it.
    RolledBack,
    /// Its files were replaced before it decided anything.
    Withdrawn,
}

impl VersionState {
    const ALL: [VersionState; 7] = [
        VersionState::Live,
        VersionState::Past,
        VersionState::Held,
        VersionState::Shadow,
        VersionState::Accepted,
        VersionState::RolledBack,
        VersionState::Withdrawn,
    ];

    /// The word in the database and for people.
    pub fn as_str(self) -> &'static str {
        match self {
            VersionState::Live => "live",
            VersionState::Past => "past",
            VersionState::Held => "held",
            VersionState::Shadow => "shadow",
            VersionState::Accepted => "accepted",
            VersionState::RolledBack => "rolled-back",
            VersionState::Withdrawn => "withdrawn",
        }
    }

    /// True where it decides nothing until a person accepts it.
    pub fn waits(self) -> bool {
        matches!(
            self,
            VersionState::Held | VersionState::Shadow | VersionState::RolledBack
        )
    }

    fn of(word: &str) -> VersionState {
        let known = VersionState::ALL.into_iter();
        let mut named = known.filter(|state| state.as_str() == word);
        named.next().unwrap_or(VersionState::Withdrawn)
    }
}

/// What names a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionId {
    /// Plugin.
    pub plugin: String,
    /// SHA-256 of its `plugin.toml` followed by its component, as a grant pins it.
    pub pin: String,
}

/// How a version did on recorded calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tried {
    /// Calls that were replayed.
    pub replayed: u64,
    /// Calls that were not, because time was up or the sandbox was busy.
    pub skipped: u64,
    /// Reads that the recorded calls did not make.
    pub not_recorded: u64,
    /// Calls with another verdict.
    pub changed: u64,
}

/// A version, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// What names it.
    pub id: VersionId,
    /// What it calls itself.
    pub version: String,
    /// What it is.
    pub state: VersionState,
    /// When it was first seen, milliseconds since the Unix epoch.
    pub seen_at: i64,
    /// When it last went live.
    pub live_at: Option<i64>,
    /// Who accepted it or took it back, or empty.
    pub decided_by: String,
    /// When that was.
    pub decided_at: Option<i64>,
    /// How it did on recorded calls.
    pub tried: Tried,
    /// Its calls while it was live.
    pub tallied: Tallied,
}

/// A version as its files say.
#[derive(Debug, Clone)]
pub struct Found {
    /// What names it.
    pub id: VersionId,
    /// What it calls itself.
    pub version: String,
}

const COLUMNS: &str = "plugin, pin, version, state, seen_at, live_at, decided_by,
    decided_at, replayed, skipped, not_recorded, changed, calls, guest_faults, micros";
/// Versions of each plugin that are remembered.
const KEPT: i64 = 50;

/// SQLite's integers have a sign.
fn number(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let number: i64 = row.get(column)?;
    Ok(u64::try_from(number).unwrap_or_default())
}

fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn version(row: &Row<'_>) -> rusqlite::Result<Version> {
    let state: String = row.get(3)?;
    Ok(Version {
        id: VersionId {
            plugin: row.get(0)?,
            pin: row.get(1)?,
        },
        version: row.get(2)?,
        state: VersionState::of(&state),
        seen_at: row.get(4)?,
        live_at: row.get(5)?,
        decided_by: row.get(6)?,
        decided_at: row.get(7)?,
        tried: Tried {
            replayed: number(row, 8)?,
            skipped: number(row, 9)?,
            not_recorded: number(row, 10)?,
            changed: number(row, 11)?,
        },
        tallied: Tallied {
            calls: number(row, 12)?,
            guest_faults: number(row, 13)?,
            micros: number(row, 14)?,
        },
    })
}

/// Put a version into a state; it is made where it is not known.
fn put(t: &Connection, found: &Found, state: VersionState, now: i64) -> rusqlite::Result<()> {
    let Found { id, version } = found;
    t.prepare_cached(
        "INSERT INTO versions (plugin, pin, version, state, seen_at)
         VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (plugin, pin) DO UPDATE SET state = excluded.state",
    )?
    .execute(params![id.plugin, id.pin, version, state.as_str(), now])?;
    Ok(())
}

fn rename(
    t: &Connection,
    plugin: &str,
    from: VersionState,
    to: VersionState,
) -> rusqlite::Result<()> {
    t.prepare_cached("UPDATE versions SET state = ?3 WHERE plugin = ?1 AND state = ?2")?
        .execute(params![plugin, from.as_str(), to.as_str()])?;
    Ok(())
}

/// Other versions no longer wait for a person; one that was taken back stays so.
fn withdraw(t: &Connection, plugin: &str) -> rusqlite::Result<()> {
    for waiting in [
        VersionState::Held,
        VersionState::Shadow,
        VersionState::Accepted,
    ] {
        rename(t, plugin, waiting, VersionState::Withdrawn)?;
    }
    Ok(())
}

fn decided(t: &Connection, id: &VersionId, by: &str, now: i64) -> rusqlite::Result<()> {
    t.execute(
        "UPDATE versions SET decided_by = ?3, decided_at = ?4 WHERE plugin = ?1 AND pin = ?2",
        params![id.plugin, id.pin, by, now],
    )?;
    Ok(())
}

fn first(
    c: &Connection,
    sql: &str,
    plugin: &str,
    value: &str,
) -> rusqlite::Result<Option<Version>> {
    let sql = format!("SELECT {COLUMNS} FROM versions WHERE plugin = ?1 AND {sql} LIMIT 1");
    c.prepare_cached(&sql)?
        .query_row(params![plugin, value], version)
        .optional()
}

fn live(c: &Connection, plugin: &str) -> rusqlite::Result<Option<Version>> {
    first(c, "state = ?2", plugin, VersionState::Live.as_str())
}

/// The one that decided before the live one.
fn previous(c: &Connection, plugin: &str) -> rusqlite::Result<Option<Version>> {
    let past = "state = ?2 AND live_at IS NOT NULL ORDER BY live_at DESC, number DESC";
    first(c, past, plugin, VersionState::Past.as_str())
}

impl Store {
    /// The version of a plugin that decides, as of the last time that it was stored.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn live_version(&self, plugin: &str) -> Stored<Option<Version>> {
        self.within(|c| live(c, plugin))
    }

    /// The version that decided before it.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn previous_version(&self, plugin: &str) -> Stored<Option<Version>> {
        self.within(|c| previous(c, plugin))
    }

    /// One version.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn version(&self, id: &VersionId) -> Stored<Option<Version>> {
        self.within(|c| first(c, "pin = ?2", &id.plugin, &id.pin))
    }

    /// The version of each plugin that decides.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn live_versions(&self) -> Stored<Vec<Version>> {
        let sql = format!("SELECT {COLUMNS} FROM versions WHERE state = ?1 ORDER BY plugin");
        self.within(|c| {
            let mut statement = c.prepare_cached(&sql)?;
            let rows = statement.query_map(params![VersionState::Live.as_str()], version)?;
            rows.collect()
        })
    }

    /// The versions of a plugin, in the order in which they were first seen.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn versions(&self, plugin: &str) -> Stored<Vec<Version>> {
        let sql = format!("SELECT {COLUMNS} FROM versions WHERE plugin = ?1 ORDER BY number");
        self.within(|c| {
            let mut statement = c.prepare_cached(&sql)?;
            let rows = statement.query_map(params![plugin], version)?;
            rows.collect()
        })
    }

    /// A version goes live: the one before is past, and none waits.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn version_goes_live(&self, found: &Found, now: i64) -> Stored<()> {
        let plugin = &found.id.plugin;
        self.atomic(|t| {
            rename(t, plugin, VersionState::Live, VersionState::Past)?;
            put(t, found, VersionState::Live, now)?;
            withdraw(t, plugin)?;
            let when = "UPDATE versions SET live_at = ?3 WHERE plugin = ?1 AND pin = ?2";
            t.execute(when, params![plugin, found.id.pin, now])?;
            t.execute(
                "DELETE FROM versions WHERE plugin = ?1 AND state IN ('past', 'withdrawn')
                 AND number <= (SELECT number FROM versions WHERE plugin = ?1
                                ORDER BY number DESC LIMIT 1 OFFSET ?2)",
                params![plugin, KEPT],
            )?;
            Ok(())
        })
    }

    /// A version waits, as held or as a shadow.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn version_waits(&self, found: &Found, state: VersionState, now: i64) -> Stored<()> {
        self.atomic(|t| {
            withdraw(t, &found.id.plugin)?;
            put(t, found, state, now)
        })
    }

    /// No version of a plugin waits any longer.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn versions_withdrawn(&self, plugin: &str) -> Stored<()> {
        self.atomic(|t| withdraw(t, plugin))
    }

    /// A person accepts a version that waits. None where it does not.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn accept_version(&self, id: &VersionId, by: &str, now: i64) -> Stored<Option<Version>> {
        self.atomic(|t| {
            let known = first(t, "pin = ?2", &id.plugin, &id.pin)?;
            let Some(known) = known.filter(|version| version.state.waits()) else {
                return Ok(None);
            };
            let accepted = VersionState::Accepted.as_str();
            t.execute(
                "UPDATE versions SET state = ?3 WHERE plugin = ?1 AND pin = ?2",
                params![id.plugin, id.pin, accepted],
            )?;
            decided(t, id, by, now)?;
            Ok(Some(known))
        })
    }

    /// A person takes the live version back: the one that decided before it is live again. None
    /// where there are not two.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn roll_back_version(
        &self,
        plugin: &str,
        by: &str,
        now: i64,
    ) -> Stored<Option<(Version, Version)>> {
        self.atomic(|t| {
            let (Some(from), Some(to)) = (live(t, plugin)?, previous(t, plugin)?) else {
                return Ok(None);
            };
            let state = "UPDATE versions SET state = ?3 WHERE plugin = ?1 AND pin = ?2";
            for (version, now) in [(&from, VersionState::RolledBack), (&to, VersionState::Live)] {
                t.execute(state, params![plugin, version.id.pin, now.as_str()])?;
            }
            decided(t, &from.id, by, now)?;
            Ok(Some((from, to)))
        })
    }

    /// How a version did on recorded calls.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn version_tried(&self, id: &VersionId, tried: &Tried) -> Stored<()> {
        self.atomic(|t| {
            t.execute(
                "UPDATE versions SET replayed = ?3, skipped = ?4, not_recorded = ?5, changed = ?6
                 WHERE plugin = ?1 AND pin = ?2",
                params![
                    id.plugin,
                    id.pin,
                    integer(tried.replayed),
                    integer(tried.skipped),
                    integer(tried.not_recorded),
                    integer(tried.changed),
                ],
            )?;
            Ok(())
        })
    }

    /// Add what the calls of versions took.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn add_tallies(&self, tallies: &[(VersionId, Tallied)]) -> Stored<()> {
        if tallies.is_empty() {
            return Ok(());
        }
        self.atomic(|t| {
            let mut add = t.prepare_cached(
                "UPDATE versions SET calls = calls + ?3, guest_faults = guest_faults + ?4,
                 micros = micros + ?5 WHERE plugin = ?1 AND pin = ?2",
            )?;
            for (id, sums) in tallies {
                let (calls, faults) = (integer(sums.calls), integer(sums.guest_faults));
                let micros = integer(sums.micros);
                add.execute(params![id.plugin, id.pin, calls, faults, micros])?;
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests;
