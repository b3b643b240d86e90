//! An incident, its patterns' finding, a cluster to read, and a model to ask.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use k8shawk::services::llm::{Llm, Outcome, Progress, Silent, Sink};
use k8shawk_core::finding::{Evidence, Finding};
use k8shawk_core::grant::Grant;
use k8shawk_core::guard::{Answer, Permit, ReadError, Reader, Reading};
use k8shawk_core::incident::{Incident, IncidentId};
use k8shawk_core::llm::{Case, ModelConfig, Provider, Usage, shown};
use k8shawk_core::severity::Severity;
use k8shawk_core::{ObjectRef, Signal, SignalSource};
use k8shawk_tests::model_server::{ModelServer, Reply, Script};
use serde_json::{Value, json};

/// The grant that is shipped.
pub const GRANT: &str = include_str!("../../../deploy/grants/model.toml");

pub fn incident() -> Incident {
    let object = ObjectRef::new("v1", "Pod", "shop", "api-1");
    let owner = ObjectRef::new("apps/v1", "Deployment", "shop", "api");
    let signal = Signal {
        id: "s1".into(),
        source: SignalSource::Event,
        reason: "BackOff".into(),
        message: "Back-off restarting failed container app in pod api-1".into(),
        object: object.clone(),
        owner: owner.clone(),
        count: 7,
        first_seen: 0,
        last_seen: 0,
        reporter: "kubelet".into(),
    };
    Incident {
        id: IncidentId("inc-1".into()),
        class: "workload".into(),
        severity: Severity::High,
        object,
        owner,
        signals: vec![signal],
        victims: Vec::new(),
        opened_at: 0,
    }
}

pub fn finding(confidence: u8) -> Finding {
    let incident = incident();
    Finding {
        class: "application-error".into(),
        title: "api exits with code 1".into(),
        cause: "Container app exits with code 1 [e1].".into(),
        confidence,
        severity: Severity::High,
        object: incident.object,
        owner: incident.owner,
        evidence: vec![Evidence {
            id: "e1".into(),
            source: "status.containerStatuses[0].lastState".into(),
            excerpt: "exitCode: 1".into(),
        }],
        unknown: vec!["why it exits".into()],
        unsupported: Vec::new(),
        facts: Vec::new(),
        victims: Vec::new(),
        shared: None,
    }
}

/// A cluster of texts, by read.
#[derive(Default)]
pub struct Texts {
    answers: BTreeMap<String, String>,
    pub reads: Mutex<Vec<String>>,
}

impl Texts {
    pub fn shop() -> Texts {
        Texts::default()
            .with(
                "get Pod/api-1 -n shop",
                &json!({"kind": "Pod", "metadata": {"name": "api-1"},
                "spec": {"containers": [{"name": "app", "image": "app:1"}]}})
                .to_string(),
            )
            .with(
                "logs api-1 -n shop -c app --tail=100",
                "FATAL: relation \"orders\" does not exist",
            )
            .with(
                "get ConfigMap/api -n shop",
                &json!({"kind": "ConfigMap", "data": {"DB": "orders-db"}}).to_string(),
            )
    }

    pub fn with(mut self, read: &str, text: &str) -> Texts {
        self.answers.insert(read.to_owned(), text.to_owned());
        self
    }
}

impl Reader for Texts {
    fn read(&self, permit: Permit) -> Reading<'_> {
        let read = shown(&permit.into_read());
        self.reads.lock().unwrap().push(read.clone());
        let answer = self.answers.get(&read).cloned().map(Answer::Text);
        Box::pin(async move { answer.ok_or(ReadError::NotFound) })
    }
}

/// Everything that was told while it happened.
#[derive(Default)]
pub struct Steps(pub Mutex<Vec<String>>);

impl Sink for Steps {
    fn on(&self, step: &Progress<'_>) {
        self.0.lock().unwrap().push(format!("{step:?}"));
    }
}

/// A configuration with a deadline that a busy machine keeps too.
pub fn config() -> ModelConfig {
    ModelConfig {
        primary: Some("big".into()),
        fallback: Some("small".into()),
        deadline: Duration::from_secs(60),
        request_timeout: Duration::from_secs(30),
        ..ModelConfig::default()
    }
}

pub fn model(server: &ModelServer, provider: Provider, config: ModelConfig) -> Llm {
    let (key, url) = provider.variables();
    let base = server.url();
    let environment = |name: &str| match name {
        name if name == key => Some("scripted-key-0123456789".to_owned()),
        name if name == url => Some(base.clone()),
        _ => None,
    };
    let grant = Arc::new(Grant::parse(GRANT).unwrap());
    Llm::start(config, grant, &environment).unwrap().unwrap()
}

pub async fn ask(model: &Llm, confidence: u8, reader: Arc<Texts>) -> Outcome {
    let (incident, findings) = (incident(), [finding(confidence)]);
    let case = Case {
        incident: &incident,
        findings: &findings,
        classes: &["dependency-unreachable"],
    };
    model
        .investigate(
            &case,
            reader,
            &|| 1_790_000_000_000,
            Usage::default(),
            &Silent,
        )
        .await
}

/// Run a script against the default cluster.
pub async fn run(
    provider: Provider,
    script: Script,
    config: ModelConfig,
) -> (Outcome, ModelServer) {
    let server = ModelServer::start(script).await.unwrap();
    let model = model(&server, provider, config);
    let outcome = ask(&model, 40, Arc::new(Texts::shop())).await;
    (outcome, server)
}

pub fn submission() -> Value {
    json!({
        "severity": "high", "class": "other", "reason": "MissingTable", "object": "Deployment/api",
        "cause": "The container exits with code 1 [e1]. Its log says that relation orders does not exist [e2].",
        "summary": "api needs the table orders, which does not exist",
        "evidence": [{"id": "e2", "quote": "relation \"orders\" does not exist"}],
        "proposed_fix": "kubectl rollout undo deployment/api --to-revision=3",
        "description": "the earlier revision does not need the table",
    })
}

/// Logs first, then the diagnosis.
pub fn good() -> Vec<Reply> {
    vec![
        Reply::call("kubectl_logs", json!({"pod": "api-1"})),
        Reply::call("submit_diagnosis", submission()),
    ]
}
