//! Finds names in an article with the shipped tagger or an ONNX model.

use crate::{
    encoding::ModelError,
    span::{InferenceError, Recognition},
    tagger::Tagger,
    tokens::Tokens,
};

/// A named-entity recogniser. It is shared by threads; cloning it is cheap.
#[derive(Clone, Debug)]
pub enum Recogniser {
    /// The shipped tagger.
    Shipped(&'static Tagger),
    /// An ONNX model that the operator chose.
    #[cfg(feature = "onnx")]
    Onnx(std::sync::Arc<crate::onnx::OnnxModel>),
}

impl Recogniser {
    /// The shipped tagger.
    ///
    /// # Errors
    /// [`ModelError`] if the shipped files do not fit this program; a test excludes that.
    pub fn shipped() -> Result<Recogniser, ModelError> {
        Tagger::shipped().map(Recogniser::Shipped)
    }

    /// Identifies the model for `model_version`; different models have different versions.
    #[must_use]
    pub fn version(&self) -> &str {
        match self {
            Recogniser::Shipped(tagger) => tagger.version(),
            #[cfg(feature = "onnx")]
            Recogniser::Onnx(model) => model.version(),
        }
    }

    /// Finds the names in one article. All fields are given at once because the document pass compares mentions across
    /// them; `tokens` holds each field's tokens in the same order.
    ///
    /// # Errors
    /// [`InferenceError`] if an ONNX model fails on this text; the shipped tagger never does.
    pub fn recognise(&self, fields: &[&str], tokens: &[Tokens]) -> Result<Recognition, InferenceError> {
        match self {
            Recogniser::Shipped(tagger) => Ok(tagger.recognise(fields, tokens)),
            #[cfg(feature = "onnx")]
            Recogniser::Onnx(model) => model.recognise(fields, tokens),
        }
    }
}
