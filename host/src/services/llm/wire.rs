//! The two protocols, with own small types: strict in what is sent, lenient in what is read.

mod chat;
mod messages;
mod refusal;

use k8shawk_core::shorten;
use std::collections::BTreeMap;

use k8shawk_core::llm::{
    Call, Clean, Egress, Failure, Provider, Received, RungSetup, TOOLS, Tool, Usage, arguments_of,
};
use k8shawk_core::redact::redact;
use serde_json::{Map, Value};

pub use refusal::refusal;

/// One message of a conversation. Text in it is clean, and names and ids are ours.
#[derive(Debug, Clone)]
pub enum Message {
    /// What we say.
    User(Clean),
    /// What the model said and asked for.
    Assistant {
        /// Its text.
        text: Clean,
        /// Its calls.
        calls: Vec<SentCall>,
    },
    /// Answers to its calls, in their order.
    Results(Vec<ToolResult>),
}

/// A call as it is repeated to the model.
#[derive(Debug, Clone)]
pub struct SentCall {
    /// Our id.
    pub id: String,
    /// Name of one of our tools.
    pub name: &'static str,
    /// Arguments that the tool has.
    pub arguments: BTreeMap<&'static str, CleanValue>,
}

/// A value without text that was not cleaned.
#[derive(Debug, Clone)]
pub enum CleanValue {
    /// Text.
    Text(Clean),
    /// A number or a truth value.
    Plain(Value),
}

/// The answer to one call.
#[derive(Debug, Clone)]
pub struct ToolResult {
    /// Id of the call.
    pub id: String,
    /// Its input.
    pub text: Clean,
    /// True where the call failed.
    pub error: bool,
}

/// What is asked of a model.
pub struct Ask<'a> {
    /// The rules.
    pub system: &'a Clean,
    /// The conversation.
    pub messages: &'a [Message],
    /// Most tokens of the answer.
    pub answer_tokens: u32,
    /// Hundredths; lower after a malformed call.
    pub temperature: u8,
}

/// A body that may leave: made of clean text only.
#[derive(Debug)]
pub struct Body(String);

impl Body {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a model answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    /// Its text.
    pub text: String,
    /// Its calls.
    pub calls: Vec<Call>,
    /// What it cost.
    pub usage: Usage,
    /// True where the answer was cut at its longest.
    pub cut: bool,
}

/// The request's body in the protocol of the rung.
pub fn body(rung: &RungSetup, ask: &Ask<'_>) -> Body {
    let value = match rung.provider {
        Provider::Anthropic => messages::request(rung, ask),
        Provider::Groq | Provider::OpenAi => chat::request(rung, ask),
    };
    Body(value.to_string())
}

/// The answer, or why it is none.
///
/// # Errors
/// [`Failure`] by its class.
pub fn read(rung: &RungSetup, ask: &Body, received: &Received) -> Result<Turn, Failure> {
    if received.status != 200 {
        return Err(refusal(received));
    }
    let kind = received.header("content-type").unwrap_or_default();
    if !kind.to_lowercase().contains("json") {
        let what = format!("content type {:?}", brief(kind));
        return Err(Failure::Malformed { what });
    }
    let malformed = |what: String| Failure::Malformed { what };
    let value: Value = serde_json::from_str(&received.body)
        .map_err(|e| malformed(format!("not JSON: {}", brief(&e.to_string()))))?;
    // Some servers answer 200 and put the error into the body.
    if value.get("error").is_some_and(|e| !e.is_null()) {
        return Err(refusal(received));
    }
    let mut turn = match rung.provider {
        Provider::Anthropic => messages::read(&value),
        Provider::Groq | Provider::OpenAi => chat::read(&value),
    }
    .ok_or_else(|| malformed("no message in it".to_owned()))?;
    turn.usage.calls = 1;
    if turn.usage.tokens() == 0 {
        // A server that does not count: about four bytes are a token.
        turn.usage.input = estimate(ask.as_str().len());
        turn.usage.output = estimate(received.body.len());
    }
    turn.usage.cost = rung.price.of(&turn.usage);
    Ok(turn)
}

/// About how many tokens so many bytes are.
pub fn estimate(bytes: usize) -> u64 {
    u64::try_from(bytes.div_ceil(4)).unwrap_or(u64::MAX)
}

/// At most 200 characters in one line, without secrets: for messages about servers.
pub fn brief(text: &str) -> String {
    // Before and after: some secrets are recognised by their lines, some by the words beside them.
    let text = redact(text);
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let line: String = redact(&line).chars().filter(|c| !c.is_control()).collect();
    shorten(&line, 200).into_owned()
}

/// A call as it may be repeated, or none where there is no such tool.
pub fn sent(call: &Call, id: String, egress: &mut Egress) -> Option<SentCall> {
    let tool = Tool::named(&call.name)?;
    let mut clean = |value: &Value| match value {
        Value::Bool(_) | Value::Number(_) => CleanValue::Plain(value.clone()),
        Value::String(text) => CleanValue::Text(egress.clean(text)),
        other => CleanValue::Text(egress.clean(&other.to_string())),
    };
    Some(SentCall {
        id,
        name: tool.name,
        arguments: arguments_of(call)
            .into_iter()
            .map(|(name, value)| (name, clean(&value)))
            .collect(),
    })
}

fn arguments(call: &SentCall) -> Value {
    let fields = call.arguments.iter().map(|(name, value)| {
        let value = match value {
            CleanValue::Text(text) => Value::String(text.as_str().to_owned()),
            CleanValue::Plain(value) => value.clone(),
        };
        ((*name).to_owned(), value)
    });
    Value::Object(fields.collect::<Map<String, Value>>())
}

/// Arguments as a model writes them: an object, or text that should be one.
fn given(value: Option<&Value>) -> Result<Map<String, Value>, String> {
    match value {
        Some(Value::Object(fields)) => Ok(fields.clone()),
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(Map::new()),
        Some(Value::String(text)) => match serde_json::from_str(text) {
            Ok(Value::Object(fields)) => Ok(fields),
            // Encoded twice.
            Ok(inner @ Value::String(_)) if inner.as_str() != Some(text) => given(Some(&inner)),
            _ => Err(brief(text)),
        },
        Some(other) => Err(brief(&other.to_string())),
    }
}

fn text_of(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => {
            let texts = parts
                .iter()
                .filter_map(|p| p.get("text").and_then(Value::as_str));
            texts.collect::<Vec<_>>().join("\n")
        }
        _ => String::new(),
    }
}

fn number(value: &Value, pointer: &str) -> u64 {
    value.pointer(pointer).and_then(Value::as_u64).unwrap_or(0)
}

fn schemas<'a>() -> impl Iterator<Item = (&'a str, &'a str, Value)> {
    TOOLS
        .iter()
        .map(|tool| (tool.name, tool.description, tool.schema()))
}

#[cfg(test)]
mod tests;
