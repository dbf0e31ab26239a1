#![doc = include_str!("../README.md")]

mod decode;
mod dense;
mod document_pass;
mod encoding;
mod features;
pub mod hash;
mod label;
mod lexicon;
mod model;
#[cfg(feature = "onnx")]
pub mod onnx;
mod recogniser;
mod span;
mod tagger;
pub mod tokens;
pub mod training;
pub mod word_lists;

pub use encoding::ModelError;
pub use label::Label;
pub use recogniser::Recogniser;
pub use span::{InferenceError, MAX_NAME, Recognition, Span};
pub use tagger::Tagger;
