//! What is no secret stays: the fields, messages and log lines of the recorded incidents. They
//! come from real clusters on which nothing secret was set, so whatever is hidden of them is
//! hidden without need.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

use k8shawk_core::redact::{REDACTED, Veil, redact};
use serde_json::Value;

/// Fields and lines, and which of them were hidden.
#[derive(Default)]
struct Count {
    all: usize,
    hidden: Vec<String>,
}

impl Count {
    fn add(&mut self, before: &str, after: &str) {
        self.all += 1;
        let marks = |text: &str| text.matches(REDACTED).count() + text.matches("value-").count();
        if marks(after) > marks(before) {
            self.hidden.push(format!("{before:?} -> {after:?}"));
        }
    }

    fn check(&self, whom: &str) {
        let hidden = self.hidden.len();
        let share = 100.0 * hidden as f64 / self.all as f64;
        println!(
            "{whom}: {hidden} of {} harmless values hidden ({share:.3} %)",
            self.all
        );
        assert!(self.all > 20_000, "{}", self.all);
        assert!(share <= 0.5, "{share} %:\n{}", self.hidden.join("\n"));
    }
}

fn leaves(value: &Value, to: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => to(text),
        Value::Array(items) => items.iter().for_each(|i| leaves(i, to)),
        Value::Object(fields) => fields.values().for_each(|v| leaves(v, to)),
        _ => {}
    }
}

/// Every text that a recorded cluster told: fields of objects and events, lines of logs.
fn frames() -> Vec<Value> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/incidents");
    let files = std::fs::read_dir(directory).unwrap();
    let texts = files.map(|f| std::fs::read_to_string(f.unwrap().path()).unwrap());
    let bundles = texts.map(|text| serde_json::from_str::<Value>(&text).unwrap());
    bundles
        .flat_map(|b| b["frames"].as_array().cloned().unwrap_or_default())
        .collect()
}

#[test]
fn messages_that_only_sound_like_a_secret_stay_whole() {
    for text in [
        "MISSING  bot token: set SLACK_BOT_TOKEN",
        "error mounting \"/tmp/a\" to rootfs at \"/etc/passwd\": mount /tmp/a:/etc/passwd (via \
         /proc/self/fd/6), flags: 0x5001: not a directory",
        "pass: 12 fail: 3",
        "# pass: 12, fail: 0",
        "auth=enabled",
        "auth=enabled port=80",
        "error: secret: resource name may not be empty",
        "AccessKey: InvalidAccessKeyId: does not exist",
        "secretAccessKey: SignatureDoesNotMatch: check it",
        "secret \"api-7f9c8\" not found",
        "secret for ingress: shop/tls",
        "main.(*Client).SetToken(0xc000123456, {0xc0001, 0x10})",
        "auth.go:12 checkToken(ctx, name)",
        "export PASSWORD USER",
        "secrets:\n  - db-credentials\n  - tls",
        "PASSWORD=\nPORT=80",
        "password is required",
        "the token was not accepted",
        "PASSWORD_FILE=/run/secrets/db TOKEN_URL=https://idp.example/token TOKEN_TTL=30s",
        "GET /healthz?code=200&key=replicas",
        "does it work? yes",
    ] {
        assert_eq!(redact(text), text);
    }
}

#[test]
fn hardly_anything_harmless_of_the_recorded_incidents_is_hidden_from_people() {
    let mut count = Count::default();
    for frame in frames() {
        for part in ["objects", "events"] {
            leaves(&frame[part], &mut |text| count.add(text, &redact(text)));
        }
        for log in frame["logs"].as_array().into_iter().flatten() {
            let text = log["text"].as_str().unwrap_or_default();
            let clean = redact(text);
            let lines = text.lines().zip(clean.lines());
            lines.for_each(|(before, after)| count.add(before, after));
            assert_eq!(text.lines().count(), clean.lines().count());
        }
    }
    count.check("for people");
}

#[test]
fn hardly_anything_harmless_of_the_recorded_incidents_is_hidden_from_a_model() {
    let (mut count, veil) = (Count::default(), Veil::new("n"));
    for frame in frames() {
        for object in frame["objects"].as_array().into_iter().flatten() {
            let mut object = object.clone();
            // The copy that `kubectl apply` leaves is shown to nobody.
            let annotations = object.pointer_mut("/metadata/annotations");
            if let Some(all) = annotations.and_then(Value::as_object_mut) {
                all.retain(|key, _| !key.ends_with("last-applied-configuration"));
            }
            let mut before = Vec::new();
            leaves(&object, &mut |text| before.push(text.to_owned()));
            let mut after = Vec::new();
            leaves(&veil.object(object), &mut |text| {
                after.push(text.to_owned())
            });
            assert_eq!(before.len(), after.len());
            let pairs = before.iter().zip(&after);
            pairs.for_each(|(before, after)| count.add(before, &redact(after)));
        }
    }
    count.check("for a model");
}
