//! A policy's `cases.toml`, run against its component in the sandbox.

use std::path::Path;
use std::sync::Arc;

use k8shawk_core::ObjectRef;
use k8shawk_core::fix::Risk;
use k8shawk_core::grant::{Grant, Release};
use k8shawk_core::guard::{Permit, ReadError, Reader, Reading};
use k8shawk_core::incident::{Incident, IncidentId};
use k8shawk_core::policy::{Origin, Verdict};
use k8shawk_core::severity::Severity;
use k8shawk_sandbox::{CallContext, Engine, EngineOptions, Plugin, RawProposal, Source, files};
use serde::Deserialize;

use crate::cli::Unusable;
use crate::cli::output::say;
use crate::run::load;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    risk: Risk,
    /// Who proposed it: `plugin ID`, `model`, `undo`; the shipped fix plugin where none.
    #[serde(default)]
    origin: Option<String>,
    #[serde(default)]
    now: Option<String>,
    settings: toml::Table,
    proposal: ProposedChange,
    verdict: Expected,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProposedChange {
    action: String,
    kind: String,
    #[serde(default)]
    namespace: String,
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    is: String,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    approvers: Option<Vec<String>>,
    #[serde(default)]
    count: Option<u32>,
}

/// A test has no cluster.
struct Nothing;

impl Reader for Nothing {
    fn read(&self, _: Permit) -> Reading<'_> {
        Box::pin(async { Err(ReadError::NotFound) })
    }
}

/// Run every case; true where all hold.
pub async fn test(directory: &Path) -> anyhow::Result<bool> {
    let path = directory.join("cases.toml");
    let text = files::text(&path).map_err(|why| Unusable::fault(&path, why))?;
    let cases: Cases = toml::from_str(&text).map_err(|why| Unusable::fault(&path, why))?;
    let options = EngineOptions {
        cache: load::cache(),
        ..EngineOptions::default()
    };
    let engine = Engine::new(&options)?;
    // A case brings its own settings, so the grant that stands beside is none.
    let source = Source::read(directory, directory)?;
    let mut failed = 0;
    for case in &cases.case {
        // What it answers is tested, not what the operator lets it release.
        let grant = Grant {
            settings: case.settings.clone(),
            auto: vec![Release::everything()],
            ..Grant::default()
        };
        let source = Source {
            grant: Arc::new(grant),
            ..source.clone()
        };
        let plugin = Plugin::prepare(&engine, &source).await?;
        match run(&plugin, case).await {
            Ok(()) => say!("ok      {}", case.name),
            Err(why) => {
                failed += 1;
                say!("FAILED  {}: {}", case.name, why);
            }
        }
    }
    say!(
        "{} of {} cases pass",
        cases.case.len() - failed,
        cases.case.len()
    );
    Ok(failed == 0)
}

async fn run(plugin: &Plugin, case: &Case) -> Result<(), String> {
    let target = &case.proposal;
    let object = ObjectRef::of(&target.kind, &target.namespace, &target.name);
    let now_ms = match &case.now {
        Some(text) => text
            .parse::<jiff::Timestamp>()
            .map_err(|e| e.to_string())?
            .as_millisecond(),
        None => 0,
    };
    let incident = Incident {
        id: IncidentId("inc-1".to_owned()),
        class: "workload".to_owned(),
        severity: Severity::High,
        object: object.clone(),
        owner: object.clone(),
        signals: Vec::new(),
        victims: Vec::new(),
        opened_at: now_ms,
    };
    let proposal = RawProposal {
        action: target.action.clone(),
        target: object,
        parameters: Vec::new(),
        rationale: String::new(),
    };
    let origin = match &case.origin {
        Some(text) => Origin::parse(text).ok_or_else(|| {
            format!("origin {text:?} is none of \"plugin ID\", \"model\" and \"undo\"")
        })?,
        None => Origin::Plugin("fix".to_owned()),
    };
    let context = CallContext {
        reader: Arc::new(Nothing),
        now_ms,
    };
    let called = plugin
        .judge_proposal(&incident, &proposal, &origin, case.risk, context)
        .await;
    let verdict = called.result.map_err(|e| e.to_string())?;
    if holds(&case.verdict, &verdict) {
        Ok(())
    } else {
        Err(format!("the verdict is {verdict:?}"))
    }
}

fn holds(expected: &Expected, verdict: &Verdict) -> bool {
    match verdict {
        Verdict::Allow => expected.is == "allow",
        Verdict::Auto => expected.is == "auto",
        Verdict::Deny(why) => {
            expected.is == "deny"
                && expected
                    .reason
                    .as_ref()
                    .is_none_or(|part| why.contains(part))
        }
        Verdict::RequireApproval(rule) => {
            let mut approvers = rule.approvers.clone();
            approvers.sort();
            expected.is == "require-approval"
                && expected.approvers.as_ref().is_none_or(|a| *a == approvers)
                && expected.count.is_none_or(|c| c == rule.count)
        }
    }
}
