#![doc = include_str!("../README.md")]

pub mod admin;
pub mod config;
pub mod http;
pub mod process;
pub mod redact;
pub mod shutdown;
pub mod telemetry;
pub mod terminal;
pub mod thread;
