//! What a server answers, in order.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::Seen;

/// A tool call of a scripted answer.
#[derive(Debug, Clone, Deserialize)]
pub struct Call {
    /// Name of the tool.
    pub name: String,
    /// Arguments: an object, or a text that is sent as it is.
    pub arguments: Value,
}

/// One answer.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "reply")]
pub enum Reply {
    /// Text and tool calls. `{{words}}` in them is the id of the evidence that holds the words.
    Turn {
        /// Text.
        #[serde(default)]
        text: String,
        /// Calls.
        #[serde(default)]
        calls: Vec<Call>,
    },
    /// 429, with or without a time.
    Limited {
        /// `Retry-After` in seconds.
        retry_after: Option<u64>,
        /// `x-ratelimit-reset-tokens`.
        reset: Option<String>,
    },
    /// 429 for a request that is larger than the limit.
    BeyondLimit,
    /// An error of this status, in the words of the wire.
    Refuse {
        /// Status.
        status: u16,
        /// Message.
        what: String,
    },
    /// 404 `model_not_found`.
    NotFound,
    /// 400 `model_decommissioned`.
    Decommissioned,
    /// 400 `tool_use_failed`.
    ToolUseFailed,
    /// Never answers.
    Hang,
    /// Takes the request and closes the connection.
    Close,
    /// A body that ends too early.
    Cut,
    /// 200 with JSON that ends too early.
    WrongJson,
    /// 200 with a page.
    WrongType,
    /// 200 with 2 MB.
    Big,
    /// A redirect.
    Redirect {
        /// Where to.
        to: String,
    },
}

/// Answers for each model; `*` is any other. The last answer is repeated. Those of `#` are chosen by
/// the round of a conversation, so that many conversations may be held at once.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct Script {
    models: BTreeMap<String, Vec<Reply>>,
}

impl Script {
    /// The same answers whatever model is asked.
    pub fn of(replies: Vec<Reply>) -> Script {
        Script::default().with("*", replies)
    }

    /// Answers of one model.
    #[must_use]
    pub fn with(mut self, model: &str, replies: Vec<Reply>) -> Script {
        self.models.insert(model.to_owned(), replies);
        self
    }

    pub(super) fn next(&mut self, request: &Seen) -> Reply {
        if let Some(replies) = self.models.get("#") {
            let round = request.rounds().min(replies.len().saturating_sub(1));
            return replies.get(round).cloned().unwrap_or(Reply::NotFound);
        }
        let model = request.model();
        let key = if self.models.contains_key(model) {
            model
        } else {
            "*"
        };
        let what = "the script has no answer".to_owned();
        let none = Reply::Refuse { status: 500, what };
        match self.models.get_mut(key) {
            Some(replies) if replies.len() > 1 => replies.remove(0),
            Some(replies) => replies.first().cloned().unwrap_or(none),
            None => none,
        }
    }
}

impl Reply {
    /// An answer with one call.
    pub fn call(name: &str, arguments: Value) -> Reply {
        Reply::calls(vec![(name, arguments)])
    }

    /// An answer with several calls.
    pub fn calls(calls: Vec<(&str, Value)>) -> Reply {
        let calls = calls.into_iter().map(|(name, arguments)| Call {
            name: name.to_owned(),
            arguments,
        });
        Reply::Turn {
            text: String::new(),
            calls: calls.collect(),
        }
    }

    /// An answer without a call.
    pub fn text(text: &str) -> Reply {
        Reply::Turn {
            text: text.to_owned(),
            calls: Vec::new(),
        }
    }

    /// An error of this status.
    pub fn status(status: u16) -> Reply {
        Reply::Refuse {
            status,
            what: "scripted".to_owned(),
        }
    }
}
