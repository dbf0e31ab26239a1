//! What a record changes in the window.

use super::article::StoredArticle;

/// The effect of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The article is new, or newer than the stored one.
    Shown,
    /// The article was withdrawn.
    Withdrawn,
    /// The record is older than what is stored, or a repeat of it.
    Superseded,
    /// The article was first seen before the window begins.
    Outside,
}

/// What a record changed.
#[derive(Debug)]
pub struct Change {
    /// The effect.
    pub outcome: Outcome,
    /// What the article counted for before; `None` if it was not in the window.
    pub before: Option<Counted>,
}

impl Change {
    /// Nothing: the record is refused.
    #[must_use]
    pub fn refused(outcome: Outcome) -> Self {
        Change { outcome, before: None }
    }
}

/// What an article counts for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// Its time in milliseconds since 1970.
    pub at_ms: i64,
    /// True if it was found in the first document of its feed.
    pub is_backfill: bool,
    /// Codes of its countries.
    pub countries: Vec<String>,
    /// Keys of its entities.
    pub entities: Vec<String>,
    /// Key of its publisher.
    pub publisher: String,
    /// Its language.
    pub language: String,
}

/// An earlier or present version of an article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// Its version.
    pub version: (i32, i32),
    /// NEW, UPDATED or REENRICHED.
    pub change: String,
    /// Its title.
    pub title: Box<str>,
    /// When its record was written, in milliseconds since 1970.
    pub at_ms: i64,
}

impl Revision {
    /// The version that is kept of an article.
    pub(super) fn of(article: &StoredArticle) -> Self {
        Revision {
            version: article.version,
            change: article.change.clone(),
            title: article.title.clone(),
            at_ms: article.written_ms,
        }
    }
}
