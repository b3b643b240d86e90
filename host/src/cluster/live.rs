//! Reads by API requests.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock};

use k8shawk_core::guard::{Answer, Permit, Read, ReadError, Reader, Reading, Usage};
use k8shawk_core::kinds::{self, Kind};
use serde_json::Value;
use tokio::sync::OwnedSemaphorePermit;

use super::page::{Array, served_object};
use super::request::{PAGE, Restriction};
use super::{Cluster, ClusterError, describe, events, top};

/// Answers that are remembered for one investigation.
const REMEMBERED: usize = 512;
/// Bytes of a list from which on few are held at the same time.
const LARGE: usize = 1 << 20;
/// Bytes of the largest list: about 3,000 pods. Whoever parses it needs several times as much.
const LARGEST: usize = 8 << 20;
/// Bytes of one answer that are taken before it is stripped, which leaves about half.
const MOST: u64 = 32 << 20;

/// Reads by API requests; what was read once is remembered for one investigation, so that all
/// of it speaks of the same state.
pub struct LiveReader {
    cluster: Cluster,
    memo: Mutex<HashMap<Read, Result<Answer, ReadError>>>,
    /// Its place among those that hold large lists.
    turn: OnceLock<Option<OwnedSemaphorePermit>>,
}

impl LiveReader {
    /// A reader with an empty memory.
    pub fn new(cluster: Cluster) -> Self {
        LiveReader {
            cluster,
            memo: Mutex::default(),
            turn: OnceLock::new(),
        }
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
        let answer = self.ask(&read).await;
        // An outage may pass within the investigation; a refusal and an absence do not.
        if !matches!(answer, Err(ReadError::Unavailable(_)))
            && let Ok(mut memo) = self.memo.lock()
            && memo.len() < REMEMBERED
        {
            memo.insert(read, answer.clone());
        }
        answer
    }

    async fn ask(&self, read: &Read) -> Result<Answer, ReadError> {
        match read {
            Read::Get {
                kind,
                namespace,
                name,
            } => self.object(kind, namespace, name).await.map(Answer::Text),
            Read::List {
                kind,
                namespace,
                selector,
            } => self.list(kind, namespace, selector).await,
            Read::Describe {
                kind,
                namespace,
                name,
            } => {
                let text = self.object(kind, namespace, name).await?;
                let rows = self.rows(kind, namespace, name).await.unwrap_or_default();
                described(&text, &rows)
            }
            Read::Logs { .. } => logs(&self.cluster, read).await,
            Read::Top { namespace, pod } => {
                usage_of(&top::usage(&self.cluster, namespace).await?, namespace, pod)
            }
            Read::Events {
                kind,
                namespace,
                name,
            } => json(&self.rows(kind, namespace, name).await?),
        }
    }

    async fn object(&self, kind: &str, namespace: &str, name: &str) -> Result<String, ReadError> {
        let kind = kinds::kind(kind).ok_or(ReadError::NotFound)?;
        let path = format!("{}/{name}", kind.path(namespace));
        let attempt = format!("get {} {name}", kind.kind);
        let raw = self.cluster.object_text(&attempt, &path).await?;
        served_object(kind, &raw).ok_or_else(|| not_understood(&attempt))
    }

    /// In pages, and no more of them than anybody can take: a large cluster has lists of hundreds
    /// of megabytes.
    async fn list(&self, kind: &str, namespace: &str, selector: &str) -> Result<Answer, ReadError> {
        let kind = kinds::kind(kind).ok_or(ReadError::NotFound)?;
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
            let body = body.map_err(|error| match error {
                ClusterError::NotFound { .. } if restriction.token.is_some() => {
                    ReadError::Unavailable("the list was too old before its end".to_owned())
                }
                error => error.into(),
            })?;
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
                return Ok(Answer::Text(array.into_text()));
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
    async fn rows(&self, kind: &str, namespace: &str, name: &str) -> Result<Vec<Value>, ReadError> {
        let event = kinds::kind("Event").ok_or(ReadError::NotFound)?;
        let mut fields = format!("involvedObject.kind={kind}");
        if kinds::kind(kind).is_some_and(|known| !known.namespaced) {
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
            serde_json::from_str(&body).map_err(|e| ReadError::Unavailable(e.to_string()))?;
        let items = parsed.get_mut("items").map(Value::take).unwrap_or_default();
        Ok(events::rows(items.as_array().unwrap_or(&Vec::new()).iter()))
    }
}

impl Reader for LiveReader {
    fn read(&self, permit: Permit) -> Reading<'_> {
        Box::pin(self.answer(permit.into_read()))
    }
}

fn not_understood(attempt: &str) -> ReadError {
    ReadError::Unavailable(format!("{attempt}: the answer cannot be understood"))
}

/// The answer of `describe`.
pub(super) fn described(object: &str, rows: &[Value]) -> Result<Answer, ReadError> {
    let object = serde_json::from_str(object).map_err(|_| not_understood("describe"))?;
    let now = jiff::Timestamp::now().as_millisecond();
    Ok(Answer::Text(describe::text(&object, rows, now)))
}

/// JSON text.
pub(super) fn json(rows: &[Value]) -> Result<Answer, ReadError> {
    let text = serde_json::to_string(rows).map_err(|e| ReadError::Unavailable(e.to_string()))?;
    Ok(Answer::Text(text))
}

/// The answer of `top`.
pub(super) fn usage_of(
    all: &[(String, Usage)],
    namespace: &str,
    pod: &str,
) -> Result<Answer, ReadError> {
    let of_pod = all
        .iter()
        .filter(|(within, usage)| *within == namespace && (pod.is_empty() || usage.pod == pod));
    Ok(Answer::Usage(
        of_pod.map(|(_, usage)| usage.clone()).collect(),
    ))
}

/// The answer of `logs`. A container that has no such log is not found.
pub(super) async fn logs(cluster: &Cluster, read: &Read) -> Result<Answer, ReadError> {
    let Read::Logs {
        namespace,
        pod,
        container,
        previous,
        lines,
    } = read
    else {
        return Err(ReadError::NotFound);
    };
    let text = cluster
        .log_text(namespace, pod, container, *previous, *lines)
        .await;
    match text {
        Ok(text) => Ok(Answer::Text(text)),
        Err(ClusterError::Answer { why, .. }) if why.starts_with("400") => Err(ReadError::NotFound),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests;
