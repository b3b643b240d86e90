//! Two hosts of two clusters on one Slack app: Slack hands each click to any of them, and the ids of
//! their incidents are the same.

use std::sync::Arc;

use k8shawk::services::commands::Act;
use k8shawk::services::slack::payload::{Place, private};
use k8shawk::services::store::Store;
use k8shawk_core::record::State;
use k8shawk_tests::slack_server::SlackServer;
use k8shawk_tests::slack_server::click::{envelope, submitted};
use serde_json::{Value, json};

use crate::world::{World, form};

/// The hosts of two clusters, each with incidents from `inc-1` on.
async fn hosts(incidents: usize) -> (World, World) {
    let server = SlackServer::start().await.unwrap();
    let host = |cluster: &'static str| {
        let store = Arc::new(Store::in_memory().unwrap());
        World::of(cluster, server.clone(), store, &["U0001"], None)
    };
    let (red, blue) = (host("red").await, host("blue").await);
    for world in [&red, &blue] {
        for n in 0..incidents {
            let cluster = world.installation.cluster();
            world.open(&format!("{cluster}-app-{n}"));
        }
        world.settled().await;
    }
    (red, blue)
}

/// What one click asks, and what it must come to where it reaches the host that showed it.
struct Click {
    payload: Value,
    act: Option<Act>,
    /// True where the details of the incident are shown.
    shows: bool,
}

/// The `n`th click, on a button or a dialog of this host.
fn click(world: &World, n: usize, incidents: usize) -> Click {
    let id = format!("inc-{}", 1 + n % incidents);
    let button = |action: &str, about: &str| {
        let value = world.value(action, about);
        world.click("U0001", action, &value)
    };
    match n % 5 {
        0 | 1 => Click {
            payload: button("undo", &id),
            act: Some(Act::Undo { id }),
            shows: false,
        },
        2 => {
            let reason = format!("reason {n}");
            let private = private(&world.installation, &id, &channel());
            Click {
                payload: submitted("U0001", &json!(private), &reason),
                act: Some(Act::Dismiss { id, reason }),
                shows: false,
            }
        }
        3 => Click {
            payload: button("mute", &format!("{}-{n}", world.installation.cluster())),
            act: None,
            shows: false,
        },
        _ => Click {
            payload: button("evidence", &id),
            act: None,
            shows: true,
        },
    }
}

fn channel() -> Place {
    Place {
        channel: "C0123".to_owned(),
        ..Place::default()
    }
}

fn acts(world: &World) -> Vec<String> {
    let acts = world.clerk.acts.lock().unwrap();
    let mut acts: Vec<String> = acts.iter().map(|(_, act)| format!("{act:?}")).collect();
    acts.sort();
    acts
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_thousand_clicks_none_acts_on_the_incident_of_another_cluster() {
    const INCIDENTS: usize = 20;
    const CLICKS: usize = 1000;
    let (red, blue) = hosts(INCIDENTS).await;
    red.socket().await;
    blue.socket().await;
    blue.until(|| blue.server.connections() == 2).await;
    let worlds = [&red, &blue];
    let mut wanted = [Vec::new(), Vec::new()];
    let mut shown = [0, 0];
    let mut elsewhere = 0;
    for n in 0..CLICKS {
        // Slack takes the hosts in turn; whose button is clicked does not follow it.
        let (to, of) = (n % 2, usize::from((n / 3) % 2 == 0));
        let click = click(worlds[of], n, INCIDENTS);
        if to == of {
            wanted[of].extend(click.act.map(|act| format!("{act:?}")));
            shown[of] += usize::from(click.shows);
        } else {
            elsewhere += 1;
        }
        assert!(
            red.server
                .deliver(envelope(&format!("e{n}"), &click.payload))
        );
        if n % 50 == 0 {
            red.until(|| red.server.seen().acks.len() + 40 > n).await;
        }
    }
    red.until(|| red.server.seen().acks.len() == CLICKS).await;
    assert!((300..700).contains(&elsewhere), "{elsewhere}");
    let told_so = || {
        let seen = red.server.seen();
        let of = |w: &&(String, Value)| w.1.to_string().contains("another K8sHawk");
        seen.whispers.iter().filter(of).count()
    };
    red.until(|| told_so() == elsewhere).await;
    red.quiet().await;
    blue.quiet().await;
    assert_eq!(told_so(), elsewhere);
    for (n, world) in worlds.iter().enumerate() {
        wanted[n].sort();
        assert_eq!(acts(world), wanted[n], "{}", world.installation.cluster());
        let seen = world.server.seen();
        let of = format!("{}-app-", world.installation.cluster());
        let views = seen
            .views
            .iter()
            .filter(|(_, v)| v.to_string().contains(&of));
        assert_eq!(views.count(), shown[n]);
    }
    let now = red.clock.now();
    for n in 0..CLICKS {
        for (world, other) in [(&red, "blue"), (&blue, "red")] {
            let muted = world.store.muted(&[&format!("{other}-{n}")], now).unwrap();
            assert_eq!(muted, None, "{other}-{n}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_that_comes_to_the_other_host_approves_nothing_there() {
    let (red, blue) = hosts(1).await;
    // The very same question stands at both: only the installation differs.
    let asked = red.store.get("inc-1").unwrap();
    blue.step("inc-1", |r| {
        r.asked_at = asked.asked_at;
        r.decision = asked.decision.clone();
    });
    let value = red.value("approve", "inc-1");
    let payload = blue.click("U0001", "approve", &value);
    assert_eq!(blue.post("/slack/interactions", &form(&payload)).await, 200);
    blue.quiet().await;
    assert_eq!((red.acts(), blue.acts()), (0, 0));
    {
        let seen = blue.server.seen();
        let told = seen.whispers[0].1.to_string();
        assert!(
            told.contains("Nothing done") && told.contains("Click again"),
            "{told}"
        );
    }
    assert_eq!(red.post("/slack/interactions", &form(&payload)).await, 200);
    red.quiet().await;
    assert_eq!((red.acts(), blue.acts()), (1, 0));
    assert_eq!(red.store.get("inc-1").unwrap().state, State::Approved);
    assert_eq!(blue.store.get("inc-1").unwrap().state, State::Waiting);
}

/// Buttons of the answer to a command, with what they carry.
fn buttons(body: &Value) -> Vec<(String, String)> {
    let blocks = body["blocks"].as_array().cloned().unwrap_or_default();
    let elements = blocks
        .iter()
        .flat_map(|b| b["elements"].as_array().cloned());
    let text = |e: &Value, name: &str| e[name].as_str().map(str::to_owned);
    elements
        .flatten()
        .filter_map(|e| Some((text(&e, "action_id")?, text(&e, "value")?)))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_changes_nothing_and_its_buttons_are_of_the_host_that_answered() {
    let (red, blue) = hosts(1).await;
    let mut approve = None;
    for text in ["approve 1", "approve blue/1", "mute 1", "mute shop 5"] {
        assert_eq!(blue.command("U0001", text).await, 200);
        blue.quiet().await;
        let told = std::mem::take(&mut blue.server.seen().whispers);
        let body = &told[0].1;
        let shown = body.to_string();
        assert!(
            shown.contains("blue") && !shown.contains("red-app"),
            "{text}: {shown}"
        );
        let action = text.split(' ').next().unwrap();
        let carried = buttons(body).into_iter().find(|(name, _)| name == action);
        let (_, value) = carried.unwrap_or_else(|| panic!("{text}: {shown}"));
        assert!(value.contains(blue.installation.id()), "{value}");
        approve = approve.or(Some((value, shown)));
    }
    assert_eq!(blue.command("U0001", "dismiss 1 known").await, 200);
    blue.quiet().await;
    let view = blue.server.seen().views.pop().unwrap().1["view"].clone();
    let private = view["private_metadata"].as_str().unwrap();
    assert!(private.contains(blue.installation.id()), "{private}");
    assert!(view.to_string().contains("blue-app-0") && view.to_string().contains("known"));
    assert_eq!((red.acts(), blue.acts()), (0, 0));
    assert_eq!(
        blue.store
            .muted(&["inc-1", "shop"], blue.clock.now())
            .unwrap(),
        None
    );
    // The diff that was shown is what the button approves.
    let (value, shown) = approve.unwrap();
    assert!(
        shown.contains("2.4.1\\n+ registry.example/checkout:2.4.0"),
        "{shown}"
    );
    let payload = blue.click("U0001", "approve", &value);
    assert_eq!(blue.post("/slack/interactions", &form(&payload)).await, 200);
    blue.until(|| blue.acts() == 1).await;
    assert_eq!(blue.store.get("inc-1").unwrap().state, State::Approved);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_names_another_cluster_is_left_to_it() {
    let (_red, blue) = hosts(1).await;
    for text in [
        "show red/1",
        "approve red/1",
        "dismiss red/1 no",
        "mute red/shop",
    ] {
        assert_eq!(blue.command("U0001", text).await, 200);
        blue.quiet().await;
        let told = std::mem::take(&mut blue.server.seen().whispers);
        let shown = told[0].1.to_string();
        assert!(shown.contains("you named red"), "{text}: {shown}");
        assert!(
            !shown.contains("2.4.1") && buttons(&told[0].1).is_empty(),
            "{text}: {shown}"
        );
    }
    assert!(blue.server.seen().views.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn after_an_outage_no_host_takes_the_message_of_another_for_its_own() {
    use k8shawk_tests::slack_server::Failure;
    let server = SlackServer::start().await.unwrap();
    let store = || Arc::new(Store::in_memory().unwrap());
    let red = World::of("red", server.clone(), store(), &["U0001"], None).await;
    red.open("red-app");
    red.settled().await;
    let blue = World::of("blue", server.clone(), store(), &["U0001"], None).await;
    // Posted or not: blue looks into the channel, where the message of red's inc-1 stands.
    server.fail("chat.postMessage", &[Failure::Status(503)]);
    blue.open("blue-app");
    blue.settled().await;
    let seen = server.seen();
    let heads: Vec<String> = seen.heads().iter().map(|m| m.body.to_string()).collect();
    assert_eq!(heads.len(), 2, "{heads:?}");
    for (body, cluster) in heads.iter().zip(["red", "blue"]) {
        assert!(body.contains(&format!("{cluster}-app")), "{body}");
        assert!(body.contains(&format!("[{cluster}] ")), "{body}");
    }
}
