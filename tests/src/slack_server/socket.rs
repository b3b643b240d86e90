//! Socket Mode: greets, delivers envelopes, and remembers what was acknowledged.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::SlackServer;

pub(super) async fn upgrade(State(server): State<SlackServer>, mut request: Request) -> Response {
    let Some(key) = request.headers().get("sec-websocket-key") else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let accept = derive_accept_key(key.as_bytes());
    let upgraded = request
        .extensions_mut()
        .remove::<hyper::upgrade::OnUpgrade>();
    let Some(upgraded) = upgraded else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    // Before the answer: what is delivered from now on arrives.
    let envelopes = server.connected();
    tokio::spawn(async move {
        if let Ok(stream) = upgraded.await {
            let stream = hyper_util::rt::TokioIo::new(stream);
            let socket = WebSocketStream::from_raw_socket(stream, Role::Server, None).await;
            serve(&server, socket, envelopes).await;
        }
    });
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(
        header::CONNECTION,
        header::HeaderValue::from_static("upgrade"),
    );
    headers.insert(
        header::UPGRADE,
        header::HeaderValue::from_static("websocket"),
    );
    if let Ok(accept) = header::HeaderValue::from_str(&accept) {
        headers.insert("sec-websocket-accept", accept);
    }
    response
}

async fn serve<S>(
    server: &SlackServer,
    mut socket: WebSocketStream<S>,
    mut envelopes: UnboundedReceiver<Value>,
) where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let hello = json!({"type": "hello", "num_connections": 1,
        "connection_info": {"app_id": "A1"},
        "debug_info": {"host": "h", "started": "2026-01-01 00:00:00.000", "build_number": 1,
            "approximate_connection_time": 3600}});
    if socket.send(Message::text(hello.to_string())).await.is_err() {
        return;
    }
    let held = std::mem::take(&mut server.seen().held);
    for envelope in held {
        if socket
            .send(Message::text(envelope.to_string()))
            .await
            .is_err()
        {
            return;
        }
    }
    loop {
        tokio::select! {
            () = server.stop.cancelled() => {
                let _ = socket.close(None).await;
                return;
            }
            envelope = envelopes.recv() => {
                let Some(envelope) = envelope else { return };
                if socket.send(Message::text(envelope.to_string())).await.is_err() {
                    return;
                }
            }
            heard = socket.next() => match heard {
                Some(Ok(Message::Text(text))) => {
                    let value: Value = serde_json::from_str(&text).unwrap_or_default();
                    if let Some(id) = value["envelope_id"].as_str() {
                        server.seen().acks.push(id.to_owned());
                    }
                }
                Some(Ok(_)) => {}
                _ => return,
            },
        }
    }
}
