//! Backends of the API server: the kubelet of a log, the metrics server.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::any;
use rstest::rstest;

use super::*;

/// A cluster that answers every request so, and how often it was asked.
async fn failing(code: u16, retry_after: Option<u32>) -> (Cluster, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let answer = move || {
        count.fetch_add(1, Ordering::SeqCst);
        let mut headers = HeaderMap::new();
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        let code = StatusCode::from_u16(code).unwrap();
        async move { (code, headers, "dial tcp 10.0.0.3:10250: connect refused") }
    };
    let cluster = testing::cluster(Router::new().fallback(any(answer))).await;
    (cluster, asked)
}

async fn log_of(reader: &LiveReader) -> Result<String, ReadError> {
    let of = LogOf {
        namespace: "shop",
        pod: "web",
        container: "app",
        previous: true,
        lines: 100,
    };
    reader.log(of).await
}

#[rstest]
#[case(500)]
#[case(502)]
#[case(503)]
#[case(504)]
#[tokio::test]
async fn one_that_fails_is_asked_once_and_done_without(#[case] code: u16) {
    let (cluster, asked) = failing(code, None).await;
    let reader = LiveReader::new(cluster.clone());
    let log = log_of(&reader).await.unwrap_err();
    assert!(
        matches!(&log, ReadError::Unavailable(why) if why.contains("log of shop/web")),
        "{log}"
    );
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    let usage = reader.usage("shop").await.unwrap_err();
    assert!(matches!(usage, ReadError::Unavailable(_)), "{usage}");
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    assert_eq!(cluster.requests(), 2);
}

#[rstest]
#[case(429)]
#[case(503)]
#[tokio::test]
async fn the_api_server_itself_is_asked_again(#[case] code: u16) {
    let (cluster, asked) = failing(code, Some(1)).await;
    let reader = LiveReader::new(cluster.clone());
    let log = log_of(&reader).await.unwrap_err();
    assert!(matches!(log, ReadError::Later(_)), "{log}");
    assert_eq!(asked.load(Ordering::SeqCst), 3);
    // Each try is reported.
    assert_eq!(cluster.requests(), 3);
}

#[tokio::test]
async fn an_object_is_asked_for_again_where_the_server_fails() {
    let (cluster, asked) = failing(500, None).await;
    let pod = kinds::kind("Pod").unwrap();
    let read = LiveReader::new(cluster).object(pod, "shop", "web").await;
    assert!(matches!(read, Err(ReadError::Later(_))), "{read:?}");
    assert_eq!(asked.load(Ordering::SeqCst), 3);
}

/// An analysis plugin has ten seconds, and reads the log of the run before and the present one.
#[tokio::test]
async fn a_silent_node_leaves_a_plugin_time_to_answer() {
    let silent = any(std::future::pending::<String>);
    let cluster = testing::cluster(Router::new().fallback(silent)).await;
    let begun = Instant::now();
    let log = log_of(&LiveReader::new(cluster)).await.unwrap_err();
    assert!(matches!(log, ReadError::Later(_)), "{log}");
    assert!(begun.elapsed() * 2 < Duration::from_secs(10));
}
