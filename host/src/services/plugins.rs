//! The plugins, asked point by point. What each call was refused comes back with its answer.

pub(crate) mod answers;
mod kept_files;
mod logs;
mod recorder;
mod required;
mod rule;
mod witness;

use std::sync::Arc;
use std::time::SystemTime;

use k8shawk_core::Observation;
use k8shawk_core::finding::{Conclusion, Finding};
use k8shawk_core::guard::Reader;
use k8shawk_core::incident::Incident;
use k8shawk_core::severity::Severity;
use k8shawk_core::signal::{Judgement, Opening};
use k8shawk_sandbox::{
    CallContext, Called, Decides, Language, Live, Plan, Point, Question, Registry,
};
use tracing::{Instrument, debug};

use crate::services::telemetry::event::{PluginCalled, plugin_span};
use crate::services::telemetry::{Telemetry, Timed};

pub use self::kept_files::{KeptFiles, NotKept};
pub use self::recorder::{Recorder, Recording, Shadowing};
pub use self::required::{Missing, Required};
pub use self::rule::Asked;
pub use self::witness::{Made, Seen, Witness};

use self::logs::CleanLogs;

pub use answers::{Answers, Complete};

/// Most characters of what is said aloud.
const LONGEST: u32 = 500;

/// The live plugins.
#[derive(Clone)]
pub struct Plugins {
    /// The registry that a reload swaps plugins in.
    pub registry: Arc<Registry>,
    /// The policies without which nothing is decided.
    pub required: Arc<Required>,
    /// Where calls are counted.
    pub telemetry: Telemetry,
    /// Who sees every call with its answer; nobody where none.
    pub witness: Option<Arc<dyn Witness>>,
}

impl Plugins {
    /// The plugins of a registry; calls are not counted.
    pub fn new(registry: Arc<Registry>) -> Plugins {
        Plugins {
            required: Arc::new(Required::of(registry.clone())),
            registry,
            telemetry: Telemetry::default(),
            witness: None,
        }
    }

    /// Call a plugin: the one place that does, so that every call is counted.
    async fn call<T: Decides>(
        &self,
        live: &Arc<Live>,
        call: impl Future<Output = Called<T>>,
        made: Made<'_>,
    ) -> Called<T> {
        let span = plugin_span(live.id(), live.point());
        let called = call.instrument(span.clone()).await;
        span.in_scope(|| self.called(live, &called, made));
        called
    }

    fn called<T: Decides>(&self, live: &Arc<Live>, called: &Called<T>, made: Made<'_>) {
        let event = PluginCalled {
            point: live.point(),
            record: &called.record,
            fault: called.result.as_ref().err(),
        };
        event.emit(&self.telemetry);
        if let Some(witness) = &self.witness {
            witness.called(live, &|| made.seen(live, called));
        }
    }

    /// Ask the triage plugins about one observation; none where it is no incident (yet). With
    /// the call that decided it.
    pub fn triage(&self, observation: &Observation) -> Option<(Opening, Timed)> {
        for live in self.registry.at(Point::Triage) {
            let begun = SystemTime::now();
            // Thousands of these pass in a second: only one that opens an incident is traced.
            let called = live.triage(&observation.signal, &observation.summary);
            let question = || Question::Triage {
                signal: Box::new(observation.signal.clone()),
                summary: observation.summary.clone(),
            };
            let made = Made::alone(&question);
            self.called(&live, &called, made);
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
            let question = || Question::Analysis {
                incident: Box::new(incident.clone()),
            };
            let made = Made::with(&context, &question);
            let call = live.analyse(incident, context);
            let called = self.call(&live, call, made).await;
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
            let question = || Question::Fix {
                incident: Box::new(incident.clone()),
                finding: Box::new(finding.clone()),
            };
            let made = Made::with(&context, &question);
            let call = live.propose(incident, finding, context);
            let called = self.call(&live, call, made).await;
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
            let called = live.script(severity, finding, language, LONGEST);
            let question = || Question::Voice {
                severity,
                finding: Box::new(finding.clone()),
                language,
                limit: LONGEST,
            };
            let made = Made::alone(&question);
            self.called(live, &called, made);
            called.result.ok()
        })
    }
}
