//! What was said to models and what they answered, apart from the incidents: it is long, and
//! read only when somebody asks.

use k8shawk_core::model::Conversation;
use rusqlite::params;

use super::{Store, Stored, parse, render};

impl Store {
    /// Keep a conversation of an incident beside its earlier ones: what has left stays known.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn keep_conversation(&self, id: &str, conversation: &Conversation) -> Stored<()> {
        let text = render(id, conversation)?;
        self.transact(|t| {
            t.execute(
                "INSERT INTO investigations (incident, conversation) VALUES (?1, ?2)",
                params![id, text],
            )
            .map(|_| ())
            .map_err(|e| self.fault(e))
        })
    }

    /// The conversations of an incident, the oldest first.
    ///
    /// # Errors
    /// [`StoreError`](super::StoreError).
    pub fn conversations(&self, id: &str) -> Stored<Vec<Conversation>> {
        let texts = self.texts(id).map_err(|e| self.fault(e))?;
        texts.iter().map(|text| parse(id, text)).collect()
    }

    fn texts(&self, id: &str) -> rusqlite::Result<Vec<String>> {
        let connection = self.lock();
        let mut statement = connection.prepare_cached(
            "SELECT conversation FROM investigations WHERE incident = ?1 ORDER BY number",
        )?;
        let rows = statement.query_map(params![id], |row| row.get(0))?;
        rows.collect()
    }
}
