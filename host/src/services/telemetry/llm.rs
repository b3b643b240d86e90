//! What models cost and how they fare: OpenTelemetry's GenAI metrics in Prometheus' spelling, and
//! ours for what those do not say.
//!
//! Labels are words of closed sets and the configured names of models, so their number is bounded.

use std::time::Duration;

use k8shawk_core::llm::{Failure, RungSetup, Usage};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

/// The operation of every request.
const CHAT: &str = "chat";

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Operation {
    gen_ai_operation_name: &'static str,
    gen_ai_provider_name: &'static str,
    gen_ai_request_model: String,
    error_type: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Tokens {
    gen_ai_operation_name: &'static str,
    gen_ai_provider_name: &'static str,
    gen_ai_request_model: String,
    gen_ai_token_type: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ToolCall {
    gen_ai_tool_name: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Asked {
    provider: &'static str,
    model: String,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Spent {
    provider: &'static str,
    model: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Left {
    provider: &'static str,
    model: String,
    reason: &'static str,
    to: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    answered_by: &'static str,
}

/// Who answers where a model does not, or did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// A model.
    Model,
    /// The patterns.
    Patterns,
}

impl Next {
    fn as_str(self) -> &'static str {
        match self {
            Next::Model => "model",
            Next::Patterns => "patterns",
        }
    }
}

/// Counters and histograms of the model service. Clones count into the same.
#[derive(Debug, Clone)]
pub struct ModelMetrics {
    duration: Family<Operation, Histogram>,
    tokens: Family<Tokens, Histogram>,
    investigation: Family<Answered, Histogram>,
    tool: Family<ToolCall, Histogram>,
    requests: Family<Asked, Counter>,
    fallbacks: Family<Left, Counter>,
    cost: Family<Spent, Counter>,
    contradictions: Counter,
    unsupported: Counter,
    refused_fixes: Counter,
    refused_reads: Counter,
}

/// Buckets that the GenAI conventions name: 10 ms to 82 s.
fn seconds() -> Histogram {
    Histogram::new(exponential_buckets(0.01, 2.0, 14))
}

/// Buckets that the GenAI conventions name: 1 token to 67 million.
fn counts() -> Histogram {
    Histogram::new(exponential_buckets(1.0, 4.0, 14))
}

impl Default for ModelMetrics {
    fn default() -> Self {
        ModelMetrics {
            duration: Family::new_with_constructor(seconds),
            tokens: Family::new_with_constructor(counts),
            investigation: Family::new_with_constructor(seconds),
            tool: Family::new_with_constructor(seconds),
            requests: Family::default(),
            fallbacks: Family::default(),
            cost: Family::default(),
            contradictions: Counter::default(),
            unsupported: Counter::default(),
            refused_fixes: Counter::default(),
            refused_reads: Counter::default(),
        }
    }
}

impl ModelMetrics {
    /// Serve them from a registry.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "gen_ai_client_operation_duration_seconds",
            "Time of requests to models",
            self.duration.clone(),
        );
        registry.register(
            "gen_ai_client_token_usage",
            "Tokens of requests to models",
            self.tokens.clone(),
        );
        registry.register(
            "gen_ai_invoke_agent_duration_seconds",
            "Time of whole investigations by models",
            self.investigation.clone(),
        );
        registry.register(
            "gen_ai_execute_tool_duration_seconds",
            "Time of reads that models asked for",
            self.tool.clone(),
        );
        registry.register(
            "k8shawk_model_requests",
            "Requests to models, by outcome",
            self.requests.clone(),
        );
        registry.register(
            "k8shawk_model_fallbacks",
            "Fallbacks from one model to the next, by reason and by next model",
            self.fallbacks.clone(),
        );
        registry.register(
            "k8shawk_model_cost_micro_usd",
            "Cost in millionths of a dollar, where prices are configured",
            self.cost.clone(),
        );
        registry.register(
            "k8shawk_model_contradictions",
            "Investigations in which a model contradicted strong evidence",
            self.contradictions.clone(),
        );
        registry.register(
            "k8shawk_model_unsupported_claims",
            "Claims of models that cited no evidence and were dropped from a cause",
            self.unsupported.clone(),
        );
        registry.register(
            "k8shawk_model_refused_fixes",
            "Fixes of models that are not in the catalogue, or not on an object the model has seen",
            self.refused_fixes.clone(),
        );
        registry.register(
            "k8shawk_model_refused_reads",
            "Reads of models that the grant or the cluster refused",
            self.refused_reads.clone(),
        );
    }

    /// One request, what it used, and why it was not answered.
    pub fn request(
        &self,
        rung: &RungSetup,
        usage: &Usage,
        failure: Option<&Failure>,
        took: Duration,
    ) {
        let provider = rung.provider.as_str();
        let model = || rung.model.clone();
        let operation = Operation {
            gen_ai_operation_name: CHAT,
            gen_ai_provider_name: provider,
            gen_ai_request_model: model(),
            error_type: failure.map(Failure::class).unwrap_or_default(),
        };
        self.duration
            .get_or_create(&operation)
            .observe(took.as_secs_f64());
        let asked = Asked {
            provider,
            model: model(),
            outcome: failure.map_or("answered", Failure::class),
        };
        self.requests.get_or_create(&asked).inc();
        let spent = Spent {
            provider,
            model: model(),
        };
        self.cost.get_or_create(&spent).inc_by(usage.cost);
        if failure.is_none() {
            self.used(rung, usage);
        }
    }

    fn used(&self, rung: &RungSetup, usage: &Usage) {
        for (kind, count) in [("input", usage.input), ("output", usage.output)] {
            let tokens = Tokens {
                gen_ai_operation_name: CHAT,
                gen_ai_provider_name: rung.provider.as_str(),
                gen_ai_request_model: rung.model.clone(),
                gen_ai_token_type: kind,
            };
            self.tokens.get_or_create(&tokens).observe(count as f64);
        }
    }

    /// One read by a tool; `name` is one of ours.
    pub fn tool(&self, name: &'static str, took: Duration) {
        let call = ToolCall {
            gen_ai_tool_name: name,
        };
        self.tool.get_or_create(&call).observe(took.as_secs_f64());
    }

    /// A model that gave up its place.
    pub fn fell(&self, rung: &RungSetup, failure: &Failure, to: Next) {
        let left = Left {
            provider: rung.provider.as_str(),
            model: rung.model.clone(),
            reason: failure.class(),
            to: to.as_str(),
        };
        self.fallbacks.get_or_create(&left).inc();
    }

    /// An investigation that ended.
    pub fn investigated(&self, by: Next, took: Duration) {
        let answered = Answered {
            answered_by: by.as_str(),
        };
        self.investigation
            .get_or_create(&answered)
            .observe(took.as_secs_f64());
    }

    /// What was not believed or not allowed: contradictions, claims, fixes, reads.
    pub fn refused(&self, contradicts: bool, claims: usize, fixes: usize, reads: usize) {
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        self.contradictions.inc_by(u64::from(contradicts));
        self.unsupported.inc_by(count(claims));
        self.refused_fixes.inc_by(count(fixes));
        self.refused_reads.inc_by(count(reads));
    }
}

#[cfg(test)]
mod tests {
    use k8shawk_core::llm::{Price, Provider};

    use super::*;

    #[test]
    fn requests_tokens_and_fallbacks_are_counted_under_their_models() {
        let metrics = ModelMetrics::default();
        let rung = RungSetup {
            provider: Provider::Groq,
            model: "big".into(),
            host: "h".into(),
            price: Price::default(),
            reasoning_names: false,
        };
        let usage = Usage {
            calls: 1,
            input: 900,
            output: 50,
            cost: 7,
        };
        metrics.request(&rung, &usage, None, Duration::from_millis(15));
        let failure = Failure::Timeout { ms: 1 };
        let nothing = Usage::default();
        metrics.request(&rung, &nothing, Some(&failure), Duration::from_secs(1));
        metrics.fell(&rung, &failure, Next::Patterns);
        metrics.refused(true, 2, 1, 0);
        let mut registry = Registry::default();
        metrics.register(&mut registry);
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
        for line in [
            r#"k8shawk_model_requests_total{provider="groq",model="big",outcome="answered"} 1"#,
            r#"k8shawk_model_requests_total{provider="groq",model="big",outcome="timeout"} 1"#,
            r#"k8shawk_model_fallbacks_total{provider="groq",model="big",reason="timeout",to="patterns"} 1"#,
            r#"k8shawk_model_cost_micro_usd_total{provider="groq",model="big"} 7"#,
            r#"gen_ai_client_token_usage_sum{gen_ai_operation_name="chat",gen_ai_provider_name="groq",gen_ai_request_model="big",gen_ai_token_type="input"} 900.0"#,
            "k8shawk_model_unsupported_claims_total 2",
        ] {
            assert!(text.contains(line), "{line} is not in\n{text}");
        }
    }
}
