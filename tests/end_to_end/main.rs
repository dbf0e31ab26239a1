//! The pipeline as a process, from feeds on the network to the enriched topic and the gateway, on both logs.

#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "a test fails by panicking")]

mod configuration;
mod consumers;
mod copies;
mod dead_letters;
mod disaster;
mod feed;
mod kills;
mod long;
mod newswire;
mod pages;
mod polling;
mod publishers;
mod replay;
mod rolling;
mod stories;
mod withdrawals;

/// Makes two tests of each function: on the embedded log, and on Kafka if there is a broker.
macro_rules! on_both_logs {
    ($($test:ident)*) => {
        mod on_embedded {
            $(#[test] fn $test() { super::$test(&$crate::newswire::Log::Embedded); })*
        }
        mod on_kafka {
            $(#[test] fn $test() {
                if let Some(address) = test_support::kafka::shared() {
                    super::$test(&$crate::newswire::Log::Kafka(address));
                }
            })*
        }
    };
}
use on_both_logs;
