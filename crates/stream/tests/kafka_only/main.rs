//! What only a real broker can show: members that share a group, an owner frozen beyond its timeouts, a broker that goes
//! and comes back. Members are processes of their own, so that they can be frozen and killed; this binary starts itself
//! again in their role.

#![expect(clippy::unwrap_used, reason = "a failing test panics")]

mod bystander;
mod group;
mod outage;
mod settled;
mod worker;
