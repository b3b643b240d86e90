//! No secret that is planted anywhere leaves in a request.

use std::sync::Arc;

use k8shawk::services::llm::Silent;
use k8shawk_core::llm::{Case, Provider, Usage};
use k8shawk_tests::model_server::{ModelServer, Reply, Script};
use proptest::prelude::*;
use serde_json::json;

use crate::planted::planted;
use crate::world::{Texts, config, finding, incident, model, submission};

async fn bodies(secret: &str, shape: usize, wire: Provider) -> Vec<String> {
    let text = |offset| planted(secret, shape + offset);
    let pod = json!({"kind": "Pod", "metadata": {"name": "api-1", "annotations": {"note": text(1)}},
        "spec": {"containers": [{"name": "app", "env": [{"name": "DB_PASSWORD", "value": secret}],
            "args": ["--token", secret]}]}});
    let mut arguments = submission();
    arguments["cause"] = json!(text(2));
    let server = ModelServer::start(Script::of(vec![
        Reply::calls(vec![
            ("kubectl_logs", json!({"pod": "api-1"})),
            (
                "kubectl_get",
                json!({"kind": "Pod", "name": "api-1", "selector": text(3)}),
            ),
            (&format!("tool_{secret}"), json!({"password": secret})),
        ]),
        Reply::Turn {
            text: text(4),
            calls: Vec::new(),
        },
        Reply::call("submit_diagnosis", arguments),
        Reply::call("submit_diagnosis", submission()),
    ]))
    .await
    .unwrap();
    let texts = Texts::shop()
        .with("get Pod/api-1 -n shop", &pod.to_string())
        .with("logs api-1 -n shop -c app --tail=100", &text(5));
    let (mut incident, mut finding) = (incident(), finding(40));
    incident.signals[0].message = text(6);
    finding.evidence[0].excerpt = text(7);
    finding.cause.push_str(&text(8));
    let findings = [finding];
    let case = Case {
        incident: &incident,
        findings: &findings,
        classes: &[],
    };
    let model = model(&server, wire, config());
    let outcome = model
        .investigate(&case, Arc::new(texts), &|| 0, Usage::default(), &Silent)
        .await;
    assert_eq!(outcome.answered_by, "big", "{:?}", outcome.why);
    let all: Vec<String> = server.seen().into_iter().map(|s| s.text).collect();
    assert_eq!(all.len(), 4);
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn no_planted_secret_appears_in_any_request_body(
        secret in "[A-Za-z0-9]{12,24}",
        shape in 0_usize..12,
        anthropic in any::<bool>(),
    ) {
        let secret = format!("S3{secret}");
        let wire = if anthropic { Provider::Anthropic } else { Provider::Groq };
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        for body in runtime.block_on(bodies(&secret, shape, wire)) {
            let around = body.find(&secret).and_then(|at| body.get(at.saturating_sub(120)..at));
            prop_assert!(around.is_none(), "{secret} behind {around:?}");
        }
    }
}
