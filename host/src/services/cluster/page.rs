//! The raw text of a list and where its objects begin and end: nothing is parsed in full
//! before somebody asks for it.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use k8shawk_core::kinds::Kind;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{secret, strip};
use k8shawk_core::selector::Selector;

/// The objects of one kind.
#[derive(Debug, Default)]
pub(super) struct Page {
    body: String,
    items: Vec<Item>,
    index: HashMap<String, usize>,
}

/// One object: what is needed to find it.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) namespace: Box<str>,
    pub(super) name: Box<str>,
    pub(super) about: About,
    labels: Vec<(Box<str>, Box<str>)>,
    range: Range<usize>,
}

/// What an event is about; empty for other kinds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct About {
    pub(super) normal: bool,
    pub(super) kind: Box<str>,
    pub(super) namespace: Box<str>,
    pub(super) name: Box<str>,
}

#[derive(Deserialize)]
struct List<'a> {
    #[serde(default)]
    metadata: ListMetadata,
    #[serde(borrow)]
    items: Option<Vec<&'a RawValue>>,
}

#[derive(Default, Deserialize)]
struct ListMetadata {
    #[serde(rename = "continue")]
    rest: Rest,
}

#[derive(Deserialize)]
struct Header<'a> {
    #[serde(borrow)]
    metadata: Metadata<'a>,
}

#[derive(Deserialize)]
struct Metadata<'a> {
    #[serde(borrow, default)]
    name: Cow<'a, str>,
    #[serde(borrow, default)]
    namespace: Cow<'a, str>,
    #[serde(borrow)]
    labels: Option<BTreeMap<Cow<'a, str>, Cow<'a, str>>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Event {
    #[serde(rename = "type")]
    kind: String,
    involved_object: InvolvedObject,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct InvolvedObject {
    kind: String,
    namespace: String,
    name: String,
}

impl Page {
    /// The objects of a list's text. One that cannot be understood is left out; none where the
    /// text is no list.
    pub(super) fn parse(kind: &Kind, body: String) -> Option<Page> {
        let list: List<'_> = serde_json::from_str(&body).ok()?;
        let items = list.items.unwrap_or_default();
        if kind.kind == "Secret" {
            return Some(Page::of_secrets(kind, &items));
        }
        let start = body.as_ptr() as usize;
        let spans = items.iter().map(|raw| {
            let from = (raw.get().as_ptr() as usize).saturating_sub(start);
            (raw.get(), from..from + raw.get().len())
        });
        let items: Vec<Item> = spans
            .filter_map(|(raw, range)| item(kind, raw, range))
            .collect();
        Some(Page::of(body, items))
    }

    fn of(body: String, items: Vec<Item>) -> Page {
        let keys = items.iter().enumerate();
        let index = keys
            .map(|(at, item)| (key(&item.namespace, &item.name), at))
            .collect();
        Page { body, items, index }
    }

    /// The values of Secrets are gone before anything is kept.
    fn of_secrets(kind: &Kind, raws: &[&RawValue]) -> Page {
        let (mut body, mut items) = (String::new(), Vec::new());
        for projected in raws
            .iter()
            .filter_map(|raw| secret::project_text(raw.get()))
        {
            let range = body.len()..body.len() + projected.len();
            items.extend(item(kind, &projected, range));
            body.push_str(&projected);
        }
        Page::of(body, items)
    }

    pub(super) fn items(&self) -> &[Item] {
        &self.items
    }

    /// The text of an object as the server sent it.
    pub(super) fn raw(&self, item: &Item) -> &str {
        self.body.get(item.range.clone()).unwrap_or_default()
    }

    /// The text of an object.
    pub(super) fn object(&self, namespace: &str, name: &str) -> Option<&str> {
        let at = self.index.get(&key(namespace, name))?;
        self.items.get(*at).map(|item| self.raw(item))
    }

    /// The objects of a namespace (of all, where it is empty) that have the labels.
    pub(super) fn list(&self, kind: &Kind, namespace: &str, selector: &Selector<'_>) -> Array {
        let hits = self.items.iter().filter(|item| {
            (namespace.is_empty() || *item.namespace == *namespace)
                && selector.fits(|key| item.label(key))
        });
        let mut array = Array::default();
        hits.for_each(|item| array.add(kind, self.raw(item)));
        array
    }
}

/// The objects of lists as one JSON array, each stripped.
#[derive(Debug, Default)]
pub(crate) struct Array(String);

/// The rest of a list: none where this was all, else from where to ask on.
pub(super) type Rest = Option<String>;

impl Array {
    /// Take the objects of a list's text; none where the text is no list.
    pub(super) fn take(&mut self, kind: &Kind, body: &str) -> Option<Rest> {
        let list: List<'_> = serde_json::from_str(body).ok()?;
        for raw in list.items.unwrap_or_default() {
            self.add(kind, raw.get());
        }
        Some(list.metadata.rest.filter(|rest| !rest.is_empty()))
    }

    /// Add one object by its text; one that cannot be understood is left out.
    pub(crate) fn add(&mut self, kind: &Kind, raw: &str) {
        if let Some(text) = served_object(kind, raw) {
            self.0.push(if self.0.is_empty() { '[' } else { ',' });
            self.0.push_str(&text);
        }
    }

    /// Bytes so far.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn into_text(mut self) -> String {
        match self.0.is_empty() {
            true => "[]".to_owned(),
            false => {
                self.0.push(']');
                self.0
            }
        }
    }
}

/// One object's text as it is served: stripped, a Secret without its contents.
pub(super) fn served_object(kind: &Kind, raw: &str) -> Option<String> {
    match kind.kind {
        "Secret" => secret::project_text(raw),
        _ => strip::text(kind, raw),
    }
}

fn key(namespace: &str, name: &str) -> String {
    format!("{namespace}/{name}")
}

fn item(kind: &Kind, raw: &str, range: Range<usize>) -> Option<Item> {
    let Header { metadata } = serde_json::from_str(raw).ok()?;
    let labels = metadata.labels.unwrap_or_default();
    Some(Item {
        namespace: metadata.namespace.into(),
        name: metadata.name.into(),
        about: if kind.kind == "Event" {
            about(raw)
        } else {
            About::default()
        },
        labels: labels
            .into_iter()
            .map(|(k, v)| (k.into(), v.into()))
            .collect(),
        range,
    })
}

fn about(raw: &str) -> About {
    let event: Event = serde_json::from_str(raw).unwrap_or_default();
    let target = event.involved_object;
    About {
        normal: event.kind == "Normal",
        kind: target.kind.into(),
        namespace: target.namespace.into(),
        name: target.name.into(),
    }
}

impl Item {
    fn label(&self, key: &str) -> Option<&str> {
        let found = self.labels.iter().find(|(k, _)| **k == *key);
        found.map(|(_, value)| &**value)
    }
}

#[cfg(test)]
mod tests;
