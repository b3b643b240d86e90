//! One watch of one kind, from a list or from the version where it ended before, to its first
//! fault.
//!
//! The watcher of kube does not tell when a restarted watch is open, and lists whenever
//! it likes. Here the caller is notified, a list waits for its place, and the caller decides from
//! which version a watch resumes.

use std::sync::Arc;
use std::time::{Duration, Instant};
use std::vec;

use futures::stream::{self, AbortHandle, BoxStream, StreamExt, TryStreamExt};
use k8shawk_core::kinds::Kind;
use kube::api::{Api, ListParams, WatchEvent, WatchParams};
use kube::core::ApiResource;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::sleep;

use super::lean::Lean;
use crate::services::cluster::request::PAGE;
use crate::services::cluster::{Class, Cluster, ClusterError};

/// How long the server keeps one watch open, in seconds; below the client's read timeout.
const OPEN: u32 = 240;
/// A watch that ends sooner is not opened again at once: somebody in between cuts it.
const SOON: Duration = Duration::from_secs(1);

/// What a watch says.
#[derive(Debug)]
pub(super) enum Happening {
    /// A list begins.
    Listing,
    /// An object of the list.
    Listed(Lean),
    /// The list is complete at this version.
    Whole(String),
    /// The watch is open: whatever happened since its version comes now.
    Open,
    /// An object is new or different.
    Applied(Lean),
    /// An object is gone.
    Deleted(Lean),
    /// Nothing else happened up to this version.
    Passed(String),
}

/// What happens at a slot.
pub(super) type SlotHappening = (usize, Result<Happening, ClusterError>);

/// What one watch follows.
#[derive(Clone)]
pub(super) struct Followed {
    pub(super) cluster: Cluster,
    pub(super) namespace: String,
    pub(super) kind: &'static Kind,
    /// Places of lists that are under way.
    pub(super) lists: Arc<Semaphore>,
}

/// Where it stands.
enum State {
    /// A page of the list is to be read; from the first one where there is no token.
    Page {
        token: Option<String>,
        place: Option<OwnedSemaphorePermit>,
    },
    /// A page was read.
    Objects {
        objects: vec::IntoIter<Lean>,
        token: Option<String>,
        version: String,
        place: Option<OwnedSemaphorePermit>,
    },
    /// Everything up to this version is known.
    Known { version: String },
    /// The watch is open.
    Watching {
        version: String,
        changes: BoxStream<'static, kube::Result<WatchEvent<Lean>>>,
        since: Instant,
    },
}

type Moved = Result<(Option<Happening>, State), ClusterError>;

/// Follow a kind after a delay: from a version, or from a list where there is none. Ends with its
/// first fault; the handle ends it earlier.
pub(super) fn follow(
    followed: Followed,
    slot: usize,
    version: Option<String>,
    delay: Duration,
) -> (BoxStream<'static, SlotHappening>, AbortHandle) {
    let state = match version {
        Some(version) => State::Known { version },
        None => State::Page {
            token: None,
            place: None,
        },
    };
    let happenings = stream::try_unfold((followed, state), |(followed, mut state)| async move {
        loop {
            match followed.step(state).await? {
                (Some(happening), next) => return Ok(Some((happening, (followed, next)))),
                (None, next) => state = next,
            }
        }
    });
    let begun = async move {
        sleep(delay).await;
        Ok::<_, ClusterError>(happenings)
    };
    let delayed = stream::once(begun).try_flatten();
    let (watch, handle) = stream::abortable(delayed.map(move |step| (slot, step)));
    (watch.boxed(), handle)
}

impl Followed {
    fn api(&self) -> Api<Lean> {
        let kind = self.kind;
        let resource = ApiResource {
            group: kind.group.to_owned(),
            version: kind.version.to_owned(),
            api_version: kind.api_version(),
            kind: kind.kind.to_owned(),
            plural: kind.plural.to_owned(),
        };
        // The credentials may be others than before.
        let client = self.cluster.reads();
        if kind.namespaced && !self.namespace.is_empty() {
            Api::namespaced_with(client, &self.namespace, &resource)
        } else {
            Api::all_with(client, &resource)
        }
    }

    fn fields(&self) -> Option<String> {
        (self.kind.kind == "Event").then(|| "type!=Normal".to_owned())
    }

    fn attempt(&self, verb: &str) -> String {
        format!("{verb} {}", self.kind.plural)
    }

    async fn step(&self, state: State) -> Moved {
        match state {
            State::Page { token, place } => match place {
                None => self.begin().await,
                Some(place) => self.page(token, place).await,
            },
            State::Objects {
                mut objects,
                token,
                version,
                place,
            } => Ok(match (objects.next(), token) {
                (Some(object), token) => {
                    let state = State::Objects {
                        objects,
                        token,
                        version,
                        place,
                    };
                    (Some(Happening::Listed(object)), state)
                }
                (None, Some(token)) => {
                    let token = Some(token);
                    (None, State::Page { token, place })
                }
                (None, None) => {
                    let whole = Happening::Whole(version.clone());
                    (Some(whole), State::Known { version })
                }
            }),
            State::Known { version } => self.open(version).await,
            State::Watching {
                version,
                changes,
                since,
            } => self.change(version, changes, since).await,
        }
    }

    /// Wait for the place of a list: after an outage every kind may want one.
    async fn begin(&self) -> Moved {
        // It is never closed.
        let place = self.lists.clone().acquire_owned().await.ok();
        let state = State::Page { token: None, place };
        Ok((Some(Happening::Listing), state))
    }

    async fn page(&self, token: Option<String>, place: OwnedSemaphorePermit) -> Moved {
        let parameters = ListParams {
            field_selector: self.fields(),
            limit: Some(PAGE),
            continue_token: token,
            ..ListParams::default()
        };
        let api = self.api();
        let attempt = self.attempt("list");
        let list = self.cluster.answer(&attempt, api.list(&parameters)).await?;
        let version = list.metadata.resource_version.unwrap_or_default();
        let token = list.metadata.continue_.filter(|token| !token.is_empty());
        if version.is_empty() && token.is_none() {
            let why = "the list has no resource version".to_owned();
            return Err(ClusterError::Answer { attempt, why });
        }
        let state = State::Objects {
            objects: list.items.into_iter(),
            token,
            version,
            place: Some(place),
        };
        Ok((None, state))
    }

    async fn open(&self, version: String) -> Moved {
        let parameters = WatchParams {
            field_selector: self.fields(),
            timeout: Some(OPEN),
            ..WatchParams::default()
        };
        let (api, attempt) = (self.api(), self.attempt("watch"));
        let opened = self
            .cluster
            .answer(&attempt, api.watch(&parameters, &version));
        let changes = opened.await?.boxed();
        let since = Instant::now();
        let state = State::Watching {
            version,
            changes,
            since,
        };
        Ok((Some(Happening::Open), state))
    }

    async fn change(
        &self,
        version: String,
        mut changes: BoxStream<'static, kube::Result<WatchEvent<Lean>>>,
        since: Instant,
    ) -> Moved {
        let attempt = || self.attempt("watch");
        let change = match changes.try_next().await {
            Ok(Some(change)) => change,
            // The server ends it after a while: it resumes where it was.
            Ok(None) => {
                sleep(SOON.saturating_sub(since.elapsed())).await;
                return Ok((None, State::Known { version }));
            }
            Err(error) => return Err(self.cluster.fault(&attempt(), error).await),
        };
        let (happening, version) = match change {
            WatchEvent::Added(lean) | WatchEvent::Modified(lean) => {
                let at = version_of(&lean, version);
                (Happening::Applied(lean), at)
            }
            WatchEvent::Deleted(lean) => {
                let at = version_of(&lean, version);
                (Happening::Deleted(lean), at)
            }
            WatchEvent::Bookmark(mark) => {
                let at = mark.metadata.resource_version;
                (Happening::Passed(at.clone()), at)
            }
            WatchEvent::Error(status) => {
                let error = kube::Error::Api(status);
                return Err(self.cluster.fault(&attempt(), error).await);
            }
        };
        let state = State::Watching {
            version,
            changes,
            since,
        };
        Ok((Some(happening), state))
    }
}

/// The version of an object, else the one before it.
fn version_of(lean: &Lean, before: String) -> String {
    lean.version().map_or(before, str::to_owned)
}

/// Whom a fault concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Concerned {
    /// The API server does not answer, or not as it should: every kind.
    EveryKind,
    /// This kind only: RBAC, an unknown kind, or a version that is too old.
    ThisKind,
}

/// Whom a fault of a watch concerns, and what to say of it.
pub(super) fn concerned(error: &ClusterError) -> (Concerned, String) {
    match error {
        ClusterError::Denied { .. } => (
            Concerned::ThisKind,
            "the cluster refuses to list or watch it".to_owned(),
        ),
        ClusterError::NotFound { .. } => (
            Concerned::ThisKind,
            "the cluster does not serve it".to_owned(),
        ),
        ClusterError::Expired { .. } => (
            Concerned::ThisKind,
            "the watch fell behind; listing again".to_owned(),
        ),
        // One object that is no JSON: the server answers, and its other kinds are as they were.
        ClusterError::Answer { why, .. } => (
            Concerned::ThisKind,
            format!("the API server's answer cannot be parsed ({why}); listing again"),
        ),
        other => match other.class() {
            Class::Transient { .. } => (Concerned::EveryKind, other.to_string()),
            Class::Permanent | Class::Conflict | Class::Gone => {
                (Concerned::ThisKind, other.to_string())
            }
        },
    }
}

/// True where a watch cannot resume from where it was.
pub(super) fn must_list(error: &ClusterError) -> bool {
    matches!(
        error,
        ClusterError::Expired { .. } | ClusterError::Answer { .. }
    )
}

#[cfg(test)]
mod tests;
