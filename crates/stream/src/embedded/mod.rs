//! A durable log in one file, for one process, without a broker.
//!
//! It suits a laptop or a small site. One transaction of the store makes outputs, state and offsets visible together, and each
//! commit is on disk before it returns: `kill -9` at any time loses nothing that was committed. The process that holds
//! `DIR/newswire.redb` serves `DIR/newswire.sock`, through which commands append, tail and ask for offsets.
//!
//! From the disk up: `pages` verifies the checksum of each page, `file` holds the lock and opens the store again after the
//! disk failed, `tables` and `body` say how records are stored, `store` writes transactions.

mod body;
mod clock;
mod fault;
mod file;
pub mod maintenance;
mod member;
mod pages;
mod remote;
mod report;
mod retention;
mod socket;
mod store;
mod tables;
mod tail;
mod wire;

use crate::{Admin, Clock, Log, LogError, Member, MemberSpec, OnDisk, Outgoing, Start, Tail, TopicSpec};
use file::OpenFile;
use std::{
    collections::HashMap,
    os::unix::fs::DirBuilderExt,
    path::Path,
    sync::{
        Arc,
        mpsc::{RecvTimeoutError, Sender, channel},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};
use store::Store;

pub use pages::WriteFault;

/// How long a process that was killed may still hold the file.
const PREDECESSOR: Duration = Duration::from_secs(5);
/// Name of the file in the data folder.
const FILE: &str = "newswire.redb";
/// Name of the socket in the data folder.
const SOCKET: &str = "newswire.sock";

/// Retention and cache. The defaults are for production; tests shorten the times.
#[derive(Debug, Clone)]
pub struct Options {
    /// Pause between two rounds of retention.
    pub sweep_every: Duration,
    /// Milliseconds for which a superseded record of a compacted topic is kept, so that a tail sees it.
    pub compaction_lag_ms: i64,
    /// Milliseconds for which a tombstone is kept: Kafka's `delete.retention.ms`.
    pub tombstone_ms: i64,
    /// Size of the page cache in bytes.
    pub cache_bytes: usize,
    /// Size in bytes below which the file is never compacted.
    pub small_file: u64,
    /// The wall clock, in milliseconds since 1970. Records carry its time.
    pub clock: Clock,
    /// Milliseconds on a clock that is never set. Retention goes by it.
    pub elapsed: fn() -> i64,
    /// For tests: an error that a write to the file meets.
    pub fault: Option<WriteFault>,
}

impl Options {
    /// Times after which records of compacted topics are removed: superseded ones and tombstones.
    fn compaction_times(&self) -> tables::CompactionTimes {
        (self.compaction_lag_ms, self.tombstone_ms)
    }
}

impl Default for Options {
    fn default() -> Self {
        Options {
            sweep_every: Duration::from_secs(10),
            compaction_lag_ms: 60_000,
            tombstone_ms: 24 * 60 * 60 * 1_000,
            cache_bytes: 64 * 1024 * 1024,
            small_file: 16 * 1024 * 1024,
            clock: || jiff::Timestamp::now().as_millisecond(),
            elapsed: clock::elapsed,
            fault: None,
        }
    }
}

/// The log in a data folder, held by this process.
pub struct Embedded {
    store: Arc<Store>,
    server: Option<socket::Server>,
    sweeper: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Embedded {
    /// Opens the log in `folder`, which is created if it is missing.
    ///
    /// # Errors
    /// [`LogError::Config`] if another process holds it, or the folder cannot be used; [`LogError::Corrupt`] if the
    /// file is damaged.
    pub fn open(folder: &Path) -> Result<Self, LogError> {
        Self::open_with(folder, Options::default())
    }

    /// [`Embedded::open`], with other options.
    ///
    /// # Errors
    /// As [`Embedded::open`].
    pub fn open_with(folder: &Path, options: Options) -> Result<Self, LogError> {
        create(folder)?;
        // A killed predecessor holds the lock until the system has cleaned up; a running one answers on the socket.
        let end = Instant::now() + PREDECESSOR;
        loop {
            if let Some(log) = Self::try_open(folder, &options, true)? {
                return log.with_retention();
            }
            if Instant::now() > end || std::os::unix::net::UnixStream::connect(folder.join(SOCKET)).is_ok() {
                return Err(held(folder));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// `None` if another process holds it.
    fn try_open(folder: &Path, options: &Options, create: bool) -> Result<Option<Self>, LogError> {
        let Some(file) = OpenFile::open(&folder.join(FILE), options, create)? else {
            return Ok(None);
        };
        let store = Arc::new(Store::new(file, options.clone())?);
        // The services work without the socket; only commands need it.
        let server = match socket::Server::start(&folder.join(SOCKET), &store) {
            Ok(server) => Some(server),
            Err(error) => {
                tracing::warn!(%error, "the socket could not be opened: commands cannot use this log while the process runs");
                None
            }
        };
        Ok(Some(Embedded { store, server, sweeper: None }))
    }

    /// Starts the thread for retention, which a command does not need.
    fn with_retention(mut self) -> Result<Self, LogError> {
        retention::shrink(&self.store)?;
        let every = self.store.options.sweep_every;
        let (shutdown, stopped) = channel::<()>();
        let swept = self.store.clone();
        let thread = std::thread::Builder::new().name("log-retention".to_owned()).spawn(move || {
            while stopped.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
                let is_stopped = || !matches!(stopped.try_recv(), Err(std::sync::mpsc::TryRecvError::Empty));
                if let Err(error) = round(&swept, is_stopped) {
                    tracing::warn!(%error, "retention failed; retrying");
                }
            }
        });
        let thread = thread.map_err(|error| LogError::Unavailable(format!("no thread for retention: {error}")))?;
        self.sweeper = Some((shutdown, thread));
        Ok(self)
    }

    /// Removes all records that are due, compacts the file if that saves much, and returns the number removed. A thread does
    /// so every [`Options::sweep_every`].
    ///
    /// # Errors
    /// If the file cannot be read or written.
    pub fn sweep(&self) -> Result<usize, LogError> {
        round(&self.store, || false)
    }
}

/// One round of retention; the number of records removed.
fn round(store: &Store, shutdown: impl Fn() -> bool) -> Result<usize, LogError> {
    // On a full disk this fails, and retention makes space.
    let alive = store.keep_alive();
    let removed = retention::sweep(store, shutdown)?;
    tracing::debug!(removed, "retention");
    retention::shrink(store)?;
    alive?;
    Ok(removed)
}

/// Creates a data folder that only its owner can read.
fn create(folder: &Path) -> Result<(), LogError> {
    let created = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    created.map_err(|error| LogError::Config(format!("data folder {}: {error}", folder.display())))
}

impl Drop for Embedded {
    fn drop(&mut self) {
        drop(self.server.take());
        if let Some((shutdown, thread)) = self.sweeper.take() {
            drop(shutdown);
            if thread.join().is_err() {
                tracing::warn!("the retention thread panicked");
            }
        }
    }
}

/// Opens the log in `folder` for a command: through the socket of the process that holds the file, or the file itself if no
/// process does. Creates nothing.
///
/// # Errors
/// [`LogError::Config`] if there is no log; as [`Embedded::open`]; [`LogError::Unavailable`] if the file is held but no
/// process answers on the socket.
pub fn open(folder: &Path) -> Result<Box<dyn Log>, LogError> {
    reach(folder, false)
}

/// As [`open`], but creates a log that is missing.
///
/// # Errors
/// As [`open`].
pub fn open_or_create(folder: &Path) -> Result<Box<dyn Log>, LogError> {
    create(folder)?;
    reach(folder, true)
}

fn reach(folder: &Path, create: bool) -> Result<Box<dyn Log>, LogError> {
    // The process may be starting or ending.
    let until = Instant::now() + Duration::from_secs(5);
    loop {
        if let Some(log) = Embedded::try_open(folder, &Options::default(), create)? {
            return Ok(Box::new(log));
        }
        match remote::Remote::connect(&folder.join(SOCKET)) {
            Ok(log) => return Ok(Box::new(log)),
            Err(_) if Instant::now() < until => std::thread::sleep(Duration::from_millis(50)),
            Err(error) => return Err(error),
        }
    }
}

/// The error of a second pipeline in the same folder.
fn held(folder: &Path) -> LogError {
    let socket = folder.join(SOCKET);
    let holder = match remote::Remote::connect(&socket) {
        Ok(remote) => format!("process {}, which answers on {}", remote.holder(), socket.display()),
        Err(_) => format!("another process, which does not answer on {}", socket.display()),
    };
    LogError::Config(format!(
        "{} is in use by {holder}: one process at a time runs on a data folder",
        folder.join(FILE).display()
    ))
}

impl Admin for Embedded {
    fn ensure_topics(&self, topics: &[TopicSpec]) -> Result<(), LogError> {
        self.store.ensure_topics(topics)
    }

    fn partitions(&self, topic: &str) -> Result<i32, LogError> {
        Ok(self.store.topic(topic)?.partitions)
    }

    fn starts(&self, topic: &str) -> Result<HashMap<i32, i64>, LogError> {
        tail::starts(&self.store, &self.store.topic(topic)?)
    }

    fn ends(&self, topic: &str) -> Result<HashMap<i32, i64>, LogError> {
        Ok((0..).zip(self.store.ends(&self.store.topic(topic)?)?).collect())
    }

    fn committed(&self, group: &str, topic: &str) -> Result<HashMap<i32, i64>, LogError> {
        self.store.committed(group, &self.store.topic(topic)?)
    }
}

impl Log for Embedded {
    fn join(&self, spec: &MemberSpec) -> Result<Box<dyn Member>, LogError> {
        Ok(Box::new(member::EmbeddedMember::join(self.store.clone(), spec, true)?))
    }

    fn join_without_hold(&self, spec: &MemberSpec) -> Result<Box<dyn Member>, LogError> {
        Ok(Box::new(member::EmbeddedMember::join(self.store.clone(), spec, false)?))
    }

    fn trouble(&self) -> Option<String> {
        self.store.trouble()
    }

    fn on_disk(&self) -> Result<Option<OnDisk>, LogError> {
        let absent = maintenance::groups_in(&self.store)?.into_iter().filter(|group| !group.is_running);
        Ok(Some(OnDisk {
            file_bytes: self.store.file.size()?,
            kept_bytes: retention::kept_bytes(&self.store)?,
            unread_by_absent: absent.map(|group| group.unread).sum(),
        }))
    }

    fn tail(&self, topic: &str, from: Start) -> Result<Box<dyn Tail>, LogError> {
        Ok(Box::new(tail::EmbeddedTail::open(self.store.clone(), topic, &from)?))
    }

    fn append(&self, records: Vec<Outgoing>) -> Result<(), LogError> {
        self.store.append(records)
    }

    fn max_record_bytes(&self) -> usize {
        crate::record::MAX_RECORD_BYTES
    }

    fn clock(&self) -> Clock {
        self.store.options.clock
    }
}
