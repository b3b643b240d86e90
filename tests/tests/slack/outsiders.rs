//! Guests, people of other workspaces, bots and people outside the channel: they change nothing,
//! and read nothing.

use k8shawk::services::slack::payload::{Place, private};
use k8shawk_core::record::State;
use k8shawk_tests::slack_server::Failure;
use k8shawk_tests::slack_server::click::submitted;
use serde_json::{Value, json};

use crate::world::{World, form};

/// Everybody who is not let in, and what `users.info` says of them otherwise than of a member.
fn outsiders() -> Vec<(&'static str, Value)> {
    vec![
        (
            "a guest of several channels",
            json!({"is_restricted": true}),
        ),
        (
            "a guest of one channel",
            json!({"is_restricted": true, "is_ultra_restricted": true}),
        ),
        (
            "a guest who is only the narrower one",
            json!({"is_ultra_restricted": true}),
        ),
        ("somebody invited", json!({"is_invited_user": true})),
        (
            "somebody by Slack Connect",
            json!({"team_id": "T9", "is_stranger": false}),
        ),
        ("a stranger", json!({"team_id": "T9", "is_stranger": true})),
        (
            "somebody of another organisation",
            json!({"enterprise_user": {"enterprise_id": "E9", "teams": ["T1"]}}),
        ),
        ("a bot", json!({"is_bot": true})),
        ("a workflow", json!({"is_workflow_bot": true})),
        ("somebody who left", json!({"deleted": true})),
        ("somebody else than was asked for", json!({"id": "U0777"})),
        (
            "no word whether they are a guest",
            json!({"is_restricted": null}),
        ),
        (
            "no word on the narrower guest",
            json!({"is_ultra_restricted": null}),
        ),
        ("no word whether it is a bot", json!({"is_bot": null})),
        ("no word whether they left", json!({"deleted": null})),
        ("no word on the workspace", json!({"team_id": null})),
        ("a flag of another form", json!({"is_restricted": "false"})),
    ]
}

/// Everything that can be pressed or written, from a person's id.
async fn everything(w: &World, user: &str, id: &str) {
    let ts = w.server.seen().heads()[0].ts.clone();
    for action in ["approve", "dismiss", "evidence", "undo", "mute"] {
        let mut payload = w.click(user, action, &w.value(action, id));
        payload["trigger_id"] = json!(format!("{user}.{action}"));
        assert_eq!(w.post("/slack/interactions", &form(&payload)).await, 200);
    }
    let place = Place {
        channel: "C0123".to_owned(),
        ..Place::default()
    };
    let sent = submitted(user, &json!(private(&w.installation, id, &place)), "no");
    assert_eq!(w.post("/slack/interactions", &form(&sent)).await, 200);
    for text in [
        "list",
        "list all",
        "show 1",
        "approve 1",
        "approve prod/1",
        "dismiss 1 no",
        "mute 1",
        "mute shop",
        "plugins",
        "status",
        "help",
        "nonsense",
    ] {
        assert_eq!(w.command(user, text).await, 200);
    }
    for word in [
        "why?", "logs", "evidence", "fix", "history", "unknown", "status", "?",
    ] {
        let mention = json!({"type": "app_mention", "user": user, "channel": "C0123",
            "text": format!("<@U0BOT1> {word}"), "ts": "9.9", "thread_ts": ts});
        assert_eq!(w.event(&format!("Ev-{user}-{word}"), mention).await, 200);
    }
    let home = json!({"type": "app_home_opened", "user": user, "tab": "home"});
    assert_eq!(w.event(&format!("Ev-{user}-home"), home).await, 200);
}

/// What stands in an incident and nowhere else.
const EVIDENCE: &[&str] = &[
    "inc-1",
    "app:1",
    "2.4.1",
    "registry",
    "Deployment",
    "shop",
    "Revision 3",
    "Failed to pull",
    "incidents",
    "watching",
    "triage 0.1.0",
    "prod",
    "messages wait",
];

/// Everything that was sent to one person, or because of them, since the message of the incident.
fn told(w: &World, user: &str, posts: usize) -> Vec<String> {
    let seen = w.server.seen();
    let whispers = seen.whispers.iter().filter(|(to, _)| to == user);
    let views = seen.views.iter().map(|(_, body)| body.to_string());
    let posts = seen.messages.iter().skip(posts).map(|m| m.body.to_string());
    whispers
        .map(|(_, body)| body.to_string())
        .chain(views)
        .chain(posts)
        .collect()
}

async fn nothing_for(w: &World, user: &str, who: &str) {
    let id = "inc-1";
    let posts = w.server.seen().messages.len();
    everything(w, user, id).await;
    w.quiet().await;
    assert_eq!(w.acts(), 0, "{who}");
    assert_eq!(w.store.get(id).unwrap().state, State::Waiting, "{who}");
    let now = w.clock.now();
    assert_eq!(w.store.muted(&[id, "shop"], now).unwrap(), None, "{who}");
    let told = told(w, user, posts);
    assert!(told.len() >= 26, "{who}: each is answered, {}", told.len());
    for text in &told {
        for evidence in EVIDENCE {
            assert!(!text.contains(evidence), "{who}: {evidence} in {text}");
        }
    }
    let mut seen = w.server.seen();
    assert_eq!(seen.messages.len(), posts, "{who}: nothing is posted");
    assert!(
        seen.views.iter().all(|v| v.0 == "views.publish"),
        "{who}: no dialog opens"
    );
    seen.views.clear();
    seen.whispers.clear();
}

#[tokio::test(flavor = "multi_thread")]
async fn outsiders_in_the_channel_change_nothing_and_read_nothing() {
    let w = World::new(&[]).await;
    let all = outsiders();
    let user = |n: usize| format!("U05{n:02}");
    {
        let mut seen = w.server.seen();
        // Being in the channel does not make a member of a guest.
        let members = (0..all.len()).map(user).collect();
        seen.members.insert("C0123".into(), members);
        for (n, (_, said)) in all.iter().enumerate() {
            seen.users.insert(user(n), said.clone());
        }
    }
    assert_eq!(w.open("web").incident.id.0, "inc-1");
    w.settled().await;
    for (n, (who, _)) in all.iter().enumerate() {
        nothing_for(&w, &user(n), who).await;
    }
    let refused = w.store.refused("inc-1").unwrap();
    assert!(
        refused.iter().any(|r| r.answer.contains("guest")),
        "it is written down"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn outsiders_who_are_named_as_approvers_change_nothing_and_read_nothing() {
    let all = outsiders();
    let user = |n: usize| format!("U05{n:02}");
    let names: Vec<String> = (0..all.len()).map(user).collect();
    let mut named: Vec<&str> = names.iter().map(String::as_str).collect();
    named.extend(["S0456", "@example.com"]);
    let w = World::new(&named).await;
    {
        let mut seen = w.server.seen();
        seen.groups.insert("S0456".into(), names.clone());
        for (n, (_, said)) in all.iter().enumerate() {
            seen.users.insert(user(n), said.clone());
            seen.emails.insert(user(n), "ann@example.com".into());
        }
    }
    w.open("web");
    w.settled().await;
    for (n, (who, _)) in all.iter().enumerate() {
        nothing_for(&w, &user(n), who).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn full_members_who_are_not_in_the_channel_change_nothing_and_read_nothing() {
    for approvers in [&[][..], &["U0001", "S0456", "@example.com"][..]] {
        let w = World::new(approvers).await;
        {
            let mut seen = w.server.seen();
            seen.members.insert("C0123".into(), vec!["U0001".into()]);
            seen.groups.insert("S0456".into(), vec!["U0001".into()]);
            seen.emails.insert("U0009".into(), "eve@example.org".into());
        }
        w.open("web");
        w.settled().await;
        nothing_for(&w, "U0009", "not in the channel").await;
        nothing_for(&w, "U404", "nobody").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_slack_does_not_say_who_it_is_nothing_is_changed_or_read() {
    let w = World::new(&[]).await;
    w.server
        .seen()
        .members
        .insert("C0123".into(), vec!["U0001".into()]);
    w.open("web");
    w.settled().await;
    let error = |code: &str| Failure::Error(code.to_owned());
    for (method, failure) in [
        ("auth.test", Failure::Status(503)),
        ("users.info", Failure::Status(503)),
        ("users.info", error("missing_scope")),
        ("users.info", error("fatal_error")),
        ("conversations.members", error("internal_error")),
    ] {
        w.server.fail(method, &[failure]);
        assert_eq!(w.command("U0001", "show 1").await, 200);
        w.quiet().await;
        let whispers = std::mem::take(&mut w.server.seen().whispers);
        let text = whispers[0].1.to_string();
        assert!(
            text.contains("could not verify who you are"),
            "{method}: {text}"
        );
        assert!(!text.contains("2.4.1"), "{method}: {text}");
    }
    assert_eq!(w.command("U0001", "show 1").await, 200);
    w.quiet().await;
    assert!(w.server.seen().whispers[0].1.to_string().contains("2.4.1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn members_of_the_channel_read_also_where_others_are_named_as_approvers() {
    let w = World::new(&["U0001"]).await;
    w.server
        .seen()
        .members
        .insert("C0123".into(), vec!["U0002".into()]);
    let id = w.open("web").incident.id.0;
    w.settled().await;
    assert_eq!(w.command("U0002", "show 1").await, 200);
    let home = json!({"type": "app_home_opened", "user": "U0002", "tab": "home"});
    assert_eq!(w.event("Ev1", home).await, 200);
    w.quiet().await;
    {
        let seen = w.server.seen();
        assert!(seen.whispers[0].1.to_string().contains("2.4.1"));
        assert!(seen.views[0].1.to_string().contains(&id));
    }
    let mute = w.click("U0002", "mute", &w.value("mute", "shop"));
    assert_eq!(w.post("/slack/interactions", &form(&mute)).await, 200);
    w.quiet().await;
    assert_eq!(w.store.muted(&["shop"], w.clock.now()).unwrap(), None);
}
