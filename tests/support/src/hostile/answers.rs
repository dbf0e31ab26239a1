//! Hostile answers of a server: what a client of HTTP must survive, whatever the document is.

use std::{
    io::{self, Write},
    time::Duration,
};
use tokio::{
    io::{AsyncWriteExt, BufWriter},
    net::TcpStream,
    time::interval,
};

/// What a server does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Accepts the connection and never answers.
    Silence,
    /// Closes the connection at once.
    Closed,
    /// Bytes of TLS instead of HTTP.
    Garbage,
    /// The head in single bytes, without an end.
    DripHead,
    /// A head, then the body in single bytes, without an end.
    DripBody,
    /// A head, megabytes of items, then nothing.
    StalledBody,
    /// Interim answers (RFC 9110 section 15.2) without an end.
    Interim,
    /// Headers without an end.
    EndlessHead,
    /// Very many headers.
    ManyHeaders,
    /// One header of megabytes.
    LongHeader,
    /// Very many cookies.
    Cookies,
    /// A chunked body without an end.
    EndlessBody,
    /// A chunk whose size overflows.
    HugeChunk,
    /// A chunk extension without an end.
    EndlessExtension,
    /// Trailers without an end.
    EndlessTrailers,
    /// Content-Length far above the body.
    TooLong,
    /// Content-Length below the body.
    TooShort,
    /// Content-Length that is no length.
    NoLength,
    /// Two lengths that differ.
    TwoLengths,
    /// A compressed body that is a thousand times as large.
    Bomb,
    /// A compressed body in a compressed body.
    NestedBomb,
    /// A body that says it is compressed and is not.
    NotCompressed,
    /// Redirects without an end, each to another address.
    Redirects,
    /// A redirect to itself that sets another cookie each time.
    CookieRedirects,
    /// A redirect to a local file.
    FileRedirect,
    /// A redirect to an address of megabytes.
    LongRedirect,
    /// Overloaded, for a hundred years.
    Overloaded,
    /// robots.txt without an end.
    EndlessRobots,
    /// robots.txt whose patterns match in very many ways.
    RobotsPatterns,
    /// robots.txt in single bytes.
    DripRobots,
}

/// All kinds of hostile answer.
pub const ALL: &[(&str, Answer)] = &[
    ("no answer", Answer::Silence),
    ("a closed connection", Answer::Closed),
    ("TLS on a port of HTTP", Answer::Garbage),
    ("a head in single bytes", Answer::DripHead),
    ("a body in single bytes", Answer::DripBody),
    ("megabytes of a body, then nothing", Answer::StalledBody),
    ("interim answers without an end", Answer::Interim),
    ("headers without an end", Answer::EndlessHead),
    ("thousands of headers", Answer::ManyHeaders),
    ("a header of megabytes", Answer::LongHeader),
    ("thousands of cookies", Answer::Cookies),
    ("a chunked body without an end", Answer::EndlessBody),
    ("a chunk size that overflows", Answer::HugeChunk),
    ("a chunk extension without an end", Answer::EndlessExtension),
    ("trailers without an end", Answer::EndlessTrailers),
    ("a length above the body's", Answer::TooLong),
    ("a length below the body's", Answer::TooShort),
    ("a length that is no number", Answer::NoLength),
    ("two lengths", Answer::TwoLengths),
    ("a decompression bomb", Answer::Bomb),
    ("a bomb in a bomb", Answer::NestedBomb),
    ("a coding that the body does not have", Answer::NotCompressed),
    ("redirects without an end", Answer::Redirects),
    ("redirects with cookies without an end", Answer::CookieRedirects),
    ("a redirect to a file", Answer::FileRedirect),
    ("a redirect to a long address", Answer::LongRedirect),
    ("overloaded for a century", Answer::Overloaded),
    ("a robots.txt without an end", Answer::EndlessRobots),
    ("a robots.txt of patterns", Answer::RobotsPatterns),
    ("a robots.txt in single bytes", Answer::DripRobots),
];

/// As good as never: longer than a client waits.
const NEVER: Duration = Duration::from_secs(3_600);
/// Time between two bytes of a slow answer.
const DRIP: Duration = Duration::from_millis(500);
const FEED: &[u8] =
    b"<rss version='2.0'><channel><title>t</title><item><guid>1</guid><title>a b c</title></item></channel></rss>";

impl Answer {
    /// Answers the request for `path` until the client closes the connection, or the answer has an end.
    ///
    /// # Errors
    /// The connection fails, or the client closes it.
    pub async fn send(self, path: &str, mut stream: TcpStream) -> io::Result<()> {
        let is_robots = path == "/robots.txt";
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n";
        let plain = "Transfer-Encoding: chunked\r\n\r\n";
        let robots = |text: &'static str| format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n{plain}{text}");
        match self {
            _ if is_robots && !self.is_of_robots() => respond(&mut stream, "404 Not Found", "", b"").await,
            _ if !is_robots && self.is_of_robots() => respond(&mut stream, "200 OK", "", FEED).await,
            Answer::Silence => forever(&mut stream, "", b"", Some(NEVER)).await,
            Answer::Closed => Ok(()),
            Answer::Garbage => stream.write_all(&[0x15, 3, 1, 0, 2, 2, 0x46].repeat(100)).await,
            Answer::DripHead => forever(&mut stream, "HTTP/1.1 200 OK\r\nX-A: ", b"a", Some(DRIP)).await,
            Answer::DripBody => forever(&mut stream, &format!("{head}{plain}"), b"1\r\n<\r\n", Some(DRIP)).await,
            Answer::StalledBody => {
                let items = "<item><title>a b c</title></item>".repeat(100_000);
                let length = "Content-Length: 9000000\r\n\r\n<rss version='2.0'><channel>";
                forever(&mut stream, &format!("{head}{length}{items}"), b"", Some(NEVER)).await
            }
            Answer::Interim => forever(&mut stream, "", b"HTTP/1.1 100 Continue\r\n\r\n", None).await,
            Answer::EndlessHead => forever(&mut stream, head, b"X-A: b\r\n", None).await,
            Answer::ManyHeaders => {
                let all: String = (0..90).map(|n| format!("X-A{n}: {}\r\n", "b".repeat(4_000))).collect();
                respond(&mut stream, "200 OK", &all, FEED).await
            }
            Answer::LongHeader => {
                respond(&mut stream, "200 OK", &format!("ETag: {}\r\n", "x".repeat(4 << 20)), FEED).await
            }
            Answer::Cookies => {
                let all: String = (0..80).map(|n| format!("Set-Cookie: a{n}={}\r\n", "b".repeat(4_000))).collect();
                respond(&mut stream, "200 OK", &all, FEED).await
            }
            Answer::EndlessBody => {
                let chunk = "<item><title>a</title></item>".repeat(200);
                let chunk = format!("{:x}\r\n{chunk}\r\n", chunk.len());
                forever(&mut stream, &format!("{head}{plain}"), chunk.as_bytes(), None).await
            }
            Answer::HugeChunk => stream.write_all(format!("{head}{plain}ffffffffffffffffff\r\n<rss>").as_bytes()).await,
            Answer::EndlessExtension => {
                forever(&mut stream, &format!("{head}{plain}1;"), b"aaaaaaaaaaaaaaaa", None).await
            }
            Answer::EndlessTrailers => {
                let whole = format!("{head}{plain}5\r\n<rss>\r\n0\r\n");
                forever(&mut stream, &whole, b"X-A: b\r\n", None).await
            }
            Answer::TooLong => with_lengths(&mut stream, head, &["9000000"]).await,
            Answer::TooShort => with_lengths(&mut stream, head, &["40"]).await,
            Answer::NoLength => with_lengths(&mut stream, head, &["-1"]).await,
            Answer::TwoLengths => with_lengths(&mut stream, head, &["9", "8"]).await,
            Answer::Bomb => respond(&mut stream, "200 OK", "Content-Encoding: gzip\r\n", &bomb()?).await,
            Answer::NestedBomb => {
                let all = gzip(&bomb()?)?;
                respond(&mut stream, "200 OK", "Content-Encoding: gzip, gzip\r\n", &all).await
            }
            Answer::NotCompressed => respond(&mut stream, "200 OK", "Content-Encoding: br\r\n", &[0x9c; 50_000]).await,
            Answer::Redirects => {
                let to = path.rsplit('/').next().and_then(|last| last.parse::<u32>().ok()).unwrap_or(0).wrapping_add(1);
                respond(&mut stream, "302 Found", &format!("Location: /a/{to}\r\n"), b"").await
            }
            Answer::CookieRedirects => {
                let header = format!("Location: {path}\r\nSet-Cookie: a={}\r\n", fastrand::u64(..));
                respond(&mut stream, "302 Found", &header, b"").await
            }
            Answer::FileRedirect => respond(&mut stream, "301 Moved", "Location: file:///etc/passwd\r\n", b"").await,
            Answer::LongRedirect => {
                respond(&mut stream, "301 Moved", &format!("Location: /{}\r\n", "x".repeat(300_000)), b"").await
            }
            Answer::Overloaded => {
                respond(&mut stream, "503 Service Unavailable", "Retry-After: 3153600000\r\n", b"").await
            }
            Answer::EndlessRobots => {
                let chunk = "Disallow: /a/b/c\n".repeat(100);
                let chunk = format!("{:x}\r\n{chunk}\r\n", chunk.len());
                forever(&mut stream, &robots("e\r\nUser-agent: *\n\r\n"), chunk.as_bytes(), None).await
            }
            Answer::RobotsPatterns => {
                let rules = format!("Disallow: /{}b$\n", "*a".repeat(500)).repeat(400);
                respond(&mut stream, "200 OK", "", format!("User-agent: *\n{rules}").as_bytes()).await
            }
            Answer::DripRobots => forever(&mut stream, &robots(""), b"1\r\nU\r\n", Some(DRIP)).await,
        }
    }

    /// The path of the feed.
    #[must_use]
    pub fn path(self) -> String {
        match self {
            Answer::RobotsPatterns => format!("/{}", "a".repeat(1_000)),
            _ => "/feed".to_owned(),
        }
    }

    fn is_of_robots(self) -> bool {
        matches!(self, Answer::EndlessRobots | Answer::RobotsPatterns | Answer::DripRobots)
    }
}

/// Sends a response that has an end.
///
/// # Errors
/// The connection fails.
pub async fn respond(stream: &mut TcpStream, status: &str, headers: &str, body: &[u8]) -> io::Result<()> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body).await?;
    stream.shutdown().await
}

/// Sends a feed that is said to have these lengths.
async fn with_lengths(stream: &mut TcpStream, head: &str, lengths: &[&str]) -> io::Result<()> {
    let lengths: String = lengths.iter().map(|length| format!("Content-Length: {length}\r\n")).collect();
    stream.write_all(format!("{head}{lengths}\r\n").as_bytes()).await?;
    stream.write_all(FEED).await
}

/// Sends `first`, and then `piece` again and again: as fast as the client reads, or once in each `every`.
async fn forever(stream: &mut TcpStream, first: &str, piece: &[u8], every: Option<Duration>) -> io::Result<()> {
    let mut stream = BufWriter::new(stream);
    stream.write_all(first.as_bytes()).await?;
    let mut ticks = every.map(interval);
    loop {
        stream.write_all(piece).await?;
        if let Some(ticks) = &mut ticks {
            stream.flush().await?;
            ticks.tick().await;
        }
    }
}

/// 100 MB of spaces.
fn bomb() -> io::Result<Vec<u8>> {
    gzip(&vec![b' '; 100 << 20])
}

fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes)?;
    encoder.finish()
}
