//! The HTTP server of a running host. Services bring their routes; this binds the port, merges
//! them, bounds what a client may hold, and stops in order.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use thiserror::Error;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_util::sync::CancellationToken;
use tracing::debug;

use crate::services::connections::{Connections, Turn};
use crate::services::tasks::Task;
use crate::services::telemetry::Telemetry;

/// Connections at the same time.
const CONNECTIONS: usize = 1024;
/// Connections that wait to be accepted; the system may allow fewer.
const BACKLOG: u32 = 4096;
/// Longest wait for the head of a request: also the longest time that a connection may be idle.
const HEAD: Duration = Duration::from_secs(5);
/// Longest time from the head of a request to its answer; the body arrives in it too.
const REQUEST: Duration = Duration::from_secs(8);
/// Longest time until the last byte of the answer is taken.
const TURN: Duration = Duration::from_secs(9);
/// Largest head of a request, bytes.
const HEAD_SIZE: usize = 64 << 10;

/// The port cannot be used: choose another one, or stop what uses it.
#[derive(Debug, Error)]
#[error("cannot listen on {address} ([http] address and port, WEBHOOK_PORT): {why}")]
pub struct ListenError {
    address: SocketAddr,
    why: std::io::Error,
}

/// A server that is bound.
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
        let listener = listen(address).map_err(fault)?;
        let address = listener.local_addr().map_err(fault)?;
        Ok(HttpServer { listener, address })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serve these routes until cancelled; requests that have begun are finished. It may be
    /// called again after it ended.
    pub async fn serve(&self, routes: Router, telemetry: Telemetry, stop: CancellationToken) {
        let accept = || async { Ok(self.listener.accept().await?.0) };
        let serve = |stream, turn| connection(stream, routes.clone(), turn, stop.clone());
        Connections::new(Task::Http, CONNECTIONS, telemetry)
            .serve(accept, serve, &stop)
            .await;
    }
}

/// As [`TcpListener::bind`], with room for more connections that nobody has accepted yet.
fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// One connection, until the client closes it or takes too long.
async fn connection(stream: TcpStream, routes: Router, turn: Turn, stop: CancellationToken) {
    let _ = stream.set_nodelay(true);
    let routes = TowerToHyperService::new(routes);
    let asked = turn.clone();
    let service = service_fn(move |request: http::Request<Incoming>| {
        asked.begins();
        let (answering, asked) = (routes.call(request), asked.clone());
        async move {
            let answered = tokio::time::timeout(REQUEST, answering).await;
            asked.answered();
            Ok::<Response<Body>, Infallible>(match answered {
                Ok(Ok(response)) => response,
                Err(_) => StatusCode::REQUEST_TIMEOUT.into_response(),
            })
        }
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(HEAD_SIZE)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(serving);
    let ended = tokio::select! {
        ended = &mut serving => ended,
        () = turn.is_over(TURN) => return,
        () = stop.cancelled() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(fault) = ended {
        debug!(%fault, "a connection ended");
    }
}
