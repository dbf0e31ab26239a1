#![doc = include_str!("README.md")]

pub mod characters;
pub mod charset;
pub mod references;
pub mod repair;
pub mod tokenizer;
