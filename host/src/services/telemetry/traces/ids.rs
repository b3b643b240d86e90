//! Ids of an incident's trace: derived from the incident, so that what happens before and after a
//! restart, or hours later, is one trace.

use std::cell::Cell;

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator};
use sha2::{Digest, Sha256};

/// The ids of one incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ids {
    pub(super) trace: TraceId,
    /// Of the span that stands for the whole incident, and is sent when it ends.
    pub(super) root: SpanId,
}

impl Ids {
    /// The ids of an incident of the store that began its life as `birth`: numbers of incidents
    /// start again with a new store.
    pub(super) fn of(birth: &str, incident: &str) -> Ids {
        let digest: [u8; 32] = Sha256::new()
            .chain_update(birth)
            .chain_update([0])
            .chain_update(incident)
            .finalize()
            .into();
        let (mut trace, mut root) = ([0; 16], [0; 8]);
        trace
            .iter_mut()
            .zip(digest)
            .for_each(|(to, from)| *to = from);
        let rest = digest.into_iter().skip(trace.len());
        root.iter_mut().zip(rest).for_each(|(to, from)| *to = from);
        Ids {
            trace: TraceId::from_bytes(trace),
            root: SpanId::from_bytes(root),
        }
    }

    /// What the spans of the incident are children of.
    pub(super) fn context(self) -> Context {
        Context::new().with_remote_span_context(SpanContext::new(
            self.trace,
            self.root,
            TraceFlags::SAMPLED,
            true,
            TraceState::default(),
        ))
    }
}

thread_local! {
    /// The ids of the span that is made next on this thread.
    static NEXT: Cell<Option<Ids>> = const { Cell::new(None) };
}

/// Make a span that has these ids; `make` begins exactly one.
pub(super) fn with_ids<T>(ids: Ids, make: impl FnOnce() -> T) -> T {
    NEXT.set(Some(ids));
    let made = make();
    NEXT.set(None);
    made
}

/// Random ids, but for the span of a whole incident.
#[derive(Debug, Default)]
pub(in crate::services::telemetry) struct Generator(RandomIdGenerator);

impl IdGenerator for Generator {
    fn new_trace_id(&self) -> TraceId {
        NEXT.get()
            .map_or_else(|| self.0.new_trace_id(), |ids| ids.trace)
    }

    fn new_span_id(&self) -> SpanId {
        NEXT.get()
            .map_or_else(|| self.0.new_span_id(), |ids| ids.root)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_incident_keeps_its_ids_and_shares_them_with_no_other() {
        let ids = Ids::of("birth", "inc-1");
        assert_eq!(ids, Ids::of("birth", "inc-1"));
        assert_ne!(ids.trace, Ids::of("birth", "inc-2").trace);
        assert_ne!(ids.trace, Ids::of("later", "inc-1").trace);
        assert_ne!(Ids::of("b", "inc-1").trace, Ids::of("bi", "nc-1").trace);
        assert_ne!(ids.root, SpanId::INVALID);
    }

    #[test]
    fn only_the_span_that_asks_for_it_has_the_ids_of_the_incident() {
        let (generator, ids) = (Generator::default(), Ids::of("birth", "inc-1"));
        let made = with_ids(ids, || (generator.new_trace_id(), generator.new_span_id()));
        assert_eq!(made, (ids.trace, ids.root));
        assert_ne!(generator.new_span_id(), ids.root);
    }
}
