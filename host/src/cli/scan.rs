//! `k8shawk scan`.

use super::output::complain;
use k8shawk_core::count;
use std::sync::Arc;

use k8shawk_core::decision::Candidate;
use serde_json::Value;

use super::{Format, Misuse, output};
use crate::run::load;
use crate::run::scan::{self, Scanned};
use crate::run::settings::Settings;
use crate::services::Services;
use crate::services::clock::Clock;
use crate::services::cluster::AnyCluster;
use crate::services::cluster::{Cluster, Snapshot};
use crate::services::incident_json;
use crate::services::progress;
use crate::services::terminal::Terminal;

/// One pass over the cluster; true where nothing is broken.
pub async fn run(settings: Settings, format: Format, model: bool) -> anyhow::Result<bool> {
    let mut config = settings.config.clone();
    // Before anything that takes time.
    let model = match model {
        true => super::model::wanted(&settings)?,
        false => None,
    };
    let connecting = Cluster::connect(&config);
    if format == Format::Text {
        progress::start();
    }
    progress::say("loading plugins, connecting");
    let (loaded, cluster) = tokio::join!(load::load(&settings), connecting);
    let (loaded, cluster) = (loaded?, cluster?);
    for refused in loaded.refused() {
        complain!("k8shawk: not loaded: {}", refused);
    }
    progress::say(format!("reading {}", cluster.name()));
    let snapshot = Arc::new(Snapshot::take(&cluster, config.namespace.as_deref()).await?);
    if let Some(namespace) = &config.namespace {
        there(&snapshot, namespace)?;
    }
    for (kind, why) in snapshot.unreadable() {
        tracing::debug!(kind, %why, "not readable");
    }
    let (inventory, events) = (snapshot.inventory(), snapshot.warnings());
    let frozen = AnyCluster::Snapshot(snapshot.clone());
    config.cluster_name = Some(cluster.name().to_owned());
    let mut services = Services::aside(config, loaded.plugins.clone(), frozen, Clock::default())?;
    if model.is_some() && format == Format::Text {
        services.terminal = Arc::new(Terminal::stdout());
    }
    services.llm = model;
    let found = scan::run(&services, &inventory, &events).await?;
    progress::end();
    print(&found, format, cluster.name())?;
    if format == Format::Text {
        let counts = snapshot.counts();
        complain!(
            "{} in {}, {}, {}, {}, {} ({})",
            count(found.len(), "incident"),
            count(counts.pods, "pod"),
            count(counts.deployments, "deployment"),
            count(counts.services, "service"),
            count(counts.namespaces, "namespace"),
            count(counts.nodes, "node"),
            count(snapshot.requests(), "API request")
        );
    }
    Ok(found.is_empty())
}

/// That a namespace is there: finding nothing broken in one that does not exist would mislead.
///
/// # Errors
/// Wrong use.
pub fn there(snapshot: &Snapshot, namespace: &str) -> anyhow::Result<()> {
    match snapshot.may_have(namespace) {
        true => Ok(()),
        false => Err(Misuse(format!("there is no namespace {namespace}")).into()),
    }
}

/// What a scan found, as JSON.
pub fn findings(found: &[Scanned], cluster: &str) -> Value {
    let finding = |s: &Scanned| {
        let fix = s.fix.as_ref().map(Into::into);
        incident_json::finding(&s.record, fix, cluster)
    };
    Value::Array(found.iter().map(finding).collect())
}

/// Print what a scan of `cluster` found.
pub fn print(found: &[Scanned], format: Format, cluster: &str) -> anyhow::Result<()> {
    if format == Format::Json {
        return output::document(&findings(found, cluster));
    }
    let terminal = Terminal::stdout();
    for scanned in found {
        let mut record = scanned.record.clone();
        if let (Some(fix), Some(decision)) = (&scanned.fix, &mut record.decision) {
            decision.candidates.push(Candidate {
                fix: fix.fix.clone(),
                rationale: fix.rationale.clone(),
                origin: Some(fix.origin.clone()),
                ruling: fix.ruling.clone(),
                diff: Default::default(),
                target_uid: String::new(),
                digest: String::new(),
                ledger: Vec::new(),
            });
        }
        record.incident.id.0.clear();
        terminal.print(&terminal.block(&record));
    }
    Ok(())
}
