//! What one person gets: answers that nobody else sees, and the home tab.

use serde_json::json;

use super::{Sent, outcome, stored, with};
use crate::services::outbox::Outcome;
use crate::services::slack::api::Class;
use crate::services::slack::beside::Answered;
use crate::services::slack::effect::Effect;
use crate::services::slack::people::Refusal;
use crate::services::slack::{Slack, home};
use crate::services::store::Entry;

/// Milliseconds after which an answer to one person is of no use.
const WHISPER_LIFE: i64 = 25 * 60_000;

impl Slack {
    pub(super) async fn whisper(&self, entry: &Entry, effect: &Effect) -> Sent<String> {
        let Effect::Whisper {
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
            return Err(Outcome::Dropped("too late to be of use".to_owned()));
        }
        let body = answer.json(&self.options.installation);
        if let Some(url) = response_url {
            let answer = json!({"response_type": "ephemeral", "replace_original": false});
            match self.api.respond(url, &with(body.clone(), answer)).await {
                Ok(()) => return Ok(String::new()),
                Err(error) if error.class() == Class::Late => {}
                Err(error) => return Err(outcome(&error)),
            }
        }
        // From a home tab there is no channel: a direct message is as private.
        let sent = if channel.is_empty() {
            let place = json!({"channel": user});
            self.attempt("chat.postMessage", with(body, place)).await
        } else {
            let mut place = json!({"channel": channel, "user": user});
            if let (Some(thread), Some(map)) = (thread, place.as_object_mut()) {
                map.insert("thread_ts".to_owned(), json!(thread));
            }
            self.attempt("chat.postEphemeral", with(body, place)).await
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
        let body = json!({"user_id": user, "view": view});
        match self.api.write("views.publish", &body).await {
            Ok(Answered {}) => Ok(String::new()),
            Err(error) => Err(outcome(&error)),
        }
    }
}
