//! Why something that Slack sent is not understood.

use thiserror::Error;

/// Why something is not understood. It is acknowledged or refused, and nothing happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ParseError {
    /// It is not JSON, or not a form: refuse it.
    #[error("the body is not {0}")]
    Form(&'static str),
    /// A field lacks or has a form that Slack does not send: refuse it.
    #[error("{0} is missing or malformed")]
    Field(&'static str),
    /// It is of a kind that is not used here: acknowledge it and do nothing.
    #[error("{0} is not used here")]
    Unused(&'static str),
}
