//! What an error of Slack means for us.

use std::time::Duration;

use slack_morphism::errors::{SlackClientError, SlackClientSystemError};
use thiserror::Error;

/// What to do about a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// Slack's trouble: try again later.
    Later,
    /// The token, the app or its scopes: a person is needed; nothing can be sent until then.
    App,
    /// The channel: archived, gone, or we are not in it. A person is needed.
    Channel,
    /// The content: send it as plain text.
    Content,
    /// The message is gone or cannot be edited: post it again.
    Gone,
    /// Too late for this person: nothing to do.
    Late,
    /// Anything else: give up and say so.
    Other,
}

/// Why a call did not do it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ApiError {
    /// No connection: nothing was sent.
    #[error("cannot reach Slack: {0}")]
    Unreachable(String),
    /// The request was sent and no whole answer came: it may have been done.
    #[error("no answer from Slack: {0}")]
    Unknown(String),
    /// Slack failed: it may have been done.
    #[error("Slack error: {0}")]
    Server(String),
    /// Too fast.
    #[error("rate limited by Slack, retry in {} s", after.as_secs())]
    Limited {
        /// How long to wait.
        after: Duration,
    },
    /// Slack said no; nothing was done.
    #[error("Slack returned {code}{detail}")]
    Refused {
        /// What to do about it.
        class: Class,
        /// Slack's word.
        code: String,
        /// What is missing, such as `, needs chat:write`.
        detail: String,
    },
}

impl ApiError {
    pub(super) fn unreachable(error: &reqwest::Error) -> ApiError {
        // The address may carry a ticket, and is of no use to people.
        let mut why = String::new();
        let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(error);
        while let Some(inner) = cause {
            why = inner.to_string();
            cause = inner.source();
        }
        if why.is_empty() {
            why = if error.is_timeout() {
                "timed out"
            } else {
                "connection lost"
            }
            .to_owned();
        }
        if error.is_connect() || error.is_builder() {
            ApiError::Unreachable(why)
        } else {
            ApiError::Unknown(why)
        }
    }

    /// A refusal with this word.
    pub(in crate::services::slack) fn refused(code: &str, needed: &str) -> ApiError {
        let detail = if needed.is_empty() {
            String::new()
        } else {
            format!(", needs {needed}")
        };
        ApiError::Refused {
            class: classify(code),
            code: code.to_owned(),
            detail,
        }
    }

    /// True where it may have been done anyway.
    pub fn is_ambiguous(&self) -> bool {
        match self {
            ApiError::Unknown(_) | ApiError::Server(_) => true,
            ApiError::Refused { code, .. } => {
                matches!(
                    code.as_str(),
                    "fatal_error" | "internal_error" | "request_timeout"
                )
            }
            _ => false,
        }
    }

    /// What to do about it.
    pub fn class(&self) -> Class {
        match self {
            ApiError::Refused { class, .. } => *class,
            _ => Class::Later,
        }
    }

    /// Slack's word; empty where it said none.
    pub fn code(&self) -> &str {
        match self {
            ApiError::Refused { code, .. } => code,
            _ => "",
        }
    }
}

/// The way through the library, whose own errors print whole answers.
impl From<ApiError> for SlackClientError {
    fn from(error: ApiError) -> SlackClientError {
        SlackClientError::SystemError(SlackClientSystemError::new().with_cause(Box::new(error)))
    }
}

impl From<SlackClientError> for ApiError {
    fn from(error: SlackClientError) -> ApiError {
        let ours = match error {
            SlackClientError::SystemError(system) => system.cause,
            // An address that is none, or a request that cannot be written: nothing was sent.
            _ => None,
        };
        match ours.map(|cause| cause.downcast::<ApiError>()) {
            Some(Ok(ours)) => *ours,
            _ => ApiError::Unreachable("invalid API URL".to_owned()),
        }
    }
}

fn classify(code: &str) -> Class {
    match code {
        "ratelimited"
        | "rate_limited"
        | "message_limit_exceeded"
        | "service_unavailable"
        | "request_timeout"
        | "fatal_error"
        | "internal_error"
        | "team_added_to_org"
        | "update_failed" => Class::Later,
        "invalid_auth"
        | "not_authed"
        | "account_inactive"
        | "token_revoked"
        | "token_expired"
        | "missing_scope"
        | "no_permission"
        | "ekm_access_denied"
        | "not_allowed_token_type"
        | "access_denied"
        | "file_uploads_disabled" => Class::App,
        "channel_not_found"
        | "not_in_channel"
        | "is_archived"
        | "posting_to_channel_denied"
        | "invalid_channel" => Class::Channel,
        "invalid_blocks"
        | "invalid_blocks_format"
        | "msg_blocks_too_long"
        | "no_text"
        | "too_many_attachments"
        | "attachment_payload_limit_exceeded"
        | "metadata_too_large"
        | "invalid_metadata_format"
        | "msg_too_long"
        | "invalid_attachments" => Class::Content,
        "message_not_found"
        | "cant_update_message"
        | "edit_window_closed"
        | "block_mismatch"
        | "thread_not_found"
        | "cannot_reply_to_message" => Class::Gone,
        "expired_trigger_id"
        | "exchanged_trigger_id"
        | "invalid_trigger_id"
        | "user_not_in_channel"
        | "response_url_gone"
        | "untrusted_response_url"
        | "user_not_found" => Class::Late,
        restricted if restricted.starts_with("restricted_action") => Class::Channel,
        _ => Class::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_say_what_to_do() {
        for (code, class) in [
            ("token_revoked", Class::App),
            ("is_archived", Class::Channel),
            ("message_not_found", Class::Gone),
            ("msg_blocks_too_long", Class::Content),
            ("restricted_action_read_only_channel", Class::Channel),
            ("expired_trigger_id", Class::Late),
            ("something_new", Class::Other),
        ] {
            assert_eq!(ApiError::refused(code, "").class(), class, "{code}");
        }
        let scope = ApiError::refused("missing_scope", "chat:write").to_string();
        assert_eq!(scope, "Slack returned missing_scope, needs chat:write");
    }
}
