//! One read of the API server: bounded in time, tried again where that helps.

use std::io::ErrorKind;
use std::time::Duration;

use futures::AsyncReadExt;
use kube::api::{ListParams, LogParams, Request};

use super::error::chain;
use super::{Cluster, ClusterError};

/// How long one try may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Waits before the second and the third try.
const PAUSES: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(500)];
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
        let request = || Request::new(path).list(&params);
        let mut pauses = pauses.iter();
        loop {
            let error = match self.send(attempt, request(), restriction.most).await {
                Ok(text) => return Ok(text),
                Err(error) => error,
            };
            match pauses.next().filter(|_| error.may_pass()) {
                Some(pause) => tokio::time::sleep(*pause).await,
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
        let request = Request::new(path).logs(pod, &params);
        let attempt = format!("read the log of {namespace}/{pod}");
        self.send(&attempt, request, None).await
    }

    async fn send<E: std::error::Error>(
        &self,
        attempt: &str,
        request: Result<http::Request<Vec<u8>>, E>,
        most: Option<u64>,
    ) -> Result<String, ClusterError> {
        let request = request.map_err(|error| ClusterError::Answer {
            attempt: attempt.to_owned(),
            why: chain(&error),
        })?;
        match tokio::time::timeout(PATIENCE, self.body(attempt, request, most)).await {
            Ok(answer) => answer,
            Err(_) => Err(ClusterError::Unreachable {
                address: self.address.clone(),
                why: format!("no answer within {} s", PATIENCE.as_secs()),
            }),
        }
    }

    /// What is beyond the most is not waited for: it may be far more.
    async fn body(
        &self,
        attempt: &str,
        request: http::Request<Vec<u8>>,
        most: Option<u64>,
    ) -> Result<String, ClusterError> {
        let stream = self.client.request_stream(request).await;
        let stream = stream.map_err(|error| self.fault(attempt, error))?;
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
                why: "the answer is no text".to_owned(),
            }),
            Err(error) => Err(ClusterError::Unreachable {
                address: self.address.clone(),
                why: chain(&error),
            }),
        }
    }

    pub(super) fn fault(&self, attempt: &str, error: kube::Error) -> ClusterError {
        let (attempt, address) = (attempt.to_owned(), self.address.clone());
        match error {
            kube::Error::Api(status) => match status.code {
                401 => ClusterError::Unauthorized {
                    address,
                    why: status.message.clone(),
                },
                403 => ClusterError::Denied {
                    attempt,
                    why: status.message.clone(),
                },
                404 | 410 => ClusterError::NotFound { attempt },
                429 | 503 | 504 => ClusterError::Busy {
                    attempt,
                    why: status.message.clone(),
                },
                code => ClusterError::Answer {
                    attempt,
                    why: format!("{code}: {}", status.message),
                },
            },
            kube::Error::Auth(error) => ClusterError::Unauthorized {
                address,
                why: chain(&error),
            },
            kube::Error::HyperError(_) | kube::Error::Service(_) => ClusterError::Unreachable {
                address,
                why: chain(&error),
            },
            other => ClusterError::Answer {
                attempt,
                why: chain(&other),
            },
        }
    }
}
