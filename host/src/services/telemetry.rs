//! Service: what is measured and reported of the host itself: metrics, traces, logs, readiness.
//!
//! Stages run through [`Telemetry::stage`]; what else happens is an [`event`] with one struct each,
//! whose `emit` counts it and says it.

pub mod catalogue;
pub mod event;
mod llm;
pub mod logs;
pub(crate) mod metrics;
mod pulse;
mod run;
mod stage;
mod task;
mod traces;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};

use k8shawk_core::inventory::Counts;
use k8shawk_core::record::{Before, Record, State};
use opentelemetry::KeyValue;

pub use llm::{ModelMetrics, Next};
pub use run::StageFault;
pub use stage::Stage;
pub use task::Task;
pub use traces::{Timed, TraceError, Traces};

use metrics::Metrics;
use pulse::Pulse;

/// Metrics, traces and readiness of one host; clones are the same.
#[derive(Clone, Default)]
pub struct Telemetry(Arc<Inner>);

#[derive(Default)]
struct Inner {
    metrics: Metrics,
    traces: Option<Traces>,
    /// When and as what the store began: part of the ids of traces.
    birth: OnceLock<String>,
    /// Every kind was listed.
    listed: AtomicBool,
    pulse: Pulse,
    /// Tasks that wait to be restarted, and why.
    down: Mutex<BTreeMap<Task, String>>,
}

impl Telemetry {
    /// A host's telemetry that also sends traces.
    pub fn with_traces(traces: Option<Traces>) -> Telemetry {
        Telemetry(Arc::new(Inner {
            traces,
            ..Inner::default()
        }))
    }

    /// Whose incidents are traced: see [`Store::birth`](crate::services::store::Store::birth).
    pub fn born(&self, birth: String) {
        let _ = self.0.birth.set(birth);
    }

    /// What models cost and how they fare.
    pub fn model(&self) -> &ModelMetrics {
        self.0.metrics.model()
    }

    fn birth(&self) -> &str {
        self.0.birth.get().map_or("", String::as_str)
    }

    /// The id of an incident's trace, as hexadecimal digits.
    pub fn trace_id(&self, incident: &str) -> String {
        Traces::id(self.birth(), incident)
    }

    /// What is counted here, in the text format of OpenMetrics, without its end.
    ///
    /// # Errors
    /// `into` takes no more.
    pub(crate) fn encode(&self, into: &mut String) -> std::fmt::Result {
        self.0.metrics.encode(into)
    }

    /// The observation that opened an incident was taken then.
    pub fn noticed(&self, incident: &str, begun: SystemTime) {
        self.over(incident, Stage::Ingest, begun, None);
    }

    /// The triage that opened an incident, with the call that decided it.
    pub fn triaged(&self, incident: &str, begun: SystemTime, call: &Timed) {
        self.over(incident, Stage::Triage, begun, Some(call));
    }

    /// A stage that is over, and was not known to be part of an incident before.
    fn over(&self, incident: &str, stage: Stage, begun: SystemTime, call: Option<&Timed>) {
        let Some(traces) = &self.0.traces else {
            return;
        };
        let text = |key: &'static str, value: &str| KeyValue::new(key, value.to_owned());
        let took = begun.elapsed().unwrap_or_default();
        let context = Traces::context(self.birth(), incident);
        let name = stage.as_str();
        let attributes = vec![text("stage", name), text("incident", incident)];
        let span = traces.over_span(&context, name.to_owned(), begun, took, attributes);
        if let Some(Timed {
            plugin,
            begun,
            took,
        }) = call
        {
            let attributes = vec![text("plugin", plugin), text("point", name)];
            let name = format!("plugin {plugin}");
            traces.over_span(&traces::within(span), name, *begun, *took, attributes);
        }
    }

    /// A stage ran for nothing that is an incident (yet).
    pub fn took(&self, stage: Stage, took: Duration) {
        self.0.metrics.stage_took(stage, took);
    }

    /// Everything that is observed was looked at.
    pub fn swept(&self, took: Duration, counts: Counts) {
        self.0.metrics.swept(took);
        for (kind, number) in [
            ("Node", counts.nodes),
            ("Pod", counts.pods),
            ("Namespace", counts.namespaces),
            ("Service", counts.services),
            ("Deployment", counts.deployments),
        ] {
            self.0.metrics.watched(kind, number);
        }
    }

    /// A change was taken from the queue.
    pub fn change(&self, kind: &str) {
        self.0.metrics.change(kind_label(kind));
    }

    /// What triage made of an observation: a word of a closed set.
    pub fn signal(&self, outcome: &'static str) {
        self.0.metrics.signal(outcome);
    }

    /// An incident was stored for the first time.
    pub fn opened(&self, record: &Record) {
        self.0.metrics.opened(record);
    }

    /// An incident was stored; `before` is what stood there.
    pub fn changed(&self, before: &Before, record: &Record) {
        if !record.state.is_final() {
            return;
        }
        if before.steps != record.history.len() && !before.state.is_final() {
            self.0.metrics.ended(record);
        }
        // Its span is sent when it is written down, or at its end where that is not certain.
        let over = match has_rca(record.state) {
            true => {
                record.documented == Some(record.state) && before.documented != Some(before.state)
            }
            false => !before.state.is_final(),
        };
        if let (true, Some(traces)) = (over, &self.0.traces) {
            traces.incident(self.birth(), record);
        }
    }

    /// A version that judges beside the live one was asked the same, with this outcome.
    pub fn shadowed(&self, plugin: &str, outcome: &'static str) {
        self.0.metrics.shadowed(plugin, outcome);
    }

    /// The database failed.
    pub fn store_error(&self) {
        self.0.metrics.store_error();
    }

    /// Every kind was listed: from now on the host sees what is there.
    pub fn listed(&self) {
        self.0.listed.store(true, Ordering::Relaxed);
    }

    /// The watch makes progress: it was told something, or has looked at everything.
    pub fn beat(&self) {
        self.0.pulse.beat();
    }

    /// From now on the watch makes progress at least this often.
    pub fn beats_every(&self, longest: Duration) {
        self.0.pulse.expect(longest);
    }

    /// Why the host makes no progress, in words; none where it does, or has not begun.
    pub fn stalled(&self) -> Option<String> {
        self.0.pulse.stalled()
    }

    /// A connection was closed to make room for another one.
    pub fn shed(&self) {
        self.0.metrics.shed();
    }

    /// Tasks that are down, and how they ended.
    pub fn tasks_down(&self) -> Vec<(Task, String)> {
        let down = self.0.down.lock().unwrap_or_else(PoisonError::into_inner);
        down.iter()
            .map(|(task, why)| (*task, why.clone()))
            .collect()
    }

    fn task_is_down(&self, task: Task, why: &str) {
        let mut down = self.0.down.lock().unwrap_or_else(PoisonError::into_inner);
        down.insert(task, why.to_owned());
    }

    fn task_is_up(&self, task: Task) {
        let mut down = self.0.down.lock().unwrap_or_else(PoisonError::into_inner);
        down.remove(&task);
    }

    #[cfg(test)]
    pub(crate) fn task_failures(&self, task: Task) -> u64 {
        self.0.metrics.task_failures(task)
    }

    pub(crate) fn is_listed(&self) -> bool {
        self.0.listed.load(Ordering::Relaxed)
    }

    /// Send what is left of the traces. Blocks for a few seconds at most.
    pub fn end(&self) {
        if let Some(traces) = &self.0.traces {
            traces.end();
        }
    }
}

/// True for the ends that are always written down: see the pipeline.
fn has_rca(state: State) -> bool {
    !matches!(state, State::Merged | State::Cleared)
}

/// A kind as a label: one of those that are followed.
fn kind_label(kind: &str) -> &'static str {
    use k8shawk_core::inventory::{EVERY_KIND, watched};
    watched()
        .iter()
        .find(|known| **known == kind)
        .copied()
        .unwrap_or(EVERY_KIND)
}

#[cfg(test)]
mod tests;
