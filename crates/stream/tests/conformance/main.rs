//! One suite, on both logs: one test for each guarantee of the interface. A test is written against `dyn Log`
//! and runs on the embedded log and on Kafka, if there is one. Offsets grow but may have gaps.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails loudly")]

mod harness; // the two logs, each test with its own topic prefix
mod help; // reading a member or a topic to a known point

mod budgets;
mod commit; // what a commit makes visible, and an abort does not
mod crash; // kill -9 at each point of a commit
mod dead_letters; // what a stage refuses, through `stream::run`
mod formats; // what a newer version has written
mod limits; // a record's size
mod order; // order, and where tails start
mod state; // tables across restarts
