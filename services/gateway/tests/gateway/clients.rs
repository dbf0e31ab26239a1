//! Clients that do not read, that come in numbers, or that come under another name.

use crate::support::{Gateway, PATIENCE, article};
use gateway::Config;
use proto::v1::EnrichedArticle;
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    process::{Child, Command, Stdio},
    time::Duration,
};
use test_support::wait::eventually;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn resident_megabytes() -> u64 {
    test_support::process::memory("self", "VmRSS").unwrap() >> 20
}

#[tokio::test]
async fn a_list_is_not_copied_for_each_client() {
    let gateway = Gateway::start(Config::default()).await;
    let large = |id: i64| {
        let mut article = article(&id.to_string(), id);
        article.body = "x".repeat(400_000);
        article
    };
    let (count, clients) = (100, 40);
    for id in 0..count {
        gateway.append([large(id)]).await;
    }
    let all = format!("records_total{{outcome=\"shown\"}} {count}");
    gateway.until_admin("/metrics", |answer| answer.body.contains(&all)).await;
    let before = resident_megabytes();
    let mut readers = Vec::new();
    for _ in 0..clients {
        let mut reader = tokio::net::TcpStream::connect(gateway.address).await.unwrap();
        reader.write_all(b"GET /v1/articles?limit=500 HTTP/1.0\r\n\r\n").await.unwrap();
        // The response has begun.
        reader.read_exact(&mut [0; 64]).await.unwrap();
        readers.push(reader);
    }
    let grown = resident_megabytes().saturating_sub(before);
    // A copy for each would be 1,600 MB.
    assert!(grown < 400, "{grown} MB for {clients} clients");
    // The list is complete for a client that reads.
    let list = gateway.get("/v1/articles?limit=500").await;
    assert_eq!(list.ids().len(), usize::try_from(count).unwrap());
    drop(readers);
    gateway.stop().await;
}

/// The others, the lists and the reader of the log go on while some do not read.
#[tokio::test]
async fn stalled_clients_hold_up_no_one() {
    // On a busy machine the articles take longer than a client may not read.
    let gateway = Gateway::start(Config { write: Duration::from_secs(600), ..Config::default() }).await;
    let mut stalled = Vec::new();
    for _ in 0..20 {
        stalled.push(gateway.follow("/v1/stream", "").await);
    }
    let mut events = gateway.follow("/v1/stream", "").await;
    let count = 60;
    for number in 0..count {
        // Larger together than the socket buffers of one connection.
        let body = "x".repeat(200_000);
        gateway.append([EnrichedArticle { body, ..article(&number.to_string(), number) }]).await;
    }
    let mut seen = 0;
    while seen < count {
        let event = events.next().await;
        assert_ne!(event.name, "lagged");
        seen += i64::from(!event.data.is_empty());
    }
    assert_eq!(gateway.get("/v1/articles?view=brief&limit=100").await.ids().len(), usize::try_from(count).unwrap());
    drop(stalled);
    gateway.stop().await;
}

#[tokio::test]
async fn an_address_has_a_limited_number_of_connections() {
    let gateway = Gateway::start(Config { per_address: 2, ..Config::default() }).await;
    let held = [gateway.follow("/v1/stream", "").await, gateway.follow("/v1/stream", "").await];
    let mut refused = tokio::net::TcpStream::connect(gateway.address).await.unwrap();
    let mut answer = String::new();
    refused.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    drop(held);
    gateway.stop().await;
}

#[tokio::test]
async fn another_host_is_refused_and_pages_of_other_origins_read_only_if_allowed() {
    let config = Config {
        allowed_hosts: vec!["news.example".into()],
        cors_origins: vec!["https://app.example".into()],
        ..Config::default()
    };
    let gateway = Gateway::start(config).await;
    let status = async |headers: &str| gateway.get_with("/v1/articles", headers).await.status;
    assert_eq!(status("Host: rebound.example\r\n").await, 421);
    assert_eq!(status("Host: news.example:443\r\n").await, 200);
    assert_eq!(status(&format!("Host: {}\r\n", gateway.address)).await, 200);
    let allowed = gateway.get_with("/v1/articles", "Origin: https://app.example\r\n").await.head;
    assert!(allowed.contains("access-control-allow-origin: https://app.example"), "{allowed}");
    let other = gateway.get_with("/v1/articles", "Origin: https://evil.example\r\n").await.head;
    assert!(!other.contains("access-control-allow-origin"), "{other}");
    let preflight = "Origin: https://app.example\r\nAccess-Control-Request-Method: GET\r\n";
    let answer = gateway.request("OPTIONS", "/v1/stream", preflight).await;
    assert!(answer.status == 200 && answer.head.contains("access-control-allow-methods"), "{answer:?}");
    gateway.stop().await;

    let plain = Gateway::start(Config::default()).await;
    let answer = plain.request("OPTIONS", "/v1/articles", "").await;
    assert!(answer.status == 204 && answer.head.contains("allow: get, head, options"), "{answer:?}");
    plain.stop().await;
}

/// A gateway as a process.
struct Process {
    child: Child,
    listen: SocketAddr,
    admin: SocketAddr,
    _folder: tempfile::TempDir,
}

impl Process {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_newswire-gateway"))
            .args(["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--log", "info", "--data"])
            .arg(folder.path())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let mut address = |message: &str| {
            let line = log.find(|line| line.contains(message)).unwrap();
            let rest = line.split_once("http://").unwrap().1;
            rest.split('/').next().unwrap().parse().unwrap()
        };
        // The order in which they are logged.
        let admin = address("metrics and readiness at");
        let listen = address("listening on");
        std::thread::spawn(move || log.for_each(drop));
        let process = Process { child, listen, admin, _folder: folder };
        eventually(PATIENCE, "the gateway is ready", || {
            process.admin("/readyz").is_some_and(|answer| answer.starts_with("HTTP/1.1 200"))
        });
        process
    }

    fn admin(&self, path: &str) -> Option<String> {
        let mut stream = TcpStream::connect(self.admin).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
        stream
            .write_all(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").as_bytes())
            .ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        Some(answer)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn no_client_exhausts_the_admin_listener() {
    let gateway = Process::start();
    let mut held = Vec::new();
    for number in 0..300 {
        for address in [gateway.listen, gateway.admin] {
            let Ok(mut client) = TcpStream::connect(address) else { continue };
            // Some do not read, some do not end their request.
            let request = if number % 2 == 0 { "GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n" } else { "GET / HT" };
            drop(client.write_all(request.as_bytes()));
            held.push(client);
        }
    }
    for path in ["/healthz", "/readyz", "/metrics"] {
        let answer = gateway.admin(path);
        assert!(answer.as_ref().is_some_and(|answer| answer.starts_with("HTTP/1.1 200")), "{path}: {answer:?}");
    }
    // The other listener has a thread of its own, which may still accept connections.
    eventually(PATIENCE, "connections of one address are refused", || {
        let metrics = gateway.admin("/metrics").unwrap_or_default();
        metrics.contains("newswire_gateway_refused_total{reason=\"address\"}")
    });
}
