//! The socket of the process that holds the file, for commands of the same user on the same machine.

use super::{
    fault::lock,
    maintenance,
    store::Store,
    tail::{self, EmbeddedTail},
    wire::{self, Answer, Request},
};
use crate::{LogError, Tail};
use std::{
    collections::HashMap,
    fs::{self, Permissions},
    io,
    os::unix::{
        fs::PermissionsExt,
        net::{UnixListener, UnixStream},
    },
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

/// Most connections. A command uses one or two.
const MAX_CONNECTIONS: usize = 64;
/// Time after which a client that does not read is disconnected.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// Longest wait of one poll, so that a connection ends soon after the log does.
const MAX_WAIT: Duration = Duration::from_secs(1);

struct Shared {
    store: Arc<Store>,
    is_stopping: AtomicBool,
    connections: Mutex<HashMap<u64, (UnixStream, JoinHandle<()>)>>,
}

/// The listening thread. Dropping it ends all connections.
pub(super) struct Server {
    path: PathBuf,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts listening. The caller holds the file, so an existing socket belongs to a process that has ended.
    pub(super) fn start(path: &Path, store: &Arc<Store>) -> io::Result<Self> {
        // Created under another name, so that no client connects before its permissions are set.
        let new = path.with_extension("sock.new");
        for left in [path, &new] {
            match fs::remove_file(left) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        let listener = UnixListener::bind(&new)?;
        fs::set_permissions(&new, Permissions::from_mode(0o600))?;
        fs::rename(&new, path)?;
        let shared = Arc::new(Shared {
            store: store.clone(),
            is_stopping: AtomicBool::new(false),
            connections: Mutex::default(),
        });
        let for_thread = shared.clone();
        let thread =
            std::thread::Builder::new().name("log-socket".to_owned()).spawn(move || listen(&listener, &for_thread))?;
        Ok(Server { path: path.to_owned(), shared, thread: Some(thread) })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.is_stopping.store(true, Ordering::SeqCst);
        // Wakes the listener, which then sees `is_stopping`.
        let woken = UnixStream::connect(&self.path);
        let removed = fs::remove_file(&self.path);
        tracing::debug!(?woken, ?removed, "socket closed");
        if woken.is_ok()
            && let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::warn!("the socket's thread panicked");
        }
        let left = std::mem::take(&mut *lock(&self.shared.connections));
        for (stream, thread) in left.into_values() {
            if let Err(error) = stream.shutdown(std::net::Shutdown::Both) {
                tracing::debug!(%error, "connection was closed already");
            }
            self.shared.store.notify();
            if thread.join().is_err() {
                tracing::warn!("a connection's thread panicked");
            }
        }
    }
}

fn listen(listener: &UnixListener, shared: &Arc<Shared>) {
    for number in 0_u64.. {
        let accepted = listener.accept();
        if shared.is_stopping.load(Ordering::SeqCst) {
            return;
        }
        let result = accepted.and_then(|(stream, _)| connection(number, stream, shared));
        if let Err(error) = result {
            tracing::warn!(%error, "a connection to the log's socket was refused");
            // An error that recurs at once, such as too many open files, must not spin.
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn connection(number: u64, mut stream: UnixStream, shared: &Arc<Shared>) -> io::Result<()> {
    stream.set_write_timeout(Some(WRITE_TIMEOUT))?;
    let mut connections = lock(&shared.connections);
    if connections.len() >= MAX_CONNECTIONS {
        let full = LogError::Unavailable(format!("the log's socket already has {MAX_CONNECTIONS} connections"));
        wire::send(&mut stream, &Answer::Failed(full.into()))?;
        return Err(io::Error::other("too many connections"));
    }
    let copy = stream.try_clone()?;
    let theirs = shared.clone();
    let thread = std::thread::Builder::new().name("log-client".to_owned()).spawn(move || {
        if let Err(error) = serve(stream, &theirs) {
            tracing::debug!(%error, "client of the log's socket");
        }
        lock(&theirs.connections).remove(&number);
    })?;
    connections.insert(number, (copy, thread));
    Ok(())
}

/// Answers one client until it disconnects.
fn serve(mut stream: UnixStream, shared: &Shared) -> io::Result<()> {
    let mut tail = None;
    loop {
        let request = match wire::receive(&mut stream) {
            Ok(request) => request,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            Err(error) => {
                let bad = LogError::Config(format!("invalid message: {error}"));
                return wire::send(&mut stream, &Answer::Failed(bad.into()));
            }
        };
        let answer = answer(&shared.store, &mut tail, request).unwrap_or_else(|error| Answer::Failed(error.into()));
        wire::send(&mut stream, &answer)?;
        if shared.is_stopping.load(Ordering::SeqCst) {
            return Ok(());
        }
    }
}

fn answer(store: &Arc<Store>, tail: &mut Option<EmbeddedTail>, request: Request) -> Result<Answer, LogError> {
    Ok(match request {
        Request::Hello(wire::VERSION) => Answer::Hello(std::process::id()),
        Request::Hello(other) => {
            return Err(LogError::Config(format!(
                "the running process uses version {} of the socket's protocol, this command version {other}: use the same newswire",
                wire::VERSION
            )));
        }
        Request::EnsureTopics(topics) => {
            let topics: Vec<_> = topics.into_iter().map(wire::to_topic).collect();
            store.ensure_topics(&topics)?;
            Answer::Done
        }
        Request::Partitions(topic) => Answer::Partitions(store.topic(&topic)?.partitions),
        Request::Starts(topic) => Answer::Offsets(tail::starts(store, &store.topic(&topic)?)?),
        Request::Ends(topic) => Answer::Offsets((0..).zip(store.ends(&store.topic(&topic)?)?).collect()),
        Request::Committed { group, topic } => Answer::Offsets(store.committed(&group, &store.topic(&topic)?)?),
        Request::Append(records) => {
            store.append(records)?;
            Answer::Done
        }
        Request::Tail(topic, from) => {
            *tail = Some(EmbeddedTail::open(store.clone(), &topic, &from)?);
            Answer::Done
        }
        Request::Poll { max, wait_ms } => {
            let Some(tail) = tail else {
                return Err(LogError::Config("a poll without a tail".to_owned()));
            };
            let max = usize::try_from(max).unwrap_or(usize::MAX);
            let records = tail.poll(max, Duration::from_millis(wait_ms).min(MAX_WAIT))?;
            Answer::Records { records, is_caught_up: tail.caught_up() }
        }
        Request::Check => Answer::Checked(maintenance::check_file(&store.file)?),
        Request::Backup(to) if !to.is_absolute() => {
            return Err(LogError::Config(format!("{} is not an absolute path", to.display())));
        }
        Request::Backup(to) => Answer::Copied(maintenance::backup_file(&store.file, &to)?),
        Request::Groups => Answer::Groups(maintenance::groups_in(store)?),
        Request::Release(group) => Answer::Released(maintenance::release_in(store, &group)?),
    })
}
