//! One run of a stage: its span, its time, and whether it is tried again.

use std::fmt::Display;
use std::future::Future;
use std::time::Instant;

use tracing::{Instrument, Span, field};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::{Stage, Telemetry, Traces};

/// Target of our spans, which every layer that wants them knows.
pub(super) const SPANS: &str = "k8shawk::span";

/// Why a stage stopped, as a label.
pub trait StageFault: Display {
    /// A word of a closed set; none where it is no failure.
    fn kind(&self) -> Option<&'static str>;
}

/// A run that has begun; it ends when it is dropped, also where it is abandoned.
struct Run<'t> {
    telemetry: &'t Telemetry,
    stage: Stage,
    begun: Instant,
    span: Span,
    failure: Option<&'static str>,
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        let metrics = &self.telemetry.0.metrics;
        if std::thread::panicking() {
            self.failure = Some("panic");
            self.span.record("otel.status_code", "ERROR");
        }
        metrics.stage_ends(self.stage, self.begun.elapsed(), self.failure);
    }
}

impl<'t> Run<'t> {
    fn begin(telemetry: &'t Telemetry, stage: Stage, incident: &str) -> Run<'t> {
        telemetry.0.metrics.stage_begins();
        Run {
            telemetry,
            stage,
            begun: Instant::now(),
            span: telemetry.span(stage, incident),
            failure: None,
        }
    }

    fn end<T, E: StageFault>(mut self, done: Result<T, E>) -> Result<T, E> {
        if let Err(fault) = &done {
            self.failure = fault.kind();
            if self.failure.is_some() {
                self.span.record("otel.status_code", "ERROR");
                self.span
                    .record("otel.status_description", field::display(fault));
            }
        }
        done
    }
}

impl Telemetry {
    /// The span of a stage, within the trace of its incident.
    fn span(&self, stage: Stage, incident: &str) -> Span {
        let span = tracing::info_span!(
            target: SPANS,
            parent: None,
            "stage",
            otel.name = stage.as_str(),
            otel.status_code = field::Empty,
            otel.status_description = field::Empty,
            stage = stage.as_str(),
            incident,
            trace_id = field::Empty,
        );
        if !span.is_disabled() {
            span.record("trace_id", self.trace_id(incident));
            if self.0.traces.is_some() {
                // It fails only where nobody makes spans.
                let _ = span.set_parent(Traces::context(self.birth(), incident));
            }
        }
        span
    }

    /// Run a stage for an incident.
    ///
    /// # Errors
    /// What the stage returns.
    pub async fn stage<T, E: StageFault>(
        &self,
        stage: Stage,
        incident: &str,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let run = Run::begin(self, stage, incident);
        let done = work.instrument(run.span.clone()).await;
        run.end(done)
    }

    /// [`Telemetry::stage`] for one that waits for nothing.
    ///
    /// # Errors
    /// What the stage returns.
    pub fn stage_now<T, E: StageFault>(
        &self,
        stage: Stage,
        incident: &str,
        work: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        let run = Run::begin(self, stage, incident);
        let done = run.span.in_scope(work);
        run.end(done)
    }
}
