//! Every object of a cluster at one time, by one list request per kind.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use k8shawk_core::guard::{Answer, Permit, Read, ReadError, Reader, Reading, Usage};
use k8shawk_core::inventory::{Counts, EventTimes, Inventory};
use k8shawk_core::kinds::{self, Kind};
use serde_json::Value;
use tokio::sync::OnceCell;

use super::page::{Item, Page};
use super::{Cluster, ClusterError, events, live, strip, top};

mod take;

/// Requests for logs and usage that one snapshot may cause.
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
    pages: BTreeMap<&'static str, Page>,
    /// Deployments of `kube-system`, beside a snapshot of another namespace.
    system: Option<Page>,
    unreadable: Vec<(String, ClusterError)>,
    requests: AtomicUsize,
    spent: AtomicUsize,
    memo: Mutex<HashMap<Read, Result<Answer, ReadError>>>,
    usage: OnceCell<Result<Vec<(String, Usage)>, ReadError>>,
}

impl Snapshot {
    /// List every kind once; without a `namespace` in all of them. Kinds that cannot be read
    /// are remembered ([`Snapshot::unreadable`]).
    ///
    /// # Errors
    /// [`ClusterError::Unreachable`] and [`ClusterError::Unauthorized`]: nothing is known then.
    pub async fn take(cluster: &Cluster, namespace: Option<&str>) -> Result<Self, ClusterError> {
        take::take(cluster, namespace.unwrap_or_default()).await
    }

    /// Requests made so far. Their number does not depend on how many objects there are.
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
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

    /// How many objects there are.
    pub fn counts(&self) -> Counts {
        let count = |kind: &str| self.pages.get(kind).map_or(0, |page| page.items().len());
        Counts {
            nodes: count("Node"),
            pods: count("Pod"),
            namespaces: count("Namespace"),
            services: count("Service"),
            deployments: count("Deployment"),
        }
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
        if let Some(known) = self
            .memo
            .lock()
            .ok()
            .and_then(|memo| memo.get(&read).cloned())
        {
            return known;
        }
        let answer = match &read {
            Read::Top { namespace, pod } => self.top(namespace, pod).await,
            Read::Logs { .. } => self.logs(&read).await,
            memory => self.remembered(memory),
        };
        if matches!(read, Read::Logs { .. } | Read::List { .. })
            && let Ok(mut memo) = self.memo.lock()
        {
            memo.insert(read, answer.clone());
        }
        answer
    }

    fn remembered(&self, read: &Read) -> Result<Answer, ReadError> {
        match read {
            Read::Get {
                kind,
                namespace,
                name,
            } => {
                let (kind, page) = self.page(kind, namespace)?;
                page.object(kind, namespace, name)
                    .map(Answer::Text)
                    .ok_or(ReadError::NotFound)
            }
            Read::List {
                kind,
                namespace,
                selector,
            } => {
                let (kind, page) = self.page(kind, namespace)?;
                Ok(Answer::Text(page.list(kind, namespace, selector)))
            }
            Read::Describe {
                kind,
                namespace,
                name,
            } => {
                let (known, page) = self.page(kind, namespace)?;
                let text = page
                    .object(known, namespace, name)
                    .ok_or(ReadError::NotFound)?;
                let rows = self.rows(kind, namespace, name).unwrap_or_default();
                live::described(&text, &rows)
            }
            Read::Events {
                kind,
                namespace,
                name,
            } => live::json(&self.rows(kind, namespace, name)?),
            Read::Logs { .. } | Read::Top { .. } => Err(ReadError::NotFound),
        }
    }

    fn rows(&self, kind: &str, namespace: &str, name: &str) -> Result<Vec<Value>, ReadError> {
        self.page("Event", "")?;
        let scoped = kinds::kind(kind).is_some_and(|known| known.namespaced);
        let events = self.events_of(|item| {
            let about = &item.about;
            *about.kind == *kind
                && (scoped && namespace.is_empty() || *about.namespace == *namespace)
                && (name.is_empty() || *about.name == *name)
        });
        Ok(events::rows(events.iter()))
    }

    /// The page that holds a kind of a namespace.
    fn page(&self, kind: &str, namespace: &str) -> Result<(&'static Kind, &Page), ReadError> {
        let known = kinds::kind(kind).ok_or(ReadError::NotFound)?;
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
        page.map(|page| (known, page)).ok_or_else(missing)
    }

    /// Count one request against the budget.
    fn spend(&self) -> Result<(), ReadError> {
        if self.spent.fetch_add(1, Ordering::Relaxed) >= BUDGET {
            let why = format!("the {BUDGET} requests for logs and usage are spent");
            return Err(ReadError::Unavailable(why));
        }
        self.requests.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    async fn logs(&self, read: &Read) -> Result<Answer, ReadError> {
        self.spend()?;
        live::logs(&self.cluster, read).await
    }

    async fn top(&self, namespace: &str, pod: &str) -> Result<Answer, ReadError> {
        let all = self.usage.get_or_init(|| async {
            self.spend()?;
            top::usage(&self.cluster, &self.namespace).await
        });
        live::usage_of(all.await.as_ref().map_err(Clone::clone)?, namespace, pod)
    }
}

impl Reader for Snapshot {
    fn read(&self, permit: Permit) -> Reading<'_> {
        Box::pin(self.answer(permit.into_read()))
    }
}
