//! What a refusal says beside its text: the time that the server wants to be left alone.
//!
//! It stands in a header, and the client reports a refusal without its headers. So each refusal is
//! written as a `Status` that holds it before the client sees it, no matter who wrote the refusal:
//! the server's own limit of requests answers in plain text.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Response};
use http_body_util::{BodyExt, Either, Full};
use kube::client::{ClientBuilder, DynBody};
use kube::core::Status;
use kube::core::response::StatusDetails;
use kube::{Client, Config};
use tower::BoxError;
use tower::util::AndThenLayer;

use crate::services::http_client;

/// Most bytes of a refusal that are read.
const MOST: usize = 64 << 10;
/// How long its text may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the client reads: an answer as it came, or a refusal as it was rewritten.
type Told = Response<Either<Box<DynBody>, Full<Bytes>>>;

/// A client that learns how long the server asks it to back off.
pub(super) fn client(config: Config) -> Result<Client, kube::Error> {
    let layer = AndThenLayer::new(told);
    Ok(ClientBuilder::try_from(config)?.with_layer(&layer).build())
}

async fn told(response: Response<Box<DynBody>>) -> Result<Told, BoxError> {
    let code = response.status();
    if !code.is_client_error() && !code.is_server_error() {
        return Ok(response.map(Either::Left));
    }
    let (parts, body) = response.into_parts();
    // A text that does not come in time is done without.
    let read = tokio::time::timeout(PATIENCE, beginning(body)).await;
    let body = read.unwrap_or_default();
    let text = serde_json::to_vec(&status(code.as_u16(), &parts.headers, &body))?;
    let mut response = Response::from_parts(parts, Either::Right(Full::new(text.into())));
    // It has another length now, and is whole.
    let headers = response.headers_mut();
    for name in [
        http::header::CONTENT_LENGTH,
        http::header::TRANSFER_ENCODING,
    ] {
        headers.remove(name);
    }
    Ok(response)
}

/// The first bytes of a body.
async fn beginning(mut body: Box<DynBody>) -> Vec<u8> {
    let mut bytes = Vec::new();
    while bytes.len() < MOST
        && let Some(Ok(frame)) = body.frame().await
    {
        bytes.extend(frame.data_ref().into_iter().flatten());
    }
    bytes
}

fn status(code: u16, headers: &HeaderMap, body: &[u8]) -> Status {
    let parsed: Option<Status> = serde_json::from_slice(body).ok();
    let mut status = parsed.unwrap_or_else(|| {
        let text = String::from_utf8_lossy(body);
        Status::failure(text.trim(), "")
    });
    if status.code == 0 {
        status.code = code;
    }
    let asked = http_client::retry_after(headers);
    if let Some(seconds) = asked.and_then(|asked| u32::try_from(asked.as_secs()).ok()) {
        let details = status.details.get_or_insert_with(none);
        details.retry_after_seconds = details.retry_after_seconds.max(seconds);
    }
    status
}

fn none() -> StatusDetails {
    StatusDetails {
        name: String::new(),
        group: String::new(),
        kind: String::new(),
        uid: String::new(),
        causes: Vec::new(),
        retry_after_seconds: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::header::RETRY_AFTER;
    use rstest::rstest;

    #[rstest]
    #[case::plain("7", "Too many requests", 7)]
    #[case::in_the_details(
        "1",
        r#"{"kind":"Status","code":429,"details":{"retryAfterSeconds":9}}"#,
        9
    )]
    #[case::in_the_header("3", r#"{"kind":"Status","code":429}"#, 3)]
    #[case::a_date("Fri, 31 Dec 1999 23:59:59 GMT", "no", 0)]
    fn the_time_is_found_wherever_it_stands(
        #[case] header: &str,
        #[case] body: &str,
        #[case] seconds: u32,
    ) {
        let headers = HeaderMap::from_iter([(RETRY_AFTER, header.parse().unwrap())]);
        let status = status(429, &headers, body.as_bytes());
        let found = status
            .details
            .map_or(0, |details| details.retry_after_seconds);
        assert_eq!((status.code, found), (429, seconds));
    }

    #[test]
    fn a_page_of_a_proxy_is_a_status_too() {
        let status = status(502, &HeaderMap::new(), b"<html>bad gateway</html>\n");
        assert_eq!(
            (status.code, status.message.as_str()),
            (502, "<html>bad gateway</html>")
        );
    }
}
