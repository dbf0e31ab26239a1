//! The one client by which newswire meets the outside: guarded at every hop, spaced by host, bounded in bytes and time,
//! obedient to robots.txt, and honest about who it is.

mod body;
mod client;
pub mod guard;
pub mod robots;
mod sites;

pub(crate) use client::millis_since;
pub use client::{Client, FetchError, Fetched, Known, Limits};
