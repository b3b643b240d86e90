//! What `describe` answers: an object and its events, kept apart until it is known who reads them.
//! A model is shown the values of the object behind a [`Veil`]; after that there is one text.

pub(crate) mod events;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::event::EventRow;
use crate::redact::Veil;
use crate::render::{meaningful, yaml};
use crate::truncate::truncate;

/// Longest text of an object, bytes.
const LENGTH: usize = 24 * 1024;
/// Most events, the newest ones.
const EVENTS: usize = 20;

/// An object and its events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Described {
    /// As the API server has it, without managed fields and copies.
    pub object: Value,
    /// As the verb `events` answers them, oldest first.
    pub events: Vec<EventRow>,
    /// The time that ages are relative to, milliseconds since the Unix epoch.
    pub at: i64,
}

impl Described {
    /// As compact text: the object in the manner of YAML without what says nothing, then its newest
    /// events, each once.
    pub fn text(&self) -> String {
        self.shown(&self.object)
    }

    /// The same for a model: literal values that may be secrets are tokens of the conversation.
    pub fn veiled(&self, veil: &Veil) -> String {
        self.shown(&veil.object(self.object.clone()))
    }

    /// Bytes of the object and its events as JSON; the text is shorter.
    pub fn size(&self) -> usize {
        let events = serde_json::to_string(&self.events).unwrap_or_default();
        self.object.to_string().len() + events.len()
    }

    fn shown(&self, object: &Value) -> String {
        let told = meaningful(object).map(|v| yaml(&v)).unwrap_or_default();
        let mut out = truncate(&told, LENGTH);
        let namespace = self.object.pointer("/metadata/namespace");
        let namespace = namespace.and_then(Value::as_str).unwrap_or_default();
        let events = events::once(&self.events, namespace);
        if events.is_empty() {
            out.push_str("events: none\n");
            return out;
        }
        out.push_str(&format!("events{}:\n", now(self.at)));
        for event in events.iter().skip(events.len().saturating_sub(EVENTS)) {
            let ago = self.at.saturating_sub(event.last_seen).max(0) / 1000;
            out.push_str(&format!("  {} {ago}s ago {}\n", event.head(), event.said()));
        }
        out
    }
}

/// Times of the object are shown unchanged: without the current time no age is known.
fn now(at: i64) -> String {
    match jiff::Timestamp::from_millisecond(at / 1000 * 1000) {
        Ok(time) => format!(" (it is {time})"),
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests;
