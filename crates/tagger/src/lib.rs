#![doc = include_str!("../README.md")]

mod decode;
mod dense;
mod document_pass;
mod encoding;
mod features;
mod han;
pub mod hash;
mod label;
mod languages;
mod lexicon;
mod model;
#[cfg(feature = "onnx")]
pub mod onnx;
mod recogniser;
mod span;
mod tagger;
pub mod tokens;
pub mod training;
mod transliterate;
pub mod word_lists;

pub use encoding::ModelError;
pub use label::Label;
pub use languages::{LANGUAGES, Language};
pub use recogniser::Recogniser;
pub use span::{InferenceError, MAX_NAME, Recognition, Span};
pub use tagger::Tagger;
