//! What happens, as types: `emit` writes the log line and counts.

use k8shawk_core::redact::redact;
use k8shawk_sandbox::{Blame, CallError, CallRecord, Outcome, Point, ReloadEvent};
use tracing::{Span, debug, error, field, info, warn};

use super::Task;
use super::run::SPANS;
use super::{Telemetry, kind_label};

/// A plugin was called.
pub struct PluginCalled<'e> {
    /// Where.
    pub point: Point,
    /// What it did.
    pub record: &'e CallRecord,
    /// Why it gave no result.
    pub fault: Option<&'e CallError>,
}

/// The span of a call of a plugin, within the stage that calls it; none outside of a stage.
pub fn plugin_span(plugin: &str, point: Point) -> Span {
    if Span::current().is_none() {
        return Span::none();
    }
    tracing::info_span!(
        target: SPANS,
        "plugin",
        otel.name = format!("plugin {plugin}"),
        otel.status_code = field::Empty,
        otel.status_description = field::Empty,
        plugin,
        point = point.as_str(),
        host_calls = field::Empty,
        memory_bytes = field::Empty,
    )
}

impl PluginCalled<'_> {
    /// Count it; say what failed; fill in the current span, which is that of the call.
    pub fn emit(self, telemetry: &Telemetry) {
        let PluginCalled {
            point,
            record,
            fault,
        } = self;
        let (metrics, plugin) = (&telemetry.0.metrics, &*record.plugin);
        let refused = matches!(fault, Some(CallError::Quarantined { .. }));
        if !refused {
            metrics.call(plugin, point, record.duration, record.memory);
        }
        if !record.refusals.is_empty() {
            metrics.refused_reads(plugin, point, record.refusals.len());
        }
        for (level, line) in &record.log {
            let line = redact(line);
            debug!(plugin, ?level, line, "plugin log");
        }
        let span = Span::current();
        span.record("host_calls", record.host_calls);
        span.record("memory_bytes", record.memory);
        if let Some(error) = fault {
            let blame: Blame = error.blame();
            metrics.fault(plugin, point, blame, error.label());
            warn!(plugin, %blame, %error, "plugin call failed");
            span.record("otel.status_code", "ERROR");
            span.record("otel.status_description", field::display(error));
        }
    }
}

/// A version of a plugin was loaded, swapped, kept or refused.
pub struct PluginReloaded<'e>(pub &'e ReloadEvent);

impl PluginReloaded<'_> {
    /// Count it.
    pub fn count(&self, telemetry: &Telemetry) {
        let outcome = match &self.0.outcome {
            Outcome::Loaded { .. } => "loaded",
            Outcome::Swapped { .. } => "swapped",
            Outcome::Waits { .. } => "waits",
            Outcome::Kept { .. } => "kept",
            Outcome::Refused { .. } => "refused",
        };
        telemetry.0.metrics.loads(&self.0.id);
        telemetry.0.metrics.reloaded(&self.0.id, outcome);
    }

    /// Count it and say it.
    pub fn emit(&self, telemetry: &Telemetry) {
        self.count(telemetry);
        let id = &self.0.id;
        match &self.0.outcome {
            Outcome::Loaded { digest, took } => info!(plugin = id, digest, ?took, "loaded"),
            Outcome::Swapped { from, to, took } => info!(plugin = id, from, to, ?took, "swapped"),
            Outcome::Waits {
                digest,
                live,
                shadow,
                reason,
            } => warn!(
                plugin = id,
                digest, live, shadow, reason, "a new version waits"
            ),
            Outcome::Kept { reason } => warn!(
                plugin = id,
                reason,
                "the running version stays in \
                                                                    use"
            ),
            Outcome::Refused { reason } => warn!(plugin = id, reason, "not loaded"),
        }
    }
}

/// The watch of a kind is interrupted.
pub struct WatchGap<'e> {
    /// Kind.
    pub kind: &'e str,
    /// Why.
    pub why: &'e str,
}

impl WatchGap<'_> {
    /// Count it and say it.
    pub fn emit(self, telemetry: &Telemetry) {
        let WatchGap { kind, why } = self;
        telemetry.0.metrics.gap(kind_label(kind), true);
        warn!(kind, why, "watch interrupted");
    }
}

/// The watch of a kind resumed.
pub struct WatchRestored<'e> {
    /// Kind.
    pub kind: &'e str,
}

impl WatchRestored<'_> {
    /// Count it and say it.
    pub fn emit(self, telemetry: &Telemetry) {
        telemetry.0.metrics.gap(kind_label(self.kind), false);
        info!(kind = self.kind, "watch resumed");
    }
}

/// A task of the host ended, or panicked.
pub struct TaskFailed<'e> {
    /// Task.
    pub task: Task,
    /// How it ended, in words.
    pub why: &'e str,
}

impl TaskFailed<'_> {
    /// Count it and say it; until the task is restarted the host is not ready.
    pub fn emit(self, telemetry: &Telemetry) {
        let TaskFailed { task, why } = self;
        telemetry.task_is_down(task, why);
        self.emit_part(telemetry);
    }

    /// Count it and say it; the task itself goes on without this piece of its work.
    pub fn emit_part(self, telemetry: &Telemetry) {
        telemetry.0.metrics.task_failed(self.task);
        let (task, why) = (self.task.as_str(), self.why);
        error!(task, why, "a task of the host failed");
    }
}

/// A task that had ended runs again.
pub struct TaskBegunAgain {
    /// Task.
    pub task: Task,
}

impl TaskBegunAgain {
    /// Say it.
    pub fn emit(self, telemetry: &Telemetry) {
        telemetry.task_is_up(self.task);
        warn!(task = self.task.as_str(), "a task of the host is restarted");
    }
}
