//! The message of an incident: where it stands in Slack, and what it shows.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::SINK;
use crate::services::store::{Shown, Store, StoreError};

/// What names one message in Slack, for good: as text `C0123/1700000000.000100`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageId {
    /// Id of the channel.
    pub channel: String,
    /// Timestamp: it names the message within its channel.
    pub ts: String,
}

/// A text names no message.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{0:?} is not a channel and a timestamp")]
pub struct NoMessageId(String);

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.channel, self.ts)
    }
}

impl FromStr for MessageId {
    type Err = NoMessageId;

    fn from_str(text: &str) -> Result<MessageId, NoMessageId> {
        match text.split_once('/') {
            Some((channel, ts)) if !channel.is_empty() && !ts.is_empty() => Ok(MessageId {
                channel: channel.to_owned(),
                ts: ts.to_owned(),
            }),
            _ => Err(NoMessageId(text.to_owned())),
        }
    }
}

impl MessageId {
    /// The incident whose message this is.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn incident(&self, store: &Store) -> Result<Option<String>, StoreError> {
        store.incident_at(SINK, &self.to_string())
    }
}

/// The message of an incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// Which one it is.
    pub id: MessageId,
    /// Digest of what it shows; empty where it has to be edited.
    pub digest: String,
    /// How often it was posted again after somebody deleted it.
    pub replaced: u32,
}

impl Posted {
    /// The message of an incident; none where there is none yet.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn of(store: &Store, incident: &str) -> Result<Option<Posted>, StoreError> {
        let shown = store.shown(SINK, incident)?;
        // Every place of ours was written below: one that does not parse stands nowhere.
        Ok(shown.and_then(|shown| {
            Some(Posted {
                id: shown.place.parse().ok()?,
                digest: shown.digest,
                replaced: shown.replaced,
            })
        }))
    }

    /// Remember it as the message of an incident.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn keep(&self, store: &Store, incident: &str) -> Result<(), StoreError> {
        let shown = Shown {
            place: self.id.to_string(),
            digest: self.digest.clone(),
            replaced: self.replaced,
        };
        store.keep_shown(SINK, incident, &shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_found_by_what_names_it() {
        let store = Store::in_memory().unwrap();
        assert_eq!(Posted::of(&store, "inc-1").unwrap(), None);
        let id: MessageId = "C0123/1700000000.000100".parse().unwrap();
        let posted = Posted {
            id: id.clone(),
            digest: "d".to_owned(),
            replaced: 1,
        };
        posted.keep(&store, "inc-1").unwrap();
        assert_eq!(Posted::of(&store, "inc-1").unwrap(), Some(posted));
        assert_eq!(id.incident(&store).unwrap().as_deref(), Some("inc-1"));
    }

    #[test]
    fn half_a_name_names_no_message() {
        for text in ["", "C0123", "/1700000000.000100", "C0123/"] {
            let refused = text.parse::<MessageId>();
            assert_eq!(refused, Err(NoMessageId(text.to_owned())));
        }
    }
}
