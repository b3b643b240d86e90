//! What people asked, at which door, and what they were told.

use rusqlite::{Row, params};

use super::{Store, Stored};

/// What a person asked, and what they were told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked<'a> {
    /// When, milliseconds since the Unix epoch.
    pub at: i64,
    /// The name of the door.
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

impl Store {
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
}
