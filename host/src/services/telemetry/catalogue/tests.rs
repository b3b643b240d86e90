use std::collections::BTreeSet;

use super::*;

const DASHBOARD: &str = include_str!("../../../../../deploy/grafana/k8shawk.json");
const ALERTS: &str = include_str!("../../../../../deploy/prometheus/alerts.yaml");

/// Names of metrics in a query: words that a selector or a range follows, and all of ours.
fn names(query: &str) -> BTreeSet<&str> {
    let part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut found = BTreeSet::new();
    let mut rest = query;
    while let Some(start) = rest.find(part) {
        let word = &rest[start..];
        let end = word.find(|c| !part(c)).unwrap_or(word.len());
        let (word, behind) = word.split_at(end);
        let selected = behind.starts_with(['{', '[']) && word != "e";
        let ours = ["k8shawk_", "process_", "gen_ai_client_"];
        if selected || ours.iter().any(|start| word.starts_with(start)) {
            found.insert(word);
        }
        rest = behind;
    }
    found
}

/// True where a series of this name is exposed.
fn is_exposed(name: &str) -> bool {
    METRICS.iter().any(|metric| match metric.kind {
        Kind::Histogram => {
            let end = name.strip_prefix(metric.name);
            end.is_some_and(|end| ["_bucket", "_sum", "_count"].contains(&end))
        }
        _ => metric.name == name,
    })
}

fn queries(panel: &serde_json::Value, into: &mut Vec<String>) {
    match panel {
        serde_json::Value::Object(fields) => fields.iter().for_each(|(key, value)| match value {
            serde_json::Value::String(text) if key == "expr" => into.push(text.clone()),
            other => queries(other, into),
        }),
        serde_json::Value::Array(items) => items.iter().for_each(|item| queries(item, into)),
        _ => {}
    }
}

#[test]
fn names_are_unique_and_follow_the_conventions() {
    let all: BTreeSet<&str> = METRICS.iter().map(|m| m.name).collect();
    assert_eq!(all.len(), METRICS.len());
    for metric in METRICS {
        let counts = metric.name.ends_with("_total");
        assert_eq!(counts, metric.kind == Kind::Counter, "{}", metric.name);
        assert!(!metric.help.is_empty() && !metric.help.ends_with('.'));
    }
}

#[test]
fn names_are_found_in_queries() {
    let query =
        r#"sum by (le, gen_ai_request_model) (rate(up{job="k8shawk"}[5m])) > k8shawk_ready"#;
    assert_eq!(names(query), BTreeSet::from(["up", "k8shawk_ready"]));
}

#[test]
fn the_dashboard_names_only_metrics_that_exist() {
    let mut all = Vec::new();
    queries(&serde_json::from_str(DASHBOARD).unwrap(), &mut all);
    assert!(all.len() > 40, "{} queries", all.len());
    for query in &all {
        let named = names(query);
        assert!(!named.is_empty(), "{query}");
        for name in named {
            assert!(is_exposed(name), "{name} of {query} is not exposed");
        }
    }
}

#[test]
fn the_alerts_name_only_metrics_that_exist() {
    let exprs = ALERTS.split("- alert:").skip(1).map(|alert| {
        let (_, rest) = alert.split_once("expr:").unwrap();
        rest.split("labels: {").next().unwrap()
    });
    let mut count = 0;
    for expr in exprs {
        for name in names(expr).into_iter().filter(|name| *name != "up") {
            assert!(is_exposed(name), "{name} of {expr} is not exposed");
        }
        count += 1;
    }
    assert!(count >= 14, "{count} alerts");
}

/// What counts faults is no use while nobody is told.
#[test]
fn every_counter_of_failures_has_an_alert() {
    let ends = [
        "_failures_total",
        "_errors_total",
        "_faults_total",
        "_dropped_total",
    ];
    let counters = METRICS.iter().map(|metric| metric.name);
    let failures: Vec<&str> = counters
        .filter(|name| ends.iter().any(|end| name.ends_with(end)))
        .collect();
    assert!(failures.len() >= 5, "{failures:?}");
    for name in failures {
        assert!(names(ALERTS).contains(name), "no alert asks for {name}");
    }
}

#[test]
fn the_book_has_every_metric() {
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = here.join("../docs/src/observability.md");
    let book = std::fs::read_to_string(&path).unwrap();
    let (head, rest) = book.split_once("<!-- metrics -->\n").unwrap();
    let (_, tail) = rest.split_once("<!-- /metrics -->").unwrap();
    let wanted = format!("{head}<!-- metrics -->\n{}<!-- /metrics -->{tail}", table());
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, wanted).unwrap();
    } else {
        let how = "UPDATE=1 cargo test --release -p k8shawk --lib catalogue";
        assert!(book == wanted, "docs/src/observability.md is stale: {how}");
    }
}
