//! Every metric: its name, what it is, its labels, what it tells. The book's table, the dashboard
//! and the alert rules are checked against this list.

/// What kind of number it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
    /// How values are spread.
    Histogram,
}

impl Kind {
    /// The word of the exposition format.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        }
    }
}

/// One metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// Name as it is exposed.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// Labels, separated by commas.
    pub labels: &'static str,
    /// What it tells.
    pub help: &'static str,
}

const fn of(kind: Kind, name: &'static str, labels: &'static str, help: &'static str) -> Metric {
    Metric {
        name,
        kind,
        labels,
        help,
    }
}

const fn counter(name: &'static str, labels: &'static str, help: &'static str) -> Metric {
    of(Kind::Counter, name, labels, help)
}

const fn gauge(name: &'static str, labels: &'static str, help: &'static str) -> Metric {
    of(Kind::Gauge, name, labels, help)
}

const fn histogram(name: &'static str, labels: &'static str, help: &'static str) -> Metric {
    of(Kind::Histogram, name, labels, help)
}

/// Every metric of ours, in the order of the documentation.
pub const METRICS: &[Metric] = &[
    histogram(
        "k8shawk_stage_duration_seconds",
        "stage",
        "Time of one run of a stage",
    ),
    counter(
        "k8shawk_stage_failures_total",
        "stage,kind",
        "Runs of a stage that are retried, by what failed: store, cluster, file, panic",
    ),
    gauge("k8shawk_stages_running", "", "Stages that run now"),
    counter(
        "k8shawk_task_failures_total",
        "task",
        "Tasks of the host that ended or panicked and were restarted, or ended the host",
    ),
    counter(
        "k8shawk_connections_shed_total",
        "",
        "Connections that were closed to make room for another one",
    ),
    gauge(
        "k8shawk_watch_queue_depth",
        "",
        "Changes waiting for triage",
    ),
    gauge(
        "k8shawk_watch_queue_limit",
        "",
        "Most changes that can wait for triage (watch.queue)",
    ),
    counter(
        "k8shawk_watch_changes_total",
        "kind",
        "Changes that were taken from the queue",
    ),
    counter(
        "k8shawk_watch_dropped_total",
        "kind",
        "Changes dropped because the queue or the held events were full; they are requested again",
    ),
    counter(
        "k8shawk_watch_gaps_total",
        "kind",
        "Times that the watch of a kind was interrupted; * is all kinds",
    ),
    gauge(
        "k8shawk_watch_gap",
        "kind",
        "1 while the watch of a kind is interrupted",
    ),
    gauge(
        "k8shawk_watched_objects",
        "kind",
        "Objects in view: nodes, pods, namespaces, services, deployments",
    ),
    histogram(
        "k8shawk_sweep_duration_seconds",
        "",
        "Time of one sweep over everything observed",
    ),
    counter(
        "k8shawk_signals_total",
        "outcome",
        "Observations, by triage verdict",
    ),
    counter(
        "k8shawk_incidents_opened_total",
        "family,severity",
        "Incidents opened",
    ),
    counter(
        "k8shawk_incidents_ended_total",
        "state",
        "Incidents ended, by outcome",
    ),
    gauge("k8shawk_incidents", "state", "Open incidents, by state"),
    histogram(
        "k8shawk_incident_duration_seconds",
        "state",
        "Time from the opening of an incident to its end",
    ),
    counter(
        "k8shawk_plugin_calls_total",
        "plugin,point",
        "Calls of a plugin, without those refused by quarantine",
    ),
    counter(
        "k8shawk_plugin_faults_total",
        "plugin,point,blame,kind",
        "Failed calls, by who has to act and why",
    ),
    counter(
        "k8shawk_plugin_refused_reads_total",
        "plugin,point",
        "Reads that the guard or the cluster refused to a plugin",
    ),
    histogram(
        "k8shawk_plugin_call_duration_seconds",
        "plugin,point",
        "Time of one call of a plugin",
    ),
    gauge(
        "k8shawk_plugin_memory_peak_bytes",
        "plugin,point",
        "Largest memory of one call since the start",
    ),
    gauge(
        "k8shawk_plugin_info",
        "plugin,point,version,digest",
        "1 for the version of each plugin that is live",
    ),
    gauge(
        "k8shawk_plugin_quarantined",
        "plugin,point",
        "1 while a plugin is quarantined",
    ),
    counter(
        "k8shawk_plugin_reloads_total",
        "plugin,outcome",
        "Versions that were loaded or swapped, that wait, and that were kept or refused",
    ),
    gauge(
        "k8shawk_plugin_waiting",
        "plugin,point,state",
        "1 while a version waits for `k8shawk plugin accept`: held, or as a shadow",
    ),
    counter(
        "k8shawk_plugin_shadow_calls_total",
        "plugin,outcome",
        "Calls of a shadow, by whether it agrees with the live version: same, changed, fault, skipped",
    ),
    counter(
        "k8shawk_fixes_total",
        "action,outcome",
        "Fixes sent, by outcome",
    ),
    gauge(
        "k8shawk_store_unreadable",
        "",
        "Stored incidents that cannot be read and were set aside",
    ),
    gauge(
        "k8shawk_store_full",
        "",
        "1 while the volume of the database is full, and 10 minutes after",
    ),
    gauge(
        "k8shawk_outbox_waiting",
        "",
        "Messages queued and not sent yet",
    ),
    gauge(
        "k8shawk_outbox_oldest_seconds",
        "",
        "Age of the oldest queued message, without muted ones",
    ),
    histogram(
        "gen_ai_client_operation_duration_seconds",
        "gen_ai_operation_name,gen_ai_provider_name,gen_ai_request_model,error_type",
        "Time of requests to models",
    ),
    histogram(
        "gen_ai_client_token_usage",
        "gen_ai_operation_name,gen_ai_provider_name,gen_ai_request_model,gen_ai_token_type",
        "Tokens of requests to models",
    ),
    histogram(
        "gen_ai_invoke_agent_duration_seconds",
        "answered_by",
        "Time of whole investigations by models",
    ),
    histogram(
        "gen_ai_execute_tool_duration_seconds",
        "gen_ai_tool_name",
        "Time of reads that models asked for",
    ),
    counter(
        "k8shawk_model_requests_total",
        "provider,model,outcome",
        "Requests to models, by outcome",
    ),
    counter(
        "k8shawk_model_fallbacks_total",
        "provider,model,reason,to",
        "Fallbacks from one model to the next, by reason and by next model",
    ),
    counter(
        "k8shawk_model_cost_micro_usd_total",
        "provider,model",
        "Cost in millionths of a dollar, where prices are configured",
    ),
    counter(
        "k8shawk_model_contradictions_total",
        "",
        "Investigations in which a model contradicted strong evidence",
    ),
    counter(
        "k8shawk_model_unsupported_claims_total",
        "",
        "Claims of models that cited no evidence and were dropped from a cause",
    ),
    counter(
        "k8shawk_model_refused_fixes_total",
        "",
        "Fixes of models that are not in the catalogue, or not on an object the model has seen",
    ),
    counter(
        "k8shawk_model_refused_reads_total",
        "",
        "Reads of models that the grant or the cluster refused",
    ),
    counter(
        "k8shawk_store_errors_total",
        "",
        "Reads and writes of the database that failed",
    ),
    gauge("k8shawk_ready", "", "1 while /ready answers 200"),
    gauge("k8shawk_build_info", "version", "1 for the running version"),
    gauge("process_resident_memory_bytes", "", "Memory of the process"),
    counter("process_cpu_seconds_total", "", "CPU time of the process"),
    gauge("process_open_fds", "", "Open file descriptors"),
    gauge(
        "process_start_time_seconds",
        "",
        "When the process started, seconds since the Unix epoch",
    ),
];

/// The table of the book.
pub fn table() -> String {
    let mut text = String::from("| metric | kind | labels | tells |\n| --- | --- | --- | --- |\n");
    for Metric {
        name,
        kind,
        labels,
        help,
    } in METRICS
    {
        let kind = kind.as_str();
        let labels = labels.replace(',', ", ");
        text.push_str(&format!("| `{name}` | {kind} | {labels} | {help} |\n"));
    }
    text
}

/// What a metric tells; empty for a name that is not in the list.
pub fn help(name: &str) -> &'static str {
    let known = METRICS.iter().find(|m| m.name == name);
    known.map_or("", |metric| metric.help)
}

#[cfg(test)]
mod tests;
