//! A server of feeds, each on a host of its own: 127.n.n.n, so that each has its own limits at a poller.

use super::{answers::respond, feeds::Served};
use std::{
    io,
    net::{IpAddr, Ipv4Addr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    io::AsyncReadExt,
    net::{TcpListener, TcpStream},
};

/// What the server sends for a host: by its number and the path.
pub type Serve = dyn Fn(usize, &str) -> Served + Send + Sync;

/// Serves until it is dropped.
pub struct Site {
    port: u16,
    requests: Arc<Mutex<Vec<usize>>>,
    _runtime: tokio::runtime::Runtime,
}

impl Site {
    /// Serves hosts 0 to `hosts` - 1, at most 64,000, by `serve`.
    ///
    /// # Panics
    /// If the system has no free port.
    #[must_use]
    pub fn start(hosts: usize, serve: Arc<Serve>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind("0.0.0.0:0")).unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests = Arc::new(Mutex::new(vec![0; hosts]));
        let counted = Arc::clone(&requests);
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (serve, counted) = (Arc::clone(&serve), Arc::clone(&counted));
                tokio::spawn(async move { answer(stream, &serve, &counted).await });
            }
        });
        Site { port, requests, _runtime: runtime }
    }

    /// `http://address:port` of a host.
    #[must_use]
    pub fn base(&self, host: usize) -> String {
        format!("http://127.1.{}.{}:{}", host / 250, host % 250 + 1, self.port)
    }

    /// Requests for feeds, by host. Those for robots.txt do not count.
    #[must_use]
    pub fn requests(&self) -> Vec<usize> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn answer(mut stream: TcpStream, serve: &Arc<Serve>, counted: &Mutex<Vec<usize>>) -> io::Result<()> {
    let IpAddr::V4(address) = stream.local_addr()?.ip() else { return Ok(()) };
    let Some(host) = number(address) else { return Ok(()) };
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let mut piece = [0; 4_096];
        let read = tokio::time::timeout(Duration::from_secs(10), stream.read(&mut piece)).await??;
        if read == 0 || head.len() > 1 << 20 {
            return Ok(());
        }
        head.extend_from_slice(&piece[..read]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split(' ').nth(1).unwrap_or("/").to_owned();
    let is_feed = path != "/robots.txt";
    if is_feed && let Some(count) = counted.lock().unwrap_or_else(PoisonError::into_inner).get_mut(host) {
        *count += 1;
    }
    let (serve, asked) = (Arc::clone(serve), path.clone());
    let served = tokio::task::spawn_blocking(move || serve(host, &asked)).await.map_err(io::Error::other)?;
    match served {
        Served::Answer(answer) => answer.send(&path, stream).await,
        Served::Document(_) if !is_feed => respond(&mut stream, "404 Not Found", "", b"").await,
        Served::Document(body) => respond(&mut stream, "200 OK", "", &body).await,
    }
}

/// The number of a host by its address.
fn number(address: Ipv4Addr) -> Option<usize> {
    match address.octets() {
        [127, 1, high, low] => Some(usize::from(high) * 250 + usize::from(low.checked_sub(1)?)),
        _ => None,
    }
}
