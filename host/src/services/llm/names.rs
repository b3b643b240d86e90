//! Names of attributes of OpenTelemetry's GenAI conventions (`open-telemetry/semantic-conventions-genai`,
//! status: development), in one place because they still change.

/// `chat`, `execute_tool` or `invoke_agent`.
pub const OPERATION_NAME: &str = "gen_ai.operation.name";
/// Operation of one request.
pub const CHAT: &str = "chat";
/// Operation of one tool call.
pub const EXECUTE_TOOL: &str = "execute_tool";
/// Operation of a whole investigation.
pub const INVOKE_AGENT: &str = "invoke_agent";
/// Such as `groq`.
pub const PROVIDER_NAME: &str = "gen_ai.provider.name";
/// Model that was asked.
pub const REQUEST_MODEL: &str = "gen_ai.request.model";
/// Most tokens of the answer.
pub const REQUEST_MAX_TOKENS: &str = "gen_ai.request.max_tokens";
/// Tokens that were sent.
pub const INPUT_TOKENS: &str = "gen_ai.usage.input_tokens";
/// Tokens that were answered.
pub const OUTPUT_TOKENS: &str = "gen_ai.usage.output_tokens";
/// Name of the tool.
pub const TOOL_NAME: &str = "gen_ai.tool.name";
/// Always `function`.
pub const TOOL_TYPE: &str = "gen_ai.tool.type";
/// Id of the incident.
pub const CONVERSATION_ID: &str = "gen_ai.conversation.id";
/// Name of the agent.
pub const AGENT_NAME: &str = "gen_ai.agent.name";
/// Class of a failure.
pub const ERROR_TYPE: &str = "error.type";
/// Host that was asked.
pub const SERVER_ADDRESS: &str = "server.address";
/// Its port.
pub const SERVER_PORT: &str = "server.port";
