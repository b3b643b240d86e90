//! What Slack tells us, parsed into a closed set: hostile until it is parsed.
//!
//! Only the fields that are used are read, each with its form checked; everything else may
//! change as Slack likes. What does not parse has no effect.

mod event;
mod press;

use serde_json::Value;
use slack_morphism::blocks::SlackView;
use slack_morphism::events::{
    SlackInteractionActionContainer, SlackInteractionBlockActionsEvent, SlackInteractionEvent,
    SlackInteractionViewSubmissionEvent,
};
use slack_morphism::{SlackChannelId, SlackResponseUrl, SlackTriggerId, SlackTs, SlackUserId};

use super::morphism_gaps;
use super::text::{is_id, is_ts};

pub use super::morphism_gaps::REASON;
pub use super::parse_error::ParseError;
pub use event::{event, mention_of};
pub use press::{MUTE, Press, is_namespace, private};

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

    /// Id of the installation that it is meant for; none where it is for any receiver.
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

fn text<'v>(value: &'v Value, pointer: &str) -> Option<&'v str> {
    value.pointer(pointer).and_then(Value::as_str)
}

fn user(id: &SlackUserId) -> Result<String, ParseError> {
    let user = Some(id.0.clone()).filter(|t| is_id(t, "UW"));
    user.ok_or(ParseError::Field("user"))
}

fn channel(id: &SlackChannelId) -> Result<String, ParseError> {
    let channel = Some(id.0.clone()).filter(|t| is_id(t, "CDG"));
    channel.ok_or(ParseError::Field("channel"))
}

fn ts(ts: &SlackTs) -> Option<String> {
    Some(ts.0.clone()).filter(|t| is_ts(t))
}

fn trigger(id: SlackTriggerId) -> Result<String, ParseError> {
    let bounded = |t: &String| (1..=255).contains(&t.len()) && !t.chars().any(char::is_control);
    let trigger = Some(id.0).filter(bounded);
    trigger.ok_or(ParseError::Field("trigger_id"))
}

fn response_url(url: &SlackResponseUrl) -> Option<String> {
    let fits = url.0.has_host() && url.0.as_str().len() <= 1000;
    fits.then(|| url.0.to_string())
}

/// What was written: its first characters, without those that control something.
fn written(text: &str, limit: usize) -> String {
    let plain = text.chars().filter(|c| !c.is_control());
    plain.take(limit).collect()
}

/// Parse the JSON of an interaction.
///
/// # Errors
/// [`ParseError`].
pub fn interaction(value: &Value) -> Result<Inbound, ParseError> {
    match morphism_gaps::interaction(value)? {
        SlackInteractionEvent::BlockActions(event) => pressed(event),
        SlackInteractionEvent::ViewSubmission(event) => submitted(event),
        _ => Err(ParseError::Unused("the interaction")),
    }
}

fn pressed(event: SlackInteractionBlockActionsEvent) -> Result<Inbound, ParseError> {
    let place = place(&event)?;
    let Some([action]) = event.actions.as_deref() else {
        return Err(ParseError::Field("actions"));
    };
    if action.action_type.0 != "button" {
        return Err(ParseError::Unused("the element"));
    }
    let carried = action.value.as_deref().unwrap_or_default();
    let (installation, press) =
        Press::parse(&action.action_id.0, carried).ok_or(ParseError::Field("value"))?;
    let who = event.user.as_ref().ok_or(ParseError::Field("user"))?;
    Ok(Inbound::Pressed {
        user: user(&who.id)?,
        place,
        installation,
        press,
        trigger: trigger(event.trigger_id)?,
    })
}

/// A button of a message has a channel; one of a home tab has none.
fn place(event: &SlackInteractionBlockActionsEvent) -> Result<Place, ParseError> {
    // An answer to one person alone has no thread of its own.
    let (in_view, alone) = match &event.container {
        SlackInteractionActionContainer::View(_) => (true, false),
        SlackInteractionActionContainer::Message(m) => (false, m.is_ephemeral == Some(true)),
        SlackInteractionActionContainer::MessageAttachment(_) => (false, false),
    };
    let Some(at) = &event.channel else {
        let nowhere = in_view.then(Place::default);
        return nowhere.ok_or(ParseError::Field("channel"));
    };
    let message = event.message.as_ref().map(|m| &m.origin);
    let thread = message.and_then(|m| ts(m.thread_ts.as_ref()?));
    Ok(Place {
        channel: channel(&at.id)?,
        thread: thread.or_else(|| ts(&message.filter(|_| !alone)?.ts)),
        response_url: event.response_url.as_ref().and_then(response_url),
    })
}

fn submitted(event: SlackInteractionViewSubmissionEvent) -> Result<Inbound, ParseError> {
    let SlackView::Modal(view) = event.view.view else {
        return Err(ParseError::Field("view"));
    };
    if view.callback_id.is_none_or(|id| id.0 != "dismiss") {
        return Err(ParseError::Field("callback_id"));
    }
    let private = view.private_metadata.unwrap_or_default();
    let (installation, incident, place) =
        press::from_private(&private).ok_or(ParseError::Field("private_metadata"))?;
    let values = event.view.state_params.state.into_iter();
    let mut fields = values.flat_map(|state| state.values).flat_map(|b| b.1);
    let reason = fields.find_map(|(_, field)| field.value);
    Ok(Inbound::Reason {
        user: user(&event.user.id)?,
        place,
        installation,
        incident,
        reason: written(&reason.ok_or(ParseError::Field("reason"))?, 500),
    })
}

/// Parse a slash command, from the fields of a form or of a Socket Mode payload.
///
/// # Errors
/// [`ParseError`].
pub fn command(value: &Value) -> Result<Inbound, ParseError> {
    let event = morphism_gaps::command(value)?;
    let name = event.command.0;
    if !name.starts_with('/') || name.len() > 64 {
        return Err(ParseError::Field("command"));
    }
    Ok(Inbound::Command {
        user: user(&event.user_id)?,
        place: Place {
            channel: channel(&event.channel_id)?,
            thread: None,
            response_url: response_url(&event.response_url),
        },
        text: written(&event.text.unwrap_or_default(), 1000),
        trigger: trigger(event.trigger_id)?,
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
