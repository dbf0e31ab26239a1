#![doc = include_str!("../README.md")]

pub mod admin;
pub mod config;
pub mod http;
pub mod process;
pub mod shutdown;
pub mod telemetry;
pub mod thread;
