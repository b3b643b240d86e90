//! Listing every kind, several at a time.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8shawk_core::kinds::{KINDS, Kind};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::Snapshot;
use crate::services::clock::Clock;
use crate::services::cluster::memo::Memo;
use crate::services::cluster::page::Page;
use crate::services::cluster::request::Restriction;
use crate::services::cluster::{Cluster, ClusterError};

/// Namespace of the cluster's own workloads, CoreDNS among them.
pub(super) const SYSTEM: &str = "kube-system";
/// Lists under way at a time: each one needs a connection of its own.
const AT_ONCE: usize = 8;

type Listed = (&'static Kind, bool, Result<Page, ClusterError>);

pub(super) async fn take(cluster: &Cluster, namespace: &str) -> Result<Snapshot, ClusterError> {
    let before = cluster.requests();
    let mut tasks = JoinSet::new();
    let slots = Arc::new(Semaphore::new(AT_ONCE));
    for kind in in_order() {
        tasks.spawn(list(
            cluster.clone(),
            slots.clone(),
            kind,
            namespace.to_owned(),
            false,
        ));
    }
    if !namespace.is_empty() && namespace != SYSTEM {
        let deployments = KINDS.iter().filter(|kind| kind.kind == "Deployment");
        for kind in deployments {
            tasks.spawn(list(
                cluster.clone(),
                slots.clone(),
                kind,
                SYSTEM.to_owned(),
                true,
            ));
        }
    }
    let (mut pages, mut system, mut unreadable) = (BTreeMap::new(), None, Vec::new());
    while let Some(done) = tasks.join_next().await {
        let (kind, beside, result) = done.map_err(|error| ClusterError::Refused {
            attempt: "list the objects".to_owned(),
            why: error.to_string(),
        })?;
        match result {
            Ok(page) if beside => system = Some(page),
            Ok(page) => {
                pages.insert(kind.kind, page);
            }
            Err(_) if beside => {}
            // The others do not answer either.
            Err(
                error @ (ClusterError::Unreachable { .. }
                | ClusterError::Unanswered { .. }
                | ClusterError::Unauthorized { .. }),
            ) => return Err(error),
            Err(error) => unreadable.push((kind.kind.to_owned(), error)),
        }
    }
    unreadable.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(Snapshot {
        cluster: cluster.clone(),
        namespace: namespace.to_owned(),
        at: Clock::default().now(),
        pages,
        system,
        unreadable,
        before,
        spent: 0.into(),
        memo: Memo::of(usize::MAX),
        usage: Default::default(),
    })
}

/// The long lists first, so that no short one waits for them at the end.
fn in_order() -> Vec<&'static Kind> {
    const LONG: [&str; 4] = ["Pod", "Event", "ReplicaSet", "EndpointSlice"];
    let mut kinds: Vec<&Kind> = KINDS.iter().collect();
    kinds.sort_by_key(|kind| !LONG.contains(&kind.kind));
    kinds
}

async fn list(
    cluster: Cluster,
    slots: Arc<Semaphore>,
    kind: &'static Kind,
    namespace: String,
    beside: bool,
) -> Listed {
    let attempt = format!("list {}", kind.plural);
    let restriction = Restriction {
        cached: true,
        ..Restriction::default()
    };
    let _slot = slots.acquire().await;
    let text = cluster
        .list_text(&attempt, &kind.path(&namespace), &restriction)
        .await;
    let page = text.and_then(|text| {
        Page::parse(kind, text).ok_or_else(|| ClusterError::Answer {
            attempt,
            why: "the answer is not a list".to_owned(),
        })
    });
    (kind, beside, page)
}
