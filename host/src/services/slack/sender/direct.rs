//! What one person gets: answers that nobody else sees, and the home tab.

use slack_morphism::SlackMessageContent;
use slack_morphism::api::{SlackApiChatPostEphemeralRequest, SlackApiViewsPublishRequest};

use super::{PLAIN, Sent, outcome, posting, stored};
use crate::services::outbox::Outcome;
use crate::services::slack::api::Class;
use crate::services::slack::morphism_gaps::{Answered, Whisper};
use crate::services::slack::outgoing::Outgoing;
use crate::services::slack::people::Refusal;
use crate::services::slack::{Slack, home};
use crate::services::store::Entry;

/// Milliseconds after which an answer to one person is of no use.
const WHISPER_LIFE: i64 = 25 * 60_000;

impl Slack {
    pub(super) async fn whisper(&self, entry: &Entry, effect: &Outgoing) -> Sent<String> {
        let Outgoing::Whisper {
            user,
            channel,
            thread,
            response_url,
            answer,
        } = effect
        else {
            return Ok(String::new());
        };
        if self.clock.now() - entry.made_at > WHISPER_LIFE {
            return Err(Outcome::Dropped(
                "expired before it could be sent".to_owned(),
            ));
        }
        let content = answer.content(&self.options.installation);
        if let Some(url) = response_url {
            match self.api.respond(url, &Whisper::of(content.clone())).await {
                Ok(()) => return Ok(String::new()),
                Err(error) if error.class() == Class::Late => {}
                Err(error) => return Err(outcome(&error)),
            }
        }
        // From a home tab there is no channel: a direct message is as private.
        let sent = if channel.is_empty() {
            let post = |content| posting(user, None, content);
            self.attempt("chat.postMessage", content, post).await
        } else {
            let (channel, user) = (channel.as_str(), user.as_str());
            let post = |content: SlackMessageContent| {
                SlackApiChatPostEphemeralRequest::new(channel.into(), user.into(), content)
                    .opt_thread_ts(thread.as_deref().map(Into::into))
                    .with_parse(PLAIN.to_owned())
            };
            self.attempt("chat.postEphemeral", content, post).await
        };
        sent.map(|Answered {}| String::new())
            .map_err(|error| match error.class() {
                Class::Channel => Outcome::Dropped(error.to_string()),
                _ => outcome(&error),
            })
    }

    /// Who may read sees what is open, everybody else why they do not.
    pub(super) async fn publish(&self, user: &str) -> Sent<String> {
        let view = match self.insider(user).await {
            Ok(_) => {
                let records = self.store.list(true).map_err(|f| stored(&f))?;
                home::view(&records, self.look())
            }
            Err(Refusal::Unknown(error)) => return Err(outcome(&error)),
            Err(refusal) => home::closed(&refusal.to_string()),
        };
        let shown = SlackApiViewsPublishRequest::new(user.into(), view);
        match self.api.write("views.publish", &shown).await {
            Ok(Answered {}) => Ok(String::new()),
            Err(error) => Err(outcome(&error)),
        }
    }
}
