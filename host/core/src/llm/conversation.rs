//! A conversation as it is stored with its incident: enough to see what left, and to have it
//! again without a network or a cluster.

use serde::{Deserialize, Serialize};

use super::failure::Failure;
use super::options::{Price, Provider};

/// One model that may be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RungSetup {
    /// Who serves it.
    pub provider: Provider,
    /// Its name.
    pub model: String,
    /// Host and port that requests go to.
    pub host: String,
    /// What it costs.
    #[serde(default)]
    pub price: Price,
    /// True where the server wants the newer name of the limit of an answer, and no temperature.
    #[serde(default)]
    pub reasoning_names: bool,
}

/// What a conversation was held with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setup {
    /// Random text that the fence and the tokens derive from.
    pub nonce: String,
    /// The ladder, the best model first.
    pub rungs: Vec<RungSetup>,
    /// Most rounds.
    pub rounds: u32,
    /// Most tokens of one answer.
    pub answer_tokens: u32,
    /// Bytes of one tool's answer.
    pub tool_bytes: usize,
    /// True where names left as tokens.
    pub hide_names: bool,
}

/// What a server answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// HTTP status.
    pub status: u16,
    /// The headers that matter, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Received {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

/// What became of one request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// When it was sent, milliseconds since the Unix epoch.
    pub at: i64,
    /// How long it took.
    pub took_ms: u64,
    /// True where the body left, whatever came back.
    pub left: bool,
    /// The answer, or why there is none.
    pub result: Result<Received, Failure>,
}

/// One request and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// Index of the model in the ladder.
    pub rung: usize,
    /// The body, exactly as it left.
    pub request: String,
    /// What became of it.
    pub reply: Reply,
}

/// One read that the model caused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolRecord {
    /// The read in words.
    pub read: String,
    /// The input of the model, before names and addresses became tokens. Never a secret.
    pub answer: Result<String, String>,
    /// True where the object is there.
    #[serde(default)]
    pub found: bool,
    /// Why it was refused, for people.
    #[serde(default)]
    pub refused: Option<String>,
    /// How long it took.
    pub took_ms: u64,
}

/// One body that left the cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disclosure {
    /// When, milliseconds since the Unix epoch.
    pub at: i64,
    /// To which host.
    pub host: String,
    /// For which model.
    pub model: String,
    /// Bytes of the body.
    pub bytes: usize,
    /// The body, exactly as it left.
    pub body: String,
}

/// A whole conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversation {
    /// What it was held with.
    pub setup: Setup,
    /// Requests, in order.
    pub exchanges: Vec<Exchange>,
    /// Reads, in order.
    pub tools: Vec<ToolRecord>,
}

impl Conversation {
    /// A conversation that begins.
    pub fn new(setup: Setup) -> Conversation {
        Conversation {
            setup,
            exchanges: Vec::new(),
            tools: Vec::new(),
        }
    }

    /// What left, when and to whom.
    pub fn disclosures(&self) -> Vec<Disclosure> {
        let left = self.exchanges.iter().filter(|e| e.reply.left);
        left.map(|exchange| {
            let rung = self.setup.rungs.get(exchange.rung);
            Disclosure {
                at: exchange.reply.at,
                host: rung.map(|r| r.host.clone()).unwrap_or_default(),
                model: rung.map(|r| r.model.clone()).unwrap_or_default(),
                bytes: exchange.request.len(),
                body: exchange.request.clone(),
            }
        })
        .collect()
    }
}
