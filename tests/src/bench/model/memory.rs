//! Memory of many investigations at once: all of them wait for the answer to their third question.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use futures::future::join_all;
use k8shawk::services::llm::{Llm, Progress, Sink};
use k8shawk_core::classes;
use k8shawk_core::llm::{Case, Usage};
use serde_json::{Value, json};

use super::{Subject, model};
use crate::bench::process::mib;

/// Investigations at the same time.
pub const AT_ONCE: usize = 50;

/// The scripted server in a process of its own, so that its memory is not counted.
struct Server(Child);

impl Server {
    fn start() -> Result<(Server, String)> {
        let program = std::env::current_exe()?.with_file_name("model-server");
        let mut child = Command::new(&program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("start {}", program.display()))?;
        let input = child.stdin.as_mut().context("no input")?;
        writeln!(input, "{}", json!({"#": replies()}))?;
        input.flush()?;
        let mut url = String::new();
        let output = child.stdout.take().context("no output")?;
        BufReader::new(output).read_line(&mut url)?;
        Ok((Server(child), url.trim().to_owned()))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Two rounds of reads that every incident can serve, and then no answer.
fn replies() -> Value {
    let get = |kind: &str| json!({"name": "kubectl_get", "arguments": {"kind": kind}});
    let events = json!({"name": "kubectl_events", "arguments": {"kind": "Pod"}});
    json!([
        {"reply": "turn", "calls": [get("Pod"), events]},
        {"reply": "turn", "calls": [get("Deployment"), get("ReplicaSet")]},
        {"reply": "hang"},
    ])
}

#[derive(Default)]
struct Waiting(AtomicUsize);

impl Sink for Waiting {
    fn on(&self, step: &Progress<'_>) {
        if matches!(step, Progress::Round { number: 3, .. }) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// MiB that the investigations add.
pub async fn measure(subjects: &[Subject]) -> Result<f64> {
    // What is made once (patterns, the TLS client) is no part of it.
    held(subjects, 1).await?;
    held(subjects, AT_ONCE).await
}

async fn held(subjects: &[Subject], number: usize) -> Result<f64> {
    let chosen: Vec<&Subject> = subjects.iter().cycle().take(number).collect();
    let (server, url) = Server::start()?;
    let model = model(&url, number)?;
    let waiting = Waiting::default();
    let before = resident()?;
    let all = join_all(chosen.iter().map(|s| investigate(&model, s, &waiting)));
    let until = async {
        while waiting.0.load(Ordering::Relaxed) < number {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        resident()
    };
    let limit = tokio::time::timeout(Duration::from_secs(120), until);
    let held = tokio::select! {
        held = limit => held.context("not all of them came to their third round")??,
        ended = all => anyhow::bail!("they ended: {ended:?}"),
    };
    drop(server);
    Ok(held - before)
}

async fn investigate(model: &Llm, subject: &Subject, waiting: &Waiting) -> Vec<String> {
    let case = Case {
        incident: &subject.record.incident,
        findings: &subject.findings,
        classes: classes::names(),
    };
    let reader = subject.flow.cluster.reader();
    let outcome = model
        .investigate(&case, reader, &|| 0, Usage::default(), waiting)
        .await;
    outcome.why
}

/// Resident memory of this process in MiB.
fn resident() -> Result<f64> {
    mib(&std::fs::read_to_string("/proc/self/status")?, "VmRSS")
}
