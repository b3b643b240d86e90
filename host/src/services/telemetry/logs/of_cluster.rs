//! JSON lines that say which cluster they are of.

use std::fmt;

use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// Lines of another format, each one JSON object, with one more field.
pub(super) struct OfCluster<F> {
    lines: F,
    /// What goes behind the brace of the object.
    field: String,
}

impl<F> OfCluster<F> {
    /// The lines as they are where there is no cluster.
    pub(super) fn new(lines: F, cluster: Option<&str>) -> OfCluster<F> {
        let named = |name| format!("\"cluster\":{},", serde_json::Value::from(name));
        OfCluster {
            lines,
            field: cluster.map(named).unwrap_or_default(),
        }
    }
}

impl<S, N, F> FormatEvent<S, N> for OfCluster<F>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    N: for<'writer> FormatFields<'writer> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = String::new();
        let written = self
            .lines
            .format_event(context, Writer::new(&mut line), event);
        written?;
        match line.strip_prefix('{') {
            Some(rest) => write!(writer, "{{{}{rest}", self.field),
            None => writer.write_str(&line),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::fmt;
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn line(cluster: Option<&str>) -> serde_json::Value {
        let kept = Kept::default();
        let writer = kept.clone();
        let layer = fmt::layer()
            .json()
            .flatten_event(true)
            .with_writer(move || writer.clone())
            .map_event_format(|lines| OfCluster::new(lines, cluster));
        let subscriber = tracing_subscriber::registry().with(layer);
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(incident = "inc-1", "said")
        });
        let bytes = kept.0.lock().unwrap().clone();
        serde_json::from_slice(&bytes).unwrap()
    }

    #[test]
    fn every_json_line_names_its_cluster() {
        let said = line(Some("pr\"od"));
        assert_eq!(said["cluster"], "pr\"od");
        assert_eq!(
            (&said["incident"], &said["message"]),
            (&"inc-1".into(), &"said".into())
        );
        assert!(line(None).get("cluster").is_none());
    }
}
