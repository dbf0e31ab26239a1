//! What only the embedded log has: one file that one process holds, a socket next to it, its own retention. What it
//! shares with Kafka is in `tests/conformance`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

mod help;

mod clocks; // retention while the wall clock is wrong
mod damage; // changed bytes and cut files; check, repair and backup
mod files; // permissions, what creates a log, the file of an earlier version
mod holder; // the lock on the file and the socket next to it
mod holds; // retention waits for groups
mod members; // a group has one member
mod model; // random operations against a simple model
mod pace; // commits of many threads share an fsync (a measurement: --ignored)
mod policy; // the loop's reaction to each error of a commit
mod protocol; // malformed messages on the socket
mod retention; // expired and superseded records are removed, and the file shrinks
mod size; // bytes of the file for bytes that it keeps
mod space; // a disk that is full or fails
