//! Why a model gave no answer, by what has to be done about it.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A failure of one request.
#[derive(Debug, Clone, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(tag = "class", rename_all = "kebab-case")]
pub enum Failure {
    /// Too many requests: wait, or ask the next model.
    #[error("rate limited{}: {what}", wait(.retry_after_ms))]
    RateLimited {
        /// How long the server says to wait.
        retry_after_ms: Option<u64>,
        /// What it says.
        what: String,
    },
    /// The server has trouble (5xx, 529): try again a little later.
    #[error("overloaded (HTTP {status}){}: {what}", wait(.retry_after_ms))]
    Overloaded {
        /// HTTP status.
        status: u16,
        /// How long the server says to wait.
        #[serde(default)]
        retry_after_ms: Option<u64>,
        /// What it says.
        what: String,
    },
    /// The model no longer exists: ask the next model.
    #[error("the model is not served: {what}")]
    Retired {
        /// What the server says.
        what: String,
    },
    /// The request is too large for the model or its limits: send less.
    #[error("the request is too large: {what}")]
    TooLarge {
        /// What the server says.
        what: String,
    },
    /// The answer cannot be read: ask again, then ask the next model.
    #[error("malformed answer: {what}")]
    Malformed {
        /// What is wrong with it.
        what: String,
    },
    /// The model wrote a tool call that the server refuses: ask again with the reason.
    #[error("malformed tool call: {what}")]
    ToolUse {
        /// What the server says of it.
        what: String,
    },
    /// The key is refused (401, 403): a person has to act.
    #[error("the API key is rejected (HTTP {status}): {what}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// What the server says.
        what: String,
    },
    /// Any other refusal: ask the next model.
    #[error("HTTP {status}: {what}")]
    Rejected {
        /// HTTP status.
        status: u16,
        /// What the server says.
        what: String,
    },
    /// No answer within the time of a request: ask the next model.
    #[error("no answer within {ms} ms")]
    Timeout {
        /// How long it was waited.
        ms: u64,
    },
    /// No connection, or it broke: try again, then ask the next model.
    #[error("unreachable: {what}")]
    Unreachable {
        /// What went wrong.
        what: String,
    },
    /// It answers, and comes to no diagnosis: ask the next model.
    #[error("{what}")]
    NoDiagnosis {
        /// What it does instead.
        what: String,
    },
    /// What guards the conversation cannot be made: no model is asked.
    #[error("nothing is sent: {what}")]
    Unguarded {
        /// What is missing.
        what: String,
    },
    /// The time of the whole investigation is used up.
    #[error("the investigation timed out")]
    Deadline,
    /// It failed too often just now and is paused for a while.
    #[error("paused for {seconds} s more: {what}")]
    Closed {
        /// How much longer.
        seconds: u64,
        /// Its last failure.
        what: String,
    },
    /// A budget is used up: no model is asked.
    #[error("the budget is used up: {what}")]
    Budget {
        /// Which one.
        what: String,
    },
    /// A recording holds no further answer.
    #[error("the recording ends here")]
    Unrecorded,
}

impl Failure {
    /// True where the model has worked and may charge for it although nothing came of it.
    pub fn may_cost(&self) -> bool {
        matches!(
            self,
            Failure::Timeout { .. }
                | Failure::Deadline
                | Failure::Malformed { .. }
                | Failure::ToolUse { .. }
        )
    }

    /// How long the server says to wait.
    pub fn retry_after_ms(&self) -> Option<u64> {
        match self {
            Failure::RateLimited { retry_after_ms, .. }
            | Failure::Overloaded { retry_after_ms, .. } => *retry_after_ms,
            _ => None,
        }
    }
}

fn wait(ms: &Option<u64>) -> String {
    ms.map_or_else(String::new, |ms| {
        format!(" for {}.{} s", ms / 1000, ms % 1000 / 100)
    })
}

impl Failure {
    /// A word for counters: a closed set.
    pub fn class(&self) -> &'static str {
        match self {
            Failure::RateLimited { .. } => "rate-limited",
            Failure::Overloaded { .. } => "overloaded",
            Failure::Retired { .. } => "retired",
            Failure::TooLarge { .. } => "too-large",
            Failure::Malformed { .. } => "malformed",
            Failure::ToolUse { .. } => "tool-use",
            Failure::Refused { .. } => "refused",
            Failure::Rejected { .. } => "rejected",
            Failure::Timeout { .. } => "timeout",
            Failure::Unreachable { .. } => "unreachable",
            Failure::NoDiagnosis { .. } => "no-diagnosis",
            Failure::Unguarded { .. } => "unguarded",
            Failure::Deadline => "deadline",
            Failure::Closed { .. } => "closed",
            Failure::Budget { .. } => "budget",
            Failure::Unrecorded => "unrecorded",
        }
    }
}

/// Milliseconds of `2m59.56s`, `1h2m`, `120ms`, `7` (seconds) and the like.
pub fn reset_ms(text: &str) -> Option<u64> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return in_ms(seconds, 1000.0);
    }
    let mut total = 0_u64;
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, tail) = rest.split_at_checked(end)?;
        let unit = tail
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at_checked(unit)?;
        let factor = match unit {
            "ms" => 1.0,
            "s" => 1000.0,
            "m" => 60_000.0,
            "h" => 3_600_000.0,
            "d" => 86_400_000.0,
            _ => return None,
        };
        total = total.checked_add(in_ms(number.parse().ok()?, factor)?)?;
        rest = tail;
    }
    (!text.is_empty()).then_some(total)
}

/// Only a sane, non-negative time.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the range is checked first"
)]
fn in_ms(number: f64, factor: f64) -> Option<u64> {
    let ms = (number * factor).ceil();
    (0.0..=1e12).contains(&ms).then_some(ms as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_times_are_read_in_every_form() {
        for (text, ms) in [
            ("2m59.56s", Some(179_560)),
            ("7.66s", Some(7660)),
            ("120ms", Some(120)),
            ("1h2m3s", Some(3_723_000)),
            ("6", Some(6000)),
            ("0.5", Some(500)),
            ("", None),
            ("-3", None),
            ("soon", None),
            ("NaN", None),
            ("3 weeks", None),
        ] {
            assert_eq!(reset_ms(text), ms, "{text}");
        }
    }
}
