//! Finding our own message after an attempt whose end is not known.

use serde_json::{Value, json};
use tracing::warn;

use crate::services::slack::Slack;
use crate::services::slack::api::ApiError;
use crate::services::slack::text::is_id;

/// Pages that are looked through.
const PAGES: usize = 10;
/// Seconds that clocks may differ.
const SLACK: i64 = 120;

fn carries(message: &Value, key: &str) -> bool {
    let carried = message.pointer("/metadata/event_payload/key");
    carried.and_then(Value::as_str) == Some(key)
}

fn cursor(answer: &Value) -> Option<&str> {
    answer
        .pointer("/response_metadata/next_cursor")
        .and_then(Value::as_str)
        .filter(|c| !c.is_empty())
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
        let mut body = json!({
            "channel": channel,
            "oldest": format!("{}.000000", since.div_euclid(1000) - SLACK),
            "include_all_metadata": true,
            "limit": 200,
        });
        for _ in 0..PAGES {
            if let (Some(thread), Some(map)) = (thread, body.as_object_mut()) {
                map.insert("ts".to_owned(), json!(thread));
            }
            let answer = match self.api.call(method, &body).await {
                Ok(answer) => answer,
                Err(error) if error.code() == "missing_scope" => {
                    warn!(%error, "cannot look whether it was posted; it may stand there twice");
                    return Ok(None);
                }
                // The thread is gone, so nothing of ours is in it.
                Err(error) if error.code() == "thread_not_found" => return Ok(None),
                Err(error) => return Err(error),
            };
            let messages = answer.get("messages").and_then(Value::as_array);
            let found = messages.into_iter().flatten().find(|m| carries(m, key));
            if let Some(ts) = found.and_then(|m| m.get("ts")).and_then(Value::as_str) {
                return Ok(Some(ts.to_owned()));
            }
            match (cursor(&answer), body.as_object_mut()) {
                (Some(next), Some(map)) => map.insert("cursor".to_owned(), json!(next)),
                _ => return Ok(None),
            };
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
        let mut body = json!({"types": "public_channel,private_channel", "limit": 1000,
            "exclude_archived": true});
        for _ in 0..PAGES {
            let answer = self.api.call("conversations.list", &body).await?;
            let all = answer.get("channels").and_then(Value::as_array);
            let named = |c: &&Value| c.get("name").and_then(Value::as_str) == Some(name);
            let found = all.into_iter().flatten().find(named);
            if let Some(id) = found.and_then(|c| c.get("id")).and_then(Value::as_str) {
                self.learn_channel(id);
                return Ok(id.to_owned());
            }
            match (cursor(&answer), body.as_object_mut()) {
                (Some(next), Some(map)) => map.insert("cursor".to_owned(), json!(next)),
                _ => break,
            };
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
