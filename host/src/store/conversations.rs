//! What was said to models and what they answered, apart from the incidents: it is long, and
//! read only when somebody asks.

use k8shawk_core::model::Conversation;
use rusqlite::{OptionalExtension, params};

use super::{Store, Stored, parse, render};

impl Store {
    /// Keep the conversation of an incident, over an earlier one.
    ///
    /// # Errors
    /// [`StoreError::Database`](super::StoreError::Database).
    pub fn keep_conversation(&self, id: &str, conversation: &Conversation) -> Stored<()> {
        let text = render(id, conversation)?;
        self.transact(|t| {
            t.execute(
                "INSERT INTO conversations (incident, conversation) VALUES (?1, ?2)
                 ON CONFLICT (incident) DO UPDATE SET conversation = ?2",
                params![id, text],
            )
            .map(|_| ())
            .map_err(|e| self.fault(e))
        })
    }

    /// The conversation of an incident.
    ///
    /// # Errors
    /// [`StoreError`](super::StoreError).
    pub fn conversation(&self, id: &str) -> Stored<Option<Conversation>> {
        let connection = self.lock();
        let text: Option<String> = connection
            .query_row(
                "SELECT conversation FROM conversations WHERE incident = ?1",
                params![id],
                |r| r.get(0),
            )
            .optional()
            .map_err(|e| self.fault(e))?;
        text.map(|text| parse(id, &text)).transpose()
    }
}
