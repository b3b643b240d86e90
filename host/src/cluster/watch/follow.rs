//! One watch of one kind, from its list to its first error.

use std::time::Duration;

use futures::stream::{self, AbortHandle, BoxStream, StreamExt};
use k8shawk_core::kinds::Kind;
use kube::api::Api;
use kube::core::ApiResource;
use kube::runtime::watcher::{self, Event};
use kube::{Client, Error};

use super::lean::Lean;
use crate::cluster::error::chain;

/// Objects per request of a list.
const PAGE: u32 = 500;
/// How long the server keeps one watch open, in seconds; below the client's read timeout.
const OPEN: u32 = 240;

/// What a watch says.
pub(super) type Step = (usize, watcher::Result<Event<Lean>>);

/// A watch that lists first and ends with its first error; the caller begins a new one, so
/// that nothing is lost unseen. The handle ends it earlier.
pub(super) fn follow(
    client: Client,
    namespace: &str,
    slot: usize,
    kind: &Kind,
    delay: Duration,
) -> (BoxStream<'static, Step>, AbortHandle) {
    let resource = ApiResource {
        group: kind.group.to_owned(),
        version: kind.version.to_owned(),
        api_version: kind.api_version(),
        kind: kind.kind.to_owned(),
        plural: kind.plural.to_owned(),
    };
    let api: Api<Lean> = if kind.namespaced && !namespace.is_empty() {
        Api::namespaced_with(client, namespace, &resource)
    } else {
        Api::all_with(client, &resource)
    };
    let mut config = watcher::Config::default().page_size(PAGE).timeout(OPEN);
    if kind.kind == "Event" {
        config = config.fields("type!=Normal");
    }
    let watch = stream::once(tokio::time::sleep(delay))
        .flat_map(move |()| watcher::watcher(api.clone(), config.clone()));
    let until_error = stream::unfold(Some(watch.boxed()), |watch| async {
        let mut watch = watch?;
        let step = watch.next().await?;
        let rest = step.is_ok().then_some(watch);
        Some((step, rest))
    });
    let (watch, handle) = stream::abortable(until_error.map(move |step| (slot, step)));
    (watch.boxed(), handle)
}

/// Why a watch ended.
pub(super) enum Fault {
    /// The API server does not answer, or not as it should: every kind is concerned.
    Server(String),
    /// This kind only: RBAC, an unknown kind, or a version that is too old.
    Kind(String),
}

/// Whom an error concerns.
pub(super) fn fault(error: &watcher::Error) -> Fault {
    let (code, server) = match error {
        watcher::Error::WatchError(status) => (status.code, false),
        watcher::Error::InitialListFailed(error)
        | watcher::Error::WatchStartFailed(error)
        | watcher::Error::WatchFailed(error) => match error {
            Error::Api(status) => (status.code, false),
            // One object that is no JSON: the server answers, and its other kinds are as they were.
            Error::SerdeError(error) => {
                return Fault::Kind(format!(
                    "what the API server sent cannot be read ({error}); listing again"
                ));
            }
            _ => (0, true),
        },
        watcher::Error::NoResourceVersion => (0, false),
    };
    match code {
        403 => Fault::Kind("the cluster refuses to list or watch it".to_owned()),
        404 => Fault::Kind("the cluster does not serve it".to_owned()),
        410 => Fault::Kind("the watch fell behind; listing again".to_owned()),
        401 => Fault::Server("the credentials are not accepted".to_owned()),
        429 | 500.. => Fault::Server(chain(error)),
        _ if server => Fault::Server(chain(error)),
        _ => Fault::Kind(chain(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kube::core::Status;
    use rstest::rstest;

    fn refused(code: u16) -> watcher::Error {
        let status = Status::failure("no", "Because").with_code(code);
        watcher::Error::InitialListFailed(Error::Api(Box::new(status)))
    }

    #[test]
    fn an_object_that_is_no_json_concerns_its_kind_only() {
        let broken = serde_json::from_str::<u8>("{").unwrap_err();
        let error = watcher::Error::WatchFailed(Error::SerdeError(broken));
        assert!(matches!(fault(&error), Fault::Kind(why) if why.contains("cannot be read")));
    }

    #[rstest]
    #[case(403, false)]
    #[case(404, false)]
    #[case(410, false)]
    #[case(401, true)]
    #[case(429, true)]
    #[case(503, true)]
    fn an_outage_is_told_from_a_refusal(#[case] code: u16, #[case] of_the_server: bool) {
        assert_eq!(
            matches!(fault(&refused(code)), Fault::Server(_)),
            of_the_server
        );
    }
}
