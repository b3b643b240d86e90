//! Credentials that are rotated while the host runs.

use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use k8shawk_core::config::Config as Settings;
use serde_json::json;

use crate::services::cluster::{Cluster, testing};

/// The token that is accepted now.
type Accepted = Arc<Mutex<&'static str>>;

async fn answer(
    State(accepted): State<Accepted>,
    headers: HeaderMap,
    uri: Uri,
) -> (StatusCode, String) {
    let token = format!("Bearer {}", accepted.lock().unwrap());
    if headers.get("authorization").map(|h| h.to_str().unwrap()) != Some(token.as_str()) {
        return (StatusCode::UNAUTHORIZED, "Unauthorized".to_owned());
    }
    let body = match uri.path() {
        "/version" => json!({"gitVersion": "v1.37.2"}),
        _ => json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}}),
    };
    (StatusCode::OK, body.to_string())
}

fn write(path: &Path, address: &str, token: &str) {
    let config = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "shop",
        "clusters": [{"name": "shop", "cluster": {"server": address}}],
        "users": [{"name": "shop", "user": {"token": token}}],
        "contexts": [{"name": "shop", "context": {"cluster": "shop", "user": "shop"}}],
    });
    std::fs::write(path, config.to_string()).unwrap();
}

struct Rotated {
    directory: tempfile::TempDir,
    accepted: Accepted,
    address: String,
    cluster: Cluster,
}

impl Rotated {
    async fn new() -> Rotated {
        let accepted = Accepted::new(Mutex::new("old"));
        let router = Router::new().fallback(answer).with_state(accepted.clone());
        let address = testing::serve(router).await;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("kubeconfig");
        write(&path, &address, "old");
        let settings = Settings {
            kubeconfig: Some(path),
            ..Settings::default()
        };
        let cluster = Cluster::connect(&settings).await.unwrap();
        Rotated {
            directory,
            accepted,
            address,
            cluster,
        }
    }

    fn rotate(&self, address: &str) {
        write(&self.directory.path().join("kubeconfig"), address, "new");
        *self.accepted.lock().unwrap() = "new";
    }
}

#[tokio::test]
async fn a_read_outlives_the_rotation_of_its_token() {
    let rotated = Rotated::new().await;
    rotated.rotate(&rotated.address);
    let found = rotated.cluster.current("Pod", "shop", "web").await.unwrap();
    assert!(found.is_some());
}

#[tokio::test]
async fn a_write_that_was_not_accepted_is_accepted_when_it_is_sent_again() {
    use k8shawk_core::fix::Write;
    let rotated = Rotated::new().await;
    rotated.rotate(&rotated.address);
    let object = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop"}});
    let write = Write::Replace(&object);
    let first = rotated.cluster.write(write, false).await.unwrap_err();
    assert!(first.may_pass() && !first.may_have_happened(), "{first}");
    rotated.cluster.write(write, false).await.unwrap();
}

#[tokio::test]
async fn new_credentials_never_lead_to_another_server() {
    let rotated = Rotated::new().await;
    let other = testing::serve(Router::new()).await;
    rotated.rotate(&other);
    let error = rotated
        .cluster
        .current("Pod", "shop", "web")
        .await
        .unwrap_err();
    assert!(error.to_string().contains(&rotated.address), "{error}");
    assert!(error.may_pass(), "{error}");
}
