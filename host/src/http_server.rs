//! The HTTP server of a running host. Services bring their routes; this binds the port, merges
//! them and stops in order.

use std::net::{IpAddr, SocketAddr};

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::error;

/// The port cannot be used: choose another one, or stop what uses it.
#[derive(Debug, Error)]
#[error("cannot listen on {address} ([http] address and port, WEBHOOK_PORT): {why}")]
pub struct ListenError {
    address: SocketAddr,
    why: std::io::Error,
}

/// A server that is bound and not serving yet.
#[derive(Debug)]
pub struct HttpServer {
    listener: TcpListener,
    address: SocketAddr,
}

impl HttpServer {
    /// Bind an address; port 0 is any free one.
    ///
    /// # Errors
    /// [`ListenError`] names the address, also where another host has the port.
    pub async fn bind(ip: IpAddr, port: u16) -> Result<HttpServer, ListenError> {
        let address = SocketAddr::new(ip, port);
        let fault = |why| ListenError { address, why };
        let listener = TcpListener::bind(address).await.map_err(fault)?;
        let address = listener.local_addr().map_err(fault)?;
        Ok(HttpServer { listener, address })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serve `/health` and these routes until cancelled; requests that have begun are finished.
    pub fn serve(self, routers: Vec<Router>, stop: CancellationToken) -> JoinHandle<()> {
        let all = routers
            .into_iter()
            .fold(Router::new().route("/health", get(health)), Router::merge);
        tokio::spawn(async move {
            let stopped = async move { stop.cancelled().await };
            let served = axum::serve(self.listener, all).with_graceful_shutdown(stopped);
            if let Err(fault) = served.await {
                error!(%fault, "the HTTP server ended");
            }
        })
    }
}

/// The process answers. It says nothing of the cluster.
async fn health() -> impl IntoResponse {
    let json = [(header::CONTENT_TYPE, "application/json")];
    (json, r#"{"status": "healthy"}"#)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn status(address: SocketAddr, path: &str) -> (u16, String) {
        let http = crate::http_client::builder().build().unwrap();
        let answer = http
            .get(format!("http://{address}{path}"))
            .send()
            .await
            .unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    #[tokio::test]
    async fn serves_health_and_every_router_until_it_is_stopped() {
        let server = HttpServer::bind([127, 0, 0, 1].into(), 0).await.unwrap();
        let address = server.address();
        let taken = HttpServer::bind(address.ip(), address.port()).await;
        let why = taken.unwrap_err().to_string();
        assert!(why.contains(&address.to_string()), "{why}");
        let stop = CancellationToken::new();
        let one = Router::new().route("/one", get(|| async { "1" }));
        let two = Router::new().route("/two", get(|| async { "2" }));
        let serving = server.serve(vec![one, two], stop.clone());
        assert_eq!(
            status(address, "/health").await,
            (200, r#"{"status": "healthy"}"#.to_owned())
        );
        assert_eq!(status(address, "/one").await.1, "1");
        assert_eq!(status(address, "/two").await.1, "2");
        assert_eq!(status(address, "/three").await.0, 404);
        stop.cancel();
        serving.await.unwrap();
    }
}
