//! A stand-in for an OpenTelemetry collector: it takes traces over HTTP as the official protobuf
//! definitions have them, and refuses everything else.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use anyhow::{Context, Result};
use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use tokio::sync::oneshot;

/// Largest body.
const MAX_BODY: usize = 16 << 20;

/// A running collector; dropping it ends it.
pub struct Collector {
    address: SocketAddr,
    kept: Arc<Kept>,
    stop: Option<oneshot::Sender<()>>,
    serving: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Kept {
    spans: Mutex<Vec<Span>>,
    resources: Mutex<Vec<KeyValue>>,
    refused: Mutex<Vec<String>>,
}

impl Collector {
    /// Start one on a free port of the loopback.
    ///
    /// # Errors
    /// There is no port, or no runtime.
    pub fn start() -> Result<Collector> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let kept = Arc::<Kept>::default();
        let router = Router::new()
            .route("/v1/traces", post(traces))
            .with_state(kept.clone());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (stop, stopped) = oneshot::channel();
        let serving = std::thread::spawn(move || {
            runtime.block_on(async move {
                if let Ok(listener) = tokio::net::TcpListener::from_std(listener) {
                    tokio::select! {
                        _ = axum::serve(listener, router) => {}
                        _ = stopped => {}
                    }
                }
            });
        });
        Ok(Collector {
            address,
            kept,
            stop: Some(stop),
            serving: Some(serving),
        })
    }

    /// What `OTEL_EXPORTER_OTLP_ENDPOINT` should be.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The traces so far: spans by the id of their trace.
    pub fn traces(&self) -> BTreeMap<Vec<u8>, Vec<Span>> {
        let mut traces: BTreeMap<Vec<u8>, Vec<Span>> = BTreeMap::new();
        for span in held(&self.kept.spans).iter() {
            traces
                .entry(span.trace_id.clone())
                .or_default()
                .push(span.clone());
        }
        traces
    }

    /// A text of the sender, such as `service.name`.
    pub fn resource(&self, key: &str) -> Option<String> {
        let resources = held(&self.kept.resources);
        text(&resources, key)
    }

    /// What was sent and is no trace.
    pub fn refused(&self) -> Vec<String> {
        held(&self.kept.refused).clone()
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(serving) = self.serving.take() {
            let _ = serving.join();
        }
    }
}

/// A text among attributes.
pub fn text(attributes: &[KeyValue], key: &str) -> Option<String> {
    let attribute = attributes.iter().find(|a| a.key == key)?;
    match &attribute.value.as_ref()?.value {
        Some(Value::StringValue(text)) => Some(text.clone()),
        _ => None,
    }
}

fn held<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn traces(State(kept): State<Arc<Kept>>, request: Request) -> (StatusCode, Vec<u8>) {
    match read(request).await {
        Ok(export) => {
            keep(&kept, export);
            let answer = ExportTraceServiceResponse::default();
            (StatusCode::OK, answer.encode_to_vec())
        }
        Err(why) => {
            held(&kept.refused).push(format!("{why:#}"));
            (StatusCode::BAD_REQUEST, Vec::new())
        }
    }
}

async fn read(request: Request) -> Result<ExportTraceServiceRequest> {
    let kind = request.headers().get(header::CONTENT_TYPE);
    anyhow::ensure!(
        kind.is_some_and(|kind| kind == "application/x-protobuf"),
        "its type is {kind:?}"
    );
    let body: Bytes = to_bytes(request.into_body(), MAX_BODY).await?;
    let export = ExportTraceServiceRequest::decode(body).context("it is no OTLP")?;
    let spans = export.resource_spans.iter().flat_map(|r| &r.scope_spans);
    for span in spans.flat_map(|s| &s.spans) {
        let sound = span.trace_id.len() == 16
            && span.span_id.len() == 8
            && span.start_time_unix_nano > 0
            && span.end_time_unix_nano >= span.start_time_unix_nano
            && !span.name.is_empty();
        anyhow::ensure!(sound, "a span without id, name or time: {span:?}");
    }
    Ok(export)
}

fn keep(kept: &Kept, export: ExportTraceServiceRequest) {
    for group in export.resource_spans {
        let resource = group.resource.map(|r| r.attributes).unwrap_or_default();
        *held(&kept.resources) = resource;
        let spans = group.scope_spans.into_iter().flat_map(|s| s.spans);
        held(&kept.spans).extend(spans);
    }
}
