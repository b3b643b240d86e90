//! Signed requests and Socket Mode: acknowledged at once, worked on once.

use std::time::{Duration, Instant};

use k8shawk::services::slack::payload::Press;
use k8shawk_core::approval::Question;
use k8shawk_core::record::State;
use serde_json::{Value, json};

use k8shawk_tests::slack_server::click::{envelope, submitted};

use crate::world::{World, click, form, signed};

const COMMAND: &str =
    "command=%2Fk8shawk&text=list&user_id=U0001&channel_id=C0123&trigger_id=1.2.3";

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_click_over_http_approves_once_and_its_replay_is_refused() {
    let w = World::new(&["U0001"]).await;
    let id = w.open("web").incident.id.0;
    w.settled().await;
    let body = form(&w.click("U0001", "approve", &w.approve_value(&id)));
    let (stamp, signature) = signed(&body, w.clock.now() / 1000);
    let path = "/slack/interactions";
    assert_eq!(w.post_as(path, &body, &stamp, &signature).await, 200);
    assert_eq!(w.post_as(path, &body, &stamp, &signature).await, 409);
    w.until(|| w.store.get(&id).unwrap().state == State::Approved)
        .await;
    w.quiet().await;
    assert_eq!(w.acts(), 1);
    assert!(
        w.server.seen().whispers.is_empty(),
        "what was done shows in the message"
    );
    let text = w.server.seen().heads()[0].body.to_string();
    assert!(text.contains("*Approved*"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_stale_and_unsigned_requests_change_nothing() {
    let w = World::new(&["U0001"]).await;
    let id = w.open("web").incident.id.0;
    w.settled().await;
    let body = form(&w.click("U0001", "approve", &w.approve_value(&id)));
    let now = w.clock.now() / 1000;
    let (stamp, signature) = signed(&body, now);
    let flipped = body.replace("U0001", "U0002");
    for path in ["/slack/interactions", "/slack/events", "/slack/commands"] {
        assert_eq!(w.post_as(path, &flipped, &stamp, &signature).await, 401);
        let (old, right) = signed(&body, now - 301);
        assert_eq!(w.post_as(path, &body, &old, &right).await, 401);
        assert_eq!(w.post_as(path, &body, "", "").await, 401);
        assert_eq!(w.post_as(path, &body, &stamp, "v0=00").await, 401);
    }
    let huge = "x".repeat((1 << 20) + 1);
    assert_eq!(w.post("/slack/interactions", &huge).await, 413);
    w.quiet().await;
    assert_eq!(w.acts(), 0);
    assert_eq!(w.store.get(&id).unwrap().state, State::Waiting);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_click_twice_approves_once_and_explains_the_second() {
    let w = World::new(&["U0001"]).await;
    let id = w.open("web").incident.id.0;
    w.settled().await;
    let mut payload = w.click("U0001", "approve", &w.approve_value(&id));
    assert_eq!(w.post("/slack/interactions", &form(&payload)).await, 200);
    w.quiet().await;
    payload["trigger_id"] = json!("2.2.2");
    assert_eq!(w.post("/slack/interactions", &form(&payload)).await, 200);
    w.quiet().await;
    let seen = w.server.seen();
    assert_eq!(seen.whispers.len(), 1);
    let told = seen.whispers[0].1["text"].as_str().unwrap();
    assert!(told.contains("already approved"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_click_on_an_older_diff_is_refused() {
    let w = World::new(&["U0001"]).await;
    let id = w.open("web").incident.id.0;
    w.settled().await;
    let shown = Question {
        digest: "0".repeat(64),
        asked_at: 1,
    };
    let press = Press::Approve {
        incident: id.clone(),
        shown,
    };
    let old = press.value(&w.installation);
    w.post(
        "/slack/interactions",
        &form(&w.click("U0001", "approve", &old)),
    )
    .await;
    w.quiet().await;
    assert_eq!(w.acts(), 0);
    assert!(
        w.server.seen().whispers[0]
            .1
            .to_string()
            .contains("the fix changed after")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_click_on_a_question_that_was_asked_again_is_refused() {
    let w = World::new(&["U0001"]).await;
    let id = w.open("web").incident.id.0;
    w.settled().await;
    let old = w.approve_value(&id);
    w.step(&id, |r| r.asked_at = r.asked_at.map(|at| at + 60_000));
    w.settled().await;
    w.post(
        "/slack/interactions",
        &form(&w.click("U0001", "approve", &old)),
    )
    .await;
    w.quiet().await;
    assert_eq!(w.acts(), 0);
    let told = w.server.seen().whispers[0].1.to_string();
    assert!(told.contains("expired and was sent again"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_to_take_a_fix_back_is_told_where() {
    let w = World::new(&["U0001"]).await;
    let id = w.open("web").incident.id.0;
    w.settled().await;
    let body = form(&w.click("U0001", "undo", &w.value("undo", &id)));
    assert_eq!(w.post("/slack/interactions", &body).await, 200);
    w.quiet().await;
    assert_eq!(w.acts(), 1);
    assert_eq!(w.server.seen().whispers.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn dismiss_asks_for_a_reason_and_evidence_opens_a_dialog() {
    let w = World::new(&["U0001"]).await;
    let id = w.open("web").incident.id.0;
    w.settled().await;
    for action in ["dismiss", "evidence"] {
        let mut payload = w.click("U0001", action, &w.value(action, &id));
        payload["trigger_id"] = json!(action);
        assert_eq!(w.post("/slack/interactions", &form(&payload)).await, 200);
        w.quiet().await;
    }
    let views: Vec<Value> = w
        .server
        .seen()
        .views
        .iter()
        .map(|v| v.1["view"].clone())
        .collect();
    assert_eq!(views.len(), 2);
    assert_eq!(views[1]["title"]["text"], format!("Evidence of {id}"));
    let private = &views[0]["private_metadata"];
    let submitted = submitted("U0001", private, "known since monday");
    assert_eq!(w.post("/slack/interactions", &form(&submitted)).await, 200);
    w.until(|| w.store.get(&id).unwrap().state == State::Dismissed)
        .await;
    w.quiet().await;
    let text = w.server.seen().heads()[0].body.to_string();
    assert!(text.contains("known since monday"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_mentions_and_the_home_tab_are_answered() {
    let w = World::new(&["U0001"]).await;
    let id = w.open("web").incident.id.0;
    w.settled().await;
    let url = w
        .server
        .response_url("U0001")
        .replace(':', "%3A")
        .replace('/', "%2F");
    let body = format!("{COMMAND}&response_url={url}");
    assert_eq!(w.post("/slack/commands", &body).await, 200);
    w.quiet().await;
    let whisper = w.server.seen().whispers[0].1.to_string();
    assert!(
        whisper.contains(&id) && whisper.contains("ephemeral"),
        "{whisper}"
    );
    let ts = w.server.seen().heads()[0].ts.clone();
    let event = |id: &str, event: Value| {
        json!({"type": "event_callback", "event_id": id, "event": event}).to_string()
    };
    let mention = event(
        "Ev1",
        json!({"type": "app_mention", "user": "U0001", "channel": "C0123",
        "text": "<@U0BOT1> why?", "ts": "9.9", "thread_ts": ts}),
    );
    assert_eq!(w.post("/slack/events", &mention).await, 200);
    // Slack repeats an event under the same id.
    assert_eq!(w.post("/slack/events", &format!("{mention} ")).await, 200);
    let home = event(
        "Ev2",
        json!({"type": "app_home_opened", "user": "U0001", "tab": "home"}),
    );
    assert_eq!(w.post("/slack/events", &home).await, 200);
    w.quiet().await;
    let seen = w.server.seen();
    let answers: Vec<String> = seen
        .thread(&ts)
        .iter()
        .map(|m| m.body.to_string())
        .collect();
    let whys = answers.iter().filter(|a| a.contains("*Why* (")).count();
    assert_eq!(whys, 1, "{answers:?}");
    assert!(
        seen.views
            .iter()
            .any(|v| v.0 == "views.publish" && v.1.to_string().contains(&id))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn slack_is_told_its_challenge_and_people_what_is_configured() {
    let w = World::new(&[]).await;
    let body = json!({"type": "url_verification", "challenge": "c1"}).to_string();
    assert_eq!(w.post("/slack/events", &body).await, 200);
    let get = |path: &str| {
        let url = format!("{}{path}", w.http);
        async move { reqwest::get(url).await.unwrap().text().await.unwrap() }
    };
    assert!(get("/slack/validate").await.contains("SLACK_BOT_TOKEN"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_click_over_socket_mode_is_acknowledged_and_done_once() {
    let w = World::new(&["U0001"]).await;
    let id = w.open("web").incident.id.0;
    w.settled().await;
    w.socket().await;
    let payload = w.click("U0001", "approve", &w.approve_value(&id));
    let envelope = envelope("e1", &payload);
    let sent = Instant::now();
    assert!(w.server.deliver(envelope.clone()));
    w.until(|| !w.server.seen().acks.is_empty()).await;
    assert!(
        sent.elapsed() < Duration::from_secs(1),
        "acknowledged before it is worked on"
    );
    assert!(w.server.deliver(envelope));
    w.until(|| w.server.seen().acks.len() == 2).await;
    w.quiet().await;
    assert_eq!(w.acts(), 1);
    assert_eq!(w.store.get(&id).unwrap().state, State::Approved);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_socket_opens_anew_when_slack_refreshes_it() {
    let w = World::new(&["U0001"]).await;
    w.socket().await;
    w.server
        .deliver(json!({"type": "disconnect", "reason": "refresh_requested"}));
    w.until(|| w.server.connections() >= 2).await;
    let payload = click(
        "U0001",
        "evidence",
        &w.value("evidence", "inc-1"),
        "1.1",
        "",
    );
    w.server
        .deliver(json!({"envelope_id": "e2", "type": "interactive", "payload": payload}));
    w.until(|| w.server.seen().acks.iter().any(|a| a == "e2"))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_old_connection_still_delivers_is_acknowledged() {
    let w = World::new(&["U0001"]).await;
    w.socket().await;
    w.server
        .deliver(json!({"type": "disconnect", "reason": "warning"}));
    w.until(|| w.server.connections() >= 2).await;
    // Time enough to close the old one.
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(w.server.open_sockets(), 2);
    // Slack chooses any of the two, each in turn.
    for id in ["e1", "e2"] {
        w.server
            .deliver(json!({"envelope_id": id, "type": "new_thing"}));
    }
    w.until(|| w.server.seen().acks.len() == 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn socket_mode_that_is_switched_off_is_not_opened_again_and_again() {
    let w = World::new(&["U0001"]).await;
    w.socket().await;
    w.server
        .deliver(json!({"type": "disconnect", "reason": "link_disabled"}));
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(w.server.connections(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn envelopes_that_are_not_understood_are_acknowledged_and_do_nothing() {
    let w = World::new(&["U0001"]).await;
    w.socket().await;
    for (n, payload) in [json!(null), json!({"type": "block_actions"}), json!([1])]
        .iter()
        .enumerate()
    {
        w.server.deliver(
            json!({"envelope_id": format!("x{n}"), "type": "interactive", "payload": payload}),
        );
    }
    w.server
        .deliver(json!({"envelope_id": "x9", "type": "new_thing"}));
    w.until(|| w.server.seen().acks.len() == 4).await;
    w.quiet().await;
    assert_eq!(w.acts(), 0);
}
