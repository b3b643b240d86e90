//! One read of the API server: bounded in time, tried again where that helps.

use std::io::ErrorKind;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::AsyncReadExt;
use kube::api::{ListParams, LogParams, Request};

use super::error::chain;
use super::{Class, Cluster, ClusterError};
use crate::services::random;

/// How long one try may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a backend of the API server may take, all tries together: a plugin reads two logs
/// of a node that is gone within its deadline, and still says what it knows.
const BEHIND: Duration = Duration::from_secs(4);
/// Waits before the second and the third try, unless the server wants more.
pub(super) const PAUSES: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(500)];
/// Longest wait before the next try: the caller has a deadline of its own, and asks again later.
const LONGEST: Duration = Duration::from_secs(5);
/// Objects in one answer, where a list is read in pages.
pub(super) const PAGE: u32 = 500;
/// Most bytes of a log that one read returns.
pub(crate) const LOG_BYTES: i64 = 64 * 1024;

/// What a list is restricted to.
#[derive(Debug, Clone, Default)]
pub(super) struct Restriction {
    /// Equalities of labels.
    pub(super) labels: String,
    /// Equalities of fields.
    pub(super) fields: String,
    /// From the server's cache, which is quick and may be a moment old.
    pub(super) cached: bool,
    /// Objects in one answer; none for all of them.
    pub(super) limit: Option<u32>,
    /// Where an answer before ended.
    pub(super) token: Option<String>,
    /// Most bytes that are taken; none for all of them.
    pub(super) most: Option<u64>,
}

/// No answer of the API server at `address` in time is no answer.
///
/// # Errors
/// [`ClusterError::Unanswered`], or what was answered.
pub async fn within<T>(
    limit: Duration,
    address: impl FnOnce() -> String,
    asking: impl Future<Output = Result<T, ClusterError>>,
) -> Result<T, ClusterError> {
    let asked = tokio::time::timeout(limit, asking).await;
    asked.unwrap_or_else(|_| {
        Err(ClusterError::Unanswered {
            address: address(),
            why: format!("no answer within {} s", limit.as_secs()),
        })
    })
}

impl Cluster {
    /// The text of a path's answer.
    pub(super) async fn fetch(
        &self,
        attempt: &str,
        path: &str,
        pauses: &[Duration],
    ) -> Result<String, ClusterError> {
        self.fetch_list(attempt, path, &Restriction::default(), pauses)
            .await
    }

    /// The text of a list.
    pub(super) async fn list_text(
        &self,
        attempt: &str,
        path: &str,
        restriction: &Restriction,
    ) -> Result<String, ClusterError> {
        self.fetch_list(attempt, path, restriction, &PAUSES).await
    }

    /// The text of one object.
    pub(super) async fn object_text(
        &self,
        attempt: &str,
        path: &str,
    ) -> Result<String, ClusterError> {
        self.fetch(attempt, path, &PAUSES).await
    }

    async fn fetch_list(
        &self,
        attempt: &str,
        path: &str,
        restriction: &Restriction,
        pauses: &[Duration],
    ) -> Result<String, ClusterError> {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let params = ListParams {
            label_selector: some(&restriction.labels),
            field_selector: some(&restriction.fields),
            resource_version: restriction.cached.then(|| "0".to_owned()),
            limit: restriction.limit,
            continue_token: restriction.token.clone(),
            ..ListParams::default()
        };
        self.insist(pauses, || async {
            let request = Request::new(path).list(&params);
            self.send(attempt, request, restriction.most).await
        })
        .await
    }

    /// Ask until there is an answer, or no further pause. For reads: a write is sent once.
    pub(super) async fn insist<T, Asked>(
        &self,
        pauses: &[Duration],
        ask: impl Fn() -> Asked,
    ) -> Result<T, ClusterError>
    where
        Asked: Future<Output = Result<T, ClusterError>>,
    {
        let mut pauses = pauses.iter();
        loop {
            let error = match ask().await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            match pauses.next().and_then(|least| pause(&error, *least)) {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return Err(error),
            }
        }
    }

    /// The last lines of a container.
    pub(super) async fn log_text(
        &self,
        namespace: &str,
        pod: &str,
        container: &str,
        previous: bool,
        lines: u32,
    ) -> Result<String, ClusterError> {
        let params = LogParams {
            container: (!container.is_empty()).then(|| container.to_owned()),
            previous,
            tail_lines: Some(i64::from(lines)),
            limit_bytes: Some(LOG_BYTES),
            ..LogParams::default()
        };
        let path = format!("/api/v1/namespaces/{namespace}/pods");
        let attempt = format!("read the log of {namespace}/{pod}");
        self.passed_on(&attempt, || Request::new(&path).logs(pod, &params))
            .await
    }

    /// The text of what the server of metrics serves.
    pub(super) async fn metrics_text(&self, path: &str) -> Result<String, ClusterError> {
        let params = ListParams::default();
        self.passed_on("read usage", || Request::new(path).list(&params))
            .await
    }

    /// What somebody behind the API server answers: the kubelet of a node, the server of metrics.
    /// One that fails is not asked again ([`ClusterError::Backend`]): it fails for minutes, and a
    /// storm has a read for each of its pods.
    async fn passed_on<E: std::error::Error>(
        &self,
        attempt: &str,
        request: impl Fn() -> Result<http::Request<Vec<u8>>, E>,
    ) -> Result<String, ClusterError> {
        let asking = self.insist(&PAUSES, || async {
            let answer = self.send(attempt, request(), None).await;
            answer.map_err(ClusterError::of_backend)
        });
        self.within(BEHIND, asking).await
    }

    async fn send<E: std::error::Error>(
        &self,
        attempt: &str,
        request: Result<http::Request<Vec<u8>>, E>,
        most: Option<u64>,
    ) -> Result<String, ClusterError> {
        let request = request.map_err(|error| ClusterError::Refused {
            attempt: attempt.to_owned(),
            why: chain(&error),
        })?;
        self.in_time(self.body(attempt, request, most)).await
    }

    /// The answer to what the client was asked, in time.
    pub(super) async fn answer<T>(
        &self,
        attempt: &str,
        asked: impl Future<Output = Result<T, kube::Error>>,
    ) -> Result<T, ClusterError> {
        let answer = async {
            match asked.await {
                Ok(answer) => Ok(answer),
                Err(error) => Err(self.fault(attempt, error).await),
            }
        };
        self.in_time(answer).await
    }

    /// One request: no answer in time is no answer.
    pub(super) async fn in_time<T>(
        &self,
        asking: impl Future<Output = Result<T, ClusterError>>,
    ) -> Result<T, ClusterError> {
        self.sent.fetch_add(1, Ordering::Relaxed);
        self.within(PATIENCE, asking).await
    }

    async fn within<T>(
        &self,
        patience: Duration,
        asking: impl Future<Output = Result<T, ClusterError>>,
    ) -> Result<T, ClusterError> {
        within(patience, || self.address.clone(), asking).await
    }

    /// What is beyond the most is not waited for: it may be far more.
    async fn body(
        &self,
        attempt: &str,
        request: http::Request<Vec<u8>>,
        most: Option<u64>,
    ) -> Result<String, ClusterError> {
        let stream = match self.reads().request_stream(request).await {
            Ok(stream) => stream,
            Err(error) => return Err(self.fault(attempt, error).await),
        };
        let most = most.unwrap_or(u64::MAX);
        let mut text = String::new();
        let read = stream.take(most).read_to_string(&mut text).await;
        match read {
            Ok(_) if text.len() as u64 == most => Err(ClusterError::TooLarge {
                attempt: attempt.to_owned(),
                most,
            }),
            Ok(_) => Ok(text),
            Err(error) if error.kind() == ErrorKind::InvalidData => Err(ClusterError::Answer {
                attempt: attempt.to_owned(),
                why: "the answer is not text".to_owned(),
            }),
            Err(error) => Err(ClusterError::Unanswered {
                address: self.address.clone(),
                why: chain(&error),
            }),
        }
    }
}

/// How long to wait before the next try: as long as the server wants, spread a little, since many
/// were refused at the same time. None where another try helps nothing, or comes too late.
fn pause(error: &ClusterError, least: Duration) -> Option<Duration> {
    match error.class() {
        Class::Transient { after } => {
            let wait = after.map_or(least, |after| after.max(least));
            let spread = u64::try_from(wait.as_millis() / 4).unwrap_or(0).max(1);
            let wait = wait + Duration::from_millis(random::below(spread));
            (wait <= LONGEST).then_some(wait)
        }
        Class::Permanent | Class::Conflict | Class::Gone => None,
    }
}
