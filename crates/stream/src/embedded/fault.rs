//! Errors inside the embedded log, and its mutexes.

use crate::LogError;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks a mutex, also after a thread panicked that held it.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Why a read or a transaction failed.
#[derive(Debug)]
pub(super) enum Fault {
    /// The store.
    Store(Box<redb::Error>),
    /// The store, at a record that the first error names.
    Read(Box<Fault>, Box<redb::Error>),
    /// Anything else.
    Log(LogError),
}

impl Fault {
    /// Stored data that is not what was written.
    pub(super) fn damaged(what: &str) -> Self {
        Fault::Log(LogError::Corrupt(what.to_owned()))
    }
}

macro_rules! from_store {
    ($($error:ty),+) => {
        $(impl From<$error> for Fault {
            fn from(error: $error) -> Self {
                Fault::Store(Box::new(error.into()))
            }
        })+
    };
}

from_store!(redb::StorageError, redb::TransactionError, redb::CommitError, redb::DatabaseError);
from_store!(redb::CompactionError, redb::SetDurabilityError);

impl From<postcard::Error> for Fault {
    fn from(error: postcard::Error) -> Self {
        Fault::damaged(&format!("a row cannot be decoded: {error}"))
    }
}
