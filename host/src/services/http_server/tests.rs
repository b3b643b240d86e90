use axum::routing::get;
use tokio::task::JoinHandle;

use super::*;

/// A server with `/health` and more, which stops with the token.
async fn serving(more: Router) -> (SocketAddr, CancellationToken, JoinHandle<()>) {
    let server = HttpServer::bind([127, 0, 0, 1].into(), 0).await.unwrap();
    let (address, stop) = (server.address(), CancellationToken::new());
    let routes = more.route("/health", get(|| async { "healthy" }));
    let until = stop.clone();
    let task = tokio::spawn(async move {
        let telemetry = Telemetry::default();
        server.serve(routes, telemetry, until).await;
    });
    (address, stop, task)
}

async fn status(address: SocketAddr, path: &str) -> (u16, String) {
    let http = crate::services::http_client::builder().build().unwrap();
    let answer = http
        .get(format!("http://{address}{path}"))
        .send()
        .await
        .unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test]
async fn serves_every_route_until_it_is_stopped_and_has_its_port_alone() {
    let two = Router::new().route("/two", get(|| async { "2" }));
    let (address, stop, task) = serving(two).await;
    let taken = HttpServer::bind(address.ip(), address.port()).await;
    let why = taken.unwrap_err().to_string();
    assert!(why.contains(&address.to_string()), "{why}");
    let healthy = (200, "healthy".to_owned());
    assert_eq!(status(address, "/health").await, healthy);
    assert_eq!(status(address, "/two").await.1, "2");
    assert_eq!(status(address, "/three").await.0, 404);
    stop.cancel();
    task.await.unwrap();
}

#[tokio::test]
async fn a_panic_in_a_route_costs_its_connection_alone() {
    let broken = Router::new().route(
        "/broken",
        get(|| async {
            assert!(std::env::args().count() == 0, "a fault of a route");
            "fine"
        }),
    );
    let (address, stop, task) = serving(broken).await;
    let http = crate::services::http_client::builder().build().unwrap();
    let answer = http.get(format!("http://{address}/broken")).send().await;
    assert!(answer.is_err());
    assert_eq!(status(address, "/health").await.0, 200);
    stop.cancel();
    task.await.unwrap();
}
