//! What enrichment needs: gazetteer, recogniser, names of countries by language.

use crate::{
    countries::Languages,
    gazetteer::{self, Gazetteer},
};
use tagger::{ModelError, Recogniser};

/// Gazetteer, model and country names, shared by threads.
#[derive(Debug)]
pub struct Knowledge {
    pub(crate) gazetteer: &'static Gazetteer,
    pub(crate) recogniser: Recogniser,
    pub(crate) languages: Languages,
    gazetteer_version: String,
}

/// Shipped data that does not fit this program; a test excludes it.
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
    /// The shipped gazetteer and model.
    ///
    /// # Errors
    /// [`KnowledgeError`] if shipped data does not fit this program.
    pub fn shipped() -> Result<Knowledge, KnowledgeError> {
        Knowledge::with(Recogniser::shipped()?)
    }

    /// The shipped gazetteer with a recogniser.
    ///
    /// # Errors
    /// [`KnowledgeError`] if shipped data does not fit this program.
    pub fn with(recogniser: Recogniser) -> Result<Knowledge, KnowledgeError> {
        let gazetteer = Gazetteer::shipped()?;
        let gazetteer_version = format!("{}-{}", gazetteer.version(), Languages::version());
        Ok(Knowledge { gazetteer, recogniser, languages: Languages::new(gazetteer), gazetteer_version })
    }

    /// The value of `gazetteer_version`: that of the gazetteer and that of the names in other languages.
    #[must_use]
    pub fn gazetteer_version(&self) -> &str {
        &self.gazetteer_version
    }

    /// The value of `model_version` of an English article; other languages have models of their own.
    #[must_use]
    pub fn model_version(&self) -> &str {
        self.recogniser.version()
    }
}
