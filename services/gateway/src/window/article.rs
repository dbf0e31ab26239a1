//! An article as the gateway keeps it: its order, and its JSON in two views, compressed.

use super::{
    brief,
    features::{Features, entity_key},
};
use bytes::Bytes;
use proto::{v1::EnrichedArticle, vocab::change};
use std::sync::Arc;

/// Compression of kept articles: the fastest level, which makes them a fifth.
const LEVEL: i32 = 1;

/// The order in which articles are listed: by time, then by id, so that no two are equal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SortKey {
    /// Milliseconds since 1970 of `published_at`, else of `first_seen_at`, else of the record.
    pub at_ms: i64,
    /// Article id.
    pub id: Arc<str>,
}

/// How much of an article is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum View {
    /// The contract's JSON.
    #[default]
    Full,
    /// What a list shows, in at most 2 kB.
    Brief,
}

/// A record as it is decoded: what the window needs to know before it takes it.
#[derive(Debug)]
pub struct Received {
    /// The article.
    pub article: EnrichedArticle,
    /// Article id.
    pub id: Arc<str>,
    /// When newswire first saw it, in milliseconds since 1970.
    pub seen_ms: i64,
    /// When its record was written, in milliseconds since 1970.
    pub written_ms: i64,
}

/// An article, or its withdrawal, as the window takes it.
#[derive(Debug)]
pub struct Arrival {
    /// What is kept of it.
    pub article: Arc<StoredArticle>,
    /// What filters and counts compare.
    pub features: Features,
}

/// An article as it is kept.
#[derive(Debug)]
pub struct StoredArticle {
    /// Article id.
    pub id: Arc<str>,
    /// (revision, enrichment). The record with the highest version wins.
    pub version: (i32, i32),
    /// NEW, UPDATED, REENRICHED or WITHDRAWN.
    pub change: String,
    /// Its position in lists.
    pub sort_key: SortKey,
    /// When newswire first saw it, in milliseconds since 1970.
    pub seen_ms: i64,
    /// When it was enriched, in milliseconds since 1970; 0 if unknown.
    pub enriched_ms: i64,
    /// When its record was written, in milliseconds since 1970.
    pub written_ms: i64,
    /// True if it was found in the first document of its feed.
    pub is_backfill: bool,
    /// True if its publisher states when it was published.
    pub is_dated: bool,
    /// Its title.
    pub title: Box<str>,
    full: Packed,
    brief: Packed,
}

/// JSON, compressed.
#[derive(Debug)]
struct Packed {
    bytes: Box<[u8]>,
    /// Bytes of the JSON.
    unpacked: usize,
}

impl Packed {
    fn new(json: &[u8]) -> std::io::Result<Self> {
        Ok(Packed { bytes: zstd::bulk::compress(json, LEVEL)?.into(), unpacked: json.len() })
    }
}

impl StoredArticle {
    /// True if the record withdraws the article.
    #[must_use]
    pub fn is_withdrawn(&self) -> bool {
        self.change == change::WITHDRAWN
    }

    /// Its JSON, on one line.
    ///
    /// # Errors
    /// If what is kept is damaged.
    pub fn json(&self, view: View) -> std::io::Result<Bytes> {
        let packed = if view == View::Full { &self.full } else { &self.brief };
        zstd::bulk::decompress(&packed.bytes, packed.unpacked).map(Bytes::from)
    }

    /// Bytes of its JSON in both views.
    #[must_use]
    pub fn json_bytes(&self) -> usize {
        self.full.unpacked + self.brief.unpacked
    }

    /// Approximate size in memory, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.full.bytes.len() + self.brief.bytes.len() + self.title.len() + self.id.len() + 300
    }
}

impl Received {
    /// An article whose record was written at `written_ms` (milliseconds since 1970).
    ///
    /// # Errors
    /// The article has no id.
    pub fn new(article: EnrichedArticle, written_ms: i64) -> Result<Self, String> {
        if article.article_id.is_empty() {
            return Err("no article_id".to_owned());
        }
        let id = Arc::from(article.article_id.as_str());
        Ok(Received { id, seen_ms: ms(&article.first_seen_at).unwrap_or(written_ms), written_ms, article })
    }

    /// (revision, enrichment).
    #[must_use]
    pub fn version(&self) -> (i32, i32) {
        (self.article.revision, self.article.enrichment)
    }

    /// Its time in milliseconds since 1970: `published_at`, else `first_seen_at`, else that of the record.
    #[must_use]
    pub fn at_ms(&self) -> i64 {
        ms(&self.article.published_at).unwrap_or(self.seen_ms)
    }
}

impl Arrival {
    /// What the window keeps of a record. This is most of a record's work: the window is asked before.
    ///
    /// # Errors
    /// The article has a time that JSON cannot represent.
    pub fn new(received: &Received) -> Result<Self, String> {
        let Received { article, id, seen_ms, written_ms } = received;
        let full = serde_json::to_vec(article).map_err(|error| error.to_string())?;
        let brief = brief::json(article, entity_key).map_err(|error| error.to_string())?;
        let pack = |json: &[u8]| Packed::new(json).map_err(|error| error.to_string());
        Ok(Arrival {
            article: Arc::new(StoredArticle {
                sort_key: SortKey { at_ms: received.at_ms(), id: Arc::clone(id) },
                id: Arc::clone(id),
                version: received.version(),
                change: article.change.clone(),
                seen_ms: *seen_ms,
                enriched_ms: ms(&article.enriched_at).unwrap_or(0),
                written_ms: *written_ms,
                is_backfill: article.backfill,
                is_dated: ms(&article.published_at).is_some(),
                title: article.title.as_str().into(),
                full: pack(&full)?,
                brief: pack(&brief)?,
            }),
            features: Features::of(article),
        })
    }
}

fn ms(time: &Option<proto::Timestamp>) -> Option<i64> {
    time.as_ref().and_then(proto::time::from_wire).map(jiff::Timestamp::as_millisecond)
}
