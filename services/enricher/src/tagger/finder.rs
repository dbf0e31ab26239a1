//! What finds names in an article: the tagger that ships, or another model in its place.

use super::{ModelError, Span, Tagger};
use crate::tokens::Tokens;

/// What finds names. One serves any number of threads; a copy is the same one.
#[derive(Clone, Debug)]
pub enum Finder {
    /// The tagger that ships.
    Shipped(&'static Tagger),
}

/// A model that could not read an article: its answer to this text is of no use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the model: {0}")]
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
        }
    }

    /// The names in one article, as [`Tagger::tag_tokens`] gives them.
    ///
    /// # Errors
    /// [`Failed`]; never by the tagger that ships.
    pub fn find(&self, fields: &[&str], tokens: &[Tokens]) -> Result<Vec<Span>, Failed> {
        match self {
            Finder::Shipped(tagger) => Ok(tagger.tag_tokens(fields, tokens)),
        }
    }
}
