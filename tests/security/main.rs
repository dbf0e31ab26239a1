//! The product on a broker that checks certificates, passwords, tokens and access control lists.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod auto_creation;
mod client;
mod connections;
mod pipeline;
mod rights;
