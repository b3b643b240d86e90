//! `/health`, `/ready` and `/metrics`.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::get;
use serde_json::{Map, Value, json};

pub use scrape::Sources;

mod process;
mod scrape;
mod text;

/// What `/health` says of a host that makes progress.
const HEALTHY: &str = r#"{"status": "healthy"}"#;

/// The routes, for [`HttpServer`](crate::services::http_server::HttpServer).
pub fn router(sources: Arc<Sources>) -> Router {
    Router::new()
        .route("/health", get(health))
        .route("/ready", get(ready))
        .route("/metrics", get(metrics))
        .with_state(sources)
}

fn answer(status: StatusCode, kind: &'static str, text: String) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static(kind);
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

/// The store blocks for a moment, and longer where the disk is slow.
async fn aside<T: Send + 'static>(
    sources: Arc<Sources>,
    ask: impl FnOnce(&Sources) -> T + Send + 'static,
) -> Option<T> {
    tokio::task::spawn_blocking(move || ask(&sources))
        .await
        .ok()
}

/// 200 where the process makes progress, else 503 with why not: only a new process helps then. It
/// waits for nothing, the store included, and says nothing of the cluster.
async fn health(State(sources): State<Arc<Sources>>) -> Response {
    let (status, body) = match sources.telemetry.stalled() {
        None => (StatusCode::OK, HEALTHY.to_owned()),
        Some(why) => {
            let body = json!({"status": "stalled", "why": why});
            (StatusCode::SERVICE_UNAVAILABLE, body.to_string())
        }
    };
    answer(status, "application/json", body)
}

/// 200 where everything is there that a judgement needs, else 503 with what is not.
async fn ready(State(sources): State<Arc<Sources>>) -> Response {
    let lacks = aside(sources, Sources::not_ready).await;
    let lacks = lacks.unwrap_or_else(|| vec![("host", "it is ending".to_owned())]);
    let ready = lacks.is_empty();
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let lacks: Map<String, Value> = lacks
        .into_iter()
        .map(|(what, why)| (what.to_owned(), why.into()))
        .collect();
    let body = if ready {
        json!({"ready": true})
    } else {
        json!({"ready": false, "not_ready": lacks})
    };
    answer(status, "application/json", body.to_string())
}

async fn metrics(State(sources): State<Arc<Sources>>, headers: HeaderMap) -> Response {
    let wanted = headers.get(header::ACCEPT).and_then(|h| h.to_str().ok());
    let open = wanted.is_some_and(|kinds| kinds.contains("application/openmetrics-text"));
    match aside(sources, Sources::render).await {
        Some(Ok(text)) if open => answer(StatusCode::OK, text::OPEN, text),
        Some(Ok(text)) => answer(StatusCode::OK, text::CLASSIC, text::classic(&text)),
        _ => answer(
            StatusCode::INTERNAL_SERVER_ERROR,
            text::CLASSIC,
            String::new(),
        ),
    }
}
