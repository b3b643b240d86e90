//! Events: mentions, the home tab, and the end of the app.

use serde_json::Value;
use slack_morphism::events::{SlackAppMentionEvent, SlackEventCallbackBody};

use super::{Inbound, ParseError, Place, channel, ts, user, written};
use crate::services::slack::morphism_gaps;

/// Parse the `event_callback` of the Events API; with its id, under which Slack repeats it.
///
/// # Errors
/// [`ParseError`].
pub fn event(value: &Value) -> Result<(Inbound, String), ParseError> {
    let (body, id) = morphism_gaps::event(value)?;
    let what = match body {
        SlackEventCallbackBody::AppMention(event) => mention(&event)?,
        SlackEventCallbackBody::AppHomeOpened(event)
            if event.tab.as_deref().is_none_or(|tab| tab == "home") =>
        {
            let user = user(&event.user)?;
            Inbound::Home { user }
        }
        SlackEventCallbackBody::AppUninstalled(_) => Inbound::Revoked,
        SlackEventCallbackBody::Unknown(event)
            if event
                .get("type")
                .is_some_and(|kind| kind == "tokens_revoked") =>
        {
            Inbound::Revoked
        }
        _ => return Err(ParseError::Unused("the event")),
    };
    Ok((what, id))
}

fn mention(event: &SlackAppMentionEvent) -> Result<Inbound, ParseError> {
    let thread = event.origin.thread_ts.as_ref().and_then(ts);
    let text = event.content.text.as_deref();
    Ok(Inbound::Mention {
        user: user(&event.user)?,
        place: Place {
            channel: channel(&event.channel)?,
            thread: thread.or_else(|| ts(&event.origin.ts)),
            response_url: None,
        },
        text: mention_of(text.ok_or(ParseError::Field("text"))?),
    })
}

/// What was written, without mentions and control characters.
pub fn mention_of(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("<@") {
        out.push_str(before);
        rest = after.split_once('>').map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    written(&out, 1000).trim().to_owned()
}
