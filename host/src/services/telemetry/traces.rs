//! Traces over OTLP: one for each incident, one span for each stage, one for each plugin call.
//!
//! The trace of an incident is joined from wherever it goes on: its id follows from the
//! incident's. The span of the whole incident is sent when it has ended.

mod ids;
mod otlp;

use std::time::{Duration, SystemTime};

use k8shawk_core::record::Record;
use opentelemetry::trace::{Span, SpanContext, Status, TraceContextExt, Tracer, TracerProvider};
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::{Protocol, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider};
use thiserror::Error;
use tokio::runtime::Handle;
use tracing::Subscriber;
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::registry::LookupSpan;

use crate::services::http_client;
use ids::Ids;
use otlp::{Client, Redacting};

/// Longest time of one request where the environment names none.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longest time in which what is left is sent at the end.
const LAST: Duration = Duration::from_secs(5);

/// Traces cannot be sent as the environment wants it: correct the variable.
#[derive(Debug, Error)]
#[error("traces cannot be sent: {0}")]
pub struct TraceError(String);

/// A value of the environment; none where it is empty.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Where spans go.
#[derive(Debug)]
pub struct Traces {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
}

/// What a triage call took, for the trace of an incident that it opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timed {
    /// Plugin.
    pub plugin: String,
    /// When it was called.
    pub begun: SystemTime,
    /// How long it took.
    pub took: Duration,
}

impl Traces {
    /// Send traces of `cluster` where `OTEL_EXPORTER_OTLP_ENDPOINT` or `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`
    /// says so; needs a tokio runtime.
    ///
    /// # Errors
    /// [`TraceError`] names what is wrong.
    pub fn from_environment(cluster: &str) -> Result<Option<Traces>, TraceError> {
        const ENDPOINTS: [&str; 2] = [
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
            "OTEL_EXPORTER_OTLP_ENDPOINT",
        ];
        let off = variable("OTEL_SDK_DISABLED").is_some_and(|v| v.eq_ignore_ascii_case("true"))
            || variable("OTEL_TRACES_EXPORTER").is_some_and(|v| v == "none");
        if off || !ENDPOINTS.iter().any(|name| variable(name).is_some()) {
            return Ok(None);
        }
        speaks_http()?;
        let http = http_client::builder().timeout(timeout());
        let http = http.build().map_err(|e| TraceError(e.to_string()))?;
        let exporter = opentelemetry_otlp::SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_http_client(Client::new(http, Handle::current()))
            .build()
            .map_err(|e| TraceError(e.to_string()))?;
        let mut provider = SdkTracerProvider::builder()
            .with_batch_exporter(Redacting::new(exporter))
            .with_id_generator(ids::Generator::default())
            .with_resource(resource(cluster));
        if let Some(sampler) = sampler() {
            provider = provider.with_sampler(sampler);
        }
        Ok(Some(Traces::over(provider.build())))
    }

    pub(super) fn over(provider: SdkTracerProvider) -> Traces {
        let tracer = provider.tracer("k8shawk");
        Traces { provider, tracer }
    }

    /// What turns the spans of `tracing` into spans of a trace.
    pub(super) fn layer<S>(&self) -> OpenTelemetryLayer<S, SdkTracer>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        tracing_opentelemetry::layer()
            .with_tracer(self.tracer.clone())
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_level(false)
    }

    /// What the spans of an incident are children of.
    pub(super) fn context(birth: &str, incident: &str) -> Context {
        Ids::of(birth, incident).context()
    }

    /// The id of an incident's trace, as hexadecimal digits.
    pub(super) fn id(birth: &str, incident: &str) -> String {
        Ids::of(birth, incident).trace.to_string()
    }

    /// A span that is over, within another.
    pub(super) fn over_span(
        &self,
        within: &Context,
        name: String,
        begun: SystemTime,
        took: Duration,
        attributes: Vec<KeyValue>,
    ) -> SpanContext {
        let mut span = self
            .tracer
            .span_builder(name)
            .with_start_time(begun)
            .with_attributes(attributes)
            .start_with_context(&self.tracer, within);
        span.end_with_timestamp(begun + took);
        span.span_context().clone()
    }

    /// The span of a whole incident, which has ended.
    pub(super) fn incident(&self, birth: &str, record: &Record) {
        let incident = &record.incident;
        let at = |ms: i64| {
            SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(ms).unwrap_or(0))
        };
        let text = |key: &'static str, value: &str| KeyValue::new(key, value.to_owned());
        let mut attributes = vec![
            text("incident", &incident.id.0),
            text("k8shawk.class", record.class()),
            text("k8shawk.severity", record.severity().as_str()),
            text("k8shawk.state", record.state.as_str()),
            text("k8shawk.answered_by", &record.answered_by),
            text("k8shawk.owner.kind", &incident.owner.kind),
            text("k8shawk.owner.name", &incident.owner.name),
            text("k8s.namespace.name", &incident.owner.namespace),
        ];
        if let Some(execution) = &record.execution {
            attributes.push(text("k8shawk.fix", execution.fix.action.name()));
        }
        if let Some(host) = &record.merged_into {
            attributes.push(text("k8shawk.merged_into", host));
        }
        let builder = self
            .tracer
            .span_builder("incident")
            .with_start_time(at(incident.opened_at))
            .with_attributes(attributes);
        let make = || builder.start_with_context(&self.tracer, &Context::new());
        let mut span = ids::with_ids(Ids::of(birth, &incident.id.0), make);
        if !is_good(record) {
            span.set_status(Status::error(record.state.as_str()));
        }
        span.end_with_timestamp(at(record.changed_at()));
    }

    /// Send what is left. Blocks for a few seconds at most.
    pub(super) fn end(&self) {
        // What could not be sent was told by then.
        let _ = self.provider.shutdown_with_timeout(LAST);
    }
}

#[cfg(test)]
pub(super) fn generator() -> ids::Generator {
    ids::Generator::default()
}

/// Within a span that is over.
pub(super) fn within(span: SpanContext) -> Context {
    Context::new().with_remote_span_context(span)
}

fn is_good(record: &Record) -> bool {
    use k8shawk_core::record::State::{Failed, NotKnown, Unchanged, Worse};
    !matches!(record.state, Failed | NotKnown | Unchanged | Worse)
}

fn speaks_http() -> Result<(), TraceError> {
    for name in [
        "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
        "OTEL_EXPORTER_OTLP_PROTOCOL",
    ] {
        match variable(name).as_deref() {
            None => {}
            Some("http/protobuf") => return Ok(()),
            Some(other) => {
                return Err(TraceError(format!(
                    "{name} is {other:?}; http/protobuf is spoken"
                )));
            }
        }
    }
    Ok(())
}

fn timeout() -> Duration {
    let named = variable("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT")
        .or_else(|| variable("OTEL_EXPORTER_OTLP_TIMEOUT"));
    named
        .and_then(|ms| ms.parse().ok())
        .map_or(PATIENCE, Duration::from_millis)
}

/// OpenTelemetry's name for the name of a cluster.
const CLUSTER: &str = "k8s.cluster.name";

/// Who sends: `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` are laid over it.
fn resource(cluster: &str) -> Resource {
    let mut resource = Resource::builder()
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
    let attributes = variable("OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default();
    if !attributes.contains(CLUSTER) {
        resource = resource.with_attribute(KeyValue::new(CLUSTER, cluster.to_owned()));
    }
    if variable("OTEL_SERVICE_NAME").is_none() && !attributes.contains("service.name=") {
        return resource.with_service_name("k8shawk").build();
    }
    resource.build()
}

/// The spans of an incident have a parent that is sent last, so a share of all traces is chosen by
/// the trace's id, whatever the parent is. Everything else is what the environment says.
fn sampler() -> Option<Sampler> {
    let share = variable("OTEL_TRACES_SAMPLER_ARG").and_then(|share| share.parse().ok());
    match variable("OTEL_TRACES_SAMPLER").as_deref() {
        Some("parentbased_traceidratio") => Some(Sampler::TraceIdRatioBased(share.unwrap_or(1.0))),
        Some("parentbased_always_off") => Some(Sampler::AlwaysOff),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_trace_names_its_cluster() {
        let resource = resource("prod");
        let name = resource.get(&CLUSTER.into());
        assert_eq!(name.map(|n| n.to_string()).as_deref(), Some("prod"));
    }
}
