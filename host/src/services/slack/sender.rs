//! Sends what the outbox holds, once, whatever happens in between.

mod direct;
mod find;
mod voice;

use data_encoding::HEXLOWER;
use k8shawk_core::record::Record;
use serde::Serialize;
use sha2::{Digest, Sha256};
use slack_morphism::api::{SlackApiChatPostMessageRequest, SlackApiChatUpdateRequest};
use slack_morphism::{SlackMessageContent, SlackMessageMetadata};
use tracing::warn;

use super::Slack;
use super::api::{ApiError, Class, Parsed};
use super::message;
use super::morphism_gaps::{Accepted, Answered};
use super::outgoing::Outgoing;
use super::thread::{Content, Post};
use crate::services::outbox::Outcome;
use crate::services::slack::posted::{MessageId, Posted};
use crate::services::store::{Entry, MUTED, StoreError};

/// What to do after an error of Slack.
pub(super) fn outcome(error: &ApiError) -> Outcome {
    let why = error.to_string();
    match error {
        ApiError::Limited { after } => Outcome::Later { after: *after, why },
        ApiError::Unreachable(_) => Outcome::Outage {
            why,
            unknown: false,
        },
        ApiError::Unknown(_) | ApiError::Server(_) => Outcome::Outage { why, unknown: true },
        ApiError::Refused { class, .. } => match class {
            Class::Later => Outcome::Outage {
                why,
                unknown: error.is_ambiguous(),
            },
            Class::App | Class::Channel => Outcome::Blocked(why),
            Class::Content | Class::Gone | Class::Late | Class::Other => Outcome::Dropped(why),
        },
    }
}

fn stored(fault: &StoreError) -> Outcome {
    Outcome::Outage {
        why: fault.to_string(),
        unknown: true,
    }
}

fn soon(why: &str) -> Outcome {
    Outcome::Later {
        after: std::time::Duration::from_secs(2),
        why: why.to_owned(),
    }
}

/// Digest of what a message shows.
fn digest(content: &SlackMessageContent) -> String {
    let hash = Sha256::digest(serde_json::to_vec(content).unwrap_or_default());
    HEXLOWER.encode(hash.get(..16).unwrap_or_default())
}

/// Value of `parse`: names and addresses in a text do not become links.
const PLAIN: &str = "none";

/// A post, without what Slack would make of addresses in it.
fn posting(
    channel: &str,
    thread: Option<&str>,
    content: SlackMessageContent,
) -> SlackApiChatPostMessageRequest {
    SlackApiChatPostMessageRequest::new(channel.into(), content)
        .opt_thread_ts(thread.map(Into::into))
        .with_parse(PLAIN.to_owned())
        .with_unfurl_links(false)
        .with_unfurl_media(false)
}

impl Slack {
    /// Send one. An entry with `begun_at` may have been sent before: it is looked for first.
    pub async fn deliver(&self, entry: &Entry) -> Outcome {
        let effect: Outgoing = match serde_json::from_str(&entry.effect) {
            Ok(effect) => effect,
            Err(fault) => return Outcome::Dropped(format!("written by another version: {fault}")),
        };
        let sent = match &effect {
            Outgoing::Message { incident } => self.make_true(entry, incident).await,
            Outgoing::Post { incident, post } => self.post_in_thread(entry, incident, post).await,
            Outgoing::Voice {
                incident,
                script,
                language,
            } => self.speak(entry, incident, script, language).await,
            Outgoing::Whisper { .. } => self.whisper(entry, &effect).await,
            Outgoing::Reply {
                channel,
                thread,
                answer,
            } => {
                let content = answer.content(&self.options.installation);
                self.post(entry, &entry.key, channel, Some(thread), content)
                    .await
                    .map(|_| String::new())
            }
            Outgoing::Home { user } => self.publish(user).await,
        };
        sent.map_or_else(|outcome| outcome, Outcome::Sent)
    }
}

type Sent<T> = Result<T, Outcome>;

impl Slack {
    fn record(&self, incident: &str) -> Sent<Record> {
        self.store.get(incident).map_err(|fault| match fault {
            StoreError::Unknown(_) => Outcome::Dropped(fault.to_string()),
            fault => stored(&fault),
        })
    }

    fn posted(&self, incident: &str) -> Sent<Option<Posted>> {
        Posted::of(&self.store, incident).map_err(|f| stored(&f))
    }

    fn keep_posted(&self, incident: &str, posted: &Posted) -> Sent<()> {
        posted.keep(&self.store, incident).map_err(|f| stored(&f))
    }

    /// Held while it is muted.
    fn audible(&self, record: &Record) -> Sent<()> {
        let names = [
            record.incident.id.0.as_str(),
            record.incident.owner.namespace.as_str(),
        ];
        let now = self.clock.now();
        match self.store.muted(&names, now).map_err(|f| stored(&f))? {
            None => Ok(()),
            Some(until) => Err(Outcome::Later {
                after: std::time::Duration::from_millis(u64::try_from(until - now).unwrap_or(0)),
                why: MUTED.to_owned(),
            }),
        }
    }

    /// The message of an incident shows what is true now.
    async fn make_true(&self, entry: &Entry, incident: &str) -> Sent<String> {
        let record = self.record(incident)?;
        self.audible(&record)?;
        let content = message::render(&record, self.look()).content();
        let shown = digest(&content);
        let Some(mut posted) = self.posted(incident)? else {
            return self.post_message(entry, incident, 0, content).await;
        };
        if posted.digest == shown {
            return Ok("already up to date".to_owned());
        }
        let MessageId { channel, ts } = &posted.id;
        let update = |content: SlackMessageContent| {
            SlackApiChatUpdateRequest::new(channel.as_str().into(), content, ts.as_str().into())
                .with_parse(PLAIN.to_owned())
        };
        match self.attempt("chat.update", content.clone(), update).await {
            Ok(Answered {}) => {
                posted.digest = shown;
                self.keep_posted(incident, &posted)?;
                Ok("edited".to_owned())
            }
            Err(error) if error.class() == Class::Gone => match posted.replaced {
                0 => self.post_message(entry, incident, 1, content).await,
                _ => Ok("deleted twice; not posted again".to_owned()),
            },
            Err(error) => Err(outcome(&error)),
        }
    }

    async fn post_message(
        &self,
        entry: &Entry,
        incident: &str,
        replaced: u32,
        content: SlackMessageContent,
    ) -> Sent<String> {
        let shown = digest(&content);
        let key = format!("message/{incident}/{replaced}");
        let channel = self.options.channel.clone();
        let (channel, ts, found) = self.post(entry, &key, &channel, None, content).await?;
        let posted = Posted {
            id: MessageId { channel, ts },
            // What was found may show an older state: it is edited next.
            digest: if found { String::new() } else { shown },
            replaced,
        };
        self.keep_posted(incident, &posted)?;
        if found {
            return Err(soon("found after an outage"));
        }
        Ok("posted".to_owned())
    }

    async fn post_in_thread(&self, entry: &Entry, incident: &str, post: &Post) -> Sent<String> {
        let record = self.record(incident)?;
        self.audible(&record)?;
        let Some(mut posted) = self.posted(incident)? else {
            return Err(Outcome::Dropped("the incident has no message".to_owned()));
        };
        let MessageId { channel, ts } = posted.id.clone();
        let sent = match (&post.content, post.content.message()) {
            (
                Content::File {
                    name,
                    comment,
                    text,
                },
                _,
            ) => {
                let file = (name.as_str(), comment.as_str(), text.clone().into_bytes());
                self.file(entry, &posted, file, comment).await
            }
            (_, Some(content)) => self
                .post(entry, &entry.key, &channel, Some(&ts), content)
                .await
                .map(|_| String::new()),
            (_, None) => Ok(String::new()),
        };
        match sent {
            // The message was deleted: it is posted again once, and the thread goes on there.
            Err(Outcome::Dropped(why)) if is_gone(&why) && posted.replaced == 0 => {
                posted.digest.clear();
                self.keep_posted(incident, &posted)?;
                let again = self.outbox.put(&[Outgoing::message(incident, true)]);
                again.map_err(|f| stored(&f))?;
                Err(soon("its message was deleted; posting it again"))
            }
            sent => sent,
        }
    }

    /// The key of a message in a channel that other installations may post to as well.
    fn key(&self, key: &str) -> String {
        format!("{}/{key}", self.options.installation.id())
    }

    /// Post once: where an earlier attempt may have been done, look for it first. Returns the
    /// channel's id, the timestamp, and true where it was found.
    async fn post(
        &self,
        entry: &Entry,
        key: &str,
        channel: &str,
        thread: Option<&str>,
        content: SlackMessageContent,
    ) -> Sent<(String, String, bool)> {
        let key = self.key(key);
        if let Some(since) = entry.begun_at {
            let id = self.channel_id(channel).await.map_err(|e| outcome(&e))?;
            let found = self.find(&id, thread, &key, since).await;
            if let Some(ts) = found.map_err(|e| outcome(&e))? {
                return Ok((id, ts, true));
            }
        }
        let mark = SlackMessageMetadata::new("k8shawk_effect".to_owned());
        let mark = mark.with_event_payload([("key".to_owned(), key)].into());
        let post = |content| posting(channel, thread, content);
        let accepted: Accepted = self
            .attempt("chat.postMessage", content.with_metadata(mark), post)
            .await
            .map_err(|e| outcome(&e))?;
        self.learn_channel(&accepted.channel.0);
        Ok((accepted.channel.0, accepted.ts.0, false))
    }

    /// Call; where Slack does not like the blocks, the text alone.
    async fn attempt<RQ, RS>(
        &self,
        method: &str,
        content: SlackMessageContent,
        request: impl Fn(SlackMessageContent) -> RQ,
    ) -> Result<RS, ApiError>
    where
        RQ: Serialize + Send + Sync,
        RS: Parsed,
    {
        let refused = match self.api.write(method, &request(content.clone())).await {
            Err(error) if error.class() == Class::Content => error,
            answer => return answer,
        };
        warn!(error = %refused, "Slack rejected the blocks; sent as plain text");
        // The words of the bar say more than a notification has room for.
        let bars = content.attachments.iter().flatten();
        let told = bars.filter_map(|bar| bar.fallback.clone()).next();
        let plain = SlackMessageContent {
            text: told.or(content.text),
            blocks: None,
            attachments: None,
            ..content
        };
        self.api.write(method, &request(plain)).await
    }
}

fn is_gone(why: &str) -> bool {
    [
        "message_not_found",
        "thread_not_found",
        "cannot_reply_to_message",
    ]
    .iter()
    .any(|code| why.contains(code))
}
