//! Spans in the words of OpenTelemetry's GenAI conventions. Nothing of a cluster and nothing that
//! a model said stands in them: names of models are configured, everything else is ours.

use k8shawk_core::llm::{Failure, RungSetup, Usage};
use tracing::field::Empty;
use tracing::{Span, info_span};

use super::names::{
    AGENT_NAME, CHAT, CONVERSATION_ID, ERROR_TYPE, EXECUTE_TOOL, INPUT_TOKENS, INVOKE_AGENT,
    OPERATION_NAME, OUTPUT_TOKENS, PROVIDER_NAME, REQUEST_MAX_TOKENS, REQUEST_MODEL,
    SERVER_ADDRESS, SERVER_PORT, TOOL_NAME, TOOL_TYPE,
};

/// Name of the agent.
const AGENT: &str = "k8shawk";

/// A whole investigation.
pub(super) fn invoke_agent(incident: &str, rung: Option<&RungSetup>) -> Span {
    info_span!(
        "invoke_agent",
        otel.name = "invoke_agent k8shawk",
        otel.kind = "internal",
        { OPERATION_NAME } = INVOKE_AGENT,
        { AGENT_NAME } = AGENT,
        { CONVERSATION_ID } = incident,
        { PROVIDER_NAME } = rung.map_or("", |r| r.provider.as_str()),
        { REQUEST_MODEL } = rung.map_or("", |r| r.model.as_str()),
        { INPUT_TOKENS } = Empty,
        { OUTPUT_TOKENS } = Empty,
        k8shawk.answered_by = Empty,
        k8shawk.rounds = Empty,
    )
}

/// How an investigation ended.
pub(super) fn ended(span: &Span, answered_by: &str, rounds: u32, usage: &Usage) {
    used(span, usage);
    span.record("k8shawk.answered_by", answered_by);
    span.record("k8shawk.rounds", rounds);
}

/// One request.
pub(super) fn chat(rung: &RungSetup, answer_tokens: u32) -> Span {
    let (address, port) = server(&rung.host);
    let span = info_span!(
        "chat",
        otel.name = format!("{CHAT} {}", rung.model),
        otel.kind = "client",
        otel.status_code = Empty,
        { OPERATION_NAME } = CHAT,
        { PROVIDER_NAME } = rung.provider.as_str(),
        { REQUEST_MODEL } = rung.model.as_str(),
        { REQUEST_MAX_TOKENS } = answer_tokens,
        { SERVER_ADDRESS } = address,
        { SERVER_PORT } = Empty,
        { INPUT_TOKENS } = Empty,
        { OUTPUT_TOKENS } = Empty,
        { ERROR_TYPE } = Empty,
    );
    if let Some(port) = port {
        span.record(SERVER_PORT, port);
    }
    span
}

/// What became of a request.
pub(super) fn answered(span: &Span, usage: &Usage, failure: Option<&Failure>) {
    match failure {
        None => used(span, usage),
        Some(failure) => failed(span, failure.class()),
    }
}

/// One read.
pub(super) fn execute_tool(tool: &'static str) -> Span {
    info_span!(
        "execute_tool",
        otel.name = format!("{EXECUTE_TOOL} {tool}"),
        otel.kind = "internal",
        otel.status_code = Empty,
        { OPERATION_NAME } = EXECUTE_TOOL,
        { TOOL_NAME } = tool,
        { TOOL_TYPE } = "function",
        { ERROR_TYPE } = Empty,
    )
}

/// `class` is a word of a closed set.
pub(super) fn failed(span: &Span, class: &'static str) {
    span.record(ERROR_TYPE, class);
    span.record("otel.status_code", "ERROR");
}

fn used(span: &Span, usage: &Usage) {
    span.record(INPUT_TOKENS, usage.input);
    span.record(OUTPUT_TOKENS, usage.output);
}

/// Host and port of `host:port`.
fn server(host: &str) -> (&str, Option<u16>) {
    let split = host.rsplit_once(':');
    let parsed = split.and_then(|(name, port)| Some((name, port.parse().ok()?)));
    parsed.map_or((host, None), |(name, port)| (name, Some(port)))
}

#[cfg(test)]
mod tests {
    use super::server;

    #[test]
    fn a_port_is_told_apart_from_its_host() {
        assert_eq!(server("api.groq.com"), ("api.groq.com", None));
        assert_eq!(server("127.0.0.1:8000"), ("127.0.0.1", Some(8000)));
        assert_eq!(server("[::1]:80"), ("[::1]", Some(80)));
        assert_eq!(server("[::1]"), ("[::1]", None));
    }
}
