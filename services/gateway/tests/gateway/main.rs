//! The gateway over real sockets, on an embedded log.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's helpers, too, end the test where something is wrong")]

/// `/v1/articles`, one article, errors, headers.
mod articles;
/// The line to the log, which can be cut and tells when the gateway asks.
mod line;
/// The log is away for a while.
mod outage;
/// The page in a real browser.
mod page;
/// The binary: flags, exit codes.
mod process;
/// `/v1/stream`.
mod stream;
/// A running gateway, a small client, and articles.
mod support;
