//! Every object of a cluster at one time, by one list request per kind.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use k8shawk_core::guard::{Answer, Permit, Read, ReadError, Reader, Reading, Usage};
use k8shawk_core::inventory::{Counts, EventTimes, Inventory};
use k8shawk_core::kinds::{self, Kind};
use serde_json::Value;
use tokio::sync::OnceCell;

use super::memo::Memo;
use super::page::{Array, Item, Page};
use super::source::{self, LogOf, Source};
use super::{Cluster, ClusterError, live, strip, top};

mod take;

/// Reads of logs and usage that one snapshot passes on.
const BUDGET: usize = 60;
/// Kinds without a status that anybody observes: only a stuck deletion of one matters.
const QUIET: [&str; 8] = [
    "ConfigMap",
    "ControllerRevision",
    "EndpointSlice",
    "Lease",
    "ClusterRole",
    "ClusterRoleBinding",
    "Role",
    "RoleBinding",
];

/// Every object of a cluster at one time. Reads are served from memory; logs and usage by a
/// bounded number of requests.
pub struct Snapshot {
    cluster: Cluster,
    namespace: String,
    /// When it was taken, milliseconds since the Unix epoch.
    at: i64,
    pages: BTreeMap<&'static str, Page>,
    /// Deployments of `kube-system`, beside a snapshot of another namespace.
    system: Option<Page>,
    unreadable: Vec<(String, ClusterError)>,
    /// Requests of the connection before it was taken.
    before: usize,
    spent: AtomicUsize,
    memo: Memo,
    usage: OnceCell<Result<Vec<(String, Usage)>, ReadError>>,
}

impl Snapshot {
    /// List every kind once; without a `namespace` in all of them. Kinds that cannot be read
    /// are remembered ([`Snapshot::unreadable`]).
    ///
    /// # Errors
    /// [`ClusterError`] where the API server does not answer at all: nothing is known then.
    pub async fn take(cluster: &Cluster, namespace: Option<&str>) -> Result<Self, ClusterError> {
        take::take(cluster, namespace.unwrap_or_default()).await
    }

    /// When it was taken, milliseconds since the Unix epoch. Ages are relative to it.
    pub fn taken_at(&self) -> i64 {
        self.at
    }

    /// The same with ages as of another time.
    pub fn as_of(self, at: i64) -> Self {
        Snapshot { at, ..self }
    }

    /// Requests made so far, each try counted: those of the connection since it was taken. Their
    /// number does not depend on how many objects there are.
    pub fn requests(&self) -> usize {
        self.cluster.requests().saturating_sub(self.before)
    }

    /// False where there is no such namespace; true also where that cannot be told.
    pub fn may_have(&self, namespace: &str) -> bool {
        let page = self.pages.get("Namespace");
        page.is_none_or(|page| page.object("", namespace).is_some())
    }

    /// Kinds that could not be listed, each with the reason.
    pub fn unreadable(&self) -> &[(String, ClusterError)] {
        &self.unreadable
    }

    /// An inventory of what is here.
    pub fn inventory(&self) -> Inventory {
        let mut inventory = Inventory::new();
        inventory.scope_to(&self.namespace);
        for (kind, page) in &self.pages {
            let quiet = QUIET.contains(kind);
            for raw in page.items().iter().map(|item| page.raw(item)) {
                if !quiet || raw.contains("\"deletionTimestamp\"") {
                    inventory.apply_json(kind, raw);
                }
            }
        }
        for (kind, _) in &self.unreadable {
            inventory.set_readable(kind, false);
        }
        inventory
    }

    /// The events that are not Normal, as core/v1 objects, oldest first.
    pub fn warnings(&self) -> Vec<Value> {
        self.events_of(|item| !item.about.normal)
    }

    /// All events, oldest first.
    pub fn events(&self) -> Vec<Value> {
        self.events_of(|_| true)
    }

    /// How many objects there are.
    pub fn counts(&self) -> Counts {
        Counts::of(|kind| self.pages.get(kind).map_or(0, |page| page.items().len()))
    }

    fn events_of(&self, wanted: impl Fn(&Item) -> bool) -> Vec<Value> {
        let Some(page) = self.pages.get("Event") else {
            return Vec::new();
        };
        let found = page.items().iter().filter(|item| wanted(item));
        let parsed = found.filter_map(|item| serde_json::from_str(page.raw(item)).ok());
        let mut events: Vec<(i64, Value)> = parsed
            .map(|mut event: Value| {
                strip::value(&mut event);
                (
                    EventTimes::of(&event).map_or(0, |times| times.last_seen),
                    event,
                )
            })
            .collect();
        events.sort_by_key(|(time, _)| *time);
        events.into_iter().map(|(_, event)| event).collect()
    }

    async fn answer(&self, read: Read) -> Result<Answer, ReadError> {
        if let Some(known) = self.memo.get(&read) {
            return known;
        }
        let answer = source::answer(self, &read).await;
        if matches!(read, Read::Logs { .. } | Read::List { .. }) {
            self.memo.keep(read, &answer);
        }
        answer
    }

    /// The page that holds a kind of a namespace.
    fn page(&self, known: &'static Kind, namespace: &str) -> Result<&Page, ReadError> {
        let kind = known.kind;
        if let Some((_, error)) = self.unreadable.iter().find(|(unread, _)| unread == kind) {
            return Err(error.clone().into());
        }
        let outside = known.namespaced
            && !self.namespace.is_empty()
            && !namespace.is_empty()
            && namespace != self.namespace;
        let page = match outside {
            false => self.pages.get(known.kind),
            true if kind == "Deployment" && namespace == take::SYSTEM => self.system.as_ref(),
            true => None,
        };
        let missing =
            || ReadError::Unavailable(format!("only namespace {} was read", self.namespace));
        page.ok_or_else(missing)
    }

    /// Count one read against the budget.
    fn spend(&self) -> Result<(), ReadError> {
        if self.spent.fetch_add(1, Ordering::Relaxed) >= BUDGET {
            let why = format!("the {BUDGET} requests for logs and usage are used up");
            return Err(ReadError::Unavailable(why));
        }
        Ok(())
    }
}

impl Source for Snapshot {
    fn now(&self) -> i64 {
        self.at
    }

    async fn object(
        &self,
        kind: &'static Kind,
        namespace: &str,
        name: &str,
    ) -> Result<String, ReadError> {
        let found = self.page(kind, namespace)?.object(namespace, name);
        found.map(str::to_owned).ok_or(ReadError::NotFound)
    }

    async fn list(
        &self,
        kind: &'static Kind,
        namespace: &str,
        selector: &str,
    ) -> Result<Array, ReadError> {
        let selector = source::selector(selector)?;
        Ok(self.page(kind, namespace)?.list(kind, namespace, &selector))
    }

    async fn events(
        &self,
        kind: &'static Kind,
        namespace: &str,
        name: &str,
    ) -> Result<Vec<Value>, ReadError> {
        self.page(kinds::kind("Event").ok_or(ReadError::NotFound)?, "")?;
        Ok(self.events_of(|item| {
            let about = &item.about;
            *about.kind == *kind.kind
                && (kind.namespaced && namespace.is_empty() || *about.namespace == *namespace)
                && (name.is_empty() || *about.name == *name)
        }))
    }

    async fn log(&self, of: LogOf<'_>) -> Result<String, ReadError> {
        self.spend()?;
        live::log(&self.cluster, of).await
    }

    async fn usage(&self, _: &str) -> Result<Vec<(String, Usage)>, ReadError> {
        let all = self.usage.get_or_init(|| async {
            self.spend()?;
            top::usage(&self.cluster, &self.namespace).await
        });
        all.await.clone()
    }
}

impl Reader for Snapshot {
    fn read(&self, permit: Permit) -> Reading<'_> {
        Box::pin(self.answer(permit.into_read()))
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::http::{StatusCode, Uri};
    use axum::routing::any;

    use super::*;
    use crate::services::cluster::testing;

    async fn of(namespaces: StatusCode) -> Snapshot {
        let answer = move |uri: Uri| async move {
            let shop = r#"{"metadata":{"name":"shop"}}"#;
            let (code, items) = match uri.path() {
                "/api/v1/namespaces" => (namespaces, shop),
                _ => (StatusCode::OK, ""),
            };
            (code, format!(r#"{{"metadata":{{}},"items":[{items}]}}"#))
        };
        let cluster = testing::cluster(Router::new().fallback(any(answer))).await;
        Snapshot::take(&cluster, Some("shop")).await.unwrap()
    }

    #[tokio::test]
    async fn a_namespace_that_is_not_there_is_known_where_namespaces_can_be_listed() {
        let snapshot = of(StatusCode::OK).await;
        assert!(snapshot.may_have("shop"));
        assert!(!snapshot.may_have("nosuchns"));
        assert!(of(StatusCode::FORBIDDEN).await.may_have("nosuchns"));
    }
}
