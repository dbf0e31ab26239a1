//! Which entries are one article, from feed documents to `news.articles.v1`: pollers and a normaliser, on both logs.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

/// The table of docs/identity.md.
mod cases;
/// Polls, aborts, restarts and days in any order, without a log.
mod interleavings;
/// State that outlives its retention.
mod lifetime;
/// Starts and observes a pipeline.
mod pipeline;
/// Runs the cases.
mod rows;
