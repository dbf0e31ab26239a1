//! What the tests across services, the oracle and the measuring tools share. A test that breaks says so by panicking.
#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "tools of tests: they fail loudly")]

pub mod http;
pub mod kafka;
pub mod kcat;
pub mod onnx;
pub mod process;
pub mod publisher;
pub mod wait;
