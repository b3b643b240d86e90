//! A recorded moment as a source, from which readers answer as they do from an API server.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use k8shawk_core::bundle::{Bundle, Frame, NOT_RECORDED};
use k8shawk_core::guard::{Answer, Read, ReadError, Usage};
use k8shawk_core::kinds::{self, Kind};
use serde_json::Value;

use super::{is, text};
use crate::services::cluster::page::Array;
use crate::services::cluster::request::LOG_BYTES;
use crate::services::cluster::source::{self, LogOf, Source};

/// A reader of the frame that is shown.
pub(super) struct FrameReader {
    bundle: Arc<Bundle>,
    at: Arc<AtomicUsize>,
}

impl FrameReader {
    pub(super) fn new(bundle: Arc<Bundle>, at: Arc<AtomicUsize>) -> FrameReader {
        FrameReader { bundle, at }
    }

    /// The answer to a read.
    pub(super) async fn answer(&self, read: Read) -> Result<Answer, ReadError> {
        source::answer(self, &read).await
    }

    fn frame(&self) -> Result<&Frame, ReadError> {
        let frame = super::frame(&self.bundle, &self.at);
        frame.ok_or_else(|| ReadError::Unavailable("the bundle has no frame".to_owned()))
    }

    /// The frame, where it was recorded what a kind looks like there.
    fn frame_of(&self, kind: &Kind, namespace: &str) -> Result<&Frame, ReadError> {
        let frame = self.frame()?;
        if frame.unreadable.iter().any(|unread| unread == kind.kind) {
            return Err(ReadError::Denied);
        }
        // That nothing was recorded does not say that there was nothing.
        if NOT_RECORDED.contains(&kind.kind) && of_kind(frame, kind).is_empty() {
            let why = format!("{} is not recorded", kind.plural);
            return Err(ReadError::Unavailable(why));
        }
        let elsewhere = kind.namespaced && !namespace.is_empty() && !self.covers(frame, namespace);
        if elsewhere {
            let recorded = self.namespace();
            let why = format!("only namespace {recorded} was recorded");
            return Err(ReadError::Unavailable(why));
        }
        Ok(frame)
    }

    /// The namespace that was recorded.
    fn namespace(&self) -> &str {
        self.bundle.subject.split('/').next().unwrap_or_default()
    }

    fn covers(&self, frame: &Frame, namespace: &str) -> bool {
        let mut objects = frame.objects.iter();
        namespace == self.namespace()
            || objects.any(|o| text(o, "/metadata/namespace") == namespace)
    }
}

impl Source for FrameReader {
    fn now(&self) -> i64 {
        self.frame().map_or(0, |frame| frame.at)
    }

    async fn object(
        &self,
        kind: &'static Kind,
        namespace: &str,
        name: &str,
    ) -> Result<String, ReadError> {
        let objects = of_kind(self.frame_of(kind, namespace)?, kind);
        let named = |o: &&&Value| {
            text(o, "/metadata/name") == name && text(o, "/metadata/namespace") == namespace
        };
        let found = objects.iter().find(named);
        found.map(|o| o.to_string()).ok_or(ReadError::NotFound)
    }

    async fn list(
        &self,
        kind: &'static Kind,
        namespace: &str,
        selector: &str,
    ) -> Result<Array, ReadError> {
        let (frame, selector) = (self.frame_of(kind, namespace)?, source::selector(selector)?);
        let mut array = Array::default();
        for object in of_kind(frame, kind) {
            let labels = object.pointer("/metadata/labels");
            let in_scope = namespace.is_empty() || text(object, "/metadata/namespace") == namespace;
            if in_scope && selector.fits(|key| labels?.get(key)?.as_str()) {
                array.add(kind, &object.to_string());
            }
        }
        Ok(array)
    }

    async fn events(
        &self,
        kind: &'static Kind,
        namespace: &str,
        name: &str,
    ) -> Result<Vec<Value>, ReadError> {
        let event = kinds::kind("Event").ok_or(ReadError::NotFound)?;
        let about = self.frame_of(event, namespace)?.events.iter().filter(|e| {
            // What an event of another namespace says of an object without one is not asked for.
            let any = kind.namespaced && namespace.is_empty();
            text(e, "/involvedObject/kind") == kind.kind
                && (any || text(e, "/involvedObject/namespace") == namespace)
                && (name.is_empty() || text(e, "/involvedObject/name") == name)
        });
        Ok(about.cloned().collect())
    }

    async fn log(&self, of: LogOf<'_>) -> Result<String, ReadError> {
        let pod = kinds::kind("Pod").ok_or(ReadError::NotFound)?;
        let frame = self.frame_of(pod, of.namespace)?;
        let container = match of.container {
            "" => only_container(frame, of).ok_or(ReadError::NotFound)?,
            named => named,
        };
        let log = frame.logs.iter().find(|log| {
            log.namespace == of.namespace
                && log.pod == of.pod
                && log.container == container
                && log.previous == of.previous
        });
        let log = log.ok_or(ReadError::NotFound)?;
        Ok(last_lines(&log.text, of.lines))
    }

    async fn usage(&self, _: &str) -> Result<Vec<(String, Usage)>, ReadError> {
        let Some(usage) = &self.frame()?.usage else {
            let why = "the cluster serves no metrics".to_owned();
            return Err(ReadError::Unavailable(why));
        };
        let within = |usage: &Usage| (self.namespace().to_owned(), usage.clone());
        Ok(usage.iter().map(within).collect())
    }
}

/// The objects of a kind, in the order of their namespaces and names.
fn of_kind<'f>(frame: &'f Frame, kind: &Kind) -> Vec<&'f Value> {
    let mut found: Vec<&Value> = match kind.kind {
        "Event" => frame.events.iter().collect(),
        name => {
            let objects = frame.objects.iter();
            objects.filter(|o| text(o, "/kind") == name).collect()
        }
    };
    found.sort_by_key(|o| (text(o, "/metadata/namespace"), text(o, "/metadata/name")));
    found
}

/// The container whose log is meant where none is named: an API server wants a name for the others.
fn only_container<'f>(frame: &'f Frame, of: LogOf<'_>) -> Option<&'f str> {
    let mut objects = frame.objects.iter();
    let pod = objects.find(|o| is(o, "Pod", of.namespace, of.pod))?;
    match pod.pointer("/spec/containers")?.as_array()?.as_slice() {
        [only] => Some(text(only, "/name")),
        _ => None,
    }
}

/// The end of a log as an API server cuts it: so many lines, and of them so many bytes.
fn last_lines(text: &str, lines: u32) -> String {
    let all: Vec<&str> = text.split_inclusive('\n').collect();
    let wanted = usize::try_from(lines).unwrap_or(usize::MAX);
    let from = all.len().saturating_sub(wanted);
    let mut last = all.get(from..).unwrap_or_default().concat();
    let most = usize::try_from(LOG_BYTES).unwrap_or(usize::MAX);
    last.truncate(last.floor_char_boundary(most.min(last.len())));
    last
}
