#![doc = include_str!("README.md")]

pub mod characters;
pub mod charset;
pub mod references;
pub mod repairs;
pub mod tokenizer;
