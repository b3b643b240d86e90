//! What the host tells of itself, as Prometheus and a collector of traces understand it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use k8shawk_tests::cluster::Cluster;
use k8shawk_tests::collector::{self, Collector};
use k8shawk_tests::fault::{Broken, Product, Running};
use k8shawk_tests::prometheus::{Prometheus, get, promtool};
use libtest_mimic::{Failed, Trial};
use opentelemetry_proto::tonic::trace::v1::Span;
use serde_json::Value;

use crate::Shared;
use crate::flow::text;

const MINUTES: Duration = Duration::from_secs(180);

/// The tests of this file.
pub fn trials(shared: &Shared) -> Vec<Trial> {
    let beside = |name: &str, test: fn(&Cluster) -> Result<()>| {
        let shared = shared.clone();
        Trial::test(format!("telemetry::{name}"), move || shared.beside(test))
    };
    let alone = |name: &str, test: fn() -> Result<()>| {
        let test = move || test().map_err(|e| Failed::from(format!("{e:#}")));
        Trial::test(format!("telemetry::{name}"), test)
    };
    vec![
        alone("the_alert_rules_are_right_and_fire_when_they_should", rules),
        beside("prometheus_scrapes_the_host_and_answers_for_it", scraped),
        beside("an_incident_is_one_trace_with_every_stage", traced),
    ]
}

fn deployed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/prometheus")
}

/// Rules of the file.
fn alerts() -> Result<usize> {
    let rules = std::fs::read_to_string(deployed().join("alerts.yaml"))?;
    Ok(rules.matches("- alert:").count())
}

fn rules() -> Result<()> {
    let said = promtool(&deployed(), &["check", "rules", "alerts.yaml"], "")?;
    let rules = format!("{} rules found", alerts()?);
    ensure!(said.contains(&rules), "{said}");
    promtool(&deployed(), &["test", "rules", "alerts.test.yaml"], "").map(drop)
}

/// Through approval and fix to the end.
fn recover(running: &Running<'_>) -> Result<Value> {
    let waiting = running.until(&["waiting"], Duration::from_secs(90))?;
    running.approve(text(&waiting, "/id"))?;
    running.until(&["recovered"], MINUTES)
}

fn scraped(cluster: &Cluster) -> Result<()> {
    let broken = Broken::set_up(cluster, "app-panic-rollout")?;
    let product = Product::new(cluster)?;
    let running = product.run(broken.namespace.name(), &[])?;
    let (code, health) = running.page("/health")?;
    ensure!(code == 200 && health.contains("healthy"), "{code} {health}");
    running.until_ready()?;
    let target = running.http()?.trim_start_matches("http://").parse()?;
    let prometheus = Prometheus::start(target, &deployed().join("alerts.yaml"))?;
    prometheus.until("up", 1.0)?;
    recover(&running)?;
    prometheus.until(
        r#"k8shawk_fixes_total{action="rollout-undo", outcome="recovered"}"#,
        1.0,
    )?;
    prometheus.until(r#"k8shawk_incidents_ended_total{state="recovered"}"#, 1.0)?;
    prometheus.until(r#"k8shawk_incidents{state="executing"}"#, 0.0)?;
    prometheus.until("k8shawk_outbox_waiting", 0.0)?;
    prometheus.until(
        r#"count(k8shawk_plugin_info{plugin="analysis", digest=~"[0-9a-f]{12}"})"#,
        1.0,
    )?;
    let stages = r#"count(k8shawk_stage_duration_seconds_count{stage=~"ingest|triage|investigate|merge|decide|notify|approve|fix|recover|document"} > 0)"#;
    prometheus.until(stages, 10.0)?;
    let calls = prometheus.query(r#"k8shawk_plugin_calls_total{plugin="triage"} > 0"#)?;
    ensure!(calls.len() == 1, "{calls:?}");
    let rules = prometheus.rules()?;
    ensure!(
        rules.len() == alerts()? && rules.iter().all(|(_, health)| health == "ok"),
        "{rules:?}"
    );
    exposition(&running)
}

/// Both formats say the same, `promtool` likes it, and nothing is exposed that is missing in the
/// book.
fn exposition(running: &Running<'_>) -> Result<()> {
    let (_, classic) = running.page("/metrics")?;
    let said = promtool(&deployed(), &["check", "metrics"], &classic)?;
    ensure!(said.trim().is_empty(), "{said}");
    let accept = ("accept", "application/openmetrics-text; version=1.0.0");
    let address = format!("{}/metrics", running.http()?);
    let (_, open) = get(&address, &[accept])?;
    ensure!(open.ends_with("# EOF\n"), "{open}");
    let names: BTreeSet<&str> = classic
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next())
        .collect();
    let known: BTreeSet<&str> = k8shawk::services::telemetry::catalogue::METRICS
        .iter()
        .map(|metric| metric.name)
        .collect();
    let unknown: Vec<&&str> = names.difference(&known).collect();
    ensure!(unknown.is_empty(), "not in the book: {unknown:?}");
    // Nothing failed, nothing was refused, no version waits and no model was asked.
    let absent: Vec<&&str> = known
        .difference(&names)
        .filter(|name| !name.contains("model") && !name.starts_with("gen_ai"))
        .collect();
    let faults = [
        "k8shawk_plugin_faults_total",
        "k8shawk_plugin_refused_reads_total",
        "k8shawk_plugin_shadow_calls_total",
        "k8shawk_plugin_waiting",
    ];
    ensure!(
        absent.iter().all(|name| faults.contains(name)),
        "in the book and not exposed: {absent:?}"
    );
    Ok(())
}

fn traced(cluster: &Cluster) -> Result<()> {
    let collector = Collector::start()?;
    let endpoint = collector.endpoint();
    let environment = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
        ("OTEL_RESOURCE_ATTRIBUTES", "k8s.cluster.name=test"),
        ("K8SHAWK_LOG_FORMAT", "json"),
        ("RUST_LOG", "warn,k8shawk=debug"),
    ];
    let broken = Broken::set_up(cluster, "app-panic-rollout")?;
    let namespace = broken.namespace.name().to_owned();
    let product = Product::new(cluster)?;
    let mut running = product.run(&namespace, &environment)?;
    let waiting = running.until(&["waiting"], Duration::from_secs(90))?;
    // What comes after a restart belongs to the same trace.
    running.terminate()?;
    running.again(&namespace, &environment)?;
    running.until_ready()?;
    let id = text(&waiting, "/id").to_owned();
    recover(&running)?;
    // Its RCA is written behind its end.
    std::thread::sleep(Duration::from_secs(2));
    running.terminate()?;
    let refused = collector.refused();
    ensure!(refused.is_empty(), "{refused:?}");
    ensure!(collector.resource("service.name").as_deref() == Some("k8shawk"));
    ensure!(collector.resource("k8s.cluster.name").as_deref() == Some("test"));
    let (trace, spans) = of_incident(&collector, &id)?;
    is_whole(&spans, &id)?;
    logged(&running.log(), &id, &trace)
}

/// The one trace of an incident, which it shares with no other.
fn of_incident(collector: &Collector, id: &str) -> Result<(String, Vec<Span>)> {
    let mut ours = Vec::new();
    for (trace, spans) in collector.traces() {
        let incidents: BTreeSet<String> = spans
            .iter()
            .filter_map(|span| collector::text(&span.attributes, "incident"))
            .collect();
        ensure!(
            incidents.len() == 1,
            "{incidents:?} in one trace: {spans:#?}"
        );
        if incidents.contains(id) {
            ours.push((trace, spans));
        }
    }
    let traces = ours.len();
    let one = ours.pop().filter(|_| traces == 1);
    let (trace, spans) = one.with_context(|| format!("{id} has {traces} traces"))?;
    Ok((
        trace.iter().map(|byte| format!("{byte:02x}")).collect(),
        spans,
    ))
}

/// Every stage, within one root; the plugins within their stages; nothing of the cluster's texts.
fn is_whole(spans: &[Span], id: &str) -> Result<()> {
    let names: BTreeSet<&str> = spans.iter().map(|s| s.name.as_str()).collect();
    for name in [
        "incident",
        "ingest",
        "triage",
        "plugin triage",
        "investigate",
        "plugin analysis",
        "merge",
        "decide",
        "plugin fix",
        "plugin approvals",
        "notify",
        "approve",
        "fix",
        "recover",
        "document",
    ] {
        ensure!(names.contains(name), "{name} is not among {names:?}");
    }
    let roots: Vec<&Span> = spans
        .iter()
        .filter(|s| s.parent_span_id.is_empty())
        .collect();
    let [root] = roots.as_slice() else {
        anyhow::bail!("{} roots: {roots:#?}", roots.len());
    };
    ensure!(root.name == "incident", "{root:?}");
    let state = collector::text(&root.attributes, "k8shawk.state");
    ensure!(state.as_deref() == Some("recovered"), "{root:?}");
    let known: BTreeSet<&[u8]> = spans.iter().map(|s| s.span_id.as_slice()).collect();
    ensure!(known.len() == spans.len(), "an id is there twice");
    for span in spans {
        let orphan =
            !span.parent_span_id.is_empty() && !known.contains(span.parent_span_id.as_slice());
        ensure!(!orphan, "its parent is missing: {span:?}");
        let is_stage = collector::text(&span.attributes, "stage").is_some();
        if is_stage {
            ensure!(span.parent_span_id == root.span_id, "{span:?}");
            let incident = collector::text(&span.attributes, "incident");
            ensure!(incident.as_deref() == Some(id), "{span:?}");
        }
    }
    Ok(())
}

/// Each log line is an object, and those of the incident name its trace.
fn logged(log: &str, id: &str, trace: &str) -> Result<()> {
    let lines: Vec<Value> = log
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?;
    ensure!(
        lines.iter().any(|line| line["message"] == "stopping"),
        "{log}"
    );
    let told: Vec<&Value> = lines
        .iter()
        .filter_map(|line| line["spans"].as_array())
        .flatten()
        .filter(|span| span["incident"] == id)
        .collect();
    let all = !told.is_empty() && told.iter().all(|span| span["trace_id"] == trace);
    ensure!(all, "{told:?} are not of {trace}");
    Ok(())
}
