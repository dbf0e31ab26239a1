#![doc = include_str!("../README.md")]

pub mod characters;
pub mod fold;

mod document;
mod form;
mod html;
mod paragraphs;
mod references;
mod tags;
mod titles;
mod typed;

pub use document::{Document, line, plain};
pub use form::Form;
pub use html::{Link, Links, MAX_DEPTH, links};
pub use titles::title;
pub use typed::Typed;

#[cfg(test)]
mod tests;
