//! Objects that nobody expects, and some that the API server would never send.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use k8shawk_tests::cluster::{Cluster, Namespace};
use k8shawk_tests::fault::Product;
use k8shawk_tests::relay::Relay;
use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::Shared;
use crate::flow::text;

type Test = fn(&Cluster) -> Result<()>;

/// The tests of this file.
pub fn trials(shared: &Shared) -> Vec<Trial> {
    let tests: [(&str, Test); 2] = [
        ("odd_objects_that_the_api_takes_hide_nothing", odd),
        (
            "an_object_without_form_is_named_once_and_stops_no_watch",
            spoilt,
        ),
    ];
    let trial = |(name, test): (&str, Test)| {
        let shared = shared.clone();
        Trial::test(format!("oddities::{name}"), move || shared.beside(test))
    };
    tests.map(trial).into()
}

/// Text that a terminal, a document or a parser could stumble over.
const NASTY: &str = "\u{1b}[2J\u{7}\u{202e}\u{0}\u{feff}```\n# [x](y) | \u{1f4a5} \u{fffd}\r\n";

fn odd(cluster: &Cluster) -> Result<()> {
    let namespace = cluster.namespace("odd")?;
    let product = Product::new(cluster)?;
    let running = product.run(namespace.name(), &[])?;
    std::thread::sleep(Duration::from_secs(4));
    create(&namespace, &pod("long", &"\u{10ffff}".repeat(50_000)))?;
    create(&namespace, &pod("nasty", ""))?;
    for (name, event) in events(namespace.name()) {
        let list = json!({ "metadata": { "name": name } });
        create(&namespace, &merged(event, list))?;
    }
    let pull = ["run", "plain", "--image=nonexistent-image:latest"];
    namespace.kubectl(&pull)?;
    let found = cluster.wait_until(Duration::from_secs(90), "both incidents", || {
        let all = running.all_incidents()?;
        let of = |name: &str| all.iter().find(|i| text(i, "/owner/name") == name).cloned();
        Ok(of("plain").zip(of("nasty")))
    })?;
    let log = running.log();
    ensure!(!log.contains("panicked"), "{log}");
    ensure!(!log.contains("cannot be parsed and is ignored"), "{log}");
    // Whatever is shown to people has no control characters of others.
    let shown = running.ask(&["incidents", text(&found.1, "/id")])?;
    let control = |c: &char| c.is_control() && *c != '\n';
    for text in [&log, &shown] {
        let bad: Vec<char> = text.chars().filter(control).collect();
        ensure!(bad.is_empty(), "{bad:?} in {text:?}");
    }
    ensure!(!shown.contains('\u{202e}'), "{shown:?}");
    Ok(())
}

fn create(namespace: &Namespace, object: &Value) -> Result<()> {
    // `apply` would copy it into an annotation, for which this is too long.
    namespace.create(&object.to_string()).map(drop)
}

fn merged(mut object: Value, over: Value) -> Value {
    if let (Some(fields), Value::Object(over)) = (object.as_object_mut(), over) {
        fields.extend(over);
    }
    object
}

fn pod(name: &str, note: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": { "name": name, "annotations": { "note": note } },
        "spec": {
            "terminationGracePeriodSeconds": 0,
            "containers": [{ "name": "main", "image": "busybox:1", "command": ["sleep", "3600"] }],
        },
    })
}

/// Events with odd values that the API server takes.
fn events(namespace: &str) -> Vec<(&'static str, Value)> {
    let about = |name: &str| json!({ "apiVersion": "v1", "kind": "Pod", "namespace": namespace, "name": name });
    let event = |over: Value| {
        let plain = json!({
            "apiVersion": "v1", "kind": "Event", "type": "Warning", "reason": "Failed",
            "message": "Error: secret \"nowhere\" not found", "involvedObject": about("nasty"),
        });
        merged(plain, over)
    };
    let long = format!(
        "Error: secret \"elsewhere\" not found {NASTY}{}",
        "\u{e9}".repeat(100_000)
    );
    let empty = json!({ "apiVersion": "", "kind": "", "namespace": namespace, "name": "" });
    vec![
        ("long", event(json!({ "message": long, "count": -5 }))),
        (
            "early",
            event(json!({ "lastTimestamp": "0001-01-01T00:00:00Z", "firstTimestamp": null })),
        ),
        (
            "late",
            event(json!({ "lastTimestamp": "9999-12-31T23:59:59Z", "count": 2_147_483_647 })),
        ),
        (
            "nothing",
            event(json!({ "reason": "", "message": "", "involvedObject": empty })),
        ),
        (
            "null",
            event(json!({ "message": null, "source": null, "series": null, "count": null })),
        ),
        (
            "nasty",
            event(json!({ "reason": NASTY, "message": NASTY, "source": { "component": NASTY } })),
        ),
    ]
}

fn spoilt(cluster: &Cluster) -> Result<()> {
    let namespace = cluster.namespace("spoilt")?;
    let relay = Relay::start(cluster)?;
    // No map of labels, whenever it is sent; and a text that ends too early, once.
    let (form, list) = (r#"{"form":"missing-aaaa"}"#, r#"["form","missing-aaaa"]"#);
    let (whole, half) = (r#"{"form":"cut-off-aaaa"}"#, r#"{"form":"cut-off-aaaa"]"#);
    relay.spoil(form, list, usize::MAX)?;
    relay.spoil(whole, half, 1)?;
    let product = Product::with_kubeconfig(&relay.kubeconfig())?;
    let running = product.run(namespace.name(), &[])?;
    std::thread::sleep(Duration::from_secs(5));

    let labelled = |name: &str, form: &str| {
        let mut made = pod(name, "");
        made["metadata"]["labels"] = json!({ "form": form });
        create(&namespace, &made)
    };
    labelled("without-form", "missing-aaaa")?;
    namespace.kubectl(&["annotate", "pod/without-form", "again=1"])?;
    labelled("cut-off", "cut-off-aaaa")?;
    let pull = ["run", "plain", "--image=nonexistent-image:latest"];
    namespace.kubectl(&pull)?;
    let found = running.until(&["needs-human"], Duration::from_secs(90))?;
    ensure!(text(&found, "/owner/name") == "plain", "{found}");
    namespace.kubectl(&["annotate", "pod/without-form", "again=2", "--overwrite"])?;
    // Another cause: one registry that does not answer would make them one incident.
    let mut second = pod("second", "");
    second["spec"]["containers"][0]["envFrom"] = json!([{ "configMapRef": { "name": "missing" } }]);
    create(&namespace, &second)?;
    cluster
        .wait_until(Duration::from_secs(60), "another incident", || {
            let all = running.incidents()?;
            let found = all.iter().any(|i| text(i, "/owner/name") == "second");
            Ok(found.then_some(()))
        })
        .with_context(|| running.told())?;
    ensure!(relay.spoiled(form) >= 2, "the relay has spoilt nothing");
    ensure!(relay.spoiled(whole) == 1, "the relay has cut nothing off");
    told_once(&running.log(), namespace.name())
}

fn told_once(log: &str, namespace: &str) -> Result<()> {
    ensure!(!log.contains("panicked"), "{log}");
    let odd: Vec<&str> = log
        .lines()
        .filter(|l| l.contains("cannot be parsed and is ignored"))
        .collect();
    let named = format!("Pod {namespace}/without-form");
    ensure!(odd.len() == 1 && odd[0].contains(&named), "{log}");
    let cut: Vec<&str> = log
        .lines()
        .filter(|l| l.contains("answer cannot be parsed"))
        .collect();
    ensure!(cut.len() == 1 && cut[0].contains("Pod"), "{log}");
    ensure!(log.matches("watch resumed").count() == 1, "{log}");
    Ok(())
}
