//! Who may click.

use k8shawk_core::record::State;

use crate::world::{World, form};

async fn click_by(w: &World, user: &str) -> String {
    let id = w.open("web").incident.id.0;
    w.settled().await;
    let payload = w.click(user, "approve", &w.approve_value(&id));
    assert_eq!(w.post("/slack/interactions", &form(&payload)).await, 200);
    w.quiet().await;
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_and_domains_are_told_to_whoever_judges() {
    let w = World::new(&["S0456", "@Example.com"]).await;
    {
        let mut seen = w.server.seen();
        seen.groups.insert("S0456".into(), vec!["U0001".into()]);
        seen.emails.insert("U0001".into(), "ann@example.com".into());
    }
    let id = click_by(&w, "U0001").await;
    assert_eq!(w.store.get(&id).unwrap().state, State::Approved);
    let acts = w.clerk.acts.lock().unwrap();
    assert_eq!(acts[0].0.name, "U0001");
    assert_eq!(acts[0].0.groups, ["S0456", "@Example.com"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_no_approvers_only_members_of_the_channel_may() {
    let w = World::new(&[]).await;
    w.server
        .seen()
        .members
        .insert("C0123".into(), vec!["U0001".into()]);
    let id = click_by(&w, "U0009").await;
    assert_eq!(w.store.get(&id).unwrap().state, State::Waiting);
    assert_eq!(w.acts(), 0);
    {
        let seen = w.server.seen();
        assert_eq!(seen.whispers.len(), 1, "told so privately");
        assert_eq!(seen.whispers[0].0, "U0009");
        assert!(
            seen.whispers[0]
                .1
                .to_string()
                .contains("members of the incident channel")
        );
        assert!(
            !seen.heads()[0].body.to_string().contains("U0009"),
            "the message is unchanged"
        );
    }
    let id = click_by(&w, "U0001").await;
    assert_eq!(w.store.get(&id).unwrap().state, State::Approved);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_happens_while_it_is_not_known_who_it_is() {
    let w = World::new(&["S0456"]).await;
    let failure = k8shawk_tests::slack_server::Failure::Status(503);
    w.server.fail("usergroups.users.list", &[failure]);
    let id = click_by(&w, "U0001").await;
    assert_eq!(w.store.get(&id).unwrap().state, State::Waiting);
    assert!(
        w.server.seen().whispers[0]
            .1
            .to_string()
            .contains("Try again")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_approves_has_a_name_beside_the_id_and_nobody_needs_one() {
    let w = World::new(&["U0001", "U0002"]).await;
    let named = serde_json::json!({"profile": {"real_name": "Ann Example"}});
    w.server.seen().users.insert("U0001".into(), named);
    let id = click_by(&w, "U0001").await;
    let named = w.store.get(&id).unwrap();
    assert_eq!(
        named
            .history
            .last()
            .unwrap()
            .by
            .as_ref()
            .unwrap()
            .to_string(),
        "Ann Example (U0001)"
    );
    let rca = k8shawk_core::rca::render(&named, "prod").into_string();
    assert!(rca.contains("approved by Ann Example (U0001)"), "{rca}");
    let asked = |w: &World| {
        w.server
            .seen()
            .calls
            .iter()
            .filter(|c| c.0 == "users.info")
            .count()
    };
    let before = asked(&w);
    // Slack gives no name: the click counts anyway, and nobody was asked twice.
    let id = click_by(&w, "U0002").await;
    let nameless = w.store.get(&id).unwrap();
    assert_eq!(nameless.state, State::Approved);
    let by = nameless.history.last().unwrap().by.clone().unwrap();
    assert_eq!((by.name.as_str(), by.called), ("U0002", None));
    assert_eq!(asked(&w), before + 1);
}
