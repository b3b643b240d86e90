//! What an investigation by a model costs beside the model itself: time of each round, memory,
//! tokens. The incidents are the recorded ones, the model is scripted.

mod describe;
mod memory;
mod rounds;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use k8shawk::services::Services;
use k8shawk::services::llm::Llm;
use k8shawk_core::bundle::Frame;
use k8shawk_core::config::Config;
use k8shawk_core::finding::Finding;
use k8shawk_core::grant::Grant;
use k8shawk_core::llm::{Budget, ModelConfig};
use k8shawk_core::record::Record;
use serde_json::{Value, json};

use super::figure::{Figure, percentile};
use super::pods::runtime;
use crate::fault;
use crate::model_server::{Reply, Script};
use crate::recorded;

/// A recorded incident with what the patterns found.
struct Subject {
    flow: Arc<Services>,
    frame: Frame,
    record: Record,
    findings: Vec<Finding>,
}

pub(super) fn measure() -> Result<Vec<Figure>> {
    let runtime = runtime()?;
    let subjects = runtime.block_on(subjects())?;
    let memory = runtime.block_on(memory::measure(&subjects))?;
    let rounds = runtime.block_on(rounds::measure(&subjects))?;
    let raw = describe::measure(&runtime, &subjects)?;
    let (overhead, reads) = (&rounds.overhead, &rounds.reads);
    let p = percentile;
    let number = overhead.len();
    let (incidents, best) = (subjects.len(), rounds::BEST_OF);
    Ok(vec![
        Figure::alone(
            format!("loop of a model, overhead of a round, p50 of {number}, best of {best}"),
            "ms",
            p(overhead, 0.5),
        ),
        Figure::alone(
            format!("loop of a model, overhead of a round, p99, best of {best}"),
            "ms",
            p(overhead, 0.99),
        )
        .at_most(10.0),
        Figure::alone(
            "loop of a model, overhead of a round, p99 of all times",
            "ms",
            p(&rounds.raw, 0.99),
        ),
        Figure::alone(
            "loop of a model, reads of a round, p99",
            "ms",
            p(reads, 0.99),
        ),
        Figure::alone(
            format!("memory of {} investigations at once", memory::AT_ONCE),
            "MiB",
            memory,
        ),
        Figure::beside(
            format!(
                "tokens told by describe and logs, p50 of {incidents}, beside kubectl's output"
            ),
            "",
            p(&rounds.told, 0.5),
            p(&raw, 0.5),
        ),
        Figure::beside(
            "tokens told by describe and logs, sum, beside kubectl's output",
            "",
            rounds.told.iter().sum(),
            raw.iter().sum(),
        ),
        Figure::alone(
            "tokens of a whole investigation, all requests of three rounds, p50",
            "",
            p(&rounds.sent, 0.5),
        ),
        Figure::alone(
            "tokens of a whole investigation, all requests of three rounds, p99",
            "",
            p(&rounds.sent, 0.99),
        ),
    ])
}

/// Every recorded incident of a pod.
async fn subjects() -> Result<Vec<Subject>> {
    let judges = recorded::judges().await?;
    let mut subjects = Vec::new();
    for name in fault::names()? {
        if !fault::bundle(&name).is_file() {
            continue;
        }
        let bundle = recorded::read(&name)?;
        let frame = bundle.frames.first().cloned().unwrap_or_default();
        let flow = recorded::flow(&judges, bundle, Config::default())?;
        let Ok(id) = recorded::opened(&flow) else {
            continue;
        };
        let record = recorded::explained(&flow, &id).await.context(name)?;
        if record.incident.object.kind != "Pod" || record.finding.is_none() {
            continue;
        }
        let findings = record.finding.iter().chain(&record.also).cloned().collect();
        subjects.push(Subject {
            flow,
            frame,
            record,
            findings,
        });
    }
    Ok(subjects)
}

/// A model at a base URL that never meets a limit of ours.
fn model(url: &str, at_once: usize) -> Result<Llm> {
    let unlimited = Budget {
        calls: u32::MAX,
        tokens: u64::MAX,
        money: None,
    };
    let config = ModelConfig {
        primary: Some("scripted".to_owned()),
        concurrency: at_once,
        deadline: Duration::from_secs(600),
        request_timeout: Duration::from_secs(600),
        per_incident: unlimited,
        per_hour: unlimited,
        ..ModelConfig::default()
    };
    let grant = std::fs::read_to_string(recorded::dist().join("grants/model.toml"))?;
    let grant = Grant::parse(&grant).map_err(|e| anyhow::anyhow!("{e}"))?;
    let environment = |name: &str| match name {
        "OPENAI_API_KEY" => Some("any".to_owned()),
        "OPENAI_BASE_URL" => Some(url.to_owned()),
        _ => None,
    };
    let model = Llm::start(config, Arc::new(grant), &environment)?;
    model.context("there is no model")
}

/// Rounds that a good model would make: the pod and its log, its owner and its events, the end.
fn course(record: &Record) -> Vec<Vec<(&'static str, Value)>> {
    let (pod, owner) = (&record.incident.object, &record.incident.owner);
    let described = |o: &k8shawk_core::ObjectRef| json!({"kind": o.kind, "namespace": o.namespace, "name": o.name});
    vec![
        vec![
            ("kubectl_describe", described(pod)),
            (
                "kubectl_logs",
                json!({"namespace": pod.namespace, "pod": pod.name}),
            ),
        ],
        vec![
            ("kubectl_get", described(owner)),
            ("kubectl_events", described(pod)),
        ],
    ]
}

fn submission() -> Value {
    json!({"severity": "high", "class": "other", "reason": "Scripted", "summary": "scripted",
        "cause": "It fails [e1].", "evidence": [{"id": "e1"}], "proposed_fix": "none",
        "description": "none"})
}

fn script(record: &Record) -> Script {
    let mut replies: Vec<Reply> = course(record).into_iter().map(Reply::calls).collect();
    replies.push(Reply::call("submit_diagnosis", submission()));
    Script::of(replies)
}
