//! What the operator configures, and what an investigation used.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Who serves the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// Groq, or what speaks like it.
    Groq,
    /// OpenAI, or anything that speaks Chat Completions.
    OpenAi,
    /// Anthropic's Messages.
    Anthropic,
}

impl Provider {
    /// The providers in the order in which a key chooses one.
    pub const ALL: &'static [Provider] = &[Provider::Groq, Provider::OpenAi, Provider::Anthropic];

    /// The word in the configuration, and the value of `gen_ai.provider.name`.
    pub fn as_str(self) -> &'static str {
        match self {
            Provider::Groq => "groq",
            Provider::OpenAi => "openai",
            Provider::Anthropic => "anthropic",
        }
    }

    /// The provider of a word.
    pub fn parse(text: &str) -> Option<Provider> {
        Provider::ALL.iter().copied().find(|p| p.as_str() == text)
    }

    /// Environment variables of the key and of the base URL, as the official SDKs name them.
    pub fn variables(self) -> (&'static str, &'static str) {
        match self {
            Provider::Groq => ("GROQ_API_KEY", "GROQ_BASE_URL"),
            Provider::OpenAi => ("OPENAI_API_KEY", "OPENAI_BASE_URL"),
            Provider::Anthropic => ("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"),
        }
    }

    /// Where it is served where nothing else is configured.
    pub fn base_url(self) -> &'static str {
        match self {
            Provider::Groq => "https://api.groq.com/openai/v1",
            Provider::OpenAi => "https://api.openai.com/v1",
            Provider::Anthropic => "https://api.anthropic.com/v1",
        }
    }

    /// The model and the smaller model where none is configured.
    pub fn models(self) -> (&'static str, &'static str) {
        match self {
            Provider::Groq => ("openai/gpt-oss-120b", "openai/gpt-oss-20b"),
            Provider::OpenAi => ("gpt-5.4", "gpt-5.4-mini"),
            Provider::Anthropic => ("claude-sonnet-5-5", "claude-haiku-5-5"),
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Price of a million tokens in millionths of a dollar.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// Of what is sent.
    pub input: u64,
    /// Of what is answered.
    pub output: u64,
}

impl Price {
    /// Parse `INPUT/OUTPUT` in dollars for a million tokens, such as `0.15/0.60`.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<Price, String> {
        let fault = || format!("{text:?} is not INPUT/OUTPUT in dollars, such as 0.15/0.60");
        let (input, output) = text.split_once('/').ok_or_else(fault)?;
        Ok(Price {
            input: micros(input).ok_or_else(fault)?,
            output: micros(output).ok_or_else(fault)?,
        })
    }

    /// Cost in millionths of a dollar.
    pub fn of(&self, usage: &Usage) -> u64 {
        let cost = |tokens: u64, price: u64| u128::from(tokens) * u128::from(price);
        let total = cost(usage.input, self.input) + cost(usage.output, self.output);
        u64::try_from(total.div_ceil(1_000_000)).unwrap_or(u64::MAX)
    }
}

/// A decimal number of dollars in millionths.
fn micros(text: &str) -> Option<u64> {
    let (whole, part) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let digits = |t: &str| t.chars().all(|c| c.is_ascii_digit());
    if whole.is_empty() || part.len() > 6 || !digits(whole) || !digits(part) {
        return None;
    }
    let part: u64 = format!("{part:0<6}").parse().ok()?;
    whole
        .parse::<u64>()
        .ok()?
        .checked_mul(1_000_000)?
        .checked_add(part)
}

/// What may be used, of one incident or in one hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Requests.
    pub calls: u32,
    /// Tokens, sent and answered.
    pub tokens: u64,
    /// Money in millionths of a dollar; unlimited where none. Counts only where prices are known.
    pub money: Option<u64>,
}

/// What was used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Requests that were sent.
    pub calls: u32,
    /// Tokens that were sent.
    pub input: u64,
    /// Tokens that were answered.
    pub output: u64,
    /// Millionths of a dollar; 0 where no price is configured.
    pub cost: u64,
}

impl Usage {
    /// Count more.
    pub fn add(&mut self, more: &Usage) {
        self.calls = self.calls.saturating_add(more.calls);
        self.input = self.input.saturating_add(more.input);
        self.output = self.output.saturating_add(more.output);
        self.cost = self.cost.saturating_add(more.cost);
    }

    /// All tokens.
    pub fn tokens(&self) -> u64 {
        self.input.saturating_add(self.output)
    }
}

/// The configuration of the model, with its defaults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelConfig {
    /// False: nothing leaves, whatever keys there are.
    pub enabled: bool,
    /// The provider; the first one that has a key where none.
    pub provider: Option<Provider>,
    /// The model; the provider's default where none.
    pub primary: Option<String>,
    /// The model that is asked where the first does not answer; `none` or empty for no second.
    pub fallback: Option<String>,
    /// Longest time of a whole investigation.
    pub deadline: Duration,
    /// Longest time of one request.
    pub request_timeout: Duration,
    /// Longest time of a connection's start.
    pub connect_timeout: Duration,
    /// Most rounds: questions to the model.
    pub rounds: u32,
    /// Most tokens of one answer.
    pub answer_tokens: u32,
    /// Requests at the same time.
    pub concurrency: usize,
    /// Bytes of one tool's answer.
    pub tool_bytes: usize,
    /// What one incident may use.
    pub per_incident: Budget,
    /// What one hour may use.
    pub per_hour: Budget,
    /// Price of the model.
    pub price: Price,
    /// Price of the second model.
    pub fallback_price: Price,
    /// True: names of objects and namespaces leave as tokens too.
    pub hide_names: bool,
}

impl Default for ModelConfig {
    fn default() -> Self {
        ModelConfig {
            enabled: true,
            provider: None,
            primary: None,
            fallback: None,
            deadline: Duration::from_secs(60),
            request_timeout: Duration::from_secs(25),
            connect_timeout: Duration::from_secs(5),
            rounds: 5,
            answer_tokens: 4096,
            concurrency: 4,
            tool_bytes: 6 * 1024,
            per_incident: Budget {
                calls: 20,
                tokens: 150_000,
                money: None,
            },
            per_hour: Budget {
                calls: 300,
                tokens: 2_000_000,
                money: None,
            },
            price: Price::default(),
            fallback_price: Price::default(),
            hide_names: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_counted_in_millionths_of_a_dollar() {
        let price = Price::parse("0.15/0.60").unwrap();
        let usage = Usage {
            calls: 1,
            input: 10_000,
            output: 1_000,
            cost: 0,
        };
        assert_eq!(price.of(&usage), 1500 + 600);
        for bad in ["", "1", "a/b", "1/", "-1/2", "1.2.3/4"] {
            assert!(Price::parse(bad).is_err(), "{bad}");
        }
    }
}
