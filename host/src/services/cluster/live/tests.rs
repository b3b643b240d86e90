//! Against an API server that speaks HTTP and serves what a test wants.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::routing::get;
use serde_json::json;
use tokio::sync::Semaphore;

use super::*;
use crate::services::cluster::testing;

mod behind;

/// Pages of one pod each, of a size.
#[derive(Clone)]
struct Pods {
    pages: usize,
    bytes: usize,
    asked: Arc<Mutex<Vec<HashMap<String, String>>>>,
}

async fn serve(State(pods): State<Pods>, RawQuery(query): RawQuery) -> String {
    let query = query.unwrap_or_default();
    let query: HashMap<String, String> = form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    let page: usize = query
        .get("continue")
        .map_or(0, |token| token.parse().unwrap());
    let rest = (page + 1 < pods.pages).then(|| (page + 1).to_string());
    pods.asked.lock().unwrap().push(query);
    let padding = "x".repeat(pods.bytes);
    let metadata = json!({"name": format!("web-{page}"), "namespace": "shop"});
    let pod = json!({"metadata": metadata, "status": {"message": padding}});
    json!({"metadata": {"continue": rest}, "items": [pod]}).to_string()
}

/// A cluster of these pods, and what it is asked.
async fn cluster(pages: usize, bytes: usize) -> (Cluster, Pods) {
    let pods = Pods {
        pages,
        bytes,
        asked: Arc::default(),
    };
    let router = Router::new()
        .route("/api/v1/namespaces/shop/pods", get(serve))
        .with_state(pods.clone());
    let mut cluster = testing::cluster(router).await;
    cluster.lists = Arc::new(Semaphore::new(1));
    cluster.large_reads = Arc::new(Semaphore::new(1));
    (cluster, pods)
}

async fn list(reader: &LiveReader, selector: &str) -> Result<Vec<Value>, ReadError> {
    let pods = kinds::kind("Pod").unwrap();
    let text = reader.list(pods, "shop", selector).await?.into_text();
    Ok(serde_json::from_str(&text).unwrap())
}

#[tokio::test]
async fn a_list_is_read_in_pages() {
    let (cluster, pods) = cluster(3, 10).await;
    let listed = list(&LiveReader::new(cluster), "").await.unwrap();
    let names: Vec<&Value> = listed.iter().map(|pod| &pod["metadata"]["name"]).collect();
    assert_eq!(names, ["web-0", "web-1", "web-2"]);
    let asked = pods.asked.lock().unwrap().clone();
    assert!(asked.iter().all(|query| query["limit"] == PAGE.to_string()));
}

#[tokio::test]
async fn a_list_that_nobody_can_take_is_not_read_to_its_end() {
    let (cluster, pods) = cluster(1000, 1 << 20).await;
    let refused = list(&LiveReader::new(cluster), "").await;
    assert!(
        matches!(&refused, Err(ReadError::Unavailable(why)) if why.contains("list pods") && why.contains("8 MiB")),
        "{refused:?}"
    );
    assert_eq!(pods.asked.lock().unwrap().len(), 8);
}

#[tokio::test]
async fn one_answer_that_is_too_large_is_not_read_to_its_end() {
    let (cluster, _) = cluster(1, 40 << 20).await;
    let refused = list(&LiveReader::new(cluster), "app=web").await;
    assert!(
        matches!(&refused, Err(ReadError::Unavailable(why)) if why.contains("32 MiB")),
        "{refused:?}"
    );
}

#[tokio::test]
async fn what_is_selected_is_asked_for_at_once() {
    let (cluster, pods) = cluster(1, 10).await;
    list(&LiveReader::new(cluster), "app=web").await.unwrap();
    let asked = pods.asked.lock().unwrap().clone();
    assert_eq!(asked[0]["labelSelector"], "app=web");
    assert!(!asked[0].contains_key("limit"));
}

#[tokio::test]
async fn few_hold_large_lists_at_the_same_time() {
    let (cluster, _) = cluster(3, 1 << 20).await;
    let (one, other) = (LiveReader::new(cluster.clone()), LiveReader::new(cluster));
    list(&one, "").await.unwrap();
    let waiting = tokio::spawn(async move { list(&other, "").await.map(|pods| pods.len()) });
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert!(!waiting.is_finished());
    drop(one);
    assert_eq!(waiting.await.unwrap(), Ok(3));
}
