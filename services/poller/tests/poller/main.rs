//! The poller over real sockets on loopback, and the whole service on the embedded log.
#![expect(clippy::unwrap_used, reason = "clippy exempts test functions, not the functions that they call")]

/// Captured feeds of publishers.
mod captures;
/// The HTTP client: address filter, limits, redirects, robots.txt, validators.
mod client;
/// Clocks that are wrong and are set.
mod clocks;
mod credentials;
/// Bodies and documents that end early.
mod cut_bodies;
/// A log whose commits fail.
mod failing_commits;
/// The two records of a feed's state.
mod feed_state;
/// Definitions, and the status of their feeds.
mod feed_status;
/// Hostile documents and lists.
mod hostile;
/// Failures of this machine and its network.
mod outages;
/// Pages of articles.
mod pages;
/// Polls that publish much.
mod parts;
/// What is published, written and kept across restarts.
mod publication;
/// Two pollers that share the feeds.
mod rebalance;
/// Secrets in definitions of an earlier version.
mod relocation;
/// An operator's requests.
mod requests;
/// A publisher with scripted responses.
mod server;
/// Starts and observes a poller.
mod service;
