//! One way from what a cluster holds to what a reader answers, whatever holds it: an API server, a
//! snapshot, a recording. A source gives raw objects, events, lines and usage; what is made of
//! them is decided here, so that a recorded incident is read exactly as it was read live.

use std::future::Future;

use k8shawk_core::describe::Described;
use k8shawk_core::event::EventRow;
use k8shawk_core::guard::{Answer, Read, ReadError, Usage};
use k8shawk_core::inventory::event_rows;
use k8shawk_core::kinds::{self, Kind};
use k8shawk_core::owners::Owned;
use k8shawk_core::selector::Selector;
use serde_json::Value;

use super::page::{Array, served_object};

/// The lines of a container that are asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LogOf<'r> {
    pub(crate) namespace: &'r str,
    pub(crate) pod: &'r str,
    /// Empty for a pod with a single one.
    pub(crate) container: &'r str,
    /// The run before the present one.
    pub(crate) previous: bool,
    /// At most so many, from the end.
    pub(crate) lines: u32,
}

/// What holds the state of a cluster, as the API server would send it.
pub(crate) trait Source: Send + Sync {
    /// The time that ages are relative to, milliseconds since the Unix epoch.
    fn now(&self) -> i64;

    /// The JSON text of one object.
    fn object(
        &self,
        kind: &'static Kind,
        namespace: &str,
        name: &str,
    ) -> impl Future<Output = Result<String, ReadError>> + Send;

    /// The objects of a kind in a namespace (in all, where it is empty) that a selector of
    /// equalities fits, in the order of their namespaces and names.
    fn list(
        &self,
        kind: &'static Kind,
        namespace: &str,
        selector: &str,
    ) -> impl Future<Output = Result<Array, ReadError>> + Send;

    /// The events about an object; about every object of the kind, where the name is empty.
    fn events(
        &self,
        kind: &'static Kind,
        namespace: &str,
        name: &str,
    ) -> impl Future<Output = Result<Vec<Value>, ReadError>> + Send;

    /// The last lines of a container.
    fn log(&self, of: LogOf<'_>) -> impl Future<Output = Result<String, ReadError>> + Send;

    /// Usage of the containers of a namespace, or of more: each with its namespace.
    fn usage(
        &self,
        namespace: &str,
    ) -> impl Future<Output = Result<Vec<(String, Usage)>, ReadError>> + Send;
}

/// The answer to a read.
pub(crate) async fn answer(source: &impl Source, read: &Read) -> Result<Answer, ReadError> {
    match read {
        Read::Get {
            kind,
            namespace,
            name,
        } => object(source, kind, namespace, name)
            .await
            .map(Answer::Text),
        Read::Owners {
            kind,
            namespace,
            name,
        } => owned(source, kind, namespace, name).await.map(Answer::Text),
        Read::List {
            kind,
            namespace,
            selector,
        } => {
            let array = source.list(known(kind)?, namespace, selector).await?;
            Ok(Answer::Text(array.into_text()))
        }
        Read::Describe {
            kind,
            namespace,
            name,
        } => {
            let text = object(source, kind, namespace, name).await?;
            let rows = match rows(source, kind, namespace, name).await {
                // Without its events it would look as if it had none.
                Err(error @ ReadError::Later(_)) => return Err(error),
                rows => rows.unwrap_or_default(),
            };
            let object = serde_json::from_str(&text).map_err(|_| not_understood("describe"))?;
            Ok(Answer::Described(Box::new(Described {
                object,
                events: rows,
                at: source.now(),
            })))
        }
        Read::Logs {
            namespace,
            pod,
            container,
            previous,
            lines,
        } => {
            let of = LogOf {
                namespace,
                pod,
                container,
                previous: *previous,
                lines: *lines,
            };
            source.log(of).await.map(Answer::Text)
        }
        Read::Top { namespace, pod } => {
            let all = source.usage(namespace).await?;
            let of_pod = all.into_iter().filter(|(within, usage)| {
                within == namespace && (pod.is_empty() || usage.pod == *pod)
            });
            Ok(Answer::Usage(of_pod.map(|(_, usage)| usage).collect()))
        }
        Read::Events {
            kind,
            namespace,
            name,
        } => {
            let rows = rows(source, kind, namespace, name).await?;
            let text = serde_json::to_string(&rows).map_err(|_| not_understood("events"))?;
            Ok(Answer::Text(text))
        }
    }
}

/// A selector where no API server applies it.
pub(super) fn selector(text: &str) -> Result<Selector<'_>, ReadError> {
    let sets = || ReadError::Unavailable(format!("{text:?} is not a selector of equalities"));
    Selector::parse(text).ok_or_else(sets)
}

fn known(kind: &str) -> Result<&'static Kind, ReadError> {
    kinds::kind(kind).ok_or(ReadError::NotFound)
}

async fn object(
    source: &impl Source,
    kind: &str,
    namespace: &str,
    name: &str,
) -> Result<String, ReadError> {
    let kind = known(kind)?;
    let raw = source.object(kind, namespace, name).await?;
    served_object(kind, &raw).ok_or_else(|| not_understood(&format!("get {} {name}", kind.kind)))
}

/// From the object as it is held: what is served of it has no managed fields.
async fn owned(
    source: &impl Source,
    kind: &str,
    namespace: &str,
    name: &str,
) -> Result<String, ReadError> {
    let kind = known(kind)?;
    let raw = source.object(kind, namespace, name).await?;
    let told = Owned::told(&raw);
    told.ok_or_else(|| not_understood(&format!("owners of {} {name}", kind.kind)))
}

async fn rows(
    source: &impl Source,
    kind: &str,
    namespace: &str,
    name: &str,
) -> Result<Vec<EventRow>, ReadError> {
    let found = source.events(known(kind)?, namespace, name).await?;
    Ok(event_rows(&found))
}

/// What came back has no form that is known.
pub(super) fn not_understood(attempt: &str) -> ReadError {
    ReadError::Later(format!("{attempt}: the answer cannot be parsed"))
}
