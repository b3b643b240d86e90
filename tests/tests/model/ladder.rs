//! Whatever a server does, the best rung that is left answers in time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use k8shawk::services::llm::{PATTERNS, Silent};
use k8shawk_core::llm::{Budget, Case, Provider, Usage};
use k8shawk_tests::model_server::{ModelServer, Reply, Script};
use serde_json::json;

use crate::world::{Texts, ask, config, finding, good, incident, model, run};

const WIRES: [Provider; 3] = [Provider::Groq, Provider::OpenAi, Provider::Anthropic];

fn failures() -> Vec<(&'static str, Vec<Reply>)> {
    let limited = |retry_after| Reply::Limited {
        retry_after,
        reset: None,
    };
    vec![
        ("rate limited", vec![limited(Some(60))]),
        ("rate limited", vec![limited(None)]),
        (
            "rate limited",
            vec![Reply::Limited {
                retry_after: None,
                reset: Some("59.5s".into()),
            }],
        ),
        ("overloaded (HTTP 500)", vec![Reply::status(500)]),
        ("overloaded (HTTP 529)", vec![Reply::status(529)]),
        ("no answer within", vec![Reply::Hang]),
        ("the connection was lost", vec![Reply::Close]),
        ("truncated", vec![Reply::Cut]),
        ("not JSON", vec![Reply::WrongJson]),
        ("content type", vec![Reply::WrongType]),
        ("more than 1048576 bytes", vec![Reply::Big]),
        ("not served", vec![Reply::NotFound]),
        ("not served", vec![Reply::Decommissioned]),
        ("malformed tool call", vec![Reply::ToolUseFailed]),
        ("HTTP 403", vec![Reply::status(403)]),
        ("too large", vec![Reply::BeyondLimit]),
        ("too large", vec![Reply::status(413)]),
        (
            "HTTP 307",
            vec![Reply::Redirect {
                to: "http://evil.example/".into(),
            }],
        ),
        ("no call of a tool", vec![Reply::text("I think it is DNS.")]),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_smaller_model_answers_where_the_first_cannot() {
    for wire in WIRES {
        for (why, replies) in failures() {
            let script = Script::default()
                .with("big", replies.clone())
                .with("small", good());
            let mut config = config();
            if matches!(replies.first(), Some(Reply::Hang)) {
                config.request_timeout = Duration::from_secs(3);
            }
            let started = Instant::now();
            let (outcome, _server) = run(wire, script, config).await;
            assert_eq!(
                outcome.answered_by, "small",
                "{wire} {replies:?} {:?}",
                outcome.why
            );
            assert!(
                outcome.why[0].starts_with("big: ") && outcome.why[0].contains(why),
                "{:?}",
                outcome.why
            );
            assert!(
                outcome.findings[0].cause.contains("relation orders"),
                "{:?}",
                outcome.findings
            );
            assert!(
                started.elapsed() < Duration::from_secs(30),
                "{replies:?} took {:?}",
                started.elapsed()
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_patterns_answer_where_no_model_can() {
    for (why, replies) in failures() {
        let mut config = config();
        config.deadline = Duration::from_secs(12);
        if matches!(replies.first(), Some(Reply::Hang)) {
            config.request_timeout = Duration::from_secs(2);
        }
        let started = Instant::now();
        let (outcome, server) = run(Provider::Groq, Script::of(replies.clone()), config).await;
        assert_eq!(outcome.answered_by, PATTERNS, "{replies:?}");
        // Whatever came back: what the server got is what is disclosed.
        let disclosed = outcome.conversation.disclosures();
        let disclosed: Vec<&str> = disclosed.iter().map(|d| d.body.as_str()).collect();
        let seen = server.seen();
        let received: Vec<&str> = seen.iter().map(|s| s.text.as_str()).collect();
        assert_eq!(disclosed, received, "{replies:?}");
        assert_eq!(outcome.findings, [finding(40)], "{replies:?}");
        assert!(
            outcome.why.iter().any(|w| w.contains(why)),
            "{replies:?} {:?}",
            outcome.why
        );
        assert!(
            started.elapsed() < Duration::from_millis(13_500),
            "{replies:?} took {:?}",
            started.elapsed()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_rate_limit_is_waited_for() {
    let mut replies = vec![Reply::Limited {
        retry_after: Some(1),
        reset: None,
    }];
    replies.extend(good());
    let started = Instant::now();
    let (outcome, _server) = run(Provider::Groq, Script::of(replies), config()).await;
    assert_eq!(outcome.answered_by, "big");
    assert!(started.elapsed() >= Duration::from_secs(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loop_that_never_submits_ends_after_its_rounds() {
    let again = Reply::call("kubectl_logs", json!({"pod": "api-1"}));
    let (outcome, server) = run(Provider::Anthropic, Script::of(vec![again]), config()).await;
    assert_eq!(outcome.answered_by, PATTERNS);
    assert_eq!((outcome.rounds, server.seen().len()), (5, 5));
    assert!(
        outcome.why[0].contains("no diagnosis within 5 rounds"),
        "{:?}",
        outcome.why
    );
    // The same read is made once; later calls are pointed at its evidence.
    assert_eq!(outcome.conversation.tools.len(), 1);
    assert!(
        server.seen()[4]
            .text
            .contains("You have read that: see [e2]")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_key_is_not_tried_with_the_next_model() {
    let (outcome, server) = run(
        Provider::Groq,
        Script::of(vec![Reply::status(401)]),
        config(),
    )
    .await;
    assert_eq!(
        (outcome.answered_by.as_str(), server.seen().len()),
        (PATTERNS, 1)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_keeps_failing_is_left_alone() {
    let server = ModelServer::start(
        Script::default()
            .with("big", vec![Reply::status(500)])
            .with("small", good()),
    )
    .await
    .unwrap();
    let model = model(&server, Provider::Groq, config());
    ask(&model, 40, Texts::shop().into()).await;
    let before = server.seen().iter().filter(|s| s.model() == "big").count();
    let outcome = ask(&model, 40, Texts::shop().into()).await;
    let after = server.seen().iter().filter(|s| s.model() == "big").count();
    assert_eq!((before, after), (3, 3));
    assert!(outcome.why[0].contains("paused for"), "{:?}", outcome.why);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_that_is_used_up_sends_nothing() {
    let mut config = config();
    config.per_hour = Budget {
        calls: 2,
        tokens: 1_000_000,
        money: None,
    };
    let server = ModelServer::start(Script::of(good())).await.unwrap();
    let model = model(&server, Provider::Groq, config);
    assert_eq!(
        ask(&model, 40, Texts::shop().into()).await.answered_by,
        "big"
    );
    let outcome = ask(&model, 40, Texts::shop().into()).await;
    assert_eq!(
        (outcome.answered_by.as_str(), server.seen().len()),
        (PATTERNS, 2)
    );
    assert!(
        outcome.why[0].contains("2 requests of this hour"),
        "{:?}",
        outcome.why
    );
    assert!(outcome.conversation.disclosures().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incident_that_is_investigated_again_keeps_what_it_has_used() {
    let server = ModelServer::start(Script::of(good())).await.unwrap();
    let model = model(&server, Provider::Groq, config());
    let (incident, findings) = (incident(), [finding(40)]);
    let case = Case {
        incident: &incident,
        findings: &findings,
        classes: &[],
    };
    let spent = Usage {
        calls: config().per_incident.calls - 1,
        ..Usage::default()
    };
    let reader = Arc::new(Texts::shop());
    let outcome = model
        .investigate(&case, reader, &|| 0, spent, &Silent)
        .await;
    assert_eq!(
        (outcome.answered_by.as_str(), server.seen().len()),
        (PATTERNS, 1)
    );
    assert!(
        outcome.why[0].contains("20 requests of this incident"),
        "{:?}",
        outcome.why
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_too_large_is_sent_again_smaller() {
    let mut replies = vec![
        Reply::call("kubectl_logs", json!({"pod": "api-1"})),
        Reply::BeyondLimit,
    ];
    replies.extend(good().into_iter().skip(1));
    let server = ModelServer::start(Script::of(replies)).await.unwrap();
    let model = model(&server, Provider::Groq, config());
    let long: Vec<String> = (0..400)
        .map(|i| format!("line {i} of a long log"))
        .collect();
    let texts = Texts::shop().with("logs api-1 -n shop -c app --tail=100", &long.join("\n"));
    let outcome = ask(&model, 40, texts.into()).await;
    assert_eq!(outcome.answered_by, "big", "{:?}", outcome.why);
    let sizes: Vec<usize> = server.seen().iter().map(|s| s.text.len()).collect();
    assert!(sizes[2] + 2000 < sizes[1], "{sizes:?}");
}
