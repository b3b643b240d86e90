//! Reads by API requests.

use std::sync::OnceLock;

use k8shawk_core::guard::{Answer, Permit, Read, ReadError, Reader, Reading, Usage};
use k8shawk_core::kinds::{self, Kind};
use serde_json::Value;
use tokio::sync::OwnedSemaphorePermit;

use super::memo::Memo;
use super::page::Array;
use super::request::{PAGE, Restriction};
use super::source::{self, LogOf, Source, not_understood};
use super::{Cluster, ClusterError, top};
use crate::services::clock::Clock;

/// Answers that are remembered for one investigation.
const REMEMBERED: usize = 512;
/// Bytes of a list from which on few are held at the same time.
const LARGE: usize = 1 << 20;
/// Bytes of the largest list: about 3,000 pods. Parsing it needs several times as much.
const LARGEST: usize = 8 << 20;
/// Bytes of one answer that are taken before it is stripped, which leaves about half.
const MOST: u64 = 32 << 20;

/// Reads by API requests; what was read once is remembered for one investigation, so that all
/// of it speaks of the same state.
pub struct LiveReader {
    cluster: Cluster,
    clock: Clock,
    memo: Memo,
    /// Its place among those that hold large lists.
    turn: OnceLock<Option<OwnedSemaphorePermit>>,
}

impl LiveReader {
    /// A reader with an empty memory.
    pub fn new(cluster: Cluster) -> Self {
        LiveReader {
            cluster,
            clock: Clock::default(),
            memo: Memo::of(REMEMBERED),
            turn: OnceLock::new(),
        }
    }

    /// The same by another clock, which tells the age of events.
    pub fn with_clock(self, clock: Clock) -> Self {
        LiveReader { clock, ..self }
    }

    async fn answer(&self, read: Read) -> Result<Answer, ReadError> {
        if let Some(known) = self.memo.get(&read) {
            return known;
        }
        let answer = source::answer(self, &read).await;
        // An outage may pass within the investigation; a refusal and an absence do not.
        if !matches!(answer, Err(ReadError::Later(_))) {
            self.memo.keep(read, &answer);
        }
        answer
    }

    /// In pages, and no more of them than anybody can take: a large cluster has lists of hundreds
    /// of megabytes.
    async fn pages(
        &self,
        kind: &'static Kind,
        namespace: &str,
        selector: &str,
    ) -> Result<Array, ReadError> {
        let mut restriction = Restriction {
            labels: selector.to_owned(),
            // A page of what is selected the server would gather from its database, where it may
            // have all of it in its cache.
            limit: selector.is_empty().then_some(PAGE),
            most: Some(MOST),
            ..Restriction::default()
        };
        let mut array = Array::default();
        loop {
            let body = {
                let _place = self.cluster.lists.acquire().await;
                self.list_text(kind, namespace, &restriction).await
            };
            // One that is too old before its end is requested again later.
            let body = body?;
            let rest = array
                .take(kind, &body)
                .ok_or_else(|| not_understood("list"))?;
            if array.len() > LARGEST {
                let attempt = format!("list {}", kind.plural);
                let most = LARGEST as u64;
                return Err(ClusterError::TooLarge { attempt, most }.into());
            }
            if array.len() > LARGE {
                self.turn().await;
            }
            if rest.is_none() {
                return Ok(array);
            }
            restriction.token = rest;
        }
    }

    /// Wait until few enough others hold large lists; kept until this investigation ends.
    async fn turn(&self) {
        if self.turn.get().is_none() {
            // It is never closed.
            let turn = self.cluster.large_reads.clone().acquire_owned().await;
            let _ = self.turn.set(turn.ok());
        }
    }

    async fn list_text(
        &self,
        kind: &Kind,
        namespace: &str,
        restriction: &Restriction,
    ) -> Result<String, ClusterError> {
        let attempt = format!("list {}", kind.plural);
        self.cluster
            .list_text(&attempt, &kind.path(namespace), restriction)
            .await
    }

    /// The events of an object. Those of an object without a namespace stand in any.
    async fn of_object(
        &self,
        kind: &Kind,
        namespace: &str,
        name: &str,
    ) -> Result<Vec<Value>, ReadError> {
        let event = kinds::kind("Event").ok_or(ReadError::NotFound)?;
        let mut fields = format!("involvedObject.kind={}", kind.kind);
        if !kind.namespaced {
            // What an event of another namespace says of it is not asked for.
            fields = format!("{fields},involvedObject.namespace=");
        }
        if !name.is_empty() {
            fields = format!("{fields},involvedObject.name={name}");
        }
        let restriction = Restriction {
            fields,
            most: Some(MOST),
            ..Restriction::default()
        };
        let body = match self.list_text(event, namespace, &restriction).await {
            // Those who may not list all namespaces may often list this one.
            Err(ClusterError::Denied { .. }) if namespace.is_empty() => {
                self.list_text(event, "default", &restriction).await
            }
            body => body,
        }?;
        let mut parsed: Value =
            serde_json::from_str(&body).map_err(|_| not_understood("list events"))?;
        match parsed.get_mut("items").map(Value::take) {
            Some(Value::Array(items)) => Ok(items),
            _ => Ok(Vec::new()),
        }
    }
}

impl Source for LiveReader {
    fn now(&self) -> i64 {
        self.clock.now()
    }

    async fn object(
        &self,
        kind: &'static Kind,
        namespace: &str,
        name: &str,
    ) -> Result<String, ReadError> {
        let path = format!("{}/{name}", kind.path(namespace));
        let attempt = format!("get {} {name}", kind.kind);
        Ok(self.cluster.object_text(&attempt, &path).await?)
    }

    async fn list(
        &self,
        kind: &'static Kind,
        namespace: &str,
        selector: &str,
    ) -> Result<Array, ReadError> {
        self.pages(kind, namespace, selector).await
    }

    async fn events(
        &self,
        kind: &'static Kind,
        namespace: &str,
        name: &str,
    ) -> Result<Vec<Value>, ReadError> {
        self.of_object(kind, namespace, name).await
    }

    async fn log(&self, of: LogOf<'_>) -> Result<String, ReadError> {
        log(&self.cluster, of).await
    }

    async fn usage(&self, namespace: &str) -> Result<Vec<(String, Usage)>, ReadError> {
        top::usage(&self.cluster, namespace).await
    }
}

impl Reader for LiveReader {
    fn read(&self, permit: Permit) -> Reading<'_> {
        Box::pin(self.answer(permit.into_read()))
    }
}

/// The lines of a container. One that has no such log is not found.
pub(super) async fn log(cluster: &Cluster, of: LogOf<'_>) -> Result<String, ReadError> {
    let text = cluster
        .log_text(of.namespace, of.pod, of.container, of.previous, of.lines)
        .await;
    match text {
        Ok(text) => Ok(text),
        Err(ClusterError::Refused { .. }) => Err(ReadError::NotFound),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests;
