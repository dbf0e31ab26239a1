//! Clients of the stream.

use super::{Args, Times, articles::MARK, process::Gateway};
use anyhow::Context as _;
use jiff::Timestamp;
use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

/// Time after the last article in which every client must have it.
const PATIENCE: Duration = Duration::from_secs(60);
/// Articles at the beginning that are not counted.
const WARM_UP: usize = 100;

/// What the clients received.
pub struct Received {
    /// Half of the events took at most so long from the topic to the client.
    pub p50_ms: f64,
    /// 99 of 100 took at most so long.
    pub p99_ms: f64,
    /// Events.
    pub events: usize,
    /// Bytes of them.
    pub bytes: usize,
}

/// Follows the stream with `args.clients` clients, and with `stalled` others that do not read.
pub async fn follow(gateway: &mut Gateway, args: &Args, stalled: usize) -> anyhow::Result<Received> {
    let mut idle = Vec::with_capacity(stalled);
    for _ in 0..stalled {
        idle.push(open(gateway.address).await?);
    }
    let count = args.rate * args.seconds;
    let mut clients = JoinSet::new();
    for _ in 0..args.clients {
        let stream = open(gateway.address).await?;
        clients.spawn(read(stream, count));
    }
    gateway.write(count, args.rate)?;
    let (mut times, mut events, mut bytes) = (Vec::new(), 0, 0);
    let all = async {
        while let Some(client) = clients.join_next().await {
            let (delays, read) = client??;
            events += delays.len();
            bytes += read;
            times.extend(delays.into_iter().skip(WARM_UP));
        }
        anyhow::Ok(())
    };
    let limit = Duration::from_secs(u64::try_from(args.seconds)?) + PATIENCE;
    tokio::time::timeout(limit, all).await.context("a client did not receive all articles")??;
    drop(idle);
    let times = Times(times);
    Ok(Received { p50_ms: times.at(0.5), p99_ms: times.at(0.99), events, bytes })
}

/// Opens the stream. The gateway counts the client when this returns.
async fn open(address: SocketAddr) -> anyhow::Result<TcpStream> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET /v1/stream?view=brief HTTP/1.1\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut head = Vec::new();
    while !head.windows(10).any(|part| part == b": newswire") {
        anyhow::ensure!(stream.read_buf(&mut head).await? > 0, "the stream ended");
    }
    Ok(stream)
}

/// Milliseconds from the writing of each of `count` articles to its arrival, and the bytes that were read.
async fn read(mut stream: TcpStream, count: usize) -> anyhow::Result<(Vec<f64>, usize)> {
    let (mut delays, mut bytes) = (Vec::with_capacity(count), 0);
    let mut buffer = Vec::with_capacity(64 * 1024);
    while delays.len() < count {
        let read = stream.read_buf(&mut buffer).await?;
        anyhow::ensure!(read > 0, "the stream ended");
        bytes += read;
        let now = Timestamp::now().as_microsecond();
        let mut seen = 0;
        // The title of a whole line has the time of writing.
        while let Some(end) = memchr::memchr(b'\n', &buffer[seen..]) {
            let line = &buffer[seen..seen + end];
            if let Some(at) = memchr::memmem::find(line, MARK.as_bytes()) {
                let digits = line[at + MARK.len()..].iter().take_while(|byte| byte.is_ascii_digit());
                let written = digits.fold(0, |number, digit| number * 10 + i64::from(digit - b'0'));
                delays.push(milliseconds(now - written));
            }
            seen += end + 1;
        }
        buffer.drain(..seen);
    }
    Ok((delays, bytes))
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds")]
fn milliseconds(microseconds: i64) -> f64 {
    microseconds as f64 / 1_000.0
}
