//! The commands on an embedded log: through the socket of the process that has it open, and on the file itself.
#![expect(clippy::unwrap_used, reason = "a failure in a helper ends the test")]

mod answers;
mod articles;
mod canary;
mod config;
mod credentials;
mod dead_letters;
mod deploy;
mod explain;
mod feeds;
mod log;
mod metrics;
mod model;
mod runbook;
mod sample;
mod start;
mod support;
mod terminal;
mod tls;
mod topics;
mod why;
