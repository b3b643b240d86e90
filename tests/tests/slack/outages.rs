//! Nothing is lost, nothing is doubled, and everything comes in order.

use std::collections::HashSet;
use std::sync::Arc;

use k8shawk::services::speech::{Engine, Options, Speech};
use k8shawk::services::store::Store;
use k8shawk_core::Severity;
use k8shawk_core::approval::{Door, Person};
use k8shawk_core::record::State;
use k8shawk_tests::slack_server::{Failure, SlackServer};
use serde_json::json;

use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn one_incident_is_one_message_that_stays_true() {
    let w = World::new(&["U0001"]).await;
    let id = w.open("web").incident.id.0;
    w.settled().await;
    w.step(&id, |r| r.step(2, State::Approved, "approved by U0001"));
    w.step(&id, |r| {
        r.execution = Some(
            serde_json::from_value(json!({
            "fix": r.fix().unwrap(), "operation": {"operation": "replace", "object": {}},
            "approvers": ["U0001"], "started_at": 3, "output": "changed"}))
            .unwrap(),
        );
        r.step(3, State::Applied, "applied");
    });
    w.step(&id, |r| r.step(4, State::Recovered, "recovered"));
    w.settled().await;
    let seen = w.server.seen();
    let heads = seen.heads();
    assert_eq!(heads.len(), 1);
    let text = heads[0].body.to_string();
    assert!(text.contains("Approved by <@U0001>"), "{text}");
    assert_eq!(heads[0].body["attachments"][0]["color"], "#ff8c00");
    assert!(!text.contains("<!channel>"), "{text}");
    let ts = heads[0].ts.clone();
    let thread: Vec<String> = seen
        .thread(&ts)
        .iter()
        .map(|m| m.body["text"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(thread.len(), 5, "{thread:?}");
    let says = [
        "Root cause",
        "Applying the fix",
        "Applied",
        "Recovered",
        "Root cause",
    ];
    for (post, says) in thread.iter().zip(says) {
        assert!(post.starts_with(&format!("[prod] {says}")), "{post}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_incidents_with_slack_answering_429_arrive_once_and_in_order() {
    let w = World::new(&["U0001"]).await;
    let began = std::time::Instant::now();
    let limited = |n: usize| vec![Failure::Limited(1); n];
    w.server.fail("chat.postMessage", &limited(8));
    let ids: Vec<String> = (0..200)
        .map(|i| w.open(&format!("app-{i}")).incident.id.0)
        .collect();
    w.server.fail("chat.update", &limited(3));
    for id in &ids {
        w.step(id, |r| {
            let ann = Person::at(Door::Slack, "U0001");
            r.step_by(2, State::Dismissed, "dismissed by U0001: test", &ann);
        });
    }
    w.settled().await;
    assert!(
        began.elapsed() < std::time::Duration::from_secs(60),
        "{:?}",
        began.elapsed()
    );
    let seen = w.server.seen();
    let heads = seen.heads();
    assert_eq!(heads.len(), 200);
    let owners: HashSet<String> = heads.iter().map(|m| m.body["text"].to_string()).collect();
    assert_eq!(owners.len(), 200, "none twice");
    for head in &heads {
        assert!(
            head.body
                .to_string()
                .contains("*Dismissed* by <@U0001>: test"),
            "{}",
            head.body
        );
        let thread = seen.thread(&head.ts);
        let keys: Vec<&str> = thread
            .iter()
            .map(|m| m.body["metadata"]["event_payload"]["key"].as_str().unwrap())
            .collect();
        assert_eq!(keys.len(), 3, "{keys:?}");
        assert!(
            keys[0].ends_with("rca/asked") && keys[1].ends_with("verdict/dismissed"),
            "{keys:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_whose_answer_was_lost_is_not_posted_twice() {
    let w = World::new(&["U0001"]).await;
    w.server
        .fail("chat.postMessage", &[Failure::Lost, Failure::Status(502)]);
    w.open("web");
    w.until(|| !w.server.seen().messages.is_empty()).await;
    // The pause of the outage is jumped over.
    for _ in 0..6 {
        w.clock.set(w.clock.now() + 120_000);
        w.quiet_or_jump().await;
    }
    w.settled().await;
    let seen = w.server.seen();
    assert_eq!(seen.heads().len(), 1);
    assert_eq!(seen.thread(&seen.heads()[0].ts).len(), 1);
}

impl World {
    async fn quiet_or_jump(&self) {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_a_person_deleted_is_posted_again_once() {
    let w = World::new(&["U0001"]).await;
    let id = w.open("web").incident.id.0;
    w.settled().await;
    for (at, note) in [(2, "dismissed by U0001: a"), (3, "dismissed by U0001: b")] {
        let ts = w.server.seen().heads()[0].ts.clone();
        w.server.delete(&ts);
        w.step(&id, |r| r.step(at, State::Dismissed, note));
        w.settled().await;
    }
    let seen = w.server.seen();
    assert_eq!(
        seen.messages.iter().filter(|m| m.thread.is_none()).count(),
        2
    );
    assert!(seen.heads().is_empty(), "a second deletion is respected");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_and_an_archived_channel_lose_nothing() {
    let w = World::new(&["U0001"]).await;
    let error = |code: &str| Failure::Error(code.to_owned());
    w.server.fail(
        "chat.postMessage",
        &[error("token_revoked"), error("is_archived")],
    );
    w.open("web");
    w.until(|| w.server.seen().calls.len() == 1).await;
    assert_eq!(w.outbox.waiting().unwrap(), 2);
    for _ in 0..3 {
        w.quiet_or_jump().await;
        w.clock.set(w.clock.now() + 61_000);
        w.outbox.put(&[]).unwrap();
    }
    w.settled().await;
    assert_eq!(w.server.seen().heads().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn blocks_that_slack_refuses_are_sent_as_text() {
    let w = World::new(&["U0001"]).await;
    w.server.fail(
        "chat.postMessage",
        &[Failure::Error("invalid_blocks".to_owned())],
    );
    w.open("web");
    w.settled().await;
    let seen = w.server.seen();
    assert!(seen.heads()[0].body["attachments"].is_null());
    assert!(
        seen.heads()[0].body["text"]
            .as_str()
            .unwrap()
            .contains("cannot be pulled")
    );
    let text = seen.heads()[0].body["text"].as_str().unwrap();
    assert!(
        text.contains("Waiting for approval. Try /k8shawk show inc-1"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_stored_before_a_crash_is_sent_after_it() {
    let store = Arc::new(Store::in_memory().unwrap());
    let gone = SlackServer::start().await.unwrap();
    gone.stop();
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    {
        let w = World::over(gone, store.clone(), &["U0001"], None).await;
        w.open("web");
        w.quiet_or_jump().await;
        assert_eq!(w.outbox.waiting().unwrap(), 2);
    }
    let w = World::over(SlackServer::start().await.unwrap(), store, &["U0001"], None).await;
    w.settled().await;
    assert_eq!(w.server.seen().heads().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_spoken_summary_is_in_the_thread_and_deleted_here() {
    let place = tempfile::tempdir().unwrap();
    let speech = Speech::new(
        Engine::Offline,
        Options {
            threshold: Severity::Medium,
            quiet: None,
            knowledge_base: place.path().to_owned(),
            keep: false,
        },
    );
    let store = Arc::new(Store::in_memory().unwrap());
    let server = SlackServer::start().await.unwrap();
    server.fail("files.completeUploadExternal", &[Failure::Lost]);
    let w = World::over(server, store, &["U0001"], Some(Arc::new(speech))).await;
    let id = w.open("web").incident.id.0;
    w.step(&id, |r| r.last_seen += 1);
    w.until(|| !w.server.seen().files.is_empty()).await;
    for _ in 0..20 {
        w.clock.set(w.clock.now() + 120_000);
        w.outbox.put(&[]).unwrap();
        w.quiet_or_jump().await;
    }
    w.settled().await;
    let seen = w.server.seen();
    let files: Vec<_> = seen.files.iter().filter(|f| f.3.is_some()).collect();
    assert_eq!(files.len(), 1, "shared once");
    assert_eq!(files[0].3.as_deref(), Some(seen.heads()[0].ts.as_str()));
    assert!(files[0].1.starts_with("voice_web_"));
    k8shawk::services::speech::mp3::check(&files[0].2).unwrap();
    let left = std::fs::read_dir(place.path().join("voice-messages")).unwrap();
    let files = left
        .flat_map(|d| std::fs::read_dir(d.unwrap().path()).unwrap())
        .count();
    assert_eq!(files, 0, "nothing is left on disk");
}
