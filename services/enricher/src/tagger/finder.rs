//! What finds names in an article: the tagger that ships, or another model in its place.

use super::{ModelError, Span, Tagger};
use crate::tokens::Tokens;

/// What finds names. One serves any number of threads; a copy is the same one.
#[derive(Clone, Debug)]
pub enum Finder {
    /// The tagger that ships.
    Shipped(&'static Tagger),
    /// A model of the operator's.
    #[cfg(feature = "onnx")]
    Onnx(std::sync::Arc<super::onnx::Onnx>),
}

/// The names in an article.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Sorted by field and place; they do not overlap.
    pub spans: Vec<Span>,
    /// The article was too long for the model: its end was not looked at.
    pub cut: bool,
}

/// A model that could not read an article: its answer to this text is of no use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the model failed: {0}")]
pub struct Failed(pub String);

impl Finder {
    /// The tagger that ships.
    ///
    /// # Errors
    /// [`ModelError`] where the shipped file does not fit this program, which a test excludes.
    pub fn shipped() -> Result<Finder, ModelError> {
        Tagger::shipped().map(Finder::Shipped)
    }

    /// For `model_version`: another model has another.
    #[must_use]
    pub fn version(&self) -> &str {
        match self {
            Finder::Shipped(tagger) => tagger.version(),
            #[cfg(feature = "onnx")]
            Finder::Onnx(model) => model.version(),
        }
    }

    /// The names in one article: of its fields, given together because the document pass compares all mentions.
    ///
    /// # Errors
    /// [`Failed`]; never by the tagger that ships.
    pub fn find(&self, fields: &[&str], tokens: &[Tokens]) -> Result<Found, Failed> {
        match self {
            Finder::Shipped(tagger) => Ok(Found { spans: tagger.tag_tokens(fields, tokens), cut: false }),
            #[cfg(feature = "onnx")]
            Finder::Onnx(model) => model.find(fields, tokens).map(|(spans, cut)| Found { spans, cut }),
        }
    }
}
