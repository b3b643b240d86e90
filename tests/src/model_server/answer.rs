//! Answers as the real servers write them.

use serde_json::{Value, json};

use super::check::Wire;
use super::cite::{cited, filled};
use super::{Call, Reply, Seen};

type Headers = Vec<(&'static str, String)>;

/// The bytes of a response.
pub(super) fn render(wire: Wire, request: &Seen, reply: &Reply) -> Vec<u8> {
    let (status, mut headers, body): (u16, Headers, String) = match reply {
        Reply::Turn { text, calls } => (
            200,
            Vec::new(),
            turn(wire, request, text, calls).to_string(),
        ),
        Reply::Limited { retry_after, reset } => {
            let mut headers = vec![("x-ratelimit-remaining-tokens", "0".to_owned())];
            headers.extend(retry_after.map(|s| ("retry-after", s.to_string())));
            headers.extend(reset.clone().map(|r| ("x-ratelimit-reset-tokens", r)));
            let what = "Rate limit reached for model on tokens per minute (TPM): Limit 15000, Used 11972, Requested 4351.";
            (
                429,
                headers,
                error(wire, "rate_limit_error", "rate_limit_exceeded", what),
            )
        }
        Reply::BeyondLimit => {
            let what =
                "Request too large on tokens per minute (TPM): Limit 6000, Used 0, Requested 9000.";
            (
                429,
                vec![("retry-after", "30".to_owned())],
                error(wire, "rate_limit_error", "rate_limit_exceeded", what),
            )
        }
        Reply::Refuse { status, what } => (*status, Vec::new(), refused(wire, *status, what)),
        Reply::NotFound => {
            let what = "The model `x` does not exist or you do not have access to it.";
            (
                404,
                Vec::new(),
                error(wire, "not_found_error", "model_not_found", what),
            )
        }
        Reply::Decommissioned => {
            let what = "The model `x` has been decommissioned and is no longer supported.";
            (
                400,
                Vec::new(),
                error(wire, "invalid_request_error", "model_decommissioned", what),
            )
        }
        Reply::ToolUseFailed => (400, Vec::new(), tool_use_failed()),
        Reply::WrongJson => (
            200,
            Vec::new(),
            "{\"choices\": [{\"message\": {\"content\": \"x".to_owned(),
        ),
        Reply::WrongType => (
            200,
            vec![("content-type", "text/html".to_owned())],
            "<html>sign in</html>".to_owned(),
        ),
        Reply::Big => {
            let mut value = turn(wire, request, "x", &[]);
            if let Some(fields) = value.as_object_mut() {
                fields.insert("padding".to_owned(), json!("y".repeat(2 << 20)));
            }
            (200, Vec::new(), value.to_string())
        }
        Reply::Redirect { to } => (307, vec![("location", to.clone())], String::new()),
        Reply::Hang | Reply::Close | Reply::Cut => (
            200,
            Vec::new(),
            turn(wire, request, "this is cut before its end", &[]).to_string(),
        ),
    };
    if !headers.iter().any(|(key, _)| *key == "content-type") {
        headers.push(("content-type", "application/json".to_owned()));
    }
    let lines: Vec<String> = headers
        .iter()
        .map(|(key, value)| format!("{key}: {value}\r\n"))
        .collect();
    let length = body.len();
    format!("HTTP/1.1 {status} Scripted\r\n{}content-length: {length}\r\nconnection: close\r\n\r\n{body}", lines.concat())
        .into_bytes()
}

fn refused(wire: Wire, status: u16, what: &str) -> String {
    let kind = match status {
        400 => "invalid_request_error",
        401 => "authentication_error",
        403 => "permission_error",
        404 => "invalid_request_error",
        413 => "request_too_large",
        529 => "overloaded_error",
        _ => "api_error",
    };
    error(wire, kind, kind, what)
}

fn error(wire: Wire, kind: &str, code: &str, what: &str) -> String {
    match wire {
        Wire::Chat => json!({"error": {"message": what, "type": kind, "param": null, "code": code}}),
        Wire::Messages => {
            json!({"type": "error", "error": {"type": kind, "message": what}, "request_id": "req_1"})
        }
    }
    .to_string()
}

fn tool_use_failed() -> String {
    let message = "Failed to call a function. Please adjust your prompt. See 'failed_generation' for more details.";
    json!({"error": {"message": message, "type": "invalid_request_error", "code": "tool_use_failed",
        "failed_generation": "<function=kubectl_get>{\"kind\""}})
    .to_string()
}

fn turn(wire: Wire, request: &Seen, text: &str, calls: &[Call]) -> Value {
    let text = filled(text, request);
    let calls: Vec<Call> = calls
        .iter()
        .map(|call| Call {
            name: call.name.clone(),
            arguments: cited(&call.arguments, request),
        })
        .collect();
    match wire {
        Wire::Chat => chat(request, &text, &calls),
        Wire::Messages => message(request, &text, &calls),
    }
}

fn chat(request: &Seen, text: &str, calls: &[Call]) -> Value {
    let listed: Vec<Value> = calls
        .iter()
        .enumerate()
        .map(|(i, call)| {
            let arguments = match &call.arguments {
                Value::String(raw) => raw.clone(),
                other => other.to_string(),
            };
            json!({"id": format!("fc_{i}"), "type": "function", "function": {"name": call.name, "arguments": arguments}})
        })
        .collect();
    let mut message = json!({"role": "assistant", "content": if text.is_empty() { Value::Null } else { json!(text) }});
    if let (false, Some(fields)) = (listed.is_empty(), message.as_object_mut()) {
        fields.insert("tool_calls".to_owned(), Value::Array(listed));
    }
    let finish = if calls.is_empty() {
        "stop"
    } else {
        "tool_calls"
    };
    let tokens = request.text.len() / 4;
    json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1_790_000_000, "model": request.model(),
        "choices": [{"index": 0, "message": message, "logprobs": null, "finish_reason": finish}],
        "usage": {"prompt_tokens": tokens, "completion_tokens": 50, "total_tokens": tokens + 50},
        "system_fingerprint": "fp_1", "x_groq": {"id": "req_1"},
    })
}

fn message(request: &Seen, text: &str, calls: &[Call]) -> Value {
    let said = (!text.is_empty()).then(|| json!({"type": "text", "text": text}));
    let mut content: Vec<Value> = said.into_iter().collect();
    content.extend(calls.iter().enumerate().map(|(i, call)| {
        json!({"type": "tool_use", "id": format!("toolu_{i}"), "name": call.name, "input": call.arguments})
    }));
    let stop = if calls.is_empty() {
        "end_turn"
    } else {
        "tool_use"
    };
    json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": request.model(), "content": content,
        "stop_reason": stop, "stop_sequence": null,
        "usage": {"input_tokens": request.text.len() / 4, "output_tokens": 50},
    })
}
