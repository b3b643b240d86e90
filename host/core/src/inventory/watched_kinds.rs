//! Every kind that is observed, once, and which of them a running host watches: add a kind here.

use std::sync::LazyLock;

use super::access::{Ingress, IngressClass, Secret, Webhooks};
use super::claim::{Claim, StorageClass, Volume};
use super::job::Job;
use super::observation::{Scene, Sighting};
use super::observed::{Change, Observed, Source};
use super::pod::Pod;
use super::scaling::{Api, Budget, Namespace, Node, Scaler};
use super::schedule::CronJob;
use super::service::Service;
use super::shape::Entry;
use super::workload::Workload;
use crate::kinds::Kind;
use crate::signal::ObjectSummary;

/// In the order in which a running host begins to watch them.
const FORMS: &[Form] = &[
    Form::of::<Node>(),
    Form::of::<Namespace>(),
    Form::of::<Pod>(),
    Form::of::<Workload>(),
    Form::of::<Job>(),
    Form::of::<CronJob>(),
    Form::of::<Claim>(),
    Form::of::<StorageClass>(),
    Form::of::<Volume>(),
    Form::of::<Service>(),
    Form::of::<Ingress>(),
    Form::of::<IngressClass>(),
    Form::of::<Scaler>(),
    Form::of::<Budget>(),
    Form::of::<Webhooks>(),
    Form::of::<Api>(),
    Form::of::<Secret>(),
];

/// The functions of one [`Observed`].
pub(super) struct Form {
    kinds: &'static [&'static str],
    watched: bool,
    depends_on: &'static [&'static str],
    across: bool,
    parse: fn(&'static Kind, Source<'_>) -> Option<Entry>,
    observe: fn(Scene<'_>) -> Vec<Sighting>,
    summarise: fn(Scene<'_>, &mut ObjectSummary),
    depends: fn(&Entry, Change<'_>) -> bool,
    ending: fn(&Entry) -> Option<Vec<String>>,
}

impl Form {
    const fn of<T: Observed>() -> Form {
        Form {
            kinds: T::KINDS,
            watched: T::WATCHED,
            depends_on: T::DEPENDS_ON,
            across: T::ACROSS,
            parse: |kind, from| {
                let (meta, body) = T::parse(from)?;
                let body = Some(Box::new(body) as Box<_>);
                Some(Entry { kind, meta, body })
            },
            observe: |scene| {
                let kept = scene.entry.kept::<T>();
                kept.map(|kept| kept.observe(scene)).unwrap_or_default()
            },
            summarise: |scene, summary| {
                if let Some(kept) = scene.entry.kept::<T>() {
                    kept.summarise(scene, summary);
                }
            },
            depends: |entry, change| {
                let kept = entry.kept::<T>();
                kept.is_some_and(|kept| kept.depends_on(entry, change))
            },
            ending: |entry| entry.kept::<T>()?.ending(),
        }
    }
}

fn form(kind: &str) -> Option<&'static Form> {
    FORMS.iter().find(|form| form.kinds.contains(&kind))
}

static WATCHED: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let observed = FORMS.iter().filter(|form| form.watched);
    let kinds = observed.flat_map(|form| form.kinds.iter().copied());
    std::iter::once("Event").chain(kinds).collect()
});

/// The kinds that a running host watches, and has rights and metrics for: `Event` first, then those
/// with a status that tells of a fault, and what they name. Secrets are not: their contents stay
/// where they are.
pub fn watched() -> &'static [&'static str] {
    &WATCHED
}

/// The kind of a gap that concerns all of them.
pub const EVERY_KIND: &str = "*";

/// What is kept of an object; none where it cannot be understood.
pub(super) fn parse(kind: &'static Kind, from: Source<'_>) -> Option<Entry> {
    let entry = match form(kind.kind) {
        Some(form) => (form.parse)(kind, from)?,
        None => Entry {
            kind,
            meta: from.meta()?,
            body: None,
        },
    };
    let placed = kind.namespaced != entry.meta.namespace.is_empty();
    (placed && !entry.meta.name.is_empty()).then_some(entry)
}

/// Everything that the status of an object shows.
pub(super) fn observe(scene: Scene<'_>) -> Vec<Sighting> {
    let form = form(scene.entry.kind.kind);
    if scene.entry.deleting() {
        let ending = form.and_then(|form| (form.ending)(scene.entry));
        return super::deletion::observe(scene, ending)
            .into_iter()
            .collect();
    }
    form.map(|form| (form.observe)(scene)).unwrap_or_default()
}

/// What triage gets of an object, without how long a condition lasted.
pub(super) fn summary(scene: Scene<'_>) -> ObjectSummary {
    let age = scene.since(scene.entry.meta.creation_timestamp);
    let mut summary = ObjectSummary {
        age_seconds: seconds(age.unwrap_or(0)),
        ready: true,
        deleting: scene.entry.deleting(),
        ..ObjectSummary::default()
    };
    if let Some(form) = form(scene.entry.kind.kind) {
        (form.summarise)(scene, &mut summary);
    }
    summary
}

/// Seconds as a summary counts them.
pub(super) fn seconds(value: i64) -> u32 {
    u32::try_from(value.max(0)).unwrap_or(u32::MAX)
}

/// Entries whose observations may change when an object did.
pub(super) fn dependants<'a>(change: Change<'a>) -> impl Iterator<Item = &'a Entry> {
    let kind = change.object.kind.as_str();
    let forms = FORMS
        .iter()
        .filter(move |form| form.depends_on.contains(&kind));
    forms.flat_map(move |form| {
        let within = change.object.namespace.as_str();
        let entries = form.kinds.iter().flat_map(move |kind| {
            let namespaced = crate::kinds::kind(kind).is_some_and(|kind| kind.namespaced);
            let near = namespaced && !form.across && !within.is_empty();
            let all = change
                .objects
                .of_kind(kind)
                .take(if near { 0 } else { usize::MAX });
            let some = change.objects.in_namespace(kind, within);
            all.chain(some.take(if near { usize::MAX } else { 0 }))
        });
        entries.filter(move |entry| (form.depends)(entry, change))
    })
}
