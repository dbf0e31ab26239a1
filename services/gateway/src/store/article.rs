//! An article as the gateway stores it: its JSON, its sort key, and the values that filters compare.

use bytes::Bytes;
use proto::{v1::EnrichedArticle, vocab::change};
use std::sync::Arc;

/// The order in which articles are listed: by time, then by id, so that no two are equal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SortKey {
    /// Milliseconds since 1970 of `published_at`, else of `first_seen_at`, else of the record.
    pub at_ms: i64,
    /// Article id.
    pub id: Arc<str>,
}

impl SortKey {
    /// The cursor of a page that starts after this article.
    #[must_use]
    pub fn to_cursor(&self) -> String {
        format!("{}.{}", self.at_ms, self.id)
    }

    /// Parses a cursor. `None` if it is malformed.
    #[must_use]
    pub fn from_cursor(text: &str) -> Option<Self> {
        let (at, id) = text.split_once('.')?;
        Some(SortKey { at_ms: at.parse().ok()?, id: Arc::from(id) })
    }
}

/// An article, or its withdrawal.
#[derive(Debug)]
pub struct StoredArticle {
    /// Article id.
    pub id: Arc<str>,
    /// (revision, enrichment). The record with the highest version wins.
    pub version: (i32, i32),
    /// Its position in lists.
    pub sort_key: SortKey,
    /// True if the record withdraws the article.
    pub withdrawn: bool,
    /// The contract's JSON, on one line.
    pub json: Bytes,
    /// alpha-2 and alpha-3 codes of its countries, upper case.
    pub countries: Vec<String>,
    /// BCP 47 tag, lower case.
    pub language: String,
    /// Names and ids of its entities, lower case.
    pub entities: Vec<String>,
    /// Title, summary, publisher and names, lower case.
    text: String,
}

impl StoredArticle {
    /// Converts an article whose record was written at `written_ms` (milliseconds since 1970).
    ///
    /// # Errors
    /// The article has no id, or a time that JSON cannot represent.
    pub fn new(article: &EnrichedArticle, written_ms: i64) -> Result<Self, String> {
        if article.article_id.is_empty() {
            return Err("no article_id".to_owned());
        }
        let json = serde_json::to_vec(article).map_err(|error| error.to_string())?;
        let id: Arc<str> = Arc::from(article.article_id.as_str());
        let time = article.published_at.as_ref().or(article.first_seen_at.as_ref());
        let at_ms = time.and_then(proto::time::from_wire).map_or(written_ms, jiff::Timestamp::as_millisecond);

        let mut text = String::new();
        let mut entities = Vec::new();
        for part in [&article.title, &article.summary, &article.publisher_name, &article.publisher_domain] {
            push_lower(&mut text, part);
        }
        for country in &article.countries {
            push_lower(&mut text, &country.name);
        }
        for entity in &article.entities {
            push_lower(&mut text, &entity.name);
            entities.push(entity.name.to_lowercase());
            let ids = [&entity.wikidata_id, &entity.geonames_id].into_iter().filter(|id| !id.is_empty());
            entities.extend(ids.map(|id| id.to_lowercase()));
        }
        let codes = article.countries.iter().flat_map(|country| [&country.code, &country.alpha3]);
        Ok(StoredArticle {
            sort_key: SortKey { at_ms, id: Arc::clone(&id) },
            id,
            version: (article.revision, article.enrichment),
            withdrawn: article.change == change::WITHDRAWN,
            json: Bytes::from(json),
            countries: codes.map(|code| code.to_uppercase()).collect(),
            language: article.language.to_lowercase(),
            entities,
            text,
        })
    }

    /// True if every word (lower case) occurs in title, summary, publisher or names.
    #[must_use]
    pub fn contains_all(&self, words: &[String]) -> bool {
        words.iter().all(|word| self.text.contains(word.as_str()))
    }

    /// Approximate size in memory, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let strings: usize = self.countries.iter().chain(&self.entities).map(|text| text.len() + 24).sum();
        self.json.len() + self.text.len() + strings + 256
    }
}

fn push_lower(text: &mut String, part: &str) {
    text.push_str(&part.to_lowercase());
    text.push('\n');
}
