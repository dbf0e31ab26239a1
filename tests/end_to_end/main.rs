//! The main job, from a feed on the network to the enriched topic and the gateway, with the product's own binaries as
//! processes, on both logs.

#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "a test that breaks says so by panicking")]

mod dead_letters; // what a stage refuses, and its way back in
mod disaster; // offsets and state topics lost: what is repeated then, and what not
mod journey; // one newswire process, a publisher, and what comes out
mod kills; // kill -9 at random moments
mod polling; // the same feed again and again
mod publishers; // real captures of publishers' feeds, beside feedparser
mod replay; // articles enriched once more: killed, under live updates, and the gateway beside it
mod stories; // the seed article, and ten with traps of their own
