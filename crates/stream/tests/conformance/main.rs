//! One suite, on both logs: what the interface promises, each promise with a test. A case is written against `dyn Log`
//! and runs on the embedded log and on Kafka, if there is one. Offsets grow but may have gaps.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

mod harness; // the two logs, each with a namespace of its own for a case
mod help; // reading a member or a topic to a known point

mod commit; // what a commit makes visible, and an abort does not
mod crash; // kill -9 at each point of a commit
mod dead_letters; // what a stage refuses, through `stream::run`
mod limits; // a record's size
mod order; // order, tails and where they begin
mod state; // tables across restarts
