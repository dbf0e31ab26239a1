//! A TCP proxy in front of a broker, which cuts, slows and mutes its clients' connections.

use std::{
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, tcp::OwnedReadHalf, tcp::OwnedWriteHalf},
    runtime::{Builder, Runtime},
    sync::watch,
};

/// Most bytes that are passed on at once.
const CHUNK: usize = 64 * 1024;

/// Delay of each chunk in each direction of a slowed connection.
const DELAY: Duration = Duration::from_millis(150);

/// What the proxy does with connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It passes everything on.
    Open,
    /// It closes every connection, and new ones at once.
    Cut,
    /// It passes everything on late.
    Slow,
    /// It passes on what clients send, and drops what the broker answers.
    Mute,
}

/// A proxy on a port of its own.
pub struct Proxy {
    /// `host:port` for clients.
    pub address: String,
    upstream: Arc<Mutex<Option<String>>>,
    mode: watch::Sender<Mode>,
    dropped: Arc<AtomicUsize>,
    _runtime: Runtime,
}

impl Proxy {
    /// Listens. Until it has an upstream address, it closes every connection.
    ///
    /// # Errors
    /// If it cannot listen.
    pub fn start() -> io::Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
        let address = listener.local_addr()?.to_string();
        let upstream = Arc::new(Mutex::new(None));
        let (mode, receiver) = watch::channel(Mode::Open);
        let dropped = Arc::new(AtomicUsize::new(0));
        runtime.spawn(accept(listener, Arc::clone(&upstream), receiver, Arc::clone(&dropped)));
        Ok(Proxy { address, upstream, mode, dropped, _runtime: runtime })
    }

    /// Where connections are passed on to.
    pub fn set_upstream(&self, address: &str) {
        *self.upstream.lock().unwrap_or_else(PoisonError::into_inner) = Some(address.to_owned());
    }

    /// Bytes of answers that it has dropped.
    #[must_use]
    pub fn dropped(&self) -> usize {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Changes what it does, also with the connections that are open.
    pub fn set_mode(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }
}

/// Accepts until the proxy is dropped.
async fn accept(
    listener: TcpListener,
    upstream: Arc<Mutex<Option<String>>>,
    mut mode: watch::Receiver<Mode>,
    dropped: Arc<AtomicUsize>,
) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            // The sender is never equal to no mode: this waits for its end.
            _ = mode.wait_for(|_| false) => return,
        };
        let Ok((client, _)) = accepted else { continue };
        let address = upstream.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(address) = address.filter(|_| *mode.borrow() != Mode::Cut) {
            tokio::spawn(serve(client, address, mode.clone(), Arc::clone(&dropped)));
        }
    }
}

/// Passes both directions on until one ends, or the connection is cut.
async fn serve(client: TcpStream, address: String, mode: watch::Receiver<Mode>, dropped: Arc<AtomicUsize>) {
    let Ok(broker) = TcpStream::connect(address).await else { return };
    let (from_client, to_client) = client.into_split();
    let (from_broker, to_broker) = broker.into_split();
    let mut cut = mode.clone();
    tokio::select! {
        _ = pass(from_client, to_broker, mode.clone(), None) => {}
        _ = pass(from_broker, to_client, mode, Some(dropped)) => {}
        _ = cut.wait_for(|mode| *mode == Mode::Cut) => {}
    }
}

/// Passes one direction on, late while the proxy is slow. Answers are counted in `dropped` while the proxy is mute.
async fn pass(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut mode: watch::Receiver<Mode>,
    dropped: Option<Arc<AtomicUsize>>,
) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK];
    loop {
        let length = from.read(&mut chunk).await?;
        if length == 0 {
            return Ok(());
        }
        // What is late goes on at once when the proxy is no longer slow.
        drop(tokio::time::timeout(DELAY, mode.wait_for(|mode| *mode != Mode::Slow)).await);
        let mode = *mode.borrow();
        if let Some(dropped) = dropped.as_ref().filter(|_| mode == Mode::Mute) {
            dropped.fetch_add(length, Ordering::Relaxed);
            continue;
        }
        to.write_all(chunk.get(..length).unwrap_or_default()).await?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        io::{Read, Write},
        net::{TcpListener, TcpStream},
        time::Instant,
    };

    /// A server that answers each byte with itself, and a proxy in front of it.
    fn echo() -> Proxy {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let proxy = Proxy::start().unwrap();
        proxy.set_upstream(&server.local_addr().unwrap().to_string());
        std::thread::spawn(move || {
            for mut client in server.incoming().map_while(Result::ok) {
                std::thread::spawn(move || {
                    let mut byte = [0];
                    while client.read_exact(&mut byte).is_ok() && client.write_all(&byte).is_ok() {}
                });
            }
        });
        proxy
    }

    fn answers(client: &mut TcpStream) -> bool {
        let mut byte = [0];
        client.write_all(b"x").is_ok() && client.read_exact(&mut byte).is_ok() && byte == *b"x"
    }

    #[test]
    fn connections_are_cut_and_refused_until_the_proxy_is_open_again() {
        let proxy = echo();
        let connect = || TcpStream::connect(&proxy.address).unwrap();
        let mut client = connect();
        assert!(answers(&mut client));
        proxy.set_mode(Mode::Cut);
        assert!(!answers(&mut client));
        assert!(!answers(&mut connect()));
        proxy.set_mode(Mode::Open);
        assert!(answers(&mut connect()));
    }

    #[test]
    fn slowed_connections_answer_late() {
        let proxy = echo();
        let mut client = TcpStream::connect(&proxy.address).unwrap();
        proxy.set_mode(Mode::Slow);
        let started = Instant::now();
        assert!(answers(&mut client));
        assert!(started.elapsed() >= DELAY * 2);
    }
}
