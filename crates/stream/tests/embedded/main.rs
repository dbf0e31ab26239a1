//! What only the embedded log has: one file that one process holds, a socket next to it, its own retention. What it
//! shares with Kafka is in `tests/conformance`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

mod help;

mod holder; // the lock on the file and the socket next to it
mod members; // a group has one member
mod model; // random operations against a simple model
mod pace; // commits of many threads share an fsync (a measurement: --ignored)
mod policy; // the loop's reaction to each error of a commit
mod retention; // expired and superseded records are removed, and the file shrinks
