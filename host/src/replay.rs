//! A recorded incident as a cluster: reads come from its frames, a dry run from its record, and
//! an executed fix moves on to the frames that were recorded after it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use k8shawk_core::bundle::{Bundle, Frame, Recorded};
use k8shawk_core::fix::{Fix, Operation};
use k8shawk_core::guard::{Answer, Permit, Read, ReadError, Reader, Reading};
use k8shawk_core::inventory::EventTimes;
use k8shawk_core::model::Conversation;
use k8shawk_core::{Inventory, ObjectRef};
use serde_json::{Value, json};

use crate::cluster::WriteError;

/// A bundle with the frame that is shown.
pub struct Replay {
    bundle: Arc<Bundle>,
    at: Arc<AtomicUsize>,
}

struct FrameReader {
    bundle: Arc<Bundle>,
    at: Arc<AtomicUsize>,
}

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn is(object: &Value, kind: &str, namespace: &str, name: &str) -> bool {
    text(object, "/kind") == kind
        && text(object, "/metadata/name") == name
        && text(object, "/metadata/namespace") == namespace
}

/// Every `key=value` of the selector is a label of the object.
fn selected(object: &Value, selector: &str) -> bool {
    let labels = object.pointer("/metadata/labels");
    selector.split(',').filter(|s| !s.is_empty()).all(|pair| {
        pair.split_once('=').is_some_and(|(key, value)| {
            let value = value.trim_start_matches('=');
            labels.and_then(|l| l.get(key)).and_then(Value::as_str) == Some(value)
        })
    })
}

impl Replay {
    /// A bundle at its first frame.
    pub fn new(bundle: Bundle) -> Replay {
        Replay {
            bundle: Arc::new(bundle),
            at: Arc::default(),
        }
    }

    fn frame(&self) -> Option<&Frame> {
        frame(&self.bundle, &self.at)
    }

    /// When the shown frame was recorded, milliseconds since the Unix epoch.
    pub fn time(&self) -> i64 {
        self.frame().map_or(0, |f| f.at)
    }

    /// Show the next frame; false at the last one.
    pub fn forward(&self) -> bool {
        let next = self.at.load(Ordering::Acquire) + 1;
        let more = next < self.bundle.frames.len();
        if more {
            self.at.store(next, Ordering::Release);
        }
        more
    }

    /// The events of the shown frame.
    pub fn events(&self) -> Vec<Value> {
        self.frame().map(|f| f.events.clone()).unwrap_or_default()
    }

    /// The conversation that was recorded for an incident of this owner.
    pub fn conversation(&self, owner: &ObjectRef) -> Option<&Conversation> {
        let held = |c: &&Recorded| c.owner.same_object(owner);
        let found = self.bundle.conversations.iter().find(held);
        found.map(|c| &c.conversation)
    }

    /// An inventory of the shown frame.
    pub fn inventory(&self) -> Inventory {
        let mut inventory = Inventory::new();
        if let Some(frame) = self.frame() {
            frame
                .unreadable
                .iter()
                .for_each(|kind| inventory.set_readable(kind, false));
            frame
                .objects
                .iter()
                .for_each(|object| inventory.apply(object));
        }
        inventory
    }

    /// A reader that follows the shown frame.
    pub fn reader(&self) -> Arc<dyn Reader> {
        Arc::new(FrameReader {
            bundle: self.bundle.clone(),
            at: self.at.clone(),
        })
    }

    /// An object of the shown frame.
    pub fn current(&self, kind: &str, namespace: &str, name: &str) -> Option<Value> {
        self.frame()?
            .objects
            .iter()
            .find(|o| is(o, kind, namespace, name))
            .cloned()
    }

    /// The objects of a kind in the shown frame.
    pub fn current_list(&self, kind: &str, namespace: &str) -> Vec<Value> {
        let objects = self.frame().map_or(&[][..], |f| f.objects.as_slice());
        list(objects, kind, namespace, "").cloned().collect()
    }

    /// What the API server answered when this fix was tried.
    ///
    /// # Errors
    /// [`WriteError::Refused`] where it was not tried while the bundle was recorded.
    pub fn dry_run(&self, fix: &Fix) -> Result<Value, WriteError> {
        let same = |recorded: &&k8shawk_core::bundle::DryRun| {
            recorded.fix.action == fix.action && recorded.fix.target.same_object(&fix.target)
        };
        match self.bundle.dry_runs.iter().find(same) {
            Some(recorded) => Ok(recorded.after.clone()),
            None => Err(WriteError::Refused(
                "no dry run of this fix was recorded".to_owned(),
            )),
        }
    }

    /// Move on to what was recorded after the fix.
    ///
    /// # Errors
    /// [`WriteError::Refused`] where nothing was.
    pub fn execute(&self, _operation: &Operation) -> Result<Value, WriteError> {
        if self.forward() {
            Ok(Value::Null)
        } else {
            Err(WriteError::Refused(
                "the recording ends before the fix".to_owned(),
            ))
        }
    }
}

fn frame<'b>(bundle: &'b Bundle, at: &AtomicUsize) -> Option<&'b Frame> {
    bundle
        .frames
        .get(at.load(Ordering::Acquire))
        .or(bundle.frames.last())
}

fn list<'f>(
    objects: &'f [Value],
    kind: &'f str,
    namespace: &'f str,
    selector: &'f str,
) -> impl Iterator<Item = &'f Value> {
    objects.iter().filter(move |o| {
        text(o, "/kind") == kind
            && (namespace.is_empty() || text(o, "/metadata/namespace") == namespace)
            && selected(o, selector)
    })
}

impl Reader for FrameReader {
    fn read(&self, permit: Permit) -> Reading<'_> {
        let read = permit.into_read();
        Box::pin(async move {
            match frame(&self.bundle, &self.at) {
                Some(frame) => answer(frame, &read),
                None => Err(ReadError::Unavailable("the bundle has no frame".to_owned())),
            }
        })
    }
}

fn answer(frame: &Frame, read: &Read) -> Result<Answer, ReadError> {
    let kind = match read {
        Read::Get { kind, .. } | Read::List { kind, .. } | Read::Describe { kind, .. } => kind,
        _ => "Pod",
    };
    if frame.unreadable.iter().any(|k| k == kind) {
        return Err(ReadError::Denied);
    }
    match read {
        Read::Get {
            kind,
            namespace,
            name,
        } => {
            let found = frame.objects.iter().find(|o| is(o, kind, namespace, name));
            found
                .map(|o| Answer::Text(o.to_string()))
                .ok_or(ReadError::NotFound)
        }
        Read::List {
            kind,
            namespace,
            selector,
        } => {
            let found: Vec<&Value> = list(&frame.objects, kind, namespace, selector).collect();
            to_text(&found)
        }
        Read::Describe {
            kind,
            namespace,
            name,
        } => {
            let found = frame.objects.iter().find(|o| is(o, kind, namespace, name));
            let object = found.ok_or(ReadError::NotFound)?;
            serde_json::to_string_pretty(object)
                .map(Answer::Text)
                .map_err(|e| ReadError::Unavailable(e.to_string()))
        }
        Read::Logs {
            namespace,
            pod,
            container,
            previous,
            lines,
        } => {
            let found = frame.logs.iter().find(|l| {
                l.namespace == *namespace
                    && l.pod == *pod
                    && l.container == *container
                    && l.previous == *previous
            });
            let log = found.ok_or(ReadError::NotFound)?;
            let all: Vec<&str> = log.text.lines().collect();
            let from = all
                .len()
                .saturating_sub(usize::try_from(*lines).unwrap_or(usize::MAX));
            Ok(Answer::Text(all.get(from..).unwrap_or_default().join("\n")))
        }
        Read::Top { namespace: _, pod } => Ok(Answer::Usage(
            frame
                .usage
                .iter()
                .filter(|u| pod.is_empty() || u.pod == *pod)
                .cloned()
                .collect(),
        )),
        Read::Events {
            kind,
            namespace,
            name,
        } => {
            let mut found: Vec<(i64, Value)> = frame
                .events
                .iter()
                .filter(|e| {
                    text(e, "/involvedObject/kind") == kind
                        && (namespace.is_empty()
                            || text(e, "/involvedObject/namespace") == namespace)
                        && (name.is_empty() || text(e, "/involvedObject/name") == name)
                })
                .map(event)
                .collect();
            found.sort_by_key(|(at, _)| *at);
            to_text(&found.iter().map(|(_, e)| e).collect::<Vec<_>>())
        }
    }
}

fn to_text(values: &[&Value]) -> Result<Answer, ReadError> {
    serde_json::to_string(values)
        .map(Answer::Text)
        .map_err(|e| ReadError::Unavailable(e.to_string()))
}

fn event(event: &Value) -> (i64, Value) {
    let unknown = EventTimes {
        last_seen: 0,
        first_seen: 0,
        count: 1,
    };
    let times = EventTimes::of(event).unwrap_or(unknown);
    let reporter = [
        text(event, "/reportingComponent"),
        text(event, "/source/component"),
    ];
    let shaped = json!({
        "type": text(event, "/type"),
        "reason": text(event, "/reason"),
        "message": text(event, "/message"),
        "count": times.count,
        "lastSeen": times.last_seen,
        "reporter": reporter.iter().find(|r| !r.is_empty()).unwrap_or(&""),
        "name": text(event, "/involvedObject/name"),
        "uid": text(event, "/involvedObject/uid"),
    });
    (times.last_seen, shaped)
}

impl Replay {
    /// True where more frames were recorded after the shown one.
    pub fn has_more(&self) -> bool {
        self.at.load(Ordering::Acquire) + 1 < self.bundle.frames.len()
    }
}
