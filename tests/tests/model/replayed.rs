//! A stored conversation replays offline, byte for byte.

use k8shawk::services::llm::{Silent, replay};
use k8shawk_core::llm::{Case, Conversation, Provider};
use k8shawk_tests::model_server::{Reply, Script};
use serde_json::json;

use crate::world::{config, finding, good, incident, run};

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_replays_to_the_same_outcome_byte_for_byte() {
    let mut big = vec![
        Reply::Limited {
            retry_after: Some(0),
            reset: None,
        },
        Reply::call("kubectl_get", json!({"kind": "Pod", "name": "api-1"})),
    ];
    big.push(Reply::WrongJson);
    let script = Script::default().with("big", big).with("small", good());
    for hide_names in [false, true] {
        let mut config = config();
        config.hide_names = hide_names;
        let (outcome, server) = run(Provider::Groq, script.clone(), config).await;
        drop(server);
        assert_eq!(outcome.answered_by, "small");
        let stored = serde_json::to_string(&outcome.conversation).unwrap();
        let stored: Conversation = serde_json::from_str(&stored).unwrap();
        let (incident, findings) = (incident(), [finding(40)]);
        let case = Case {
            incident: &incident,
            findings: &findings,
            classes: &["dependency-unreachable"],
        };
        let again = replay(&case, &stored, &Silent).await;
        assert_eq!(again.diverged, None);
        assert_eq!(
            serde_json::to_string(&again.outcome).unwrap(),
            serde_json::to_string(&outcome).unwrap()
        );
        let other = [finding(41)];
        let case = Case {
            findings: &other,
            ..case
        };
        assert_eq!(
            replay(&case, &stored, &Silent).await.diverged.as_deref(),
            Some("request 1")
        );
    }
}
