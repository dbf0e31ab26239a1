//! What enrichment is done with: gazetteer, tagger, languages.

use crate::{
    countries::Languages,
    gazetteer::{self, Gazetteer},
    tagger::{ModelError, Tagger},
};

/// Gazetteer and model, read once and shared by all threads.
#[derive(Debug)]
pub struct Knowledge {
    pub(crate) gazetteer: &'static Gazetteer,
    pub(crate) tagger: &'static Tagger,
    pub(crate) languages: Languages,
}

/// Shipped data that does not fit this program: a fault of the build.
#[derive(Debug, thiserror::Error)]
pub enum Unready {
    /// The gazetteer.
    #[error(transparent)]
    Gazetteer(#[from] gazetteer::Unreadable),
    /// The tagger's model.
    #[error("the tagger's model: {0}")]
    Model(#[from] ModelError),
}

impl Knowledge {
    /// What the product ships.
    ///
    /// # Errors
    /// [`Unready`], which the tests exclude.
    pub fn shipped() -> Result<Knowledge, Unready> {
        let gazetteer = Gazetteer::shipped()?;
        Ok(Knowledge { gazetteer, tagger: Tagger::shipped()?, languages: Languages::new(gazetteer) })
    }

    /// For `gazetteer_version`.
    #[must_use]
    pub fn gazetteer_version(&self) -> &str {
        self.gazetteer.version()
    }
}
