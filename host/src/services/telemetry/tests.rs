use std::sync::{Arc, Mutex};
use std::time::Duration;

use k8shawk_sandbox::Registry;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};
use serde_json::json;
use tokio::sync::mpsc;

use super::*;
use crate::run::endpoints::{self, Sources};
use crate::services::clock::Clock;
use crate::services::cluster::{Change, Drops};
use crate::services::http_server::HttpServer;
use crate::services::plugins::Required;
use crate::services::store::{Store, StoreError};

/// An incident with a fix that was sent.
fn record(class: &str) -> Record {
    let web =
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "namespace": "shop", "name": "web"});
    let fix = json!({"target": web, "action": "rollout-restart"});
    serde_json::from_value(json!({
        "incident": {
            "id": "", "class": class, "severity": "high", "object": web, "owner": web,
            "signals": [], "opened_at": 1_000,
        },
        "state": "applied", "key": "k", "why": "", "answered_by": "patterns",
        "execution": {
            "fix": fix, "operation": {"operation": "replace", "object": {}}, "approvers": [],
            "started_at": 1_000,
        },
        "history": [{ "at": 1_000, "state": "applied", "note": "" }], "last_seen": 1_000,
    }))
    .unwrap()
}

fn sources(store: Store, telemetry: &Telemetry) -> (Sources, mpsc::Sender<Change>) {
    let (sender, receiver) = mpsc::channel(7);
    // The queue lives as long as the test.
    std::mem::forget(receiver);
    let plugins = Arc::new(Registry::default());
    let sources = Sources {
        telemetry: telemetry.clone(),
        store: Arc::new(store),
        required: Arc::new(Required::of(plugins.clone())),
        plugins,
        drops: Arc::new(Drops::default()),
        queue: sender.downgrade(),
        clock: Clock::default(),
    };
    (sources, sender)
}

/// From `Applied` to its end, and written down.
fn end(store: &Store, id: &str, state: State) {
    let ended = |r: &mut Record| r.step(61_000, state, "");
    store.advance(id, State::Applied, ended).unwrap();
    for _ in 0..2 {
        store
            .modify(id, |r| {
                r.documented = Some(r.state);
                Ok::<_, StoreError>(())
            })
            .unwrap();
    }
}

#[test]
fn an_incident_counts_when_it_opens_and_once_when_it_ends() {
    let telemetry = Telemetry::default();
    let store = Store::in_memory().unwrap().watched_by(telemetry.clone());
    let first = store.insert(record("workload"), &[]).unwrap();
    store.insert(record("invented/web-1"), &[]).unwrap();
    end(&store, &first.incident.id.0, State::Recovered);
    let (sources, _sender) = sources(store, &telemetry);
    let text = sources.render().unwrap();
    for line in [
        r#"k8shawk_incidents_opened_total{family="workload",severity="high"} 1"#,
        r#"k8shawk_incidents_opened_total{family="other",severity="high"} 1"#,
        r#"k8shawk_incidents_ended_total{state="recovered"} 1"#,
        r#"k8shawk_incidents_ended_total{state="worse"} 0"#,
        r#"k8shawk_incident_duration_seconds_sum{state="recovered"} 60.0"#,
        r#"k8shawk_fixes_total{action="rollout-restart",outcome="recovered"} 1"#,
        r#"k8shawk_incidents{state="applied"} 1"#,
        "k8shawk_watch_queue_limit 7",
        "k8shawk_watch_dropped_total{kind=\"Pod\"} 0",
        "k8shawk_store_errors_total 0",
        "k8shawk_ready 0",
    ] {
        assert!(
            text.contains(&format!("{line}\n")),
            "{line} is not in\n{text}"
        );
    }
}

/// What left.
#[derive(Debug, Clone, Default)]
struct Kept(Arc<Mutex<Vec<SpanData>>>);

impl SpanExporter for Kept {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.0.lock().unwrap().extend(batch);
        Ok(())
    }
}

fn traced() -> (Telemetry, Kept) {
    let kept = Kept::default();
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(kept.clone())
        .with_id_generator(traces::generator())
        .build();
    let telemetry = Telemetry::with_traces(Some(Traces::over(provider)));
    (telemetry, kept)
}

#[test]
fn the_span_of_an_incident_is_sent_once_and_its_parts_hang_on_it() {
    let (telemetry, kept) = traced();
    let store = Store::in_memory().unwrap().watched_by(telemetry.clone());
    telemetry.born(store.birth().unwrap());
    let id = store.insert(record("workload"), &[]).unwrap().incident.id.0;
    let call = Timed {
        plugin: "triage".to_owned(),
        begun: SystemTime::now(),
        took: Duration::from_micros(20),
    };
    telemetry.triaged(&id, SystemTime::now(), &call);
    assert_eq!(kept.0.lock().unwrap().len(), 2);
    end(&store, &id, State::Worse);
    let spans = kept.0.lock().unwrap();
    let names: Vec<&str> = spans.iter().map(|s| s.name.as_ref()).collect();
    assert_eq!(names, ["triage", "plugin triage", "incident"]);
    let root = &spans[2];
    let of = |span: &SpanData| span.span_context.trace_id().to_string();
    assert!(spans.iter().all(|s| of(s) == telemetry.trace_id(&id)));
    assert_eq!(spans[0].parent_span_id, root.span_context.span_id());
    assert_eq!(spans[1].parent_span_id, spans[0].span_context.span_id());
    assert_eq!(root.parent_span_id, opentelemetry::trace::SpanId::INVALID);
    let lasted = root.end_time.duration_since(root.start_time).unwrap();
    assert_eq!(lasted, Duration::from_secs(60));
    assert!(matches!(
        root.status,
        opentelemetry::trace::Status::Error { .. }
    ));
}

async fn page(address: &str, accept: &str) -> (u16, String) {
    let http = crate::services::http_client::builder().build().unwrap();
    let request = http.get(address).header("accept", accept);
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test]
async fn ready_names_what_is_missing_and_metrics_come_in_both_formats() {
    let telemetry = Telemetry::default();
    let (sources, _sender) = sources(Store::in_memory().unwrap(), &telemetry);
    let server = HttpServer::bind([127, 0, 0, 1].into(), 0).await.unwrap();
    let address = server.address();
    let at = |path: &str| format!("http://{address}{path}");
    let stop = tokio_util::sync::CancellationToken::new();
    let router = endpoints::router(Arc::new(sources));
    let (to, until) = (telemetry.clone(), stop.clone());
    let serving = tokio::spawn(async move { server.serve(router, to, until).await });
    let lacks = || async {
        let (code, text) = page(&at("/ready"), "*/*").await;
        assert_eq!(code, 503);
        let body: serde_json::Value = serde_json::from_str(&text).unwrap();
        let lacks = body["not_ready"].as_object().unwrap();
        lacks.keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(lacks().await, ["analysis", "triage", "watch"]);
    telemetry.listed();
    assert_eq!(lacks().await, ["analysis", "triage"]);
    let healthy = (200, r#"{"status": "healthy"}"#.to_owned());
    assert_eq!(page(&at("/health"), "*/*").await, healthy);
    telemetry.beats_every(Duration::ZERO);
    tokio::time::sleep(Duration::from_millis(5)).await;
    let (code, why) = page(&at("/health"), "*/*").await;
    assert!(code == 503 && why.contains("ran no sweep"), "{code} {why}");
    assert_eq!(lacks().await, ["analysis", "triage", "watch"]);
    telemetry.beats_every(Duration::from_secs(60));
    assert_eq!(page(&at("/health"), "*/*").await, healthy);
    let open = page(&at("/metrics"), "application/openmetrics-text").await;
    assert!(open.0 == 200 && open.1.ends_with("# EOF\n"));
    let (_, classic) = page(&at("/metrics"), "*/*").await;
    assert!(classic.contains("# TYPE k8shawk_store_errors_total counter\n"));
    stop.cancel();
    serving.await.unwrap();
}
