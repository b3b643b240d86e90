//! A policy's `cases.toml`, run against its component in the sandbox.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use k8shawk_core::ObjectRef;
use k8shawk_core::fix::Risk;
use k8shawk_core::grant::{Allow, Grant, Release, Verb};
use k8shawk_core::incident::{Incident, IncidentId};
use k8shawk_core::policy::{Origin, Verdict};
use k8shawk_core::severity::Severity;
use k8shawk_sandbox::{
    CallContext, CallRecord, Engine, EngineOptions, Plugin, RawProposal, Source, files,
};
use serde::Deserialize;
use serde_json::Value;

use super::objects::Objects;
use crate::cli::Unusable;
use crate::cli::output::say;
use crate::run::load;
use crate::services::terminal::plain;

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
    /// Of the incident; high where none.
    #[serde(default)]
    severity: Option<Severity>,
    /// Of the incident; `workload` where none.
    #[serde(default)]
    class: Option<String>,
    #[serde(default)]
    settings: toml::Table,
    /// The whole cluster, as far as `get` and `list` see it.
    #[serde(default)]
    objects: Vec<Value>,
    /// Kinds whose reads the cluster refuses.
    #[serde(default)]
    denied: Vec<String>,
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
    #[serde(default)]
    parameters: BTreeMap<String, String>,
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
    let wants = source.manifest.wants.iter();
    let wanted: Vec<Verb> = wants
        .flat_map(|want| want.verbs().iter().copied())
        .collect();
    let mut failed = 0;
    for case in &cases.case {
        // What it answers is tested, not what the operator lets it release.
        let grant = Grant {
            settings: case.settings.clone(),
            auto: vec![Release::everything()],
            allow: vec![Allow::everything(&wanted)],
            ..Grant::default()
        };
        let source = Source {
            grant: Arc::new(grant),
            ..source.clone()
        };
        let plugin = Plugin::prepare(&engine, &source).await?;
        let tried = run(&plugin, case).await;
        failed += usize::from(tried.fault.is_some());
        tried.print(&case.name);
    }
    say!(
        "{} of {} cases pass",
        cases.case.len() - failed,
        cases.case.len()
    );
    Ok(failed == 0)
}

/// One case, run.
struct Tried {
    /// Why it does not hold.
    fault: Option<String>,
    /// What the call did; none where there was no call.
    record: Option<CallRecord>,
}

impl Tried {
    fn print(&self, name: &str) {
        let cost = self.record.as_ref().map(cost).unwrap_or_default();
        let Some(why) = &self.fault else {
            return say!("ok      {}{}", plain(name), cost);
        };
        say!("FAILED  {}: {}{}", plain(name), plain(why), cost);
        for (level, line) in self.record.iter().flat_map(|record| &record.log) {
            say!("        {}: {}", level.as_str(), plain(line));
        }
    }
}

/// Time, memory and calls of the host, for the operator who sets the limits of the grant.
fn cost(record: &CallRecord) -> String {
    let millis = record.duration.as_secs_f64() * 1e3;
    let kib = record.memory >> 10;
    format!(
        "  ({millis:.1} ms, {kib} KiB, {} host calls)",
        record.host_calls
    )
}

async fn run(plugin: &Plugin, case: &Case) -> Tried {
    let (context, origin) = match (context(case), origin(case)) {
        (Ok(context), Ok(origin)) => (context, origin),
        (Err(why), _) | (_, Err(why)) => {
            return Tried {
                fault: Some(why),
                record: None,
            };
        }
    };
    let target = &case.proposal;
    let object = ObjectRef::of(&target.kind, &target.namespace, &target.name);
    let incident = Incident {
        id: IncidentId("inc-1".to_owned()),
        class: case.class.clone().unwrap_or_else(|| "workload".to_owned()),
        severity: case.severity.unwrap_or(Severity::High),
        object: object.clone(),
        owner: object.clone(),
        signals: Vec::new(),
        victims: Vec::new(),
        opened_at: context.now_ms,
    };
    let parameters = target.parameters.clone().into_iter().collect();
    let proposal = RawProposal {
        action: target.action.clone(),
        target: object,
        parameters,
        rationale: String::new(),
    };
    let called = plugin
        .judge_proposal(&incident, &proposal, &origin, case.risk, context)
        .await;
    let fault = match called.result {
        Ok(verdict) if holds(&case.verdict, &verdict) => None,
        Ok(verdict) => Some(format!("the verdict is {verdict:?}")),
        Err(why) => Some(why.to_string()),
    };
    Tried {
        fault,
        record: Some(called.record),
    }
}

fn context(case: &Case) -> Result<CallContext, String> {
    let now_ms = match &case.now {
        Some(text) => text
            .parse::<jiff::Timestamp>()
            .map_err(|e| e.to_string())?
            .as_millisecond(),
        None => 0,
    };
    let reader = Arc::new(Objects {
        all: case.objects.clone(),
        denied: case.denied.clone(),
    });
    Ok(CallContext { reader, now_ms })
}

fn origin(case: &Case) -> Result<Origin, String> {
    match &case.origin {
        Some(text) => Origin::parse(text).ok_or_else(|| {
            format!("origin {text:?} is none of \"plugin ID\", \"model\" and \"undo\"")
        }),
        None => Ok(Origin::Plugin("fix".to_owned())),
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
