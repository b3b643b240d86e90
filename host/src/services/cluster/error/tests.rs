//! The table of answers, and the same answers from a server that speaks HTTP, by read and by write.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::any;
use k8shawk_core::fix::Write;
use kube::core::Status;
use kube::core::response::{StatusCause, StatusDetails};
use rstest::rstest;
use serde_json::json;

use super::*;
use crate::services::cluster::Cluster;
use crate::services::cluster::testing;

fn error(status: &Status) -> ClusterError {
    let (attempt, address) = ("get Pod web".to_owned(), "https://api".to_owned());
    ClusterError::answered(attempt, address, status)
}

fn status(code: u16) -> Status {
    Status::failure("because", "").with_code(code)
}

const NOW: Class = Class::Transient { after: None };

#[rstest]
fn every_status_has_a_class() {
    for code in 400..=599 {
        let expected = match code {
            401 | 408 | 410 | 425 | 429 => NOW,
            404 => Class::Gone,
            409 => Class::Conflict,
            501 => Class::Permanent,
            500..=599 => NOW,
            _ => Class::Permanent,
        };
        let error = error(&status(code));
        assert_eq!(error.class(), expected, "{code}: {error}");
        let read = ReadError::from(error);
        assert_eq!(
            matches!(read, ReadError::Later(_)),
            expected == NOW,
            "{code}"
        );
        assert_eq!(read == ReadError::Denied, code == 403, "{code}");
    }
}

#[rstest]
#[case("Unauthorized", NOW)]
#[case("Forbidden", Class::Permanent)]
#[case("NotFound", Class::Gone)]
#[case("AlreadyExists", Class::Conflict)]
#[case("Conflict", Class::Conflict)]
#[case("Gone", NOW)]
#[case("Expired", NOW)]
#[case("Invalid", Class::Permanent)]
#[case("ServerTimeout", NOW)]
#[case("StorageReadError", NOW)]
#[case("Timeout", NOW)]
#[case("TooManyRequests", NOW)]
#[case("BadRequest", Class::Permanent)]
#[case("MethodNotAllowed", Class::Permanent)]
#[case("NotAcceptable", Class::Permanent)]
#[case("RequestEntityTooLarge", Class::Permanent)]
#[case("UnsupportedMediaType", Class::Permanent)]
#[case("InternalError", NOW)]
#[case("ServiceUnavailable", NOW)]
#[case("of a later Kubernetes", NOW)]
fn a_status_without_a_code_is_read_by_its_reason(#[case] reason: &str, #[case] class: Class) {
    assert_eq!(error(&Status::failure("because", reason)).class(), class);
}

fn evicted(retry_after_seconds: u32) -> Status {
    status(429).with_details(StatusDetails {
        causes: vec![StatusCause {
            reason: "DisruptionBudget".to_owned(),
            message: "needs 2 healthy pods".to_owned(),
            field: String::new(),
        }],
        retry_after_seconds,
        name: String::new(),
        group: String::new(),
        kind: String::new(),
        uid: String::new(),
    })
}

#[test]
fn a_disruption_budget_refuses_and_one_that_is_not_computed_yet_does_not() {
    assert_eq!(error(&evicted(0)).class(), Class::Permanent);
    let after = Some(Duration::from_secs(10));
    assert_eq!(error(&evicted(10)).class(), Class::Transient { after });
}

/// An API server that answers everything alike.
#[derive(Clone)]
struct Told {
    code: u16,
    body: String,
    retry_after: Option<u32>,
    asked: Arc<AtomicUsize>,
    /// From this request on it answers well.
    well_after: usize,
}

async fn tell(State(told): State<Told>) -> impl IntoResponse {
    let number = told.asked.fetch_add(1, Ordering::SeqCst);
    if number >= told.well_after {
        let pod = pod().to_string();
        return (StatusCode::OK, HeaderMap::new(), pod);
    }
    let mut headers = HeaderMap::new();
    if let Some(seconds) = told.retry_after {
        headers.insert(header::RETRY_AFTER, seconds.into());
    }
    (StatusCode::from_u16(told.code).unwrap(), headers, told.body)
}

fn pod() -> serde_json::Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop"}})
}

async fn server(code: u16, body: &str, retry_after: Option<u32>) -> (Cluster, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let told = Told {
        code,
        body: body.to_owned(),
        retry_after,
        asked: asked.clone(),
        well_after: usize::MAX,
    };
    (served(told).await, asked)
}

async fn served(told: Told) -> Cluster {
    let router = Router::new().fallback(any(tell)).with_state(told);
    testing::cluster(router).await
}

async fn write(cluster: &Cluster) -> Result<serde_json::Value, ClusterError> {
    cluster.write(Write::Replace(&pod()), false).await
}

#[rstest]
#[case::plain_text("Too many requests, please try again later.\n", Some(9))]
#[case::in_the_details(
    r#"{"kind":"Status","status":"Failure","code":429,"reason":"TooManyRequests","details":{"retryAfterSeconds":9}}"#,
    None
)]
#[tokio::test]
async fn a_throttled_write_is_sent_once_and_says_when_to_come_back(
    #[case] body: &str,
    #[case] header: Option<u32>,
) {
    let (cluster, asked) = server(429, body, header).await;
    let error = write(&cluster).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(9)), "{error}");
    assert!(!error.may_have_happened(), "{error}");
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    assert!(cluster.is_overloaded());
}

#[rstest]
#[case(400, Class::Permanent, false)]
#[case(401, NOW, false)]
#[case(403, Class::Permanent, false)]
#[case(404, Class::Gone, false)]
#[case(409, Class::Conflict, false)]
#[case(422, Class::Permanent, false)]
#[case(429, NOW, false)]
#[case(500, NOW, true)]
#[case(502, NOW, true)]
#[case(503, NOW, true)]
#[case(504, NOW, true)]
#[tokio::test]
async fn a_write_is_classed_as_a_read_is(
    #[case] code: u16,
    #[case] class: Class,
    #[case] may_have_happened: bool,
) {
    let (cluster, _) = server(code, "<html>of a proxy</html>", None).await;
    let written = write(&cluster).await.unwrap_err();
    assert_eq!(written.class(), class, "{written}");
    assert_eq!(written.may_have_happened(), may_have_happened, "{written}");
    // Not even a 404 proves that an object is gone, where it is no `Status` of an API server.
    let read = cluster.current("Pod", "shop", "web").await.unwrap_err();
    assert_eq!(read.class(), class, "{read}");
}

#[tokio::test]
async fn an_object_is_gone_where_the_api_server_says_so() {
    let body = json!({"kind": "Status", "status": "Failure", "code": 404, "reason": "NotFound"});
    let (cluster, _) = server(404, &body.to_string(), None).await;
    assert_eq!(cluster.current("Pod", "shop", "web").await, Ok(None));
}

#[tokio::test]
async fn a_throttled_read_waits_as_long_as_the_server_wants() {
    let asked = Arc::new(AtomicUsize::new(0));
    let told = Told {
        code: 429,
        body: "Too many requests".to_owned(),
        retry_after: Some(1),
        asked: asked.clone(),
        well_after: 1,
    };
    let cluster = served(told).await;
    let begun = Instant::now();
    let found = cluster.current("Pod", "shop", "web").await.unwrap();
    assert!(found.is_some() && begun.elapsed() >= Duration::from_secs(1));
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn what_is_no_answer_of_an_api_server_proves_nothing() {
    let (cluster, _) = server(200, "<html>welcome</html>", None).await;
    let error = write(&cluster).await.unwrap_err();
    assert!(error.may_pass() && error.may_have_happened(), "{error}");
}

#[tokio::test]
async fn nothing_was_sent_where_no_connection_came_up() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    let error = write(&testing::cluster_at(&address)).await.unwrap_err();
    assert!(matches!(error, ClusterError::Unreachable { .. }), "{error}");
    assert!(error.may_pass() && !error.may_have_happened());
}

#[tokio::test]
async fn a_connection_that_is_cut_may_have_done_it() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            // Not before it was asked.
            let _ = tokio::io::AsyncReadExt::read(&mut client, &mut [0; 1024]).await;
        }
    });
    let error = write(&testing::cluster_at(&address)).await.unwrap_err();
    assert!(matches!(error, ClusterError::Unanswered { .. }), "{error}");
    assert!(error.may_pass() && error.may_have_happened());
}

#[tokio::test]
async fn a_server_without_tls_where_it_should_be_is_no_answer() {
    let address = testing::serve(Router::new()).await;
    let cluster = testing::cluster_at(&address.replace("http:", "https:"));
    let error = write(&cluster).await.unwrap_err();
    assert!(matches!(error, ClusterError::Unreachable { .. }), "{error}");
    assert!(error.may_pass() && !error.may_have_happened());
}
