//! Everything that is traced: names and fields of spans and of events, as a layer that exports
//! them would get them.

use std::fmt::{Debug, Write};
use std::sync::{Mutex, Once, PoisonError};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

static TOLD: Mutex<String> = Mutex::new(String::new());
static START: Once = Once::new();

struct Capture;

struct Fields<'t>(&'t mut String);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = writeln!(self.0, "{}={value:?}", field.name());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let _ = writeln!(self.0, "{}={value}", field.name());
    }
}

fn told(record: impl FnOnce(&mut Fields<'_>)) {
    let mut text = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
    record(&mut Fields(&mut text));
}

impl<S: Subscriber> Layer<S> for Capture {
    fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        if attributes.metadata().target().starts_with("k8shawk") {
            told(|fields| attributes.record(fields));
        }
    }

    fn on_record(&self, _: &Id, values: &Record<'_>, _: Context<'_, S>) {
        told(|fields| values.record(fields));
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target().starts_with("k8shawk") {
            told(|fields| event.record(fields));
        }
    }
}

/// Capture from now on, at every level.
pub fn start() {
    START.call_once(|| {
        let all = tracing_subscriber::registry().with(Capture);
        tracing::subscriber::set_global_default(all).unwrap();
    });
}

/// What was told since the last time.
pub fn taken() -> String {
    std::mem::take(&mut TOLD.lock().unwrap_or_else(PoisonError::into_inner))
}
