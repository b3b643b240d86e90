//! For tests: an API server that speaks HTTP, asked by the real client.

use axum::Router;
use kube::{Client, Config};

use super::clients::Clients;
use super::credentials::Pair;
use super::{Cluster, retry_after};
use crate::services::http_client;

/// A cluster behind this address.
pub(crate) fn cluster_at(address: &str) -> Cluster {
    http_client::choose_tls();
    let client = client(address);
    let pair = Pair {
        reads: client.clone(),
        writes: client,
    };
    let name = "test".to_owned();
    Cluster::over(Clients::new(pair, None), None, name, address.to_owned())
}

fn client(address: &str) -> Client {
    let mut config = Config::new(address.parse().unwrap());
    config.default_retry = false;
    retry_after::client(config).unwrap()
}

/// Serve, until the test ends; returns the address.
pub(crate) async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// A cluster whose API server answers so.
pub(crate) async fn cluster(router: Router) -> Cluster {
    cluster_at(&serve(router).await)
}
