//! Answers of the Web API, and the requests beside them.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use slack_morphism::{
    SlackChannelId, SlackMessageContent, SlackMessageResponseType, SlackResponseMetadata, SlackTs,
};

/// Slack said ok; nothing else of the answer is used.
#[derive(Debug, Deserialize)]
pub struct Answered {}

/// Of `auth.test`: who a token is.
#[derive(Debug, Deserialize)]
pub struct WhoAmI {
    /// Workspace; none where Slack does not say it.
    pub team_id: Option<String>,
    /// Organisation, where the workspace has one.
    pub enterprise_id: Option<String>,
    /// Name of the bot.
    pub user: Option<String>,
    /// Name of the workspace.
    pub team: Option<String>,
    /// With commas between them.
    #[serde(default, rename = "x-oauth-scopes")]
    scopes: String,
}

impl WhoAmI {
    /// Scopes of the token; none where Slack did not say which there are.
    pub fn scopes(&self) -> Vec<&str> {
        let scopes = self.scopes.split(',').map(str::trim);
        scopes.filter(|s| !s.is_empty()).collect()
    }
}

/// Of `chat.postMessage`: where the message is.
#[derive(Debug, Deserialize)]
pub struct Accepted {
    /// Its channel, by its id.
    pub channel: SlackChannelId,
    /// Its timestamp.
    pub ts: SlackTs,
}

/// Of `conversations.history` and `conversations.replies`: a page.
#[derive(Debug, Deserialize)]
pub struct Messages {
    /// Messages, of anybody.
    #[serde(default)]
    pub messages: Vec<Message>,
    /// The next page.
    pub response_metadata: Option<SlackResponseMetadata>,
}

/// A message of anybody.
#[derive(Debug, Deserialize)]
pub struct Message {
    /// Timestamp.
    pub ts: Option<SlackTs>,
    /// Whatever its sender put into it.
    #[serde(default)]
    pub metadata: Value,
}

/// Of `conversations.info`.
#[derive(Debug, Deserialize)]
pub struct ChannelInfo {
    /// The channel.
    pub channel: Channel,
}

/// Of `conversations.list`: a page.
#[derive(Debug, Deserialize)]
pub struct Channels {
    /// Channels.
    #[serde(default)]
    pub channels: Vec<Channel>,
    /// The next page.
    pub response_metadata: Option<SlackResponseMetadata>,
}

/// A channel.
#[derive(Debug, Deserialize)]
pub struct Channel {
    /// Id.
    pub id: SlackChannelId,
    /// Name, without `#`.
    pub name: Option<String>,
    /// True where nobody can write there now.
    #[serde(default)]
    pub is_archived: bool,
    /// True where the bot is in it.
    #[serde(default)]
    pub is_member: bool,
    /// True where another organisation reads it.
    #[serde(default)]
    pub is_ext_shared: bool,
    /// True where another organisation is invited.
    #[serde(default)]
    pub is_pending_ext_shared: bool,
}

/// Of `files.info`.
#[derive(Debug, Deserialize)]
pub struct FileInfo {
    /// The file.
    #[serde(default)]
    pub file: File,
}

/// A file.
#[derive(Debug, Default, Deserialize)]
pub struct File {
    /// `public` and `private`: the channels in which it is shared, by their ids.
    #[serde(default)]
    pub shares: HashMap<String, Value>,
}

/// Of `users.info`: read by [`people`](crate::services::slack::people), where what is not said counts against them.
#[derive(Debug, Deserialize)]
pub struct UserInfo {
    /// The user.
    pub user: Option<Value>,
}

/// An answer for one person, to a `response_url`.
#[derive(Debug, Serialize)]
pub struct Whisper {
    #[serde(flatten)]
    content: SlackMessageContent,
    response_type: SlackMessageResponseType,
    replace_original: bool,
    unfurl_links: bool,
}

impl Whisper {
    /// Beside the message that it answers.
    pub fn of(content: SlackMessageContent) -> Whisper {
        Whisper {
            content,
            response_type: SlackMessageResponseType::Ephemeral,
            replace_original: false,
            unfurl_links: false,
        }
    }
}

/// The next page, where there is one.
pub fn next(metadata: Option<SlackResponseMetadata>) -> Option<String> {
    Some(metadata?.next_cursor?.0)
}
