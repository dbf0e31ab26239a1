//! The poller over real sockets on the loopback, and the whole service on the embedded log.

/// The client: guard, limits, redirects, robots.txt, validators.
mod client;
/// A publisher with scripted answers.
mod server;
/// Polls, state, restarts.
mod service;
