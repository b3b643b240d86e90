//! The metrics that the host counts itself. What others keep (the store, the plugins, the queue)
//! is read when somebody asks: see [`scrape`](super::scrape).

pub(crate) mod labels;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use k8shawk_core::fix::actions;
use k8shawk_core::record::Record;
use k8shawk_sandbox::{Blame, Point};
use prometheus_client::encoding::text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric, Registry};

use super::Task;
use super::catalogue;
use super::llm::ModelMetrics;
use super::stage::Stage;
use labels::{
    Failed, Faulted, Fixed, OfKind, OfPlugin, OfStage, OfState, OfTask, Opened, Reloaded, Went,
    family,
};

/// Runs of stages: from a millisecond to the time of a recovery.
const STAGES: [f64; 12] = [
    0.001, 0.005, 0.025, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 180.0,
];
/// Calls of plugins: a triage call takes microseconds, an analysis waits for the cluster.
const CALLS: [f64; 12] = [
    0.000_05, 0.000_2, 0.001, 0.005, 0.025, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
];
/// Incidents wait for people: from seconds to a day.
const INCIDENTS: [f64; 11] = [
    5.0, 15.0, 30.0, 60.0, 180.0, 600.0, 1_800.0, 3_600.0, 14_400.0, 43_200.0, 86_400.0,
];

fn stages() -> Histogram {
    Histogram::new(STAGES)
}

fn calls() -> Histogram {
    Histogram::new(CALLS)
}

fn incidents() -> Histogram {
    Histogram::new(INCIDENTS)
}

/// Counters, gauges and histograms, with the registry that exposes them.
pub(crate) struct Metrics {
    registry: Registry,
    stages: Family<OfStage, Histogram>,
    stage_failures: Family<Failed, Counter>,
    running: Gauge,
    task_failures: Family<OfTask, Counter>,
    shed: Counter,
    changes: Family<OfKind, Counter>,
    gaps: Family<OfKind, Counter>,
    gap: Family<OfKind, Gauge>,
    watched: Family<OfKind, Gauge>,
    sweeps: Histogram,
    signals: Family<Went, Counter>,
    opened: Family<Opened, Counter>,
    ended: Family<OfState, Counter>,
    lasted: Family<OfState, Histogram>,
    calls: Family<OfPlugin, Counter>,
    faults: Family<Faulted, Counter>,
    refused_reads: Family<OfPlugin, Counter>,
    call_times: Family<OfPlugin, Histogram>,
    memory: Family<OfPlugin, Gauge>,
    peaks: Mutex<HashMap<OfPlugin, usize>>,
    reloads: Family<Reloaded, Counter>,
    shadowed: Family<Reloaded, Counter>,
    fixes: Family<Fixed, Counter>,
    store_errors: Counter,
    model: ModelMetrics,
}

/// Expose a metric under its name, with the help of the catalogue.
pub(crate) fn add(registry: &mut Registry, name: &'static str, metric: impl Metric) {
    // The registry adds the ending of counters, and the dot behind the help.
    let plain = name.strip_suffix("_total").unwrap_or(name);
    registry.register(plain, catalogue::help(name), metric);
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Metrics {
            registry: Registry::default(),
            stages: Family::new_with_constructor(stages),
            stage_failures: Family::default(),
            running: Gauge::default(),
            task_failures: Family::default(),
            shed: Counter::default(),
            changes: Family::default(),
            gaps: Family::default(),
            gap: Family::default(),
            watched: Family::default(),
            sweeps: stages(),
            signals: Family::default(),
            opened: Family::default(),
            ended: Family::default(),
            lasted: Family::new_with_constructor(incidents),
            calls: Family::default(),
            faults: Family::default(),
            refused_reads: Family::default(),
            call_times: Family::new_with_constructor(calls),
            memory: Family::default(),
            peaks: Mutex::default(),
            reloads: Family::default(),
            shadowed: Family::default(),
            fixes: Family::default(),
            store_errors: Counter::default(),
            model: ModelMetrics::default(),
        };
        metrics.register();
        metrics.begin();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        let mut registry = Registry::default();
        let to = &mut registry;
        add(to, "k8shawk_stage_duration_seconds", self.stages.clone());
        add(
            to,
            "k8shawk_stage_failures_total",
            self.stage_failures.clone(),
        );
        add(to, "k8shawk_stages_running", self.running.clone());
        add(
            to,
            "k8shawk_task_failures_total",
            self.task_failures.clone(),
        );
        add(to, "k8shawk_connections_shed_total", self.shed.clone());
        add(to, "k8shawk_watch_changes_total", self.changes.clone());
        add(to, "k8shawk_watch_gaps_total", self.gaps.clone());
        add(to, "k8shawk_watch_gap", self.gap.clone());
        add(to, "k8shawk_watched_objects", self.watched.clone());
        add(to, "k8shawk_sweep_duration_seconds", self.sweeps.clone());
        add(to, "k8shawk_signals_total", self.signals.clone());
        add(to, "k8shawk_incidents_opened_total", self.opened.clone());
        add(to, "k8shawk_incidents_ended_total", self.ended.clone());
        add(to, "k8shawk_incident_duration_seconds", self.lasted.clone());
        add(to, "k8shawk_plugin_calls_total", self.calls.clone());
        add(to, "k8shawk_plugin_faults_total", self.faults.clone());
        add(
            to,
            "k8shawk_plugin_refused_reads_total",
            self.refused_reads.clone(),
        );
        add(
            to,
            "k8shawk_plugin_call_duration_seconds",
            self.call_times.clone(),
        );
        add(to, "k8shawk_plugin_memory_peak_bytes", self.memory.clone());
        add(to, "k8shawk_plugin_reloads_total", self.reloads.clone());
        add(
            to,
            "k8shawk_plugin_shadow_calls_total",
            self.shadowed.clone(),
        );
        add(to, "k8shawk_fixes_total", self.fixes.clone());
        add(to, "k8shawk_store_errors_total", self.store_errors.clone());
        self.model.register(to);
        self.registry = registry;
    }

    /// A rate of what never happened is 0, not nothing: known labels are there from the start.
    fn begin(&self) {
        for stage in Stage::ALL {
            drop(self.stages.get_or_create(&OfStage::of(stage)));
        }
        let kinds = k8shawk_core::inventory::watched().iter().copied();
        for kind in kinds.chain([k8shawk_core::inventory::EVERY_KIND]) {
            drop(self.gaps.get_or_create(&OfKind { kind }));
            drop(self.gap.get_or_create(&OfKind { kind }));
        }
        for stage in Stage::ALL.map(Stage::as_str) {
            for kind in ["store", "cluster", "file", "panic"] {
                drop(self.stage_failures.get_or_create(&Failed { stage, kind }));
            }
        }
        for task in Task::ALL.map(Task::as_str) {
            drop(self.task_failures.get_or_create(&OfTask { task }));
        }
        for action in actions() {
            for outcome in ["worse", "not-known", "failed"] {
                drop(self.fixes.get_or_create(&Fixed { action, outcome }));
            }
        }
        for severity in ["medium", "high"] {
            let family = "self";
            drop(self.opened.get_or_create(&Opened { family, severity }));
        }
        for state in labels::FINAL {
            drop(self.ended.get_or_create(&OfState {
                state: state.as_str(),
            }));
        }
    }

    /// In the text format of OpenMetrics, without its end.
    pub(crate) fn encode(&self, into: &mut String) -> fmt::Result {
        text::encode_registry(into, &self.registry)
    }

    pub(crate) fn model(&self) -> &ModelMetrics {
        &self.model
    }

    pub(crate) fn stage_begins(&self) {
        self.running.inc();
    }

    pub(crate) fn stage_ends(&self, stage: Stage, took: Duration, failure: Option<&'static str>) {
        self.running.dec();
        self.stage_took(stage, took);
        if let Some(kind) = failure {
            let stage = stage.as_str();
            self.stage_failures
                .get_or_create(&Failed { stage, kind })
                .inc();
        }
    }

    pub(crate) fn task_failed(&self, task: Task) {
        let task = task.as_str();
        self.task_failures.get_or_create(&OfTask { task }).inc();
    }

    #[cfg(test)]
    pub(crate) fn task_failures(&self, task: Task) -> u64 {
        let task = task.as_str();
        self.task_failures.get_or_create(&OfTask { task }).get()
    }

    pub(crate) fn shed(&self) {
        self.shed.inc();
    }

    pub(crate) fn stage_took(&self, stage: Stage, took: Duration) {
        let of = self.stages.get_or_create(&OfStage::of(stage));
        of.observe(took.as_secs_f64());
    }

    pub(crate) fn change(&self, kind: &'static str) {
        self.changes.get_or_create(&OfKind { kind }).inc();
    }

    pub(crate) fn gap(&self, kind: &'static str, begins: bool) {
        let of = OfKind { kind };
        if begins {
            self.gaps.get_or_create(&of).inc();
        }
        self.gap.get_or_create(&of).set(i64::from(begins));
    }

    pub(crate) fn watched(&self, kind: &'static str, number: usize) {
        let number = i64::try_from(number).unwrap_or(i64::MAX);
        self.watched.get_or_create(&OfKind { kind }).set(number);
    }

    pub(crate) fn swept(&self, took: Duration) {
        self.sweeps.observe(took.as_secs_f64());
    }

    pub(crate) fn signal(&self, outcome: &'static str) {
        self.signals.get_or_create(&Went { outcome }).inc();
    }

    pub(crate) fn opened(&self, record: &Record) {
        let opened = Opened {
            family: family(&record.incident.class),
            severity: record.incident.severity.as_str(),
        };
        self.opened.get_or_create(&opened).inc();
    }

    /// An incident is in a state in which it ends.
    pub(crate) fn ended(&self, record: &Record) {
        let state = record.state.as_str();
        self.ended.get_or_create(&OfState { state }).inc();
        let lasted = record.changed_at() - record.incident.opened_at;
        let lasted = Duration::from_millis(u64::try_from(lasted).unwrap_or(0));
        let of = self.lasted.get_or_create(&OfState { state });
        of.observe(lasted.as_secs_f64());
        drop(of);
        if let (Some(execution), true) = (&record.execution, record.state.is_outcome()) {
            let action = execution.fix.action.name();
            self.fixes
                .get_or_create(&Fixed {
                    action,
                    outcome: state,
                })
                .inc();
        }
    }

    pub(crate) fn call(&self, plugin: &str, point: Point, took: Duration, memory: usize) {
        let of = OfPlugin::new(plugin, point);
        self.calls.get_or_create(&of).inc();
        self.call_times
            .get_or_create(&of)
            .observe(took.as_secs_f64());
        let mut peaks = self.peaks.lock().unwrap_or_else(PoisonError::into_inner);
        let peak = peaks.entry(of.clone()).or_default();
        if memory > *peak {
            *peak = memory;
            let bytes = i64::try_from(memory).unwrap_or(i64::MAX);
            self.memory.get_or_create(&of).set(bytes);
        }
    }

    pub(crate) fn fault(&self, plugin: &str, point: Point, blame: Blame, kind: &'static str) {
        let fault = Faulted {
            plugin: plugin.to_owned(),
            point: point.as_str(),
            blame: blame.as_str(),
            kind,
        };
        self.faults.get_or_create(&fault).inc();
    }

    pub(crate) fn refused_reads(&self, plugin: &str, point: Point, number: usize) {
        let of = OfPlugin::new(plugin, point);
        let number = u64::try_from(number).unwrap_or(u64::MAX);
        self.refused_reads.get_or_create(&of).inc_by(number);
    }

    /// A plugin is known: a rate of what never happened to it is 0.
    pub(crate) fn loads(&self, plugin: &str) {
        for outcome in ["kept", "refused"] {
            let plugin = plugin.to_owned();
            drop(self.reloads.get_or_create(&Reloaded { plugin, outcome }));
        }
    }

    pub(crate) fn reloaded(&self, plugin: &str, outcome: &'static str) {
        let plugin = plugin.to_owned();
        self.reloads
            .get_or_create(&Reloaded { plugin, outcome })
            .inc();
    }

    pub(crate) fn shadowed(&self, plugin: &str, outcome: &'static str) {
        let plugin = plugin.to_owned();
        self.shadowed
            .get_or_create(&Reloaded { plugin, outcome })
            .inc();
    }

    pub(crate) fn store_error(&self) {
        self.store_errors.inc();
    }
}
