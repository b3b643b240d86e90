//! Log lines: for people, or one JSON object each.

mod of_cluster;

use std::io::Write;

use k8shawk_core::config::LogFormat;
use tracing_subscriber::filter::{EnvFilter, FilterExt, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry, fmt};

use super::Traces;
use super::run::SPANS;
use crate::services::progress;
use of_cluster::OfCluster;

/// What is logged where `RUST_LOG` says nothing.
const USUAL: &str = "warn,k8shawk=info,k8shawk_sandbox=warn,kube_client=off,kube_runtime=error";

/// Log lines go to standard error; `RUST_LOG` chooses which, `info` of ours by default. Each JSON line
/// names `cluster`, where there is one. Spans go to `traces`, where there are any.
pub fn start(format: LogFormat, cluster: Option<&str>, traces: Option<&Traces>) {
    let lines = lines(format, cluster, || progress::Stderr);
    let ours = |of: &tracing::Metadata<'_>| of.is_span() && of.target().starts_with("k8shawk");
    let spans = traces.map(|traces| traces.layer().with_filter(filter_fn(ours)));
    // A second start, as in tests, changes nothing.
    let _ = tracing_subscriber::registry()
        .with(lines)
        .with(spans)
        .try_init();
}

/// The log lines, without secrets, to wherever `to` says.
pub fn lines<W: Write + 'static>(
    format: LogFormat,
    cluster: Option<&str>,
    to: impl Fn() -> W + Send + Sync + 'static,
) -> Box<dyn Layer<Registry> + Send + Sync> {
    let clean = move || progress::Clean(to());
    match format {
        LogFormat::Text => text(clean),
        LogFormat::Json => json(cluster, clean),
    }
}

fn chosen() -> EnvFilter {
    filter(std::env::var("RUST_LOG").ok().as_deref())
}

/// The client of registries repeats what they answer: answers may hold what was sent.
fn may_say(of: &tracing::Metadata<'_>) -> bool {
    *of.level() <= tracing::Level::WARN || !of.target().starts_with("oci_client")
}

/// An empty variable counts as unset.
fn filter(said: Option<&str>) -> EnvFilter {
    let said = said.filter(|said| !said.trim().is_empty());
    said.and_then(|said| EnvFilter::try_new(said).ok())
        .unwrap_or_else(|| USUAL.into())
}

fn text<W: Write + 'static>(
    clean: impl Fn() -> W + Send + Sync + 'static,
) -> Box<dyn Layer<Registry> + Send + Sync> {
    // Spans would stand before every line; what they say stands in it where it matters.
    let filter = chosen().and(filter_fn(|of| of.is_event() && may_say(of)));
    fmt::layer()
        .with_writer(clean)
        .with_target(false)
        // Colours between a name and its value would hide a secret from its pattern.
        .with_ansi(false)
        .with_filter(filter)
        .boxed()
}

/// With the stage and the incident of each line, and the id of its trace.
fn json<W: Write + 'static>(
    cluster: Option<&str>,
    clean: impl Fn() -> W + Send + Sync + 'static,
) -> Box<dyn Layer<Registry> + Send + Sync> {
    let filter = chosen()
        .and(filter_fn(may_say))
        .or(filter_fn(|of| of.is_span() && of.target() == SPANS));
    fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(true)
        .map_event_format(|lines| OfCluster::new(lines, cluster))
        .with_writer(clean)
        .with_filter(filter)
        .boxed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_line_stays_one_line() {
        let mut written = Vec::new();
        let event = b"WARN not loaded plugin=a\nINFO forged\r\x1b[31mred\n";
        progress::Clean(&mut written).write_all(event).unwrap();
        let line = String::from_utf8(written).unwrap();
        assert_eq!(line, "WARN not loaded plugin=a INFO forged red\n");
    }

    #[test]
    fn an_empty_variable_does_not_silence_warnings() {
        let usual = filter(None).to_string();
        for said in ["", " "] {
            assert_eq!(filter(Some(said)).to_string(), usual);
        }
        assert_eq!(filter(Some("error")).to_string(), "error");
    }
}
