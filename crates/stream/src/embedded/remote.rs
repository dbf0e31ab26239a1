//! The log of another process on this machine, through its socket: for commands, not for stages.

use super::{
    report,
    wire::{self, Answer, Request},
};
use crate::{Admin, Log, LogError, Member, MemberSpec, Outgoing, Record, Start, Tail, TopicSpec};
use std::{
    collections::HashMap,
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// The holder answers within milliseconds, except while it compacts its file.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Time limit of a check or a backup.
const LONG_TIMEOUT: Duration = Duration::from_secs(6 * 60 * 60);

pub(super) struct Remote {
    socket: PathBuf,
    holder: u32,
}

/// One connection, after the handshake.
struct Connection {
    stream: UnixStream,
    socket: PathBuf,
    holder: u32,
}

impl Connection {
    fn open(socket: &Path) -> Result<Self, LogError> {
        let unavailable = |error: std::io::Error| LogError::Unavailable(format!("{}: {error}", socket.display()));
        let stream = UnixStream::connect(socket).map_err(unavailable)?;
        stream.set_read_timeout(Some(TIMEOUT)).map_err(unavailable)?;
        stream.set_write_timeout(Some(TIMEOUT)).map_err(unavailable)?;
        let mut connection = Connection { stream, socket: socket.to_owned(), holder: 0 };
        match connection.ask(&Request::Hello(wire::VERSION))? {
            Answer::Hello(holder) => connection.holder = holder,
            _ => return Err(connection.unexpected()),
        }
        Ok(connection)
    }

    fn ask(&mut self, request: &Request) -> Result<Answer, LogError> {
        let unavailable = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::InvalidInput => LogError::Config(error.to_string()),
            _ => LogError::Unavailable(format!("{}: {error}", self.socket.display())),
        };
        let sent = wire::send(&mut self.stream, request);
        if let Err(error) = sent
            && error.kind() != std::io::ErrorKind::BrokenPipe
        {
            return Err(unavailable(error));
        }
        // A server that disconnects may have sent the reason before.
        match wire::receive(&mut self.stream).map_err(unavailable)? {
            Answer::Failed(error) => Err(error.into()),
            answer => Ok(answer),
        }
    }

    fn unexpected(&self) -> LogError {
        LogError::Unavailable(format!("{} sent an unexpected answer", self.socket.display()))
    }
}

impl Remote {
    pub(super) fn connect(socket: &Path) -> Result<Self, LogError> {
        let connection = Connection::open(socket)?;
        Ok(Remote { socket: socket.to_owned(), holder: connection.holder })
    }

    /// The process that holds the log.
    pub(super) fn holder(&self) -> u32 {
        self.holder
    }

    pub(super) fn check(&self) -> Result<report::Report, LogError> {
        match self.ask_long(&Request::Check)? {
            Answer::Checked(report) => Ok(report),
            _ => Err(self.unexpected()),
        }
    }

    /// The holder writes the copy: `to` is made absolute, because it has another working directory.
    pub(super) fn backup(&self, to: &Path) -> Result<report::Copied, LogError> {
        let shown = |error: std::io::Error| LogError::Config(format!("{}: {error}", to.display()));
        match self.ask_long(&Request::Backup(std::path::absolute(to).map_err(shown)?))? {
            Answer::Copied(copied) => Ok(copied),
            _ => Err(self.unexpected()),
        }
    }

    pub(super) fn groups(&self) -> Result<Vec<report::Group>, LogError> {
        match Connection::open(&self.socket)?.ask(&Request::Groups)? {
            Answer::Groups(groups) => Ok(groups),
            _ => Err(self.unexpected()),
        }
    }

    pub(super) fn release(&self, group: &str) -> Result<u64, LogError> {
        match Connection::open(&self.socket)?.ask(&Request::Release(group.to_owned()))? {
            Answer::Released(count) => Ok(count),
            _ => Err(self.unexpected()),
        }
    }

    /// Asks for something that reads the whole file.
    fn ask_long(&self, request: &Request) -> Result<Answer, LogError> {
        let mut connection = Connection::open(&self.socket)?;
        let unavailable = |error| LogError::Unavailable(format!("{}: {error}", self.socket.display()));
        connection.stream.set_read_timeout(Some(LONG_TIMEOUT)).map_err(unavailable)?;
        connection.ask(request)
    }

    fn unexpected(&self) -> LogError {
        LogError::Unavailable(format!("{} sent an unexpected answer", self.socket.display()))
    }

    fn done(&self, request: &Request) -> Result<(), LogError> {
        let mut connection = Connection::open(&self.socket)?;
        match connection.ask(request)? {
            Answer::Done => Ok(()),
            _ => Err(connection.unexpected()),
        }
    }

    fn offsets(&self, request: &Request) -> Result<HashMap<i32, i64>, LogError> {
        let mut connection = Connection::open(&self.socket)?;
        match connection.ask(request)? {
            Answer::Offsets(offsets) => Ok(offsets),
            _ => Err(connection.unexpected()),
        }
    }
}

impl Admin for Remote {
    fn ensure_topics(&self, topics: &[TopicSpec]) -> Result<(), LogError> {
        self.done(&wire::from_topics(topics))
    }

    fn partitions(&self, topic: &str) -> Result<i32, LogError> {
        let mut connection = Connection::open(&self.socket)?;
        match connection.ask(&Request::Partitions(topic.to_owned()))? {
            Answer::Partitions(count) => Ok(count),
            _ => Err(connection.unexpected()),
        }
    }

    fn starts(&self, topic: &str) -> Result<HashMap<i32, i64>, LogError> {
        self.offsets(&Request::Starts(topic.to_owned()))
    }

    fn ends(&self, topic: &str) -> Result<HashMap<i32, i64>, LogError> {
        self.offsets(&Request::Ends(topic.to_owned()))
    }

    fn committed(&self, group: &str, topic: &str) -> Result<HashMap<i32, i64>, LogError> {
        self.offsets(&Request::Committed { group: group.to_owned(), topic: topic.to_owned() })
    }
}

impl Log for Remote {
    fn join(&self, spec: &MemberSpec) -> Result<Box<dyn Member>, LogError> {
        Err(LogError::Config(format!(
            "process {} holds this data folder; {} can only run inside that process",
            self.holder, spec.stage
        )))
    }

    fn tail(&self, topic: &str, from: Start) -> Result<Box<dyn Tail>, LogError> {
        let mut connection = Connection::open(&self.socket)?;
        match connection.ask(&Request::Tail(topic.to_owned(), from))? {
            Answer::Done => Ok(Box::new(RemoteTail { connection, is_caught_up: false })),
            _ => Err(connection.unexpected()),
        }
    }

    fn append(&self, records: Vec<Outgoing>) -> Result<(), LogError> {
        self.done(&Request::Append(records))
    }

    fn max_record_bytes(&self) -> usize {
        crate::record::MAX_RECORD_BYTES
    }
}

struct RemoteTail {
    connection: Connection,
    is_caught_up: bool,
}

impl Tail for RemoteTail {
    fn poll(&mut self, max: usize, wait: Duration) -> Result<Vec<Record>, LogError> {
        let until = Instant::now() + wait;
        loop {
            // The server waits for at most a second at a time.
            let left = until.saturating_duration_since(Instant::now());
            let request = Request::Poll {
                max: u32::try_from(max).unwrap_or(u32::MAX),
                wait_ms: u64::try_from(left.as_millis()).unwrap_or(u64::MAX),
            };
            let Answer::Records { records, is_caught_up } = self.connection.ask(&request)? else {
                return Err(self.connection.unexpected());
            };
            let just_caught_up = is_caught_up && !std::mem::replace(&mut self.is_caught_up, is_caught_up);
            if !records.is_empty() || just_caught_up || Instant::now() >= until {
                return Ok(records);
            }
        }
    }

    fn caught_up(&self) -> bool {
        self.is_caught_up
    }
}
