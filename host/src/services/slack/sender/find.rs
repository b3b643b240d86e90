//! Finding our own message after an attempt whose end is not known.

use serde_json::Value;
use tracing::warn;

use crate::services::slack::Slack;
use crate::services::slack::api::ApiError;
use crate::services::slack::morphism_gaps::{Channels, Message, Messages, next};
use crate::services::slack::text::is_id;

/// Pages that are looked through.
const PAGES: usize = 10;
/// Seconds that clocks may differ.
const SLACK: i64 = 120;

fn carries(message: &Message, key: &str) -> bool {
    let carried = message.metadata.pointer("/event_payload/key");
    carried.and_then(Value::as_str) == Some(key)
}

impl Slack {
    /// The timestamp of our message with this key; none where it was not posted.
    pub(super) async fn find(
        &self,
        channel: &str,
        thread: Option<&str>,
        key: &str,
        since: i64,
    ) -> Result<Option<String>, ApiError> {
        let method = match thread {
            Some(_) => "conversations.replies",
            None => "conversations.history",
        };
        let oldest = format!("{}.000000", since.div_euclid(1000) - SLACK);
        let mut cursor: Option<String> = None;
        for _ in 0..PAGES {
            let asked = [
                ("channel", Some(channel)),
                ("ts", thread),
                ("oldest", Some(oldest.as_str())),
                ("include_all_metadata", Some("true")),
                ("limit", Some("200")),
                ("cursor", cursor.as_deref()),
            ];
            let page: Messages = match self.api.read(method, &asked).await {
                Ok(page) => page,
                Err(error) if error.code() == "missing_scope" => {
                    warn!(%error, "cannot look whether it was posted; it may stand there twice");
                    return Ok(None);
                }
                // The thread is gone, so nothing of ours is in it.
                Err(error) if error.code() == "thread_not_found" => return Ok(None),
                Err(error) => return Err(error),
            };
            let found = page.messages.into_iter().find(|m| carries(m, key));
            if let Some(ts) = found.and_then(|m| m.ts) {
                return Ok(Some(ts.0));
            }
            cursor = next(page.response_metadata);
            if cursor.is_none() {
                return Ok(None);
            }
        }
        Ok(None)
    }

    /// The id of a channel that was configured by name.
    pub(in crate::services::slack) async fn channel_id(
        &self,
        channel: &str,
    ) -> Result<String, ApiError> {
        if is_id(channel, "CDG") {
            return Ok(channel.to_owned());
        }
        let learned = self.channel.get().cloned();
        if let Some(known) = learned {
            return Ok(known);
        }
        let name = channel.trim_start_matches('#');
        let mut cursor: Option<String> = None;
        for _ in 0..PAGES {
            let asked = [
                ("types", Some("public_channel,private_channel")),
                ("limit", Some("1000")),
                ("exclude_archived", Some("true")),
                ("cursor", cursor.as_deref()),
            ];
            let page: Channels = self.api.read("conversations.list", &asked).await?;
            let mut all = page.channels.into_iter();
            if let Some(found) = all.find(|c| c.name.as_deref() == Some(name)) {
                self.learn_channel(&found.id.0);
                return Ok(found.id.0);
            }
            cursor = next(page.response_metadata);
            if cursor.is_none() {
                break;
            }
        }
        Err(ApiError::refused("channel_not_found", ""))
    }

    /// Remember the id of the configured channel.
    pub(super) fn learn_channel(&self, id: &str) {
        if is_id(id, "CG") {
            let _ = self.channel.set(id.to_owned());
        }
    }
}
