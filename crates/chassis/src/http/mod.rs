//! An HTTP/1.1 server that no client can exhaust: it limits connections in all and by address, the time for a request's head,
//! the time in which a client must read, and the time to drain.

mod addresses;
mod hosts;
mod open;
mod paced;

pub use hosts::{Hosts, host_name};
pub use ipnet::IpNet;

use crate::thread::{self, ThreadError};
use addresses::{Addresses, Place};
use axum::{
    Router,
    body::{Body, Bytes, HttpBody},
    http::{Request, Response, header},
    response::IntoResponse,
};
use hyper::{
    body::{Frame, Incoming, SizeHint},
    server::conn::http1,
    service::Service,
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use open::Open;
use paced::Paced;
use prometheus::IntCounterVec;
use std::{
    io::{self, Write},
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_util::sync::CancellationToken;

/// Bytes that the system keeps of what a client has not read. Without it that may be megabytes for each connection.
const SEND_BUFFER: u32 = 128 * 1024;
/// Connections that wait to be accepted.
const BACKLOG: u32 = 1_024;
/// What a connection beyond a limit gets.
const REFUSAL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain\r\nretry-after: 5\r\n\
    connection: close\r\ncontent-length: 21\r\n\r\ntoo many connections\n";

/// Limits of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Most open connections.
    pub connections: usize,
    /// Most open connections of one address (of one /64 in IPv6).
    pub per_address: usize,
    /// What happens to a connection beyond `connections`.
    pub when_full: WhenFull,
    /// Time for the head of a request to arrive. It also limits how long a kept-alive connection may be idle.
    pub head: Duration,
    /// Time for which a write may wait for a client that does not read, or that reads less than 4 KiB a second.
    pub write: Duration,
    /// Most bytes of a request's head: the size of a connection's buffer.
    pub buffer: usize,
    /// Time that open connections have to end after shutdown.
    pub drain: Duration,
}

/// What happens to a connection beyond the limit. One beyond the limit of its address is always refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenFull {
    /// It is refused with 503.
    Refuse,
    /// It is served, and the oldest connection is closed: for requests that take milliseconds.
    CloseOldest,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            connections: 1_024,
            per_address: usize::MAX,
            when_full: WhenFull::Refuse,
            head: Duration::from_secs(15),
            write: Duration::from_secs(20),
            buffer: 32 * 1024,
            drain: Duration::from_secs(5),
        }
    }
}

/// Settings of a server.
#[derive(Clone, Default)]
pub struct Options {
    /// Its limits.
    pub limits: Limits,
    /// Networks of proxies. Their connections are not limited by address; the clients that they name are.
    pub trusted_proxies: Vec<IpNet>,
    /// The names under which it answers; `None` for all.
    pub hosts: Option<Hosts>,
    /// Counts by `reason` what was refused or closed: `address`, `full`, `host`, `slow`.
    pub refused: Option<IntCounterVec>,
}

impl Options {
    fn count(&self, reason: &str) {
        if let Some(refused) = &self.refused {
            refused.with_label_values(&[reason]).inc();
        }
    }
}

/// The address could not be bound.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {source}{}", hint(source))]
pub struct BindError {
    /// The address.
    pub address: SocketAddr,
    /// The error of the operating system.
    pub source: io::Error,
}

fn hint(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::AddrInUse => " (another process is listening on it)",
        io::ErrorKind::PermissionDenied => " (ports below 1024 need privileges)",
        io::ErrorKind::AddrNotAvailable => " (no interface of this machine has it)",
        _ => "",
    }
}

/// Listens on `address`; port 0 selects a free port.
///
/// # Errors
/// The address is in use, not local, or needs privileges.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, BindError> {
    let listen = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        socket.set_reuseaddr(true)?;
        // Accepted sockets inherit it.
        socket.set_send_buffer_size(SEND_BUFFER)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    listen().map_err(|source| BindError { address, source })
}

/// As [`serve`], on a thread with a runtime of its own, so that clients take no time from other work of the process.
///
/// # Errors
/// The thread or the runtime could not be started, or it panicked.
pub async fn serve_on_thread(
    name: &str,
    listener: TcpListener,
    router: Router,
    options: Options,
    shutdown: CancellationToken,
) -> Result<(), ThreadError> {
    let not_started = |source| ThreadError::NotStarted { name: name.to_owned(), source };
    let listener = listener.into_std().map_err(not_started)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name(name)
        .enable_all()
        .build()
        .map_err(not_started)?;
    let served = thread::run(name, move || {
        let served = runtime.block_on(async {
            serve(TcpListener::from_std(listener)?, router, options, shutdown).await;
            Ok(())
        });
        runtime.shutdown_background();
        served
    });
    served.await?.map_err(not_started)
}

/// Serves `router` on `listener` until `shutdown`. Open connections then have `limits.drain` to end and are closed after it.
///
/// Responses without an end, such as server-sent events, must end themselves on shutdown, or the drain takes its full
/// time.
pub async fn serve(listener: TcpListener, router: Router, options: Options, shutdown: CancellationToken) {
    let graceful = GracefulShutdown::new();
    let close = CancellationToken::new();
    let _close_on_return = close.clone().drop_guard();
    let (open, addresses) = (Open::new(close), Addresses::new(options.limits.per_address));
    let shared = Arc::new(Shared { listen: listener.local_addr().ok(), addresses, options });
    let limits = &shared.options.limits;
    loop {
        let accepted = tokio::select! {
            biased;
            () = shutdown.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) if is_of_the_client(&error) => continue,
            Err(error) => {
                // Usually the process is out of file descriptors; ending connections free some.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(200)).await;
                continue;
            }
        };
        let proxied = addresses::contains(&shared.options.trusted_proxies, peer.ip());
        let place = if proxied { None } else { shared.addresses.enter(peer.ip()) };
        if !proxied && place.is_none() {
            shared.options.count("address");
            refuse(stream);
            continue;
        }
        if open.count() >= limits.connections {
            shared.options.count("full");
            match limits.when_full {
                WhenFull::Refuse => {
                    refuse(stream);
                    continue;
                }
                WhenFull::CloseOldest => open.close_oldest(),
            }
        }
        let Ok(local) = stream.local_addr() else { continue };
        let service =
            Guarded { inner: TowerToHyperService::new(router.clone()), local, proxied, shared: shared.clone() };
        let connection = graceful.watch(connection(stream, service, limits));
        let (entry, shared) = (open.enter(), shared.clone());
        tokio::spawn(async move {
            // The client left, was too slow, or did not send HTTP.
            if let Some(Err(error)) = entry.close.run_until_cancelled(connection).await {
                tracing::debug!(%error, "connection ended early");
                if is_slow(&error) {
                    shared.options.count("slow");
                }
            }
            drop((entry, place));
        });
    }
    drop(listener);
    if tokio::time::timeout(limits.drain, graceful.shutdown()).await.is_err() {
        tracing::info!(open = open.count(), "connections were still open at the end of the drain");
    }
}

/// Answers a connection beyond a limit without reading its request, as far as the system takes the bytes at once.
fn refuse(stream: TcpStream) {
    if let Ok(mut stream) = stream.into_std() {
        drop(stream.write(REFUSAL));
        drop(stream.shutdown(std::net::Shutdown::Write));
    }
}

fn is_of_the_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

fn is_slow(error: &hyper::Error) -> bool {
    let mut causes = std::iter::successors(std::error::Error::source(error), |error| error.source());
    causes.any(|cause| cause.downcast_ref::<io::Error>().is_some_and(|cause| cause.kind() == io::ErrorKind::TimedOut))
}

fn connection(stream: TcpStream, service: Guarded, limits: &Limits) -> http1::Connection<TokioIo<Paced>, Guarded> {
    // Server-sent events are small and must not wait for more data.
    let _ = stream.set_nodelay(true);
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(limits.buffer)
        .serve_connection(TokioIo::new(Paced::new(stream, limits.write)), service)
}

/// What the connections of a server share.
struct Shared {
    listen: Option<SocketAddr>,
    addresses: Addresses,
    options: Options,
}

/// The router behind the checks of each request.
struct Guarded {
    inner: TowerToHyperService<Router>,
    /// The server's address on this connection.
    local: SocketAddr,
    proxied: bool,
    shared: Arc<Shared>,
}

impl Guarded {
    /// The response to a request that is not passed on, or the place that it takes.
    fn check(&self, request: &Request<Incoming>) -> Result<Option<Place>, Box<Response<Body>>> {
        let Shared { listen, addresses, options } = &*self.shared;
        if let Some(hosts) = &options.hosts {
            let head = (request.version(), request.uri(), request.headers());
            if let Err(refused) = hosts.check(head, listen.unwrap_or(self.local), self.local) {
                options.count("host");
                return Err(Box::new(refused.into_response()));
            }
        }
        let client = self.proxied.then(|| addresses::forwarded(request.headers(), &options.trusted_proxies)).flatten();
        let Some(client) = client else { return Ok(None) };
        addresses.enter(client).map(Some).ok_or_else(|| {
            options.count("address");
            let status = axum::http::StatusCode::SERVICE_UNAVAILABLE;
            Box::new((status, [(header::RETRY_AFTER, "5")], "too many requests of this address\n").into_response())
        })
    }
}

impl Service<Request<Incoming>> for Guarded {
    type Response = Response<Body>;
    type Error = std::convert::Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        match self.check(&request) {
            Err(refused) => Box::pin(std::future::ready(Ok(*refused))),
            Ok(None) => Box::pin(self.inner.call(request)),
            Ok(Some(place)) => {
                let response = self.inner.call(request);
                Box::pin(async move { Ok(response.await?.map(|body| Body::new(Held { body, _place: place }))) })
            }
        }
    }
}

/// A response's body, which holds a place until it has been sent.
struct Held {
    body: Body,
    _place: Place,
}

impl HttpBody for Held {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
