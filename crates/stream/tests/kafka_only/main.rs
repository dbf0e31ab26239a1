//! What needs a broker: members that share a group, an owner frozen beyond its timeouts, a broker that restarts. Members are
//! child processes, so that they can be frozen and killed: this binary, started again.

#![expect(clippy::unwrap_used, reason = "a failing test panics")]

mod bystander;
mod group;
mod outage;
mod positions;
mod settings;
mod settled;
mod topics;
mod worker;
