//! What one request may take.

use std::time::Duration;

/// Limits of one request.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Bytes of a body, decompressed.
    pub bytes: usize,
    /// Time to connect, TLS included.
    pub connect: Duration,
    /// Time between two reads.
    pub read: Duration,
    /// Time for the whole request.
    pub total: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            bytes: 10 << 20,
            connect: Duration::from_secs(10),
            read: Duration::from_secs(20),
            total: Duration::from_secs(60),
        }
    }
}
