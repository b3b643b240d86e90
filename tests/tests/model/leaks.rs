//! No secret that is planted anywhere leaves anywhere: requests, Slack, voice, RCA, log lines,
//! metrics, spans. The real plugins, store and pipeline work on a recorded incident.

use std::sync::{Arc, OnceLock};

use k8shawk::run::pipeline::Pipeline;
use k8shawk::services::Services;
use k8shawk::services::cluster::AnyCluster;
use k8shawk::services::llm::{Llm, Silent};
use k8shawk::services::plugins::Plugins;
use k8shawk::services::slack::message::{Look, render};
use k8shawk::services::slack::thread::posts;
use k8shawk::stages::approve;
use k8shawk_core::Installation;
use k8shawk_core::approval::Person;
use k8shawk_core::bundle::{Bundle, Recorded};
use k8shawk_core::classes;
use k8shawk_core::llm::{Case, Provider, Usage};
use k8shawk_core::record::{Record, State};
use k8shawk_sandbox::Language;
use k8shawk_tests::model_server::{ModelServer, Reply, Script};
use k8shawk_tests::recorded;
use proptest::prelude::*;
use serde_json::json;

use crate::capture;
use crate::planted::{SHAPES, plant, planted};
use crate::world::{config as model_config, model, submission};

/// Incidents of logs, statuses, events, and of a fix that is applied.
const INCIDENTS: [&str; 5] = [
    "app-panic-rollout",
    "app-traceback",
    "dependency-no-such-service",
    "image-not-found-rollout",
    "unschedulable-cpu",
];

/// The shipped plugins, loaded once.
fn judges(runtime: &tokio::runtime::Runtime) -> Plugins {
    static LOADED: OnceLock<Plugins> = OnceLock::new();
    let loaded = LOADED.get_or_init(|| runtime.block_on(recorded::judges()).unwrap());
    loaded.clone()
}

/// What left, by where to.
#[derive(Default)]
struct Left(Vec<(&'static str, String)>);

impl Left {
    fn to(&mut self, whom: &'static str, text: String) {
        self.0.push((whom, text));
    }
}

/// One incident that is recorded, in a world of its own.
struct Stage {
    directory: tempfile::TempDir,
    judges: Plugins,
    bundle: Bundle,
}

impl Stage {
    fn flow(&self) -> Arc<Services> {
        let config = recorded::quick(self.directory.path());
        recorded::flow(&self.judges, self.bundle.clone(), config).unwrap()
    }

    /// Ask a live model, and keep what it said with the bundle.
    async fn consult(&mut self, model: &Llm) {
        let flow = self.flow();
        let id = recorded::opened(&flow).unwrap();
        let record = recorded::explained(&flow, &id).await.unwrap();
        let findings: Vec<_> = record.finding.iter().chain(&record.also).cloned().collect();
        let case = Case {
            incident: &record.incident,
            findings: &findings,
            classes: classes::names(),
        };
        let reader = flow.cluster.reader();
        let outcome = model
            .investigate(&case, reader, &|| 0, Usage::default(), &Silent)
            .await;
        assert!(outcome.why.is_empty(), "{:?}", outcome.why);
        let owner = record.incident.owner.clone();
        let conversation = outcome.conversation;
        self.bundle.conversations = vec![Recorded {
            owner,
            conversation,
        }];
    }

    /// The whole way of the incident; a fix is approved where what came after was recorded.
    async fn play(&self, left: &mut Left) {
        let flow = self.flow();
        let id = recorded::opened(&flow).unwrap();
        let pipeline = Pipeline::new(flow.clone());
        pipeline.drive(&id);
        pipeline.idle().await;
        let asked = flow.store.get(&id).unwrap();
        assert!(asked.consulted.is_some(), "{:?}", asked.state);
        self.told(&asked, left);
        let more = matches!(&flow.cluster, AnyCluster::Recorded(replay) if replay.has_more());
        if asked.state == State::Waiting && more {
            let shown = asked.question().unwrap();
            approve::approve(&flow, &id, &Person::named("ada"), &shown).unwrap();
            pipeline.drive(&id);
            pipeline.idle().await;
            self.told(&flow.store.get(&id).unwrap(), left);
        }
    }

    fn told(&self, record: &Record, left: &mut Left) {
        let ours = Installation::of("prod", None, "db");
        let look = Look {
            now: record.last_seen,
            expires_after: 1_800_000,
            installation: &ours,
            approvers: &[],
        };
        left.to("Slack", json!(render(record, look).content()).to_string());
        left.to(
            "Slack",
            serde_json::to_string(&posts(record, &ours)).unwrap(),
        );
        let rca = std::fs::read_to_string(record.rca.as_ref().unwrap()).unwrap();
        assert!(rca.contains("## Why"));
        left.to("RCA", rca);
        let finding = record.finding.as_ref().unwrap();
        for language in [Language::English, Language::Tamil, Language::Tanglish] {
            let script = self.judges.script(record.severity(), finding, language);
            left.to("voice", script.unwrap());
        }
    }
}

/// A model whose every word holds the secret too.
fn script(bundle: &Bundle, secret: &str, shape: usize) -> Script {
    let text = |offset| planted(secret, shape + offset);
    let log = bundle.frames[0].logs.first();
    let pod = log.map_or("none", |l| l.pod.as_str());
    let container = log.map_or("app", |l| l.container.as_str());
    let mut bad = submission();
    bad["cause"] = json!(text(0));
    let mut good = submission();
    good["cause"] = json!(format!("It fails [e1] {}. {} [e1].", text(1), text(2)));
    good["summary"] = json!(format!("It fails. {}", text(3)));
    good["reason"] = json!(text(4));
    good["description"] = json!(text(5));
    good["proposed_fix"] = json!(format!("kubectl exec web -- login {}", text(6)));
    good["evidence"] = json!([{"id": "e1", "quote": text(7)}]);
    Script::of(vec![
        Reply::calls(vec![
            ("kubectl_logs", json!({"pod": pod, "container": container})),
            ("kubectl_describe", json!({"kind": "Pod", "name": pod})),
            (
                "kubectl_get",
                json!({"kind": "Deployment", "selector": text(8)}),
            ),
            ("kubectl_get", json!({"kind": text(9), "name": text(11)})),
            ("kubectl_events", json!({"kind": "Pod"})),
        ]),
        Reply::Turn {
            text: text(10),
            calls: Vec::new(),
        },
        Reply::call("submit_diagnosis", bad),
        Reply::call("submit_diagnosis", good),
    ])
}

async fn everything(stage: &mut Stage, secret: &str, shape: usize, wire: Provider) -> Left {
    let mut left = Left::default();
    plant(&mut stage.bundle, secret, shape);
    let script = script(&stage.bundle, secret, shape);
    let server = ModelServer::start(script).await.unwrap();
    let model = model(&server, wire, model_config());
    stage.consult(&model).await;
    for request in server.seen() {
        left.to("model", request.text);
    }
    stage.play(&mut left).await;
    let mut registry = prometheus_client::registry::Registry::default();
    model.metrics().register(&mut registry);
    let mut metrics = String::new();
    prometheus_client::encoding::text::encode(&mut metrics, &registry).unwrap();
    assert!(metrics.contains("k8shawk_model_requests_total"));
    left.to("metrics", metrics);
    let traced = capture::taken();
    assert!(traced.contains("execute_tool kubectl_logs"));
    left.to("spans and log lines", traced);
    left
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn no_planted_secret_leaves_anywhere(
        secret in "[A-Za-z0-9]{12,24}",
        shape in 0..SHAPES,
        incident in 0..INCIDENTS.len(),
        anthropic in any::<bool>(),
    ) {
        let secret = format!("S3{secret}");
        let wire = if anthropic { Provider::Anthropic } else { Provider::Groq };
        capture::start();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let mut stage = Stage {
            directory: tempfile::tempdir().unwrap(),
            judges: judges(&runtime),
            bundle: recorded::read(INCIDENTS[incident]).unwrap(),
        };
        let left = runtime.block_on(everything(&mut stage, &secret, shape, wire));
        prop_assert!(left.0.iter().any(|(to, text)| *to == "RCA" && text.contains("[redacted]")));
        for (to, text) in &left.0 {
            let found = text.find(&secret).map(|at| {
                let from = text.floor_char_boundary(at.saturating_sub(160));
                &text[from..at]
            });
            prop_assert!(found.is_none(), "{}: {to} got {secret} behind {found:?}", INCIDENTS[incident]);
        }
    }
}
