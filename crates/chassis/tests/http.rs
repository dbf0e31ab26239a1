//! The server and the admin routes, over real sockets.
#![expect(clippy::unwrap_used, reason = "a failure in a helper ends the test")]

use chassis::{
    admin::{self, Readiness},
    http::{self, Limits},
    shutdown::CancellationToken,
};
use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinHandle,
};

async fn start(router: axum::Router, limits: Limits) -> (SocketAddr, CancellationToken, JoinHandle<()>) {
    let listener = http::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
    let address = listener.local_addr().unwrap();
    let shutdown = CancellationToken::new();
    let server = tokio::spawn(http::serve(listener, router, limits, shutdown.clone()));
    (address, shutdown, server)
}

async fn get(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn the_admin_routes_show_metrics_and_readiness() {
    let registry = prometheus::Registry::new();
    let counter = prometheus::IntCounter::new("stories_total", "Stories.").unwrap();
    registry.register(Box::new(counter.clone())).unwrap();
    counter.inc();
    let readiness = Readiness::default();
    let (address, shutdown, server) = start(admin::router(registry, readiness.clone()), Limits::default()).await;

    let metrics = get(address, "/metrics").await;
    assert!(metrics.contains("text/plain; version=0.0.4") && metrics.contains("\nstories_total 1\n"), "{metrics}");
    assert!(get(address, "/healthz").await.starts_with("HTTP/1.1 200"));

    assert!(get(address, "/readyz").await.starts_with("HTTP/1.1 200"), "ready without conditions");
    let caught_up = readiness.add("gateway-caught-up");
    let other = readiness.add("poller-assigned");
    other.met();
    caught_up.not_met("12 records behind");
    let answer = get(address, "/readyz").await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(answer.contains(r#"{"name":"gateway-caught-up","met":false,"detail":"12 records behind"}"#), "{answer}");
    caught_up.met();
    assert!(get(address, "/readyz").await.starts_with("HTTP/1.1 200"));

    shutdown.cancel();
    server.await.unwrap();
    assert!(TcpStream::connect(address).await.is_err(), "the server still listens");
}

#[tokio::test]
async fn an_address_in_use_is_an_error_with_a_hint() {
    let first = http::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
    let address = first.local_addr().unwrap();
    let error = http::bind(address).await.unwrap_err().to_string();
    assert!(error.starts_with(&format!("cannot listen on {address}: ")), "{error}");
    assert!(error.ends_with("(another process is listening on it)"), "{error}");
}

#[tokio::test]
async fn a_slow_request_head_closes_the_connection() {
    let limits = Limits { head: Duration::from_millis(100), ..Limits::default() };
    let (address, _stop, _server) = start(axum::Router::new(), limits).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost:").await.unwrap();
    let mut answer = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await;
    assert!(ended.is_ok(), "the connection is still open");
}

#[tokio::test]
async fn a_response_without_an_end_is_closed_after_the_drain() {
    let router = axum::Router::new().route("/", axum::routing::get(std::future::pending::<()>));
    let limits = Limits { drain: Duration::from_millis(100), ..Limits::default() };
    let (address, shutdown, server) = start(router, limits).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: test\r\n\r\n").await.unwrap();
    shutdown.cancel();
    tokio::time::timeout(Duration::from_secs(20), server).await.expect("the drain ends").unwrap();
    let mut answer = Vec::new();
    let closed = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await;
    assert!(closed.is_ok(), "the connection is still open");
}
