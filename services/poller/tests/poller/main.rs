//! The poller over real sockets on loopback, and the whole service on the embedded log.
#![expect(clippy::unwrap_used, reason = "clippy exempts test functions, not the functions that they call")]

/// Captured feeds of publishers.
mod captures;
/// The HTTP client: address filter, limits, redirects, robots.txt, validators.
mod client;
/// A log whose commits fail.
mod failing_commits;
/// Definitions, and the status of their feeds.
mod feed_status;
/// Hostile documents and lists.
mod hostile;
/// What is published, written and kept across restarts.
mod publication;
/// Two pollers that share the feeds.
mod rebalance;
/// A publisher with scripted responses.
mod server;
/// Starts and observes a poller.
mod service;
