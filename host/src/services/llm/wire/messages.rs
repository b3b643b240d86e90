//! Anthropic's Messages.

use k8shawk_core::llm::{Call, RungSetup, Usage};
use serde_json::{Value, json};

use super::{Ask, Message, Turn, arguments, given, number, schemas};

pub(super) fn request(rung: &RungSetup, ask: &Ask<'_>) -> Value {
    let tools: Vec<Value> = schemas()
        .map(|(name, description, schema)| {
            json!({"name": name, "description": description, "input_schema": schema})
        })
        .collect();
    json!({
        "model": rung.model,
        "max_tokens": ask.answer_tokens,
        "system": ask.system.as_str(),
        "messages": messages(ask.messages),
        "tools": tools,
        "tool_choice": {"type": "auto"},
    })
}

/// Roles take turns: what we say consecutively is one message of several blocks.
fn messages(all: &[Message]) -> Vec<Value> {
    let mut turns: Vec<(&str, Vec<Value>)> = Vec::new();
    for message in all {
        let (role, blocks) = blocks(message);
        match turns.last_mut() {
            Some((last, so_far)) if *last == role => so_far.extend(blocks),
            _ => turns.push((role, blocks)),
        }
    }
    turns
        .into_iter()
        .map(|(role, blocks)| json!({"role": role, "content": blocks}))
        .collect()
}

fn blocks(message: &Message) -> (&'static str, Vec<Value>) {
    let text = |text: &str| json!({"type": "text", "text": text});
    match message {
        Message::User(said) => ("user", vec![text(said.as_str())]),
        Message::Assistant { text: said, calls } => {
            // An empty text block is refused.
            let said = Some(said.as_str()).filter(|s| !s.trim().is_empty());
            let mut blocks: Vec<Value> = said.map(text).into_iter().collect();
            blocks.extend(calls.iter().map(|call| {
                json!({"type": "tool_use", "id": call.id, "name": call.name, "input": arguments(call)})
            }));
            ("assistant", blocks)
        }
        Message::Results(results) => {
            let blocks = results.iter().map(|result| {
                json!({
                    "type": "tool_result", "tool_use_id": result.id,
                    "content": result.text.as_str(), "is_error": result.error,
                })
            });
            ("user", blocks.collect())
        }
    }
}

pub(super) fn read(value: &Value) -> Option<Turn> {
    let content = value.get("content")?.as_array()?;
    let of = |kind: &'static str| {
        content
            .iter()
            .filter(move |block| block.get("type").and_then(Value::as_str) == Some(kind))
    };
    let texts: Vec<&str> = of("text")
        .filter_map(|block| block.get("text").and_then(Value::as_str))
        .collect();
    let cached = number(value, "/usage/cache_read_input_tokens")
        .saturating_add(number(value, "/usage/cache_creation_input_tokens"));
    Some(Turn {
        text: texts.join("\n"),
        calls: of("tool_use").filter_map(call).collect(),
        usage: Usage {
            calls: 0,
            input: number(value, "/usage/input_tokens").saturating_add(cached),
            output: number(value, "/usage/output_tokens"),
            cost: 0,
        },
        cut: value.get("stop_reason").and_then(Value::as_str) == Some("max_tokens"),
    })
}

fn call(block: &Value) -> Option<Call> {
    Some(Call {
        name: block.get("name").and_then(Value::as_str)?.trim().to_owned(),
        arguments: given(block.get("input")),
    })
}
