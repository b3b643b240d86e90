//! What Slack tells us, parsed into a closed set: hostile until it is parsed.
//!
//! Only the fields that are used are read, each with its form checked; everything else may
//! change as Slack likes. What does not parse has no effect.

mod event;
mod press;

use serde_json::Value;
use thiserror::Error;

use super::text::is_id;

pub use event::{event, mention_of};
pub use press::{MUTE, Press, is_namespace, private};

/// Why something is not understood. It is acknowledged or refused, and nothing happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ParseError {
    /// It is not JSON, or not a form: refuse it.
    #[error("the body is not {0}")]
    Form(&'static str),
    /// A field lacks or has a form that Slack does not send: refuse it.
    #[error("{0} is missing or malformed")]
    Field(&'static str),
    /// It is of a kind that is not used here: acknowledge it and do nothing.
    #[error("{0} is not used here")]
    Unused(&'static str),
}

/// Where something was clicked or written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// Channel id; empty in a home tab or a modal.
    pub channel: String,
    /// Message in whose thread an answer belongs.
    pub thread: Option<String>,
    /// Where an answer to exactly this may be posted.
    pub response_url: Option<String>,
}

/// Something that a person did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inbound {
    /// A button.
    Pressed {
        /// User id.
        user: String,
        /// Where.
        place: Place,
        /// Id of the installation that showed the button.
        installation: String,
        /// What.
        press: Press,
        /// Allows to open a modal within about three seconds.
        trigger: String,
    },
    /// The modal for dismissing was sent.
    Reason {
        /// User id.
        user: String,
        /// Where the modal was opened from.
        place: Place,
        /// Id of the installation that opened it.
        installation: String,
        /// Which incident.
        incident: String,
        /// Why.
        reason: String,
    },
    /// The slash command.
    Command {
        /// User id.
        user: String,
        /// Where.
        place: Place,
        /// What stands after the command.
        text: String,
        /// Allows to open a modal within about three seconds.
        trigger: String,
    },
    /// Somebody wrote our name.
    Mention {
        /// User id.
        user: String,
        /// Where.
        place: Place,
        /// What they wrote, without our name.
        text: String,
    },
    /// Somebody opened the home tab.
    Home {
        /// User id.
        user: String,
    },
    /// The app was removed or its tokens revoked.
    Revoked,
}

impl Inbound {
    /// Who did it and where; none where it was Slack itself.
    pub fn from(&self) -> Option<(&str, Option<&Place>)> {
        match self {
            Inbound::Pressed { user, place, .. }
            | Inbound::Reason { user, place, .. }
            | Inbound::Command { user, place, .. }
            | Inbound::Mention { user, place, .. } => Some((user, Some(place))),
            Inbound::Home { user } => Some((user, None)),
            Inbound::Revoked => None,
        }
    }

    /// Id of the installation that it is meant for; none where it is for whoever gets it.
    pub fn installation(&self) -> Option<&str> {
        match self {
            Inbound::Pressed { installation, .. } | Inbound::Reason { installation, .. } => {
                Some(installation)
            }
            Inbound::Command { .. }
            | Inbound::Mention { .. }
            | Inbound::Home { .. }
            | Inbound::Revoked => None,
        }
    }
}

pub(super) fn text<'v>(value: &'v Value, pointer: &str) -> Option<&'v str> {
    value.pointer(pointer).and_then(Value::as_str)
}

fn id(value: &Value, pointer: &str, first: &str, name: &'static str) -> Result<String, ParseError> {
    text(value, pointer)
        .filter(|t| is_id(t, first))
        .map(str::to_owned)
        .ok_or(ParseError::Field(name))
}

pub(super) fn user(value: &Value, pointer: &str) -> Result<String, ParseError> {
    id(value, pointer, "UW", "user")
}

pub(super) fn channel(value: &Value, pointer: &str) -> Result<String, ParseError> {
    id(value, pointer, "CDG", "channel")
}

/// `1700000000.123456`.
pub(super) fn is_ts(text: &str) -> bool {
    let digits = |t: &str| !t.is_empty() && t.len() <= 16 && t.bytes().all(|b| b.is_ascii_digit());
    text.split_once('.')
        .is_some_and(|(a, b)| digits(a) && digits(b))
}

fn bounded(text: &str, limit: usize) -> bool {
    !text.is_empty() && text.len() <= limit && !text.chars().any(char::is_control)
}

fn trigger(value: &Value) -> Result<String, ParseError> {
    text(value, "/trigger_id")
        .filter(|t| bounded(t, 255))
        .map(str::to_owned)
        .ok_or(ParseError::Field("trigger_id"))
}

fn response_url(value: &Value) -> Option<String> {
    text(value, "/response_url")
        .filter(|t| bounded(t, 1000))
        .map(str::to_owned)
}

/// Parse the JSON of an interaction.
///
/// # Errors
/// [`ParseError`].
pub fn interaction(value: &Value) -> Result<Inbound, ParseError> {
    match text(value, "/type").ok_or(ParseError::Field("type"))? {
        "block_actions" => pressed(value),
        "view_submission" => submitted(value),
        "view_closed" | "shortcut" | "message_action" | "block_suggestion"
        | "workflow_step_edit" => Err(ParseError::Unused("the interaction")),
        _ => Err(ParseError::Field("type")),
    }
}

fn pressed(value: &Value) -> Result<Inbound, ParseError> {
    let actions = value.get("actions").and_then(Value::as_array);
    let [action] = actions.map_or(&[][..], Vec::as_slice) else {
        return Err(ParseError::Field("actions"));
    };
    if text(action, "/type") != Some("button") {
        return Err(ParseError::Unused("the element"));
    }
    let name = text(action, "/action_id").ok_or(ParseError::Field("action_id"))?;
    let carried = text(action, "/value").ok_or(ParseError::Field("value"))?;
    let (installation, press) = Press::parse(name, carried).ok_or(ParseError::Field("value"))?;
    Ok(Inbound::Pressed {
        user: user(value, "/user/id")?,
        place: place(value)?,
        installation,
        press,
        trigger: trigger(value)?,
    })
}

/// A button of a message has a channel; one of a home tab has none.
fn place(value: &Value) -> Result<Place, ParseError> {
    if value.get("channel").is_none_or(Value::is_null) {
        return match text(value, "/container/type") {
            Some("view") => Ok(Place::default()),
            _ => Err(ParseError::Field("channel")),
        };
    }
    let ts = |pointer| text(value, pointer).filter(|t| is_ts(t)).map(str::to_owned);
    let message = ts("/message/ts").or_else(|| ts("/container/message_ts"));
    // An answer to one person alone has no thread of its own.
    let lasting = value.pointer("/container/is_ephemeral") != Some(&Value::Bool(true));
    let message = message.filter(|_| lasting);
    let thread = ts("/message/thread_ts").or_else(|| ts("/container/thread_ts"));
    Ok(Place {
        channel: channel(value, "/channel/id")?,
        thread: thread.or(message),
        response_url: response_url(value),
    })
}

/// Block and element of the modal's field.
pub const REASON: (&str, &str) = ("reason", "text");

fn submitted(value: &Value) -> Result<Inbound, ParseError> {
    if text(value, "/view/callback_id") != Some("dismiss") {
        return Err(ParseError::Field("callback_id"));
    }
    let private = text(value, "/view/private_metadata").unwrap_or_default();
    let (installation, incident, place) =
        press::from_private(private).ok_or(ParseError::Field("private_metadata"))?;
    let (block, element) = REASON;
    let written = value
        .pointer("/view/state/values")
        .and_then(|v| v.get(block))
        .and_then(|v| v.get(element))
        .and_then(|v| v.get("value"))
        .and_then(Value::as_str)
        .ok_or(ParseError::Field("reason"))?;
    Ok(Inbound::Reason {
        user: user(value, "/user/id")?,
        place,
        installation,
        incident,
        reason: written
            .chars()
            .filter(|c| !c.is_control())
            .take(500)
            .collect(),
    })
}

/// Parse a slash command, from the fields of a form or of a Socket Mode payload.
///
/// # Errors
/// [`ParseError`].
pub fn command(value: &Value) -> Result<Inbound, ParseError> {
    let name = text(value, "/command").ok_or(ParseError::Field("command"))?;
    if !name.starts_with('/') || name.len() > 64 {
        return Err(ParseError::Field("command"));
    }
    let written = text(value, "/text").unwrap_or_default();
    Ok(Inbound::Command {
        user: user(value, "/user_id")?,
        place: Place {
            channel: channel(value, "/channel_id")?,
            thread: None,
            response_url: response_url(value),
        },
        text: written
            .chars()
            .filter(|c| !c.is_control())
            .take(1000)
            .collect(),
        trigger: trigger(value)?,
    })
}

/// The fields of a form, each at most once.
///
/// # Errors
/// [`ParseError::Form`] where a field stands twice, or there are too many.
pub fn form(body: &[u8]) -> Result<Value, ParseError> {
    let mut fields = serde_json::Map::new();
    for (name, value) in form_urlencoded::parse(body) {
        let known = fields.insert(name.into_owned(), Value::String(value.into_owned()));
        if known.is_some() || fields.len() > 64 {
            return Err(ParseError::Form("a form of Slack"));
        }
    }
    Ok(Value::Object(fields))
}

/// The interaction in the body of an HTTP request: a form with the one field `payload`.
///
/// # Errors
/// [`ParseError`].
pub fn interaction_form(body: &[u8]) -> Result<Inbound, ParseError> {
    let fields = form(body)?;
    let payload = text(&fields, "/payload").ok_or(ParseError::Field("payload"))?;
    let value: Value = serde_json::from_str(payload).map_err(|_| ParseError::Form("JSON"))?;
    interaction(&value)
}

#[cfg(test)]
pub(crate) mod tests;
