//! OpenAI's Chat Completions, as far as every server of it goes.

use k8shawk_core::llm::{Call, RungSetup, Usage};
use serde_json::{Value, json};

use super::{Ask, Message, Turn, arguments, given, number, schemas, text_of};

pub(super) fn request(rung: &RungSetup, ask: &Ask<'_>) -> Value {
    let mut messages = vec![json!({"role": "system", "content": ask.system.as_str()})];
    for message in ask.messages {
        push(&mut messages, message);
    }
    let tools: Vec<Value> = schemas()
        .map(|(name, description, parameters)| {
            let function =
                json!({"name": name, "description": description, "parameters": parameters});
            json!({"type": "function", "function": function})
        })
        .collect();
    let mut body = json!({
        "model": rung.model,
        "messages": messages,
        "tools": tools,
        "tool_choice": "auto",
    });
    if let Some(fields) = body.as_object_mut() {
        if rung.reasoning_names {
            fields.insert("max_completion_tokens".to_owned(), json!(ask.answer_tokens));
        } else {
            fields.insert("max_tokens".to_owned(), json!(ask.answer_tokens));
            let temperature = f64::from(ask.temperature) / 100.0;
            fields.insert("temperature".to_owned(), json!(temperature));
        }
    }
    body
}

fn push(messages: &mut Vec<Value>, message: &Message) {
    match message {
        Message::User(text) => messages.push(json!({"role": "user", "content": text.as_str()})),
        Message::Assistant { text, calls } => {
            // Some servers answer 500 where the content is null: empty text works everywhere.
            let mut said = json!({"role": "assistant", "content": text.as_str()});
            let calls: Vec<Value> = calls
                .iter()
                .map(|call| {
                    let function = json!({"name": call.name, "arguments": arguments(call).to_string()});
                    json!({"id": call.id, "type": "function", "function": function})
                })
                .collect();
            if let (false, Some(fields)) = (calls.is_empty(), said.as_object_mut()) {
                fields.insert("tool_calls".to_owned(), Value::Array(calls));
            }
            messages.push(said);
        }
        Message::Results(results) => messages.extend(results.iter().map(|result| {
            json!({"role": "tool", "tool_call_id": result.id, "content": result.text.as_str()})
        })),
    }
}

pub(super) fn read(value: &Value) -> Option<Turn> {
    let choice = value.get("choices")?.as_array()?.first()?;
    let message = choice.get("message").filter(|m| m.is_object())?;
    let listed = message.get("tool_calls").and_then(Value::as_array);
    let mut calls: Vec<Call> = listed.into_iter().flatten().filter_map(call).collect();
    if calls.is_empty() {
        // The older form with one call.
        calls.extend(message.get("function_call").and_then(function));
    }
    let finish = choice.get("finish_reason").and_then(Value::as_str);
    Some(Turn {
        text: text_of(message.get("content")),
        calls,
        usage: Usage {
            calls: 0,
            input: number(value, "/usage/prompt_tokens"),
            output: number(value, "/usage/completion_tokens"),
            cost: 0,
        },
        cut: finish == Some("length"),
    })
}

fn call(value: &Value) -> Option<Call> {
    function(value.get("function")?)
}

fn function(value: &Value) -> Option<Call> {
    let name = value.get("name").and_then(Value::as_str)?;
    Some(Call {
        name: name.trim().trim_end_matches(':').to_owned(),
        arguments: given(value.get("arguments")),
    })
}
