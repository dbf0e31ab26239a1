//! The commands as an operator types them, on an embedded log: through the socket of a process that holds it, and on the
//! file once nothing runs.
#![expect(clippy::unwrap_used, reason = "tools of tests: they fail loudly")]

mod dead_letters;
mod feeds;
mod model;
mod support;
mod why;
