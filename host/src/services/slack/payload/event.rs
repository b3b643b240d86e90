//! Events: mentions, the home tab, and the end of the app.

use serde_json::Value;

use super::{Inbound, ParseError, Place, channel, is_ts, text, user};

/// Parse the `event_callback` of the Events API; with its id, under which Slack repeats it.
///
/// # Errors
/// [`ParseError`].
pub fn event(value: &Value) -> Result<(Inbound, String), ParseError> {
    if text(value, "/type") != Some("event_callback") {
        return Err(ParseError::Field("type"));
    }
    let id = text(value, "/event_id")
        .filter(|t| !t.is_empty() && t.len() <= 64)
        .ok_or(ParseError::Field("event_id"))?;
    let event = value.get("event").ok_or(ParseError::Field("event"))?;
    Ok((inner(event)?, id.to_owned()))
}

fn inner(event: &Value) -> Result<Inbound, ParseError> {
    match text(event, "/type").ok_or(ParseError::Field("event.type"))? {
        "app_mention" => mention(event),
        "app_home_opened" if text(event, "/tab").is_none_or(|t| t == "home") => Ok(Inbound::Home {
            user: user(event, "/user")?,
        }),
        "app_uninstalled" | "tokens_revoked" => Ok(Inbound::Revoked),
        _ => Err(ParseError::Unused("the event")),
    }
}

fn mention(event: &Value) -> Result<Inbound, ParseError> {
    // Our own posts and those of other bots are never answered: no loop.
    if event.get("bot_id").is_some_and(|b| !b.is_null()) || event.get("subtype").is_some() {
        return Err(ParseError::Unused("a post of a bot"));
    }
    let ts = |pointer| text(event, pointer).filter(|t| is_ts(t)).map(str::to_owned);
    let written = text(event, "/text").ok_or(ParseError::Field("text"))?;
    Ok(Inbound::Mention {
        user: user(event, "/user")?,
        place: Place {
            channel: channel(event, "/channel")?,
            thread: ts("/thread_ts").or_else(|| ts("/ts")),
            response_url: None,
        },
        text: mention_of(written),
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
    let plain: String = out.chars().filter(|c| !c.is_control()).take(1000).collect();
    plain.trim().to_owned()
}
