//! What Slack sends when a person clicks, and how it signs it.

use ring::hmac;
use serde_json::{Value, json};

use super::SECRET;

/// The click of a button in a message with a colour bar.
pub fn click(user: &str, action: &str, value: &str, ts: &str, url: &str) -> Value {
    json!({"type": "block_actions", "team": null,
        "user": {"id": user, "username": "u", "name": "u", "team_id": "T1"},
        "api_app_id": "A1", "token": "deprecated",
        "container": {"type": "message_attachment", "message_ts": ts, "channel_id": "C0123",
            "is_ephemeral": false, "attachment_id": 1, "is_app_unfurl": false},
        "trigger_id": "13345224609.738474920.8088930838d88f008e0", "enterprise": null,
        "is_enterprise_install": false, "channel": {"id": "C0123", "name": "incidents"},
        "message": {"type": "message", "ts": ts, "text": "t", "bot_id": "B0BOT1"},
        "state": {"values": {}}, "response_url": url,
        "actions": [{"type": "button", "action_id": action, "block_id": "b", "value": value,
            "text": {"type": "plain_text", "text": "Go", "emoji": true},
            "action_ts": "1548426417.840180"}]})
}

/// The envelope of an interaction over Socket Mode.
pub fn envelope(id: &str, payload: &Value) -> Value {
    json!({"envelope_id": id, "type": "interactive", "accepts_response_payload": true,
        "payload": payload})
}

/// The dialog that asks for a reason, sent.
pub fn submitted(user: &str, private_metadata: &Value, reason: &str) -> Value {
    json!({"type": "view_submission", "user": {"id": user}, "team": null,
        "view": {"callback_id": "dismiss", "private_metadata": private_metadata,
            "state": {"values": {"reason": {"text": {"type": "plain_text_input",
                "value": reason}}}}}})
}

/// The body of an interaction over HTTP.
pub fn form(payload: &Value) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("payload", &payload.to_string()).finish()
}

/// Timestamp and signature of a body, with the secret of the tests.
pub fn signed(body: &str, seconds: i64) -> (String, String) {
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let base = format!("v0:{seconds}:{body}");
    let tag = hmac::sign(&key, base.as_bytes());
    let hex: String = tag.as_ref().iter().map(|b| format!("{b:02x}")).collect();
    (seconds.to_string(), format!("v0={hex}"))
}
