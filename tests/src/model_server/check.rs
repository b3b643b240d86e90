//! What the real servers would refuse.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Seen;

/// A protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wire {
    Chat,
    Messages,
}

pub(super) fn wire(path: &str) -> Wire {
    if path.ends_with("/messages") {
        Wire::Messages
    } else {
        Wire::Chat
    }
}

/// Status and message of a refusal; none where the request is good.
pub(super) fn fault(request: &Seen) -> Option<(u16, String)> {
    let served = [
        "/v1/chat/completions",
        "/openai/v1/chat/completions",
        "/v1/messages",
    ];
    if !served.contains(&request.path.as_str()) {
        return Some((404, format!("Unknown request URL: {}", request.path)));
    }
    let wire = wire(&request.path);
    let bearer = request
        .header("authorization")
        .is_some_and(|h| h.starts_with("Bearer ") && h.len() > 8);
    let signed = match wire {
        Wire::Chat => bearer,
        // The SDK sends the one, the documentation the other.
        Wire::Messages => bearer || request.header("x-api-key").is_some(),
    };
    if !signed {
        return Some((401, "Invalid API Key".to_owned()));
    }
    let body = &request.body;
    if body["model"].as_str().is_none_or(str::is_empty) {
        return Some((400, "'model' : property 'model' is missing".to_owned()));
    }
    let messages = body["messages"].as_array().cloned().unwrap_or_default();
    if messages.is_empty() {
        return Some((400, "'messages' : minimum number of items is 1".to_owned()));
    }
    let fault = match wire {
        Wire::Chat => chat(&messages),
        Wire::Messages if request.header("anthropic-version").is_none() => {
            Some("anthropic-version: header is required".to_owned())
        }
        Wire::Messages if !body["temperature"].is_null() => {
            Some("temperature: Extra inputs are not permitted".to_owned())
        }
        Wire::Messages if !body["max_tokens"].is_u64() => {
            Some("max_tokens: Field required".to_owned())
        }
        Wire::Messages => blocks(&messages),
    };
    fault.map(|what| (400, what))
}

/// Every tool message answers a call of the message before, and every call is answered.
fn chat(messages: &[Value]) -> Option<String> {
    let mut open: BTreeSet<String> = BTreeSet::new();
    for (i, message) in messages.iter().enumerate() {
        let role = message["role"].as_str().unwrap_or_default();
        if role == "tool" {
            let id = message["tool_call_id"].as_str().unwrap_or_default();
            if !open.remove(id) {
                return Some(format!(
                    "messages[{i}]: tool_call_id {id:?} answers no call"
                ));
            }
            continue;
        }
        if !open.is_empty() {
            return Some(format!(
                "messages[{i}]: tool_calls must be followed by tool messages"
            ));
        }
        let empty = message["content"].is_null() && message["tool_calls"].is_null();
        if !matches!(role, "system" | "user" | "assistant") || empty {
            return Some(format!("messages[{i}]: role or content"));
        }
        for call in message["tool_calls"].as_array().into_iter().flatten() {
            let arguments = call["function"]["arguments"].as_str().unwrap_or_default();
            let object = serde_json::from_str::<Value>(arguments).is_ok_and(|v| v.is_object());
            let id = call["id"].as_str().unwrap_or_default();
            if !object || id.is_empty() || call["type"] != "function" || !open.insert(id.to_owned())
            {
                return Some(format!("messages[{i}].tool_calls: {call}"));
            }
        }
    }
    (!open.is_empty()).then(|| "the last calls are not answered".to_owned())
}

/// Roles take turns; results stand in the very next message, before any text.
fn blocks(messages: &[Value]) -> Option<String> {
    let mut open: BTreeSet<String> = BTreeSet::new();
    for (i, message) in messages.iter().enumerate() {
        let expected = if i % 2 == 0 { "user" } else { "assistant" };
        if message["role"] != expected {
            return Some(format!("messages.{i}: roles must alternate"));
        }
        let mut answered = 0;
        for block in message["content"].as_array().into_iter().flatten() {
            let id = |key: &str| block[key].as_str().unwrap_or_default().to_owned();
            match block["type"].as_str() {
                Some("tool_result") if open.remove(&id("tool_use_id")) => answered += 1,
                Some("text") if !id("text").is_empty() => {}
                Some("tool_use") if block["input"].is_object() && expected == "assistant" => {}
                _ => return Some(format!("messages.{i}.content: {block}")),
            }
        }
        if !open.is_empty() {
            return Some(format!(
                "messages.{i}: `tool_use` ids were found without `tool_result` blocks ({answered})"
            ));
        }
        let calls = message["content"].as_array().into_iter().flatten();
        open.extend(
            calls
                .filter(|b| b["type"] == "tool_use")
                .filter_map(|b| b["id"].as_str().map(ToOwned::to_owned)),
        );
    }
    (!open.is_empty()).then(|| "the last calls are not answered".to_owned())
}
