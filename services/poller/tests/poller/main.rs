//! The poller over real sockets on the loopback, and the whole service on the embedded log.
#![expect(clippy::unwrap_used, reason = "tests; clippy exempts the test functions, not what they call")]

/// The client: guard, limits, redirects, robots.txt, validators.
mod client;
/// A log whose commits fail now and then.
mod flaky;
/// Documents and lists built to hurt.
mod hostile;
/// Two pollers that share the feeds.
mod rebalance;
/// A publisher with scripted answers.
mod server;
/// Polls, state, restarts.
mod service;
