//! The open connections of a server, in the order in which they were opened.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio_util::sync::CancellationToken;

/// The open connections. Clones share them.
#[derive(Clone)]
pub(super) struct Open {
    close_all: CancellationToken,
    connections: Arc<Mutex<(u64, BTreeMap<u64, CancellationToken>)>>,
}

/// A connection's entry; dropped with it.
pub(super) struct Entry {
    open: Open,
    number: u64,
    /// Cancelled when the connection is to be closed.
    pub close: CancellationToken,
}

impl Open {
    /// No connections. Cancelling `close_all` closes those that follow.
    pub fn new(close_all: CancellationToken) -> Self {
        Open { close_all, connections: Arc::default() }
    }

    pub fn count(&self) -> usize {
        self.lock().1.len()
    }

    pub fn enter(&self) -> Entry {
        let close = self.close_all.child_token();
        let mut connections = self.lock();
        let number = connections.0;
        connections.0 += 1;
        connections.1.insert(number, close.clone());
        Entry { open: self.clone(), number, close }
    }

    pub fn close_oldest(&self) {
        if let Some((_, close)) = self.lock().1.pop_first() {
            close.cancel();
        }
    }

    fn lock(&self) -> MutexGuard<'_, (u64, BTreeMap<u64, CancellationToken>)> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.open.lock().1.remove(&self.number);
    }
}
