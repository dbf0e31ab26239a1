//! Publishers in one process: every address of 127.0.0.0/8 is a host. The path of a feed says how it answers.

use anyhow::Context as _;
use std::{
    cell::RefCell,
    collections::HashMap,
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// Items of a document, and bytes of an item's text.
const ITEMS: u64 = 20;
const TEXT: usize = 300;
/// A connection without a request is closed after this time.
const IDLE: Duration = Duration::from_secs(30);
/// Bytes of a request that are read.
const MAX_REQUEST: usize = 16 << 10;

/// How a feed answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Answer {
    /// 304 to a conditional request.
    NotModified,
    /// 200 with the same document at each request, without validators.
    Unchanged,
    /// 200 with one new item at each request.
    New,
    /// Nothing: the request is read, and the connection stays open.
    Silent,
}

impl Answer {
    /// First segment of the paths of such feeds.
    #[must_use]
    pub fn path(self) -> &'static str {
        match self {
            Answer::NotModified => "not-modified",
            Answer::Unchanged => "unchanged",
            Answer::New => "new",
            Answer::Silent => "silent",
        }
    }
}

/// A running server, ended on drop.
pub struct Server {
    /// Its port, on all addresses.
    pub port: u16,
    child: Child,
}

impl Server {
    /// Starts the server in a process of its own, on one processor.
    ///
    /// # Errors
    /// The process cannot be started.
    pub fn start(processor: usize) -> anyhow::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["poll-server", &processor.to_string()])
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("no output")?).read_line(&mut line)?;
        Ok(Server { port: line.trim().parse().context("the server's port")?, child })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Serves until the process is killed. Prints the port.
///
/// # Errors
/// The port cannot be bound.
#[expect(clippy::print_stdout, reason = "the port goes to standard output")]
pub fn serve(processor: usize) -> anyhow::Result<()> {
    super::pin(processor)?;
    rlimit::increase_nofile_limit(u64::MAX)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        socket.bind(SocketAddr::from(([0, 0, 0, 0], 0)))?;
        let listener: TcpListener = socket.listen(4_096)?;
        println!("{}", listener.local_addr()?.port());
        loop {
            match listener.accept().await {
                Ok((stream, _)) => drop(tokio::spawn(connection(stream))),
                // Too many connections: those that are idle end.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    })
}

async fn connection(mut stream: TcpStream) {
    drop(stream.set_nodelay(true));
    let mut request = Vec::with_capacity(1_024);
    loop {
        request.clear();
        while !request.ends_with(b"\r\n\r\n") {
            let read = tokio::time::timeout(IDLE, stream.read_buf(&mut request)).await;
            if !matches!(read, Ok(Ok(1..))) || request.len() > MAX_REQUEST {
                return;
            }
        }
        let Some(answer) = answer(&request) else {
            // Until the client gives up.
            drop(stream.read(&mut [0]).await);
            return;
        };
        if stream.write_all(&answer).await.is_err() {
            return;
        }
    }
}

thread_local! {
    /// Requests by path.
    static REQUESTS: RefCell<HashMap<String, u64>> = RefCell::default();
}

/// Counts a request; returns how many there were of this path before.
fn count(requests: &mut HashMap<String, u64>, path: &str) -> u64 {
    let of_path = requests.entry(path.to_owned()).or_default();
    *of_path += 1;
    *of_path - 1
}

/// The response; `None` for none.
fn answer(request: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(request).unwrap_or_default();
    let path = text.split(' ').nth(1).unwrap_or_default();
    let mut segments = path.trim_start_matches('/').split('/');
    match segments.next().unwrap_or_default() {
        "not-modified" if text.contains("if-none-match") || text.contains("If-None-Match") => {
            Some(b"HTTP/1.1 304 Not Modified\r\nETag: \"v\"\r\n\r\n".to_vec())
        }
        "not-modified" => Some(ok("ETag: \"v\"\r\n", &document(path, ITEMS))),
        "unchanged" => Some(ok("", &document(path, ITEMS))),
        "new" => Some(ok("", &document(path, ITEMS + REQUESTS.with_borrow_mut(|of| count(of, path))))),
        "silent" => None,
        _ => Some(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_vec()),
    }
}

fn ok(headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n{headers}Content-Length: {length}\r\n\r\n{body}")
        .into_bytes()
}

/// A document of the last items up to `last`.
fn document(path: &str, last: u64) -> String {
    let mut body = String::with_capacity(12 << 10);
    body.push_str(
        "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>News</title><link>http://news.example/</link>",
    );
    let text = "The council met in the old town hall and spoke of roads. ".repeat(TEXT / 56);
    for number in (last.saturating_sub(ITEMS)..last).rev() {
        let number = number.to_string();
        for part in ["<item><title>Report ", &number, "</title><link>http://news.example", path, "/", &number] {
            body.push_str(part);
        }
        for part in ["</link><guid isPermaLink=\"false\">", path, "-", &number, "</guid><description>", &text] {
            body.push_str(part);
        }
        body.push_str("</description></item>");
    }
    body.push_str("</channel></rss>");
    body
}
