//! The model of the configuration, and what it disclosed.

use k8shawk_core::count;
use std::sync::Arc;

use k8shawk_core::grant::Grant;
use k8shawk_core::llm::Disclosure;
use k8shawk_core::rca::time;
use serde_json::{Value, json};

use super::{Format, Misuse, output};
use crate::run::rights;
use crate::run::settings::Settings;
use crate::services::llm::{Llm, ModelError, grant_faults};
use crate::services::store::{Sent, Store};
use crate::services::telemetry::ModelMetrics;
use crate::services::terminal::{Terminal, lines, plain};

/// The model that investigates; none where it is switched off or no key is set.
pub fn start(settings: &Settings, metrics: &ModelMetrics) -> anyhow::Result<Option<Arc<Llm>>> {
    let grant = Arc::new(grant(settings)?);
    let variable = |name: &str| settings.variable(name);
    let model = Llm::start(settings.config.model.clone(), grant, &variable).map_err(|fault| {
        match fault {
            // The system, not what was typed or configured.
            ModelError::Client(_) => fault.into(),
            fault => anyhow::Error::from(Misuse(fault.to_string())),
        }
    })?;
    Ok(model.map(|model| Arc::new(model.counting(metrics.clone()))))
}

/// The model that somebody asked for by `--model`.
pub fn wanted(settings: &Settings) -> anyhow::Result<Option<Arc<Llm>>> {
    let model = start(settings, &ModelMetrics::default())?;
    if model.is_none() {
        let why = "--model needs an API key: set GROQ_API_KEY, OPENAI_API_KEY or \
                   ANTHROPIC_API_KEY, and keep model.enabled true";
        return Err(Misuse(why.to_owned()).into());
    }
    Ok(model)
}

/// What the model may read, where that makes sense for a model.
fn grant(settings: &Settings) -> anyhow::Result<Grant> {
    let grant = rights::of_model(settings).map_err(|e| Misuse(e.to_string()))?;
    let faults = grant_faults(&grant);
    if !faults.is_empty() {
        let file = settings.grants().join("model.toml");
        let why = format!("{}: {}", file.display(), faults.join("; "));
        return Err(Misuse(why).into());
    }
    Ok(grant)
}

/// The model in a line: who is asked, and where.
pub fn shown(model: Option<&Arc<Llm>>) -> String {
    let Some(model) = model else {
        return "none (no key, or model.enabled = false): nothing is sent".to_owned();
    };
    let rungs: Vec<String> = model
        .rungs()
        .iter()
        .map(|r| format!("{} at {}", r.model, r.host))
        .collect();
    format!("{}, then the patterns", rungs.join(", then "))
}

/// What left the cluster because of an incident.
pub fn disclosed(store: &Store, id: &str, format: Format) -> anyhow::Result<bool> {
    let id = store.find(id)?.incident.id.0;
    let conversations = store.conversations(&id)?;
    let mut all: Vec<Disclosure> = conversations.iter().flat_map(|c| c.disclosures()).collect();
    all.extend(store.requests(&id)?);
    all.sort_by_key(|one| one.at);
    let sent = store.outbox_sent(&id)?;
    if format == Format::Json {
        let mut left = serde_json::to_value(&all).unwrap_or(Value::Null);
        if let Some(left) = left.as_array_mut() {
            let to_slack =
                |s: &Sent| json!({"at": s.at, "host": "slack", "what": s.key, "note": s.note});
            left.extend(sent.iter().map(to_slack));
        }
        output::document(&left)?;
        return Ok(true);
    }
    let terminal = Terminal::stdout();
    for Sent { at, key, note } in &sent {
        let line = format!("{} to Slack: {key} {note}", time(*at));
        terminal.print(&plain(line.trim_end()));
    }
    if all.is_empty() && sent.is_empty() {
        terminal.print(&plain(&format!("{id}: nothing left the cluster")));
    }
    for one in all {
        let head = format!(
            "{} {} to {} for {}",
            time(one.at),
            count(one.bytes, "byte"),
            one.host,
            one.model
        );
        terminal.print(&terminal.bold(&plain(&head)));
        terminal.print(&lines(&pretty(&one.body)));
    }
    Ok(true)
}

/// A body as people read it.
fn pretty(body: &str) -> String {
    let parsed: Result<Value, _> = serde_json::from_str(body);
    parsed
        .ok()
        .and_then(|value| serde_json::to_string_pretty(&value).ok())
        .unwrap_or_else(|| body.to_owned())
}
