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
mod talk;
mod toolbox;
mod transport;
mod wire;

use std::sync::{Arc, Mutex};

use k8shawk_core::grant::Grant;
use k8shawk_core::guard::Reader;
use k8shawk_core::model::{Case, Conversation, ModelConfig, RungSetup, Setup, Usage};
use tokio::time::Instant;

use self::gate::Gate;
use self::http::Http;
use self::live::Live;
use self::recorded::Recorded;
use crate::random;

pub use self::keys::ModelError;
pub use self::progress::{Next, Progress, Silent, Sink};
pub use self::rounds::{Outcome, PATTERNS};
pub use self::toolbox::{ClusterTools, Reading, Toolbox, grant_faults};

/// The models of one provider, shared by all investigations.
pub struct Model {
    config: ModelConfig,
    rungs: Vec<RungSetup>,
    http: Http,
    gate: Gate,
    grant: Arc<Grant>,
}

impl Model {
    /// The model that the configuration and the environment choose; none where it is switched off
    /// or there is no key, and then nothing ever leaves.
    ///
    /// # Errors
    /// [`ModelError`] where what is configured cannot be used.
    pub fn start(
        config: ModelConfig,
        grant: Arc<Grant>,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Option<Model>, ModelError> {
        if !config.enabled {
            return Ok(None);
        }
        let Some(access) = keys::access(&config, environment)? else {
            return Ok(None);
        };
        let rungs = keys::rungs(&config, &access);
        let gate = Gate::new(rungs.len(), config.per_hour, config.concurrency);
        let http = Http::new(access, config.connect_timeout)?;
        Ok(Some(Model {
            config,
            rungs,
            http,
            gate,
            grant,
        }))
    }

    /// The ladder, the best model first.
    pub fn rungs(&self) -> &[RungSetup] {
        &self.rungs
    }

    /// Investigate. `now` is the wall clock in milliseconds, for the record of what left.
    pub async fn investigate(
        &self,
        case: &Case<'_>,
        reader: Arc<dyn Reader>,
        now: &(dyn Fn() -> i64 + Send + Sync),
        sink: &dyn Sink,
    ) -> Outcome {
        let deadline = Instant::now() + self.config.deadline;
        let tools = ClusterTools::new(self.grant.clone(), reader, self.config.tool_bytes, deadline);
        let transport = Live {
            http: &self.http,
            gate: &self.gate,
            request_timeout: self.config.request_timeout,
            per_incident: self.config.per_incident,
            deadline,
            now,
            used: Mutex::new(Usage::default()),
        };
        rounds::hold(case, self.setup(), &transport, &tools, sink).await
    }

    fn setup(&self) -> Setup {
        Setup {
            nonce: random::nonce(),
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
