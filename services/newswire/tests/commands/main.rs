//! The commands on an embedded log: through the socket of the process that has it open, and on the file itself.
#![expect(clippy::unwrap_used, reason = "a failure in a helper ends the test")]

mod articles;
mod credentials;
mod dead_letters;
mod explain;
mod feeds;
mod log;
mod model;
mod start;
mod support;
mod why;
