//! The HTTP client for everything outside newswire. At every hop of a redirect it applies the address filter, robots.txt
//! and the rate limit of the host; bodies and times are bounded.

pub mod address_filter;
mod body;
mod capacity;
mod client;
mod cookies;
mod decode;
mod error;
mod expect;
mod http;
mod limits;
mod opt_outs;
pub mod resolver;
mod response;
pub mod robots;
mod robots_cache;
mod site_rules;

pub use capacity::{Capacity, Held, SMALL};
pub use client::Client;
pub use error::FetchError;
pub use limits::Limits;
pub use opt_outs::forbids;
pub(crate) use opt_outs::known;
pub use response::{Response, Validators};
