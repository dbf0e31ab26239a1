#![doc = include_str!("../README.md")]

mod decode;
mod extract;
mod metadata;
mod scan;
mod strip;
mod wall;

pub use decode::decode;
pub use extract::{Main, extract};
pub use metadata::{Metadata, metadata};
pub use strip::strip;
pub use wall::{Wall, wall};
