//! Service: a model that investigates with read-only tools, after the patterns and never against
//! their evidence.
//!
//! [`Model::investigate`] always ends within its deadline, and always with findings: those of the
//! best rung of the ladder (model, smaller model, patterns) that answered. [`replay`] holds a
//! stored conversation again, offline.

mod endpoint;
mod gate;
mod http;
mod keys;
mod ladder;
mod live;
pub mod names;
mod progress;
mod recorded;
mod rounds;
mod spans;
mod talk;
mod toolbox;
mod transport;
mod wire;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use k8shawk_core::grant::Grant;
use k8shawk_core::guard::Reader;
use k8shawk_core::llm::{Case, Conversation, Failure, ModelConfig, RungSetup, Setup, Usage};
use tokio::time::Instant;
use tracing::Instrument;

use self::gate::Gate;
use self::http::Http;
use self::live::Live;
use self::progress::Counted;
use self::recorded::Recorded;
use crate::services::random;
use crate::services::telemetry::{self, ModelMetrics};

pub use self::keys::ModelError;
pub use self::progress::{Next, Progress, Silent, Sink};
pub use self::rounds::{Outcome, PATTERNS};
pub use self::toolbox::{ClusterTools, Reading, Toolbox, grant_faults};

/// The models of one provider, shared by all investigations.
pub struct Llm {
    config: ModelConfig,
    rungs: Vec<RungSetup>,
    http: Http,
    gate: Gate,
    grant: Arc<Grant>,
    metrics: ModelMetrics,
}

impl Llm {
    /// The model that the configuration and the environment choose; none where it is switched off
    /// or there is no key, and then nothing ever leaves.
    ///
    /// # Errors
    /// [`ModelError`] where what is configured cannot be used.
    pub fn start(
        config: ModelConfig,
        grant: Arc<Grant>,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Option<Llm>, ModelError> {
        if !config.enabled {
            return Ok(None);
        }
        let Some(access) = keys::access(&config, environment)? else {
            return Ok(None);
        };
        let rungs = keys::rungs(&config, &access);
        let gate = Gate::new(rungs.len(), config.per_hour, config.concurrency);
        let http = Http::new(access, config.connect_timeout)?;
        Ok(Some(Llm {
            config,
            rungs,
            http,
            gate,
            grant,
            metrics: ModelMetrics::default(),
        }))
    }

    /// The ladder, the best model first.
    pub fn rungs(&self) -> &[RungSetup] {
        &self.rungs
    }

    /// Count into these from now on.
    #[must_use]
    pub fn counting(self, metrics: ModelMetrics) -> Llm {
        Llm { metrics, ..self }
    }

    /// What it counts.
    pub fn metrics(&self) -> &ModelMetrics {
        &self.metrics
    }

    /// Investigate. `now` is the wall clock in milliseconds, for the record of what left; `spent`
    /// is what earlier investigations of the incident used of its budget.
    pub async fn investigate(
        &self,
        case: &Case<'_>,
        reader: Arc<dyn Reader>,
        now: &(dyn Fn() -> i64 + Send + Sync),
        spent: Usage,
        sink: &dyn Sink,
    ) -> Outcome {
        let started = Instant::now();
        let span = spans::invoke_agent(&case.incident.id.0, self.rungs.first());
        let sink = Counted {
            sink,
            metrics: &self.metrics,
        };
        let outcome = match random::nonce() {
            Ok(nonce) => {
                let holding = self.hold(case, nonce, reader, now, spent, &sink);
                holding.instrument(span.clone()).await
            }
            Err(why) => {
                let what = why.to_string();
                let failure = Failure::Unguarded { what };
                Outcome::unasked(case, self.setup(String::new()), &failure)
            }
        };
        spans::ended(&span, &outcome.answered_by, outcome.rounds, &outcome.usage);
        self.count(&outcome, started.elapsed());
        outcome
    }

    async fn hold(
        &self,
        case: &Case<'_>,
        nonce: String,
        reader: Arc<dyn Reader>,
        now: &(dyn Fn() -> i64 + Send + Sync),
        spent: Usage,
        sink: &dyn Sink,
    ) -> Outcome {
        let deadline = Instant::now() + self.config.deadline;
        let tools = ClusterTools::new(
            &nonce,
            self.grant.clone(),
            reader,
            self.config.tool_bytes,
            deadline,
            self.metrics.clone(),
        );
        let transport = Live {
            http: &self.http,
            gate: &self.gate,
            request_timeout: self.config.request_timeout,
            per_incident: self.config.per_incident,
            deadline,
            now,
            rungs: &self.rungs,
            answer_tokens: self.config.answer_tokens,
            metrics: &self.metrics,
            used: Mutex::new(spent),
            under_way: Mutex::new(None),
        };
        rounds::hold(case, self.setup(nonce), &transport, &tools, sink).await
    }

    fn count(&self, outcome: &Outcome, took: Duration) {
        let by = match outcome.answered_by.as_str() {
            PATTERNS => telemetry::Next::Patterns,
            _ => telemetry::Next::Model,
        };
        self.metrics.investigated(by, took);
        let claims = outcome.findings.first().map_or(0, |f| f.unsupported.len());
        self.metrics.refused(
            outcome.contradicts,
            claims,
            outcome.refused_fixes.len(),
            outcome.refused_reads.len(),
        );
    }

    fn setup(&self, nonce: String) -> Setup {
        Setup {
            nonce,
            rungs: self.rungs.clone(),
            rounds: self.config.rounds,
            answer_tokens: self.config.answer_tokens,
            tool_bytes: self.config.tool_bytes,
            hide_names: self.config.hide_names,
        }
    }
}

/// A stored conversation held again.
pub struct Replayed {
    /// The same outcome.
    pub outcome: Outcome,
    /// Where it first differs from what was recorded; none where it is the same to the byte.
    pub diverged: Option<String>,
}

/// Hold a stored conversation again, without a network and without a cluster.
pub async fn replay(case: &Case<'_>, stored: &Conversation, sink: &dyn Sink) -> Replayed {
    let recorded = Recorded::new(stored);
    let outcome = rounds::hold(case, stored.setup.clone(), &recorded, &recorded, sink).await;
    Replayed {
        outcome,
        diverged: recorded.diverged(),
    }
}
