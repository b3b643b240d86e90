//! What people do in Slack, as events of the library: hostile, and read field by field. What is not
//! used is not looked at; where the library demands it, it gets nothing.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use slack_morphism::blocks::{
    SlackBlockPlainText, SlackModalView, SlackStatefulStateParams, SlackStatefulView, SlackView,
    SlackViewState,
};
use slack_morphism::events::{
    SlackCommandEvent, SlackEventCallbackBody, SlackInteractionActionContainer,
    SlackInteractionActionMessageContainer, SlackInteractionActionViewContainer,
    SlackInteractionBlockActionsEvent, SlackInteractionEvent, SlackInteractionViewSubmissionEvent,
};
use slack_morphism::{
    SlackAppId, SlackBasicTeamInfo, SlackHistoryMessage, SlackMessageContent, SlackMessageOrigin,
    SlackMessageSender, SlackParentMessageParams, SlackResponseUrl, SlackTeamId, SlackTs,
    SlackViewId,
};

use crate::services::slack::parse_error::ParseError;
use crate::services::slack::text::is_ts;

/// Block and element of the modal's field.
pub const REASON: (&str, &str) = ("reason", "text");

/// A field that must be there, unless its type is an option.
fn part<T: DeserializeOwned>(value: &Value, name: &'static str) -> Result<T, ParseError> {
    let part = value.get(name).unwrap_or(&Value::Null);
    T::deserialize(part).map_err(|_| ParseError::Field(name))
}

/// A text; empty where there is none.
fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    let text = value.pointer(pointer).and_then(Value::as_str);
    text.unwrap_or_default()
}

/// The first timestamp at these places.
fn stamp(value: &Value, pointers: [&str; 2]) -> Option<SlackTs> {
    let found = pointers.map(|pointer| text(value, pointer));
    let mut stamps = found.into_iter().filter(|text| is_ts(text));
    stamps.next().map(Into::into)
}

/// Null in an app that a whole organisation installed.
fn team() -> SlackBasicTeamInfo {
    SlackBasicTeamInfo::new(SlackTeamId(String::new()))
}

/// An interaction of a kind that is used here.
///
/// # Errors
/// [`ParseError`].
pub fn interaction(value: &Value) -> Result<SlackInteractionEvent, ParseError> {
    match part::<String>(value, "type")?.as_str() {
        "block_actions" => block_actions(value).map(SlackInteractionEvent::BlockActions),
        "view_submission" => view_submission(value).map(SlackInteractionEvent::ViewSubmission),
        "view_closed" | "shortcut" | "message_action" | "block_suggestion"
        | "workflow_step_edit" => Err(ParseError::Unused("the interaction")),
        _ => Err(ParseError::Field("type")),
    }
}

fn block_actions(value: &Value) -> Result<SlackInteractionBlockActionsEvent, ParseError> {
    let nobody = SlackAppId(String::new());
    let trigger = part(value, "trigger_id")?;
    Ok(
        SlackInteractionBlockActionsEvent::new(team(), nobody, container(value), trigger)
            .with_user(part(value, "user")?)
            .opt_channel(part(value, "channel")?)
            .opt_message(message(value))
            .opt_response_url(part(value, "response_url").ok())
            .with_actions(part(value, "actions")?),
    )
}

/// Where a button is: the library does not know all kinds of places, and we ask one thing of each.
fn container(value: &Value) -> SlackInteractionActionContainer {
    if text(value, "/container/type") == "view" {
        let view = SlackInteractionActionViewContainer::new(SlackViewId(String::new()));
        return SlackInteractionActionContainer::View(view);
    }
    let alone = value.pointer("/container/is_ephemeral") == Some(&Value::Bool(true));
    let message = SlackInteractionActionMessageContainer::new(SlackTs(String::new()));
    SlackInteractionActionContainer::Message(message.with_is_ephemeral(alone))
}

/// Where a message is, and nothing of what stands in it: its metadata need not be strings. The
/// thread of a message may be said by its place alone, which the library does not read.
fn message(value: &Value) -> Option<SlackHistoryMessage> {
    let thread = stamp(value, ["/message/thread_ts", "/container/thread_ts"]);
    let at = stamp(value, ["/message/ts", "/container/message_ts"]).or(thread.clone())?;
    Some(SlackHistoryMessage::new(
        SlackMessageOrigin::new(at).opt_thread_ts(thread),
        SlackMessageContent::new(),
        SlackMessageSender::new(),
        SlackParentMessageParams::new(),
    ))
}

/// A dialog of ours: its blocks come back as they were sent, and its one field with what was written.
fn view_submission(value: &Value) -> Result<SlackInteractionViewSubmissionEvent, ParseError> {
    let written = value.pointer("/view/state/values");
    let written = written.and_then(|values| values.get(REASON.0)?.get(REASON.1));
    let written = written.ok_or(ParseError::Field(REASON.0))?.clone();
    let state = serde_json::json!({"values": {REASON.0: {REASON.1: written}}});
    let state: SlackViewState =
        serde_json::from_value(state).map_err(|_| ParseError::Field(REASON.0))?;
    let title = SlackBlockPlainText::new(String::new());
    let view = SlackModalView::new(title.into(), Vec::new())
        .with_callback_id(text(value, "/view/callback_id").into())
        .with_private_metadata(text(value, "/view/private_metadata").to_owned());
    let (id, team_id) = (SlackViewId(String::new()), SlackTeamId(String::new()));
    let params = SlackStatefulStateParams::new(id, team_id, String::new()).with_state(state);
    let view = SlackStatefulView::new(params, SlackView::Modal(view));
    let user = part(value, "user")?;
    Ok(SlackInteractionViewSubmissionEvent::new(team(), user, view))
}

/// A slash command, from the fields of a form or of a Socket Mode payload.
///
/// # Errors
/// [`ParseError`].
pub fn command(value: &Value) -> Result<SlackCommandEvent, ParseError> {
    let nowhere = |_| SlackResponseUrl::deserialize(&Value::from("about:blank"));
    let url = part(value, "response_url").or_else(nowhere);
    let url = url.map_err(|_| ParseError::Field("response_url"))?;
    Ok(SlackCommandEvent::new(
        SlackTeamId(String::new()),
        part(value, "channel_id")?,
        part(value, "user_id")?,
        part(value, "command")?,
        url,
        part(value, "trigger_id")?,
    )
    .opt_text(part(value, "text")?))
}

/// What the Events API tells, with the id under which it repeats it. The callback of the library
/// demands a workspace and a time, and its mention knows neither bots nor subtypes: without those,
/// our own posts would be answered.
///
/// # Errors
/// [`ParseError`].
pub fn event(value: &Value) -> Result<(SlackEventCallbackBody, String), ParseError> {
    if text(value, "/type") != "event_callback" {
        return Err(ParseError::Field("type"));
    }
    let id = text(value, "/event_id");
    if id.is_empty() || id.len() > 64 {
        return Err(ParseError::Field("event_id"));
    }
    let mut event: Value = part(value, "event")?;
    let of_bot = event.get("bot_id").is_some_and(|b| !b.is_null());
    if of_bot || event.get("subtype").is_some() {
        return Err(ParseError::Unused("a post of a bot"));
    }
    if let Some(map) = event.as_object_mut() {
        // A home tab is in no channel.
        map.entry("channel").or_insert_with(|| Value::from(""));
        for foreign in [
            "blocks",
            "attachments",
            "files",
            "metadata",
            "edited",
            "view",
        ] {
            map.remove(foreign);
        }
    }
    // What is not known, or has another form, is kept as it came.
    let body = part(&serde_json::json!({"event": event}), "event")?;
    Ok((body, id.to_owned()))
}
