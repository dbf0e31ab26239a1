//! The server and the admin routes, over real sockets.
#![expect(clippy::unwrap_used, reason = "a failure in a helper ends the test")]

use chassis::{
    admin::{self, Readiness},
    http::{self, Hosts, Limits, Options, WhenFull},
    shutdown::CancellationToken,
};
use std::{net::SocketAddr, time::Duration};
use test_support::wait::eventually;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinHandle,
};

async fn start(router: axum::Router, limits: Limits) -> (SocketAddr, CancellationToken, JoinHandle<()>) {
    start_with(router, Options { limits, ..Options::default() }).await
}

async fn start_with(router: axum::Router, options: Options) -> (SocketAddr, CancellationToken, JoinHandle<()>) {
    let listener = http::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
    let address = listener.local_addr().unwrap();
    let shutdown = CancellationToken::new();
    let server = tokio::spawn(http::serve(listener, router, options, shutdown.clone()));
    (address, shutdown, server)
}

async fn get(address: SocketAddr, path: &str) -> String {
    get_with(address, path, "host: test\r\n").await
}

/// The response, as far as it was read.
async fn get_with(address: SocketAddr, path: &str, headers: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\n{headers}connection: close\r\n\r\n");
    // A refused connection may be closed already.
    let _ = stream.write_all(request.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).unwrap()
}

/// Repeats a request until the response begins with `status`.
async fn until(address: SocketAddr, headers: &str, status: &str) {
    let request = async {
        while !get_with(address, "/", headers).await.starts_with(&format!("HTTP/1.1 {status}")) {
            tokio::task::yield_now().await;
        }
    };
    let ended = tokio::time::timeout(Duration::from_secs(60), request).await;
    assert!(ended.is_ok(), "no response {status}");
}

fn router() -> axum::Router {
    axum::Router::new().route("/", axum::routing::get(async || "here"))
}

/// A connection with a request that is not complete.
async fn hold(address: SocketAddr, headers: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(format!("GET / HTTP/1.1\r\n{headers}").as_bytes()).await.unwrap();
    stream
}

fn refused() -> prometheus::IntCounterVec {
    prometheus::IntCounterVec::new(prometheus::Opts::new("refused", "r"), &["reason"]).unwrap()
}

/// A server whose one response has no end, and what it has refused or closed.
async fn start_endless() -> (SocketAddr, prometheus::IntCounterVec, CancellationToken) {
    let body =
        || futures_util::stream::repeat_with(|| Ok::<_, std::io::Error>(axum::body::Bytes::from(vec![0; 64 << 10])));
    let router =
        axum::Router::new().route("/", axum::routing::get(async move || axum::body::Body::from_stream(body())));
    let limits = Limits { write: Duration::from_millis(300), ..Limits::default() };
    let refused = refused();
    let options = Options { limits, refused: Some(refused.clone()), ..Options::default() };
    let (address, stop, _) = start_with(router, options).await;
    (address, refused, stop)
}

#[tokio::test]
async fn a_client_that_does_not_read_is_dropped() {
    let (address, refused, _stop) = start_endless().await;
    let mut client = hold(address, "host: test\r\n\r\n").await;
    let slow = refused.with_label_values(&["slow"]);
    let dropped = move || eventually(Duration::from_secs(60), "the client is dropped", || slow.get() > 0);
    tokio::task::spawn_blocking(dropped).await.unwrap();
    // What was sent before can be read, and then the connection ends.
    let mut rest = Vec::new();
    let read = client.read_to_end(&mut rest);
    assert!(tokio::time::timeout(Duration::from_secs(60), read).await.is_ok());
}

/// Each byte read would renew a limit on the time since the last one.
#[tokio::test]
async fn a_client_that_reads_a_byte_at_a_time_is_dropped() {
    let (address, refused, _stop) = start_endless().await;
    let mut client = hold(address, "host: test\r\n\r\n").await;
    let slow = refused.with_label_values(&["slow"]);
    // 100 bytes a second.
    let mut pace = tokio::time::interval(Duration::from_millis(10));
    let dropped = async {
        while slow.get() == 0 {
            pace.tick().await;
            let _ = client.read(&mut [0]).await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(60), dropped).await.is_ok(), "the client is still served");
}

#[tokio::test]
async fn an_address_has_a_limited_number_of_connections() {
    let options = Options { limits: Limits { per_address: 2, ..Limits::default() }, ..Options::default() };
    let (address, _stop, _server) = start_with(router(), options).await;
    let held = (hold(address, "").await, hold(address, "").await);
    until(address, "host: test\r\n", "503").await;
    drop(held.0);
    until(address, "host: test\r\n", "200").await;
}

#[tokio::test]
async fn behind_a_trusted_proxy_the_limit_is_that_of_the_client() {
    let options = Options {
        limits: Limits { per_address: 1, ..Limits::default() },
        trusted_proxies: vec!["127.0.0.0/8".parse().unwrap()],
        ..Options::default()
    };
    let router = router().route("/wait", axum::routing::get(std::future::pending::<()>));
    let (address, _stop, _server) = start_with(router, options).await;
    let client = |address: &str| format!("host: test\r\nx-forwarded-for: {address}\r\n");
    let mut held = TcpStream::connect(address).await.unwrap();
    let request = format!("GET /wait HTTP/1.1\r\n{}\r\n", client("192.0.2.1"));
    held.write_all(request.as_bytes()).await.unwrap();
    until(address, &client("192.0.2.1"), "503").await;
    until(address, &client("192.0.2.2"), "200").await;
    drop(held);
    until(address, &client("192.0.2.1"), "200").await;
}

#[tokio::test]
async fn the_oldest_connection_is_closed_where_requests_are_short() {
    let limits = Limits { connections: 3, when_full: WhenFull::CloseOldest, ..Limits::default() };
    let (address, _stop, _server) = start(router(), limits).await;
    let mut held = Vec::new();
    for _ in 0..300 {
        held.push(hold(address, "").await);
    }
    assert!(get(address, "/").await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_server_answers_only_under_its_own_names() {
    let options = Options { hosts: Some(Hosts::default()), ..Options::default() };
    let (address, _stop, _server) = start_with(router(), options).await;
    for (headers, status) in [
        (format!("host: {address}\r\n"), "200"),
        ("host: localhost\r\n".to_owned(), "200"),
        ("host: rebound.example\r\n".to_owned(), "421"),
        ("host: localhost\r\nhost: rebound.example\r\n".to_owned(), "400"),
        (String::new(), "400"),
    ] {
        let answer = get_with(address, "/", &headers).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{headers}: {answer}");
    }
}

#[tokio::test]
async fn a_long_request_head_is_refused() {
    let (address, _stop, _server) = start(router(), Limits::default()).await;
    let headers = format!("host: test\r\ncookie: {}\r\n", "a".repeat(64 * 1024));
    let answer = get_with(address, "/", &headers).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
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
