//! The open file: its lock, its permissions, and the store on it, which is opened again after the disk failed.

use super::{
    Options,
    fault::{Fault, lock},
    pages::{Access, NEWER, Pages},
    tables::Reader,
};
use crate::LogError;
use redb::{Database, ReadableDatabase, TableError};
use std::{
    fs::{File, Permissions, TryLockError},
    io::ErrorKind,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
};

/// Bytes that must be free for a transaction besides what it writes: the trees and the file's own tables.
const RESERVE: u64 = 1024 * 1024;

/// Why a transaction was not written.
pub(super) struct Failure {
    pub error: LogError,
    /// The disk failed, perhaps after the commit.
    pub is_unknown: bool,
}

/// The store on a version of the open file.
struct Opened {
    pages: Pages,
    /// `None` while the file cannot be opened again.
    database: Option<Database>,
    number: u64,
}

/// The open and locked file.
pub(super) struct OpenFile {
    pub path: PathBuf,
    pub file: Arc<File>,
    options: Options,
    access: Access,
    /// Locked for writing to compact the file and to open it again.
    opened: RwLock<Opened>,
    /// Why the file could not be opened again.
    closed: Mutex<Option<String>>,
}

impl OpenFile {
    /// Opens the file, and creates it if `create`; `None` if another process holds it.
    ///
    /// # Errors
    /// [`LogError::Config`] if there is none, or it cannot be opened; [`LogError::Corrupt`] if it is damaged.
    pub(super) fn open(path: &Path, options: &Options, create: bool) -> Result<Option<Self>, LogError> {
        let mut how = File::options();
        let file = match how.read(true).write(true).create(create).mode(0o600).open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(missing(path)),
            Err(error) => return Err(LogError::Config(format!("{} cannot be opened: {error}", path.display()))),
        };
        if !lock_file(path, &file)? {
            return Ok(None);
        }
        let readable = |error: std::io::Error| LogError::Config(format!("{}: {error}", path.display()));
        let data = file.metadata().map_err(readable)?;
        if data.len() == 0 && !create {
            return Err(missing(path));
        }
        if data.permissions().mode() & 0o077 != 0 {
            file.set_permissions(Permissions::from_mode(0o600)).map_err(readable)?;
        }
        Self::on(path, Arc::new(file), options, Access::Write).map(Some)
    }

    /// Opens a file that the caller has locked.
    pub(super) fn on(path: &Path, file: Arc<File>, options: &Options, access: Access) -> Result<Self, LogError> {
        let (pages, database) = open_store(path, &file, options, access)?;
        Ok(OpenFile {
            path: path.to_owned(),
            file,
            options: options.clone(),
            access,
            opened: RwLock::new(Opened { pages, database: Some(database), number: 0 }),
            closed: Mutex::default(),
        })
    }

    /// Bytes of the file.
    pub(super) fn size(&self) -> Result<u64, LogError> {
        Ok(self.file.metadata().map_err(|error| self.unavailable(&error.to_string()))?.len())
    }

    fn unavailable(&self, why: &str) -> LogError {
        LogError::Unavailable(format!("{}: {why}", self.path.display()))
    }

    /// # Errors
    /// [`LogError::Unavailable`] if the disk has no space for a transaction of `bytes`.
    pub(super) fn check_space(&self, bytes: u64) -> Result<(), LogError> {
        let Ok(disk) = rustix::fs::fstatvfs(&*self.file) else { return Ok(()) };
        let (free, needed) = (disk.f_bavail.saturating_mul(disk.f_frsize), bytes.saturating_mul(2) + RESERVE);
        if free >= needed {
            return Ok(());
        }
        Err(self.unavailable(&format!("no space left on device: {free} bytes are free, {needed} are needed")))
    }

    /// Reads a snapshot. If the disk fails, the file is opened again, and the read is repeated.
    pub(super) fn read<T>(&self, mut reader: impl FnMut(&mut Reader<'_>) -> Result<T, Fault>) -> Result<T, LogError> {
        let mut again = true;
        loop {
            match self.try_read(&mut reader) {
                Err(Failure { error: LogError::Unavailable(_), is_unknown: true }) if again => again = false,
                result => return result.map_err(|failure| failure.error),
            }
        }
    }

    /// Reads a snapshot, once.
    pub(super) fn read_once<T>(&self, reader: impl FnOnce(&mut Reader<'_>) -> Result<T, Fault>) -> Result<T, LogError> {
        self.try_read(reader).map_err(|failure| failure.error)
    }

    fn try_read<T>(&self, reader: impl FnOnce(&mut Reader<'_>) -> Result<T, Fault>) -> Result<T, Failure> {
        let read = |database: &Database| {
            let transaction = database.begin_read()?;
            reader(&mut Reader::open(&transaction)?)
        };
        self.with(read).map_err(|(number, fault)| match fault {
            // A new file, before its first transaction.
            Fault::Store(error) if matches!(*error, redb::Error::TableDoesNotExist(_)) => {
                failure(LogError::NoTopic("yet".to_owned()))
            }
            fault => self.settle(number, fault),
        })
    }

    /// Writes a transaction.
    pub(super) fn write<T>(&self, write: impl FnOnce(&Database) -> Result<T, Fault>) -> Result<T, Failure> {
        self.with(write).map_err(|(number, fault)| self.settle(number, fault))
    }

    /// Returns free pages to the file system; false if the file is in use at this moment. Everything else waits for it.
    pub(super) fn compact(&self) -> Result<bool, LogError> {
        let (number, result) = {
            // A reader that takes long, a backup, must not hold up everyone else behind this.
            let Ok(mut opened) = self.opened.try_write() else { return Ok(false) };
            let number = opened.number;
            let Some(database) = &mut opened.database else { return Err(self.unavailable("it is not open")) };
            (number, database.compact().map_err(Fault::from))
        };
        result.map(|_| true).map_err(|fault| self.settle(number, fault).error)
    }

    fn with<T>(&self, work: impl FnOnce(&Database) -> Result<T, Fault>) -> Result<T, (u64, Fault)> {
        let opened = self.opened.read().unwrap_or_else(PoisonError::into_inner);
        let Some(database) = &opened.database else {
            let why = lock(&self.closed).clone().unwrap_or_default();
            return Err((
                opened.number,
                Fault::Read(Box::new(Fault::Log(self.unavailable(&why))), Box::new(redb::Error::PreviousIo)),
            ));
        };
        // Damage does not reach the store, because each page has a checksum; what does must not end the process.
        let result = catch_unwind(AssertUnwindSafe(|| work(database)));
        result
            .unwrap_or_else(|_| Err(Fault::damaged("the store cannot read it")))
            .map_err(|fault| (opened.number, fault))
    }

    /// What a fault means to the caller. If the disk failed, the file is opened again first.
    fn settle(&self, number: u64, fault: Fault) -> Failure {
        let (named, error) = match fault {
            Fault::Log(LogError::Corrupt(what)) => return failure(self.corrupt(&what)),
            Fault::Log(error) => return failure(error),
            Fault::Store(error) => (None, error),
            Fault::Read(named, error) => (Some(*named), error),
        };
        if !is_of_the_disk(&error) {
            let what = named.map_or_else(String::new, |named| format!("{}: ", text(named)));
            return failure(self.corrupt(&format!("{what}{error}")));
        }
        let first = self.reopen(number);
        let (kind, why) = first.unwrap_or_else(|| (ErrorKind::Other, error.to_string()));
        let why = match named {
            Some(Fault::Log(LogError::Corrupt(what))) => format!("{what}: {why}"),
            _ => why,
        };
        match kind {
            ErrorKind::InvalidData => failure(self.corrupt(&why)),
            _ => Failure { error: self.unavailable(&readable(kind, why)), is_unknown: true },
        }
    }

    fn corrupt(&self, what: &str) -> LogError {
        LogError::Corrupt(corrupt(&self.path, what))
    }

    /// Opens the file again, unless another thread has done so; the first error of the one that was open.
    fn reopen(&self, number: u64) -> Option<(ErrorKind, String)> {
        let mut opened = self.opened.write().unwrap_or_else(PoisonError::into_inner);
        let first = opened.pages.error();
        if opened.number != number {
            return first;
        }
        // The store closes its file, and must not write to it afterwards.
        let closing = catch_unwind(AssertUnwindSafe(|| drop(opened.database.take())));
        if closing.is_err() {
            tracing::warn!("the store panicked when it was closed");
        }
        opened.number += 1;
        match open_store(&self.path, &self.file, &self.options, self.access) {
            Ok((pages, database)) => {
                opened.pages = pages;
                opened.database = Some(database);
                *lock(&self.closed) = None;
            }
            Err(error) => {
                let why = first.as_ref().map_or_else(|| error.to_string(), |(kind, why)| readable(*kind, why.clone()));
                tracing::warn!(%error, why, "the log's file could not be opened again; retrying");
                *lock(&self.closed) = Some(why);
            }
        }
        first
    }
}

/// Locks the file; false if another process holds it.
pub(super) fn lock_file(path: &Path, file: &File) -> Result<bool, LogError> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => {
            Err(LogError::Config(format!("{} cannot be locked: {error}", path.display())))
        }
    }
}

fn failure(error: LogError) -> Failure {
    Failure { error, is_unknown: false }
}

fn text(fault: Fault) -> String {
    match fault {
        Fault::Log(LogError::Corrupt(what)) => what,
        Fault::Log(error) => error.to_string(),
        Fault::Store(error) | Fault::Read(_, error) => error.to_string(),
    }
}

fn readable(kind: ErrorKind, why: String) -> String {
    match kind {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => format!("no space left on device: {why}"),
        _ => why,
    }
}

/// True if the disk failed, now or before.
fn is_of_the_disk(error: &redb::Error) -> bool {
    matches!(error, redb::Error::Io(_) | redb::Error::PreviousIo | redb::Error::DatabaseClosed)
}

/// The sentence for damage, with what to do.
pub(super) fn corrupt(path: &Path, what: &str) -> String {
    let shown = path.display();
    if what.contains("earlier version") {
        return format!("{shown} {what}: `newswire log upgrade` converts it, and keeps the old file");
    }
    if what == NEWER {
        return format!("{shown} {what}: run that version, or put back the file that `newswire log upgrade` kept");
    }
    format!("{shown}: {what}; `newswire log check` lists the damage, and `newswire log repair` keeps what is whole")
}

pub(super) fn missing(path: &Path) -> LogError {
    let folder = path.parent().unwrap_or(path);
    LogError::Config(format!("there is no log in {}: `newswire run` creates one", folder.display()))
}

fn open_store(path: &Path, file: &Arc<File>, options: &Options, access: Access) -> Result<(Pages, Database), LogError> {
    let pages = Pages::open(file.clone(), access, options.fault.clone()).map_err(|error| match error.kind() {
        ErrorKind::InvalidData => LogError::Corrupt(corrupt(path, &error.to_string())),
        _ => LogError::Config(format!("{} cannot be opened: {error}", path.display())),
    })?;
    let backend = pages.clone();
    let created = catch_unwind(AssertUnwindSafe(|| {
        Database::builder().set_cache_size(options.cache_bytes).create_with_backend(backend)
    }));
    match created {
        Ok(Ok(database)) => Ok((pages, database)),
        Ok(Err(error)) => Err(match pages.error() {
            Some((ErrorKind::InvalidData, what)) => LogError::Corrupt(corrupt(path, &what)),
            Some((kind, why)) => {
                LogError::Unavailable(format!("{} cannot be opened: {}", path.display(), readable(kind, why)))
            }
            None => LogError::Corrupt(corrupt(path, &error.to_string())),
        }),
        Err(_) => Err(LogError::Corrupt(corrupt(path, "the store cannot read it"))),
    }
}

impl From<TableError> for Fault {
    fn from(error: TableError) -> Self {
        Fault::Store(Box::new(error.into()))
    }
}
