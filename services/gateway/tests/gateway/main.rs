//! The gateway over real sockets, on an embedded log.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a failure in a helper ends the test")]

/// `/v1/articles`, one article, errors, headers.
mod articles;
mod clients;
/// A log whose connection the test can cut.
mod link;
/// Outages of the log.
mod outage;
/// The page in a real browser.
mod page;
/// The binary: flags, exit codes.
mod process;
/// `/v1/stream`.
mod stream;
/// A running gateway, a small HTTP client, and articles.
mod support;
