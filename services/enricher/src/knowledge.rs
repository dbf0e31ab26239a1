//! What enrichment is done with: gazetteer, what finds names, languages.

use crate::{
    countries::Languages,
    gazetteer::{self, Gazetteer},
};
use tagger::{ModelError, Recogniser};

/// Gazetteer and model, read once and shared by all threads.
#[derive(Debug)]
pub struct Knowledge {
    pub(crate) gazetteer: &'static Gazetteer,
    pub(crate) recogniser: Recogniser,
    pub(crate) languages: Languages,
}

/// Shipped data that does not fit this program: a fault of the build.
#[derive(Debug, thiserror::Error)]
pub enum KnowledgeError {
    /// The gazetteer.
    #[error(transparent)]
    Gazetteer(#[from] gazetteer::GazetteerError),
    /// The tagger's model.
    #[error("the tagger's model: {0}")]
    Model(#[from] ModelError),
}

impl Knowledge {
    /// What the product ships.
    ///
    /// # Errors
    /// [`KnowledgeError`], which the tests exclude.
    pub fn shipped() -> Result<Knowledge, KnowledgeError> {
        Knowledge::with(Recogniser::shipped()?)
    }

    /// What the product ships, but for what finds names.
    ///
    /// # Errors
    /// [`KnowledgeError`], which the tests exclude.
    pub fn with(recogniser: Recogniser) -> Result<Knowledge, KnowledgeError> {
        let gazetteer = Gazetteer::shipped()?;
        Ok(Knowledge { gazetteer, recogniser, languages: Languages::new(gazetteer) })
    }

    /// For `gazetteer_version`.
    #[must_use]
    pub fn gazetteer_version(&self) -> &str {
        self.gazetteer.version()
    }

    /// For `model_version`: that of the model in use.
    #[must_use]
    pub fn model_version(&self) -> &str {
        self.recogniser.version()
    }
}
