//! The gateway over real sockets, on an embedded log.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a failure in a helper ends the test")]

/// `/v1/articles`, one article, errors, headers.
mod articles;
mod clients;
/// Counts by country, entity, publisher and language.
mod counts;
/// The health of feeds, coverage, the pulse.
mod feeds;
/// The token, entity tags, compression, the description.
mod http;
/// A log whose connection the test can cut.
mod link;
/// The API compared with its OpenAPI document.
mod openapi;
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
/// Counts over days, and what a restart knows of them.
mod trends;
