#![doc = include_str!("../README.md")]

pub mod characters;
pub mod fold;

mod document;
mod form;
mod html;
mod paragraphs;

pub use document::{Document, line, plain};
pub use form::Form;
pub use html::{Link, Links, MAX_DEPTH, links};

#[cfg(test)]
mod tests;
