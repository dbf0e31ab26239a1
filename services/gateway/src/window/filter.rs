//! Conditions on an article. The stream compares them with an article's features, lists with the index: both give the same
//! answer, which a test compares.

use super::features::{EntityInfo, Features, words};

/// Conditions on an article, all of which must hold.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Filter {
    /// In each, one of the patterns must hold.
    pub patterns: Vec<Vec<Pattern>>,
    /// All of these entities.
    pub entities: Vec<WantedEntity>,
    /// Not older than this, in milliseconds since 1970.
    pub since_ms: Option<i64>,
    /// Older than this, in milliseconds since 1970.
    pub until_ms: Option<i64>,
    /// The countries among the patterns, for the order by salience.
    pub countries: Vec<String>,
}

/// A condition on the terms of an article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pattern {
    /// It has this term.
    Term(String),
    /// It has a term that starts so.
    Prefix(String),
    /// It has this language, or one of its regions: `en` includes `en-GB`.
    Language(String),
}

impl Pattern {
    fn matches(&self, features: &Features) -> bool {
        match self {
            Pattern::Term(term) => features.has(term),
            Pattern::Prefix(prefix) => features.has_prefix(prefix),
            Pattern::Language(tag) => includes(tag, &features.subjects.language),
        }
    }
}

/// True if the language `tag` is `wanted` or a part of it (RFC 4647 section 3.3.1).
fn includes(wanted: &str, tag: &str) -> bool {
    tag.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// An entity that an article must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedEntity {
    /// Its key, upper or lower case.
    key: String,
    /// Its GeoNames number.
    geonames_id: String,
    /// Words that all occur in its name, the last one perhaps not whole.
    words: Vec<String>,
    /// Its type is one of these; any if there are none.
    types: Vec<String>,
}

impl WantedEntity {
    /// The entity that `text` names: by its key, its Wikidata or GeoNames id, or by words of its name.
    #[must_use]
    pub fn new(text: &str, types: Vec<String>) -> Self {
        WantedEntity { key: text.to_lowercase(), geonames_id: text.to_owned(), words: words(text), types }
    }

    /// True if `key` and `info` are those of such an entity.
    pub fn is(&self, key: &str, info: &EntityInfo) -> bool {
        let is_type = self.types.is_empty() || self.types.contains(&info.kind);
        is_type && (self.is_id(key, info) || self.is_named(&info.name))
    }

    fn is_id(&self, key: &str, info: &EntityInfo) -> bool {
        key.to_lowercase() == self.key || (!info.geonames_id.is_empty() && info.geonames_id == self.geonames_id)
    }

    fn is_named(&self, name: &str) -> bool {
        let known = words(name);
        !self.words.is_empty() && self.words.iter().all(|word| known.iter().any(|one| one.starts_with(word.as_str())))
    }

    /// The word by which the index finds candidates: the longest.
    pub fn longest_word(&self) -> Option<&str> {
        self.words.iter().map(String::as_str).max_by_key(|word| word.len())
    }

    /// Its key, as the index may have it.
    pub fn keys(&self) -> [String; 3] {
        [self.key.clone(), self.key.to_uppercase(), format!("g{}", self.geonames_id)]
    }
}

impl Filter {
    /// True if the article with these features, of this time (milliseconds since 1970), meets all conditions.
    #[must_use]
    pub fn matches(&self, features: &Features, at_ms: i64) -> bool {
        self.holds_at(at_ms)
            && self.patterns.iter().all(|any| any.iter().any(|pattern| pattern.matches(features)))
            && self
                .entities
                .iter()
                .all(|wanted| features.subjects.entities.iter().any(|one| wanted.is(&one.key, &one.info)))
    }

    /// True if an article of this time may match.
    pub fn holds_at(&self, at_ms: i64) -> bool {
        self.since_ms.is_none_or(|since| at_ms >= since) && self.until_ms.is_none_or(|until| at_ms < until)
    }

    /// True if there is a condition on the time.
    pub fn has_times(&self) -> bool {
        self.since_ms.is_some() || self.until_ms.is_some()
    }
}
