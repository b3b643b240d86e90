//! What was said to models and what they answered, apart from the incidents: it is long, and
//! read only when somebody asks.
//!
//! A request is kept before it is sent, so that what left is known also where the host is killed
//! before the conversation ends. The conversation then stands for its requests.

use k8shawk_core::llm::{Conversation, Disclosure};
use rusqlite::params;

use super::{Store, Stored, parse, render};

impl Store {
    /// Keep a request that is about to leave; returns its number.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn keep_request(&self, id: &str, request: &Disclosure) -> Stored<i64> {
        let text = render(id, request)?;
        self.transact(|t| {
            t.execute(
                "INSERT INTO requests (incident, request) VALUES (?1, ?2)",
                params![id, text],
            )
            .map(|_| t.last_insert_rowid())
            .map_err(|e| self.fault(e))
        })
    }

    /// Keep a conversation of an incident beside its earlier ones, instead of the requests that
    /// it holds: what has left stays known.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn keep_conversation(
        &self,
        id: &str,
        conversation: &Conversation,
        requests: &[i64],
    ) -> Stored<()> {
        let text = render(id, conversation)?;
        self.transact(|t| {
            let kept = t.execute(
                "INSERT INTO investigations (incident, conversation) VALUES (?1, ?2)",
                params![id, text],
            );
            kept.and_then(|_| {
                requests.iter().try_for_each(|number| {
                    t.execute("DELETE FROM requests WHERE number = ?1", params![number])
                        .map(drop)
                })
            })
            .map_err(|e| self.fault(e))
        })
    }

    /// The conversations of an incident, the oldest first.
    ///
    /// # Errors
    /// [`StoreError`](super::StoreError).
    pub fn conversations(&self, id: &str) -> Stored<Vec<Conversation>> {
        let select = "SELECT conversation FROM investigations WHERE incident = ?1 ORDER BY number";
        let texts = self.texts(select, id).map_err(|e| self.fault(e))?;
        texts.iter().map(|text| parse(id, text)).collect()
    }

    /// What left in conversations that did not end, the oldest first.
    ///
    /// # Errors
    /// [`StoreError`](super::StoreError).
    pub fn requests(&self, id: &str) -> Stored<Vec<Disclosure>> {
        let select = "SELECT request FROM requests WHERE incident = ?1 ORDER BY number";
        let texts = self.texts(select, id).map_err(|e| self.fault(e))?;
        texts.iter().map(|text| parse(id, text)).collect()
    }

    fn texts(&self, select: &str, id: &str) -> rusqlite::Result<Vec<String>> {
        self.look(|c| {
            let mut statement = c.prepare_cached(select)?;
            let rows = statement.query_map(params![id], |row| row.get(0))?;
            rows.collect()
        })
    }
}
