//! The plugins, asked point by point. What each call was refused comes back with its answer.

pub(crate) mod answers;
mod logs;
mod required;
mod rule;

use std::sync::Arc;
use std::time::SystemTime;

use k8shawk_core::Observation;
use k8shawk_core::finding::{Conclusion, Finding};
use k8shawk_core::guard::Reader;
use k8shawk_core::incident::Incident;
use k8shawk_core::severity::Severity;
use k8shawk_core::signal::{Judgement, Opening};
use k8shawk_sandbox::{CallContext, Called, Language, Live, Plan, Point, Registry};
use tracing::{Instrument, debug};

use crate::services::telemetry::event::{PluginCalled, plugin_span};
use crate::services::telemetry::{Telemetry, Timed};

pub use self::required::{Missing, Required};
pub use self::rule::Asked;

use self::logs::CleanLogs;

pub use answers::{Answers, Complete};

/// The live plugins.
#[derive(Clone)]
pub struct Plugins {
    /// The registry that a reload swaps plugins in.
    pub registry: Arc<Registry>,
    /// The policies without which nothing is decided.
    pub required: Arc<Required>,
    /// Where calls are counted.
    pub telemetry: Telemetry,
}

impl Plugins {
    /// The plugins of a registry; calls are not counted.
    pub fn new(registry: Arc<Registry>) -> Plugins {
        Plugins {
            required: Arc::new(Required::of(registry.clone())),
            registry,
            telemetry: Telemetry::default(),
        }
    }

    /// Call a plugin: the one place that does, so that every call is counted.
    async fn call<T>(&self, live: &Live, call: impl Future<Output = Called<T>>) -> Called<T> {
        let span = plugin_span(live.id(), live.point());
        let called = call.instrument(span.clone()).await;
        span.in_scope(|| self.called(live, &called));
        called
    }

    fn called<T>(&self, live: &Live, called: &Called<T>) {
        let event = PluginCalled {
            point: live.point(),
            record: &called.record,
            fault: called.result.as_ref().err(),
        };
        event.emit(&self.telemetry);
    }

    /// Ask the triage plugins about one observation; none where it is no incident (yet). With
    /// the call that decided it.
    pub fn triage(&self, observation: &Observation) -> Option<(Opening, Timed)> {
        for live in self.registry.at(Point::Triage) {
            let begun = SystemTime::now();
            // Thousands of these pass in a second: only one that opens an incident is traced.
            let called = live.triage(&observation.signal, &observation.summary);
            self.called(&live, &called);
            match called.result {
                Ok(Judgement::Pass) | Err(_) => {}
                Ok(Judgement::Drop(why)) => {
                    debug!(object = %observation.signal.object, why, "dropped");
                    return None;
                }
                Ok(Judgement::Open(opening)) => {
                    let (plugin, took) = (live.id().to_owned(), called.record.duration);
                    let call = Timed {
                        plugin,
                        begun,
                        took,
                    };
                    return Some((opening, call));
                }
            }
        }
        None
    }

    /// Ask the analysis plugins for causes.
    pub async fn analyse(
        &self,
        incident: &Incident,
        reader: &Arc<dyn Reader>,
        now_ms: i64,
    ) -> Answers<Conclusion> {
        let mut answers = Answers::new();
        for live in self.registry.at(Point::Analysis) {
            let context = CallContext {
                reader: CleanLogs::over(reader),
                now_ms,
            };
            let called = self.call(&live, live.analyse(incident, context)).await;
            answers.take(live.id(), called.result, &called.record);
        }
        answers
    }

    /// Ask the fix plugins for proposals.
    pub async fn propose(
        &self,
        incident: &Incident,
        finding: &Finding,
        reader: &Arc<dyn Reader>,
        now_ms: i64,
    ) -> Answers<Plan> {
        let mut answers = Answers::new();
        for live in self.registry.at(Point::Fix) {
            let context = CallContext {
                reader: CleanLogs::over(reader),
                now_ms,
            };
            let call = live.propose(incident, finding, context);
            let called = self.call(&live, call).await;
            answers.take(live.id(), called.result, &called.record);
        }
        answers
    }

    /// What to say aloud; none where no voice plugin answers.
    pub fn script(
        &self,
        severity: Severity,
        finding: &Finding,
        language: Language,
    ) -> Option<String> {
        self.registry.at(Point::Voice).iter().find_map(|live| {
            let span = plugin_span(live.id(), live.point());
            let _entered = span.enter();
            let called = live.script(severity, finding, language, 500);
            self.called(live, &called);
            called.result.ok()
        })
    }
}
