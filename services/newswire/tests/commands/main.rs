//! The commands on an embedded log: through the socket of the process that has it open, and on the file itself.
#![expect(clippy::unwrap_used, reason = "a failure in a helper ends the test")]

mod articles;
mod dead_letters;
mod feeds;
mod model;
mod support;
mod why;
