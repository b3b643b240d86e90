//! Watches.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use futures::stream;
use hyper::Response;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::Shared;
use super::objects::Happened;
use super::path::Addressed;
use super::query::Query;
use super::refusal::Refusal;
use super::select::Selector;

/// How long a watch stays open where it says nothing.
const OPEN: Duration = Duration::from_secs(1800);
/// Between two bookmarks.
const BOOKMARKS: Duration = Duration::from_secs(5);

struct Following {
    shared: Arc<Shared>,
    newest: watch::Receiver<u64>,
    target: Addressed,
    selector: Selector,
    /// Version up to which everything was told.
    told: u64,
    ready: VecDeque<Bytes>,
    ends: Instant,
    /// It is cut at its end, not closed.
    cut: bool,
    bookmark: Option<Instant>,
    over: bool,
}

/// Answer a watch: what is there, where no version is named, then what happens.
pub(super) fn answer(
    shared: &Arc<Shared>,
    target: Addressed,
    query: &Query,
) -> Result<Response<Body>, Refusal> {
    let selector = query.selector()?;
    let asked = query.number("timeoutSeconds").map(Duration::from_secs);
    let lasts = shared.weather.watch_lasts();
    let ends = Instant::now() + lasts.unwrap_or(OPEN).min(asked.unwrap_or(OPEN));
    let newest = shared.newest.subscribe();
    let mut ready = VecDeque::new();
    let told = {
        let state = shared.state();
        let version = state.objects.version();
        match query.number("resourceVersion").filter(|v| *v > 0) {
            Some(from) if from < state.objects.compacted() => return Err(Refusal::expired()),
            Some(from) => from,
            None => {
                let found = state.objects.of(target.kind.kind, &target.namespace);
                let fitting = found.filter(|(_, object)| selector.fits(object));
                ready.extend(fitting.map(|(_, object)| line("ADDED", object)));
                version
            }
        }
    };
    let following = Following {
        shared: shared.clone(),
        newest,
        target,
        selector,
        told,
        ready,
        ends,
        cut: lasts.is_some(),
        bookmark: query
            .flag("allowWatchBookmarks")
            .then(|| Instant::now() + BOOKMARKS),
        over: false,
    };
    let stream = stream::unfold(following, |mut following| async {
        let next = following.next().await?;
        Some((next, following))
    });
    let mut answer = Response::new(Body::from_stream(stream));
    let json = http::HeaderValue::from_static("application/json");
    answer.headers_mut().insert("content-type", json);
    Ok(answer)
}

fn line(kind: &str, object: &Value) -> Bytes {
    Bytes::from(format!("{}\n", json!({"type": kind, "object": object})))
}

impl Following {
    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        loop {
            if self.over {
                return None;
            }
            if let Some(line) = self.ready.pop_front() {
                return Some(Ok(line));
            }
            self.gather();
            if !self.ready.is_empty() {
                continue;
            }
            let bookmark = self.bookmark.unwrap_or(self.ends);
            tokio::select! {
                changed = self.newest.changed() => {
                    changed.ok()?;
                }
                () = sleep_until(bookmark), if self.bookmark.is_some() => self.mark(),
                () = sleep_until(self.ends) => {
                    self.over = true;
                    return self.cut.then(|| Err(io::ErrorKind::ConnectionReset.into()));
                }
            }
        }
    }

    /// What happened since.
    fn gather(&mut self) {
        let state = self.shared.state();
        if self.told < state.objects.compacted() {
            self.ready
                .push_back(line("ERROR", &Refusal::expired().status()));
            self.ends = Instant::now();
            self.told = u64::MAX;
            return;
        }
        if self.told == u64::MAX {
            return;
        }
        let happened = state.objects.since(self.told);
        self.ready
            .extend(happened.filter_map(|h| told(&self.target, &self.selector, h)));
        self.told = state.objects.version().max(self.told);
    }

    fn mark(&mut self) {
        let object = json!({"kind": self.target.kind.kind, "apiVersion": self.target.kind.api_version(),
            "metadata": {"resourceVersion": self.told.to_string()}});
        self.ready.push_back(line("BOOKMARK", &object));
        self.bookmark = Some(Instant::now() + BOOKMARKS);
    }
}

/// How a change looks through a selector.
fn told(target: &Addressed, selector: &Selector, happened: &Happened) -> Option<Bytes> {
    let key = &happened.key;
    let in_scope = key.kind == target.kind.kind
        && (target.namespace.is_empty() || target.namespace == key.namespace);
    if !in_scope {
        return None;
    }
    let before = happened.before.as_deref().filter(|o| selector.fits(o));
    let after = happened.after.as_deref().filter(|o| selector.fits(o));
    match (before, after) {
        (None, Some(object)) => Some(line("ADDED", object)),
        (Some(_), Some(object)) => Some(line("MODIFIED", object)),
        (Some(object), None) => {
            let mut object = object.clone();
            object["metadata"]["resourceVersion"] = json!(happened.version.to_string());
            Some(line("DELETED", &object))
        }
        (None, None) => None,
    }
}
