#![doc = include_str!("../README.md")]

pub mod carrier;
pub mod feed_entries;
pub mod id;
pub mod key;
pub mod partition;
pub mod schema;
pub mod time;
pub mod topic;
pub mod vocab;
mod warning;
pub mod wire;

/// The message types, generated from `proto/news/v1/*.proto`.
#[expect(
    missing_docs,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    reason = "generated; documented in the .proto files"
)]
pub mod v1 {
    include!(concat!(env!("OUT_DIR"), "/news.v1.rs"));
    include!(concat!(env!("OUT_DIR"), "/news.v1.serde.rs"));
}

pub use warning::Warning;

/// A point in time on the wire: RFC 3339 in JSON.
pub use pbjson_types::Timestamp;

/// Version of the record's shape, carried in `schema_version`. A release that adds a field changes it.
pub const SCHEMA_VERSION: &str = "1.0";

#[cfg(test)]
mod golden;
#[cfg(test)]
mod previous;
