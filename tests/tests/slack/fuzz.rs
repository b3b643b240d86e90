//! 10,000 malformed bodies, made from real ones: no panic, no effect.

use k8shawk::services::slack::payload::{event, form, interaction, interaction_form};
use k8shawk_core::record::State;
use serde_json::{Value, json};

use crate::world::{World, click, form as encode};

/// A small generator, seeded: a failure can be run again.
struct Random(u64);

impl Random {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(below.max(1)).unwrap()).unwrap()
    }
}

fn strange(random: &mut Random) -> Value {
    let deep = (0..random.next(200)).fold(json!(1), |inner, _| json!([inner]));
    let all = [
        json!(null),
        json!(-1),
        json!(1e308),
        json!(""),
        json!("\u{0}\u{1b}[2J"),
        json!([]),
        json!({}),
        json!("<!channel>"),
        json!("U0001'; drop table incidents"),
        json!(true),
        json!("x".repeat(5000)),
        json!("inc-99999999999999999999"),
        deep,
        json!({"i": "inc-1", "d": {"i": "inc-1"}}),
        json!("{\"h\":\"0123456789abcdef\",\"i\":\"inc-1\",\"i\":\"inc-2\"}"),
    ];
    all[random.next(all.len())].clone()
}

/// Put something strange at some place that the parser looks at, or take it away.
fn damage(value: &mut Value, random: &mut Random) {
    let places = [
        "/type",
        "/user",
        "/user/id",
        "/channel/id",
        "/actions",
        "/actions/0",
        "/actions/0/value",
        "/actions/0/action_id",
        "/actions/0/type",
        "/trigger_id",
        "/channel",
    ];
    let place = places[random.next(places.len())];
    let with = strange(random);
    if let Some(found) = value.pointer_mut(place) {
        *found = with;
    }
}

fn garble(body: &str, random: &mut Random) -> String {
    let mut bytes = body.as_bytes().to_vec();
    for _ in 0..1 + random.next(6) {
        if bytes.is_empty() {
            break;
        }
        let at = random.next(bytes.len());
        match random.next(4) {
            0 => bytes[at] = u8::try_from(random.next(256)).unwrap(),
            1 => drop(bytes.remove(at)),
            2 => bytes.truncate(at.max(1)),
            _ => bytes.insert(at, b'%'),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_malformed_bodies_have_no_effect() {
    let w = World::new(&["U0001"]).await;
    let id = w.open("web").incident.id.0;
    w.settled().await;
    // A whole click has an effect; every damaged one must lose it: the digest is a wrong one.
    let host = w.installation.id();
    let wrong = json!({"h": host, "i": id, "d": "f".repeat(64), "a": 1}).to_string();
    let mut random = Random(0x5eed);
    let mut parsed = 0;
    let mut sent = 0;
    for n in 0..10_000 {
        let mut value = click("U0001", "approve", &wrong, "1.1", "https://evil.example/");
        // Else many would be replays of each other.
        value["token"] = json!(format!("t{n}"));
        damage(&mut value, &mut random);
        let mut body = encode(&value);
        if n % 2 == 0 {
            body = garble(&body, &mut random);
        }
        parsed += usize::from(interaction_form(body.as_bytes()).is_ok());
        let _ = (form(body.as_bytes()), interaction(&value), event(&value));
        // Each goes through the whole door, signed.
        let status = w.post("/slack/interactions", &body).await;
        assert!(matches!(status, 200 | 400 | 409 | 503), "{status}");
        sent += usize::from(status != 409);
    }
    assert!(sent > 9_900, "{sent}");
    assert!(parsed < 5_000, "most are refused: {parsed}");
    w.quiet().await;
    assert_eq!(w.acts(), 0);
    assert_eq!(w.store.get(&id).unwrap().state, State::Waiting);
}
