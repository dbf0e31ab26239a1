//! What tests and tools share. Any crate may use it in its tests, because it depends on no crate of the project.
//! Its functions panic if something is wrong.
#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "a test fails by panicking")]

pub mod corpora;
pub mod hostile;
pub mod http;
pub mod kafka;
pub mod kcat;
pub mod oidc;
pub mod onnx;
pub mod port;
pub mod process;
pub mod proxy;
pub mod publisher;
pub mod tls;
pub mod wait;

/// Prints `skipped: WHAT (WHY)`. `.ci/test` lists these lines at its end.
pub fn skip(what: &str, why: &str) {
    eprintln!("skipped: {what} ({why})");
}
