//! What a frame holds, found by kind, namespace and name: the same for a recording and for a
//! cluster that somebody wrote down.

use k8shawk_core::bundle::Frame;
use k8shawk_core::guard::ReadError;
use k8shawk_core::kinds::Kind;
use serde_json::Value;

use super::page::Array;
use super::request::LOG_BYTES;
use super::source::{self, LogOf};

/// The text at a pointer; empty where there is none.
pub(super) fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// True for the object of these coordinates.
pub(super) fn is(object: &Value, kind: &str, namespace: &str, name: &str) -> bool {
    text(object, "/kind") == kind
        && text(object, "/metadata/name") == name
        && text(object, "/metadata/namespace") == namespace
}

/// The objects of a kind, in the order of their namespaces and names.
pub(super) fn of_kind<'f>(frame: &'f Frame, kind: &Kind) -> Vec<&'f Value> {
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

/// The JSON text of one object.
pub(super) fn object(
    frame: &Frame,
    kind: &Kind,
    namespace: &str,
    name: &str,
) -> Result<String, ReadError> {
    let objects = of_kind(frame, kind);
    let named = |o: &&&Value| {
        text(o, "/metadata/name") == name && text(o, "/metadata/namespace") == namespace
    };
    let found = objects.iter().find(named);
    found.map(|o| o.to_string()).ok_or(ReadError::NotFound)
}

/// The objects of a kind in a namespace, or in all, that a selector fits.
pub(super) fn list(
    frame: &Frame,
    kind: &'static Kind,
    namespace: &str,
    selector: &str,
) -> Result<Array, ReadError> {
    let selector = source::selector(selector)?;
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

/// The events about an object, or about every object of the kind.
pub(super) fn events(frame: &Frame, kind: &Kind, namespace: &str, name: &str) -> Vec<Value> {
    let about = frame.events.iter().filter(|e| {
        // What an event of another namespace says of an object without one is not asked for.
        let any = kind.namespaced && namespace.is_empty();
        text(e, "/involvedObject/kind") == kind.kind
            && (any || text(e, "/involvedObject/namespace") == namespace)
            && (name.is_empty() || text(e, "/involvedObject/name") == name)
    });
    about.cloned().collect()
}

/// The last lines of a container.
pub(super) fn log(frame: &Frame, of: LogOf<'_>) -> Result<String, ReadError> {
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
