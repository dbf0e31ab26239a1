#![doc = include_str!("README.md")]

pub mod charset;
pub mod repair;
pub mod text;
pub mod tokens;
