//! Sending spans: OTLP as protobuf over HTTP, by the client that everything else uses.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use k8shawk_core::redact::redact;
use opentelemetry::trace::Status;
use opentelemetry::{Array, KeyValue, StringValue, Value};
use opentelemetry_http::{Bytes, HttpClient, HttpError};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use tokio::runtime::Handle;
use tracing::{info, warn};

/// Our HTTP client, for a thread that runs no tasks.
pub(super) struct Client {
    http: reqwest::Client,
    tasks: Handle,
}

impl Client {
    pub(super) fn new(http: reqwest::Client, tasks: Handle) -> Client {
        Client { http, tasks }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client")
    }
}

type Sending<'a> =
    Pin<Box<dyn Future<Output = Result<http::Response<Bytes>, HttpError>> + Send + 'a>>;

impl HttpClient for Client {
    fn send_bytes<'a, 'b>(&'a self, request: http::Request<Bytes>) -> Sending<'b>
    where
        'a: 'b,
        Self: 'b,
    {
        let http = self.http.clone();
        #[allow(
            clippy::disallowed_methods,
            reason = "the exporter's thread has no runtime, and waits for this task right away"
        )]
        let sent = self.tasks.spawn(send(http, request));
        Box::pin(async move { sent.await? })
    }
}

async fn send(
    http: reqwest::Client,
    request: http::Request<Bytes>,
) -> Result<http::Response<Bytes>, HttpError> {
    let mut answer = http.execute(request.try_into()?).await?;
    let (status, headers) = (answer.status(), std::mem::take(answer.headers_mut()));
    let mut response = http::Response::new(answer.bytes().await?);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

/// The one way out for spans: nothing leaves that looks like a secret.
#[derive(Debug)]
pub(super) struct Redacting<E> {
    inner: E,
    failing: AtomicBool,
}

impl<E> Redacting<E> {
    pub(super) fn new(inner: E) -> Redacting<E> {
        Redacting {
            inner,
            failing: AtomicBool::new(false),
        }
    }

    /// Said once, until it works again.
    fn told(&self, done: &OTelSdkResult) {
        let failed = done.is_err();
        if self.failing.swap(failed, Ordering::Relaxed) == failed {
            return;
        }
        match done {
            Ok(()) => info!("traces are sent again"),
            // The address may hold a key.
            Err(error) => {
                let why = redact(&error.to_string());
                warn!(
                    why,
                    "traces cannot be sent and are lost; nothing else is affected"
                );
            }
        }
    }
}

impl<E: SpanExporter> SpanExporter for Redacting<E> {
    async fn export(&self, mut batch: Vec<SpanData>) -> OTelSdkResult {
        batch.iter_mut().for_each(clean);
        let done = self.inner.export(batch).await;
        self.told(&done);
        done
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}

fn clean(span: &mut SpanData) {
    clean_all(&mut span.attributes);
    for event in &mut span.events.events {
        clean_all(&mut event.attributes);
    }
    if let Status::Error { description } = &mut span.status {
        *description = redact(description).into();
    }
}

fn clean_all(attributes: &mut [KeyValue]) {
    let clean = |text: &StringValue| StringValue::from(redact(text.as_str()));
    for attribute in attributes {
        match &mut attribute.value {
            Value::String(text) => *text = clean(text),
            Value::Array(Array::String(texts)) => texts.iter_mut().for_each(|t| *t = clean(t)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use opentelemetry::trace::{Span, Tracer, TracerProvider};
    use opentelemetry_sdk::trace::SdkTracerProvider;

    use super::*;

    /// What left.
    #[derive(Debug, Clone, Default)]
    struct Kept(Arc<Mutex<Vec<SpanData>>>);

    impl SpanExporter for Kept {
        async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
            self.0.lock().unwrap().extend(batch);
            Ok(())
        }
    }

    #[test]
    fn a_secret_in_an_attribute_or_a_status_does_not_leave() {
        let kept = Kept::default();
        let provider = SdkTracerProvider::builder()
            .with_simple_exporter(Redacting::new(kept.clone()))
            .build();
        let mut span = provider.tracer("test").start("call");
        span.set_attribute(KeyValue::new("why", "password=hunter2hunter2"));
        span.set_status(Status::error("token ghp_0123456789abcdef refused"));
        span.end();
        let spans = kept.0.lock().unwrap();
        let shown = format!("{:?} {:?}", spans[0].attributes, spans[0].status);
        assert_eq!(shown.matches("[redacted]").count(), 2, "{shown}");
        assert!(!shown.contains("hunter2") && !shown.contains("0123456789abcdef"));
    }
}
