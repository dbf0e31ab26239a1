//! An index of the articles on the topics: the last revision of each and its enrichments. It determines what a replay has
//! to do.

use enricher::Knowledge;
use proto::{
    v1::{Article, EnrichedArticle},
    vocab::change,
    wire::Encoding,
};
use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
};

/// Why an article is skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Skip {
    /// A later revision exists.
    Superseded,
    /// The publisher withdrew it.
    Withdrawn,
    /// The enricher has not published the revision yet, or has refused it.
    NotEnriched,
    /// These versions have enriched it already.
    UpToDate,
    /// The record cannot be decoded.
    Undecodable,
    /// The enriched record would exceed the size limit.
    TooLarge,
    /// The enricher panicked on it.
    Panic,
    /// The operator's model failed on it.
    ModelFailed,
}

impl Skip {
    /// Its name, and what it means.
    pub const fn describe(self) -> (&'static str, &'static str) {
        match self {
            Skip::Superseded => ("superseded", "a later revision exists"),
            Skip::Withdrawn => ("withdrawn", "an operator withdrew it"),
            Skip::NotEnriched => ("not-enriched", "the enricher has not published it yet, or has refused it"),
            Skip::UpToDate => ("up-to-date", "the same versions have enriched it already"),
            Skip::Undecodable => ("undecodable", "the record cannot be decoded"),
            Skip::TooLarge => ("too-large", "the enriched record would exceed the size limit"),
            Skip::Panic => ("panic", "the enricher panicked on it"),
            Skip::ModelFailed => (enricher::REFUSED_MODEL, "the model failed on it"),
        }
    }
}

/// Versions of enricher, gazetteer and model. A revision is enriched once by each combination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versions([String; 3]);

impl Versions {
    /// The versions in a record.
    pub fn of(record: &EnrichedArticle) -> Self {
        Versions([&record.enricher_version, &record.gazetteer_version, &record.model_version].map(Clone::clone))
    }

    /// The versions of this process.
    pub fn in_use(knowledge: &Knowledge) -> Self {
        Versions([enricher::VERSION, knowledge.gazetteer_version(), knowledge.model_version()].map(str::to_owned))
    }
}

impl std::fmt::Display for Versions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.join(", "))
    }
}

/// The last revision of one article.
#[derive(Debug, Default)]
struct Entry {
    /// Highest revision on any topic.
    revision: i32,
    /// Highest revision that was enriched, to which the fields below refer; 0 if none was.
    enriched: i32,
    /// Its highest enrichment, on any topic.
    enrichment: i32,
    /// Hash of that enrichment's result.
    result: u64,
    /// True if the target topic has an enrichment by the current versions.
    is_done: bool,
}

/// The index of all articles.
pub struct ArticleIndex {
    versions: Versions,
    articles: HashMap<Box<str>, Entry>,
}

impl ArticleIndex {
    /// An empty index for a replay by these versions.
    pub fn new(versions: Versions) -> Self {
        ArticleIndex { versions, articles: HashMap::new() }
    }

    fn entry(&mut self, id: &str) -> &mut Entry {
        self.articles.entry(Box::from(id)).or_default()
    }

    /// Adds an article.
    pub fn add_article(&mut self, article: &Article) {
        let entry = self.entry(&article.article_id);
        entry.revision = entry.revision.max(article.revision);
    }

    /// Adds an enriched record; `is_target` if it is on the target topic.
    pub fn add_enriched(&mut self, record: &EnrichedArticle, is_target: bool) {
        let done = is_target && Versions::of(record) == self.versions;
        let entry = self.entry(&record.article_id);
        entry.revision = entry.revision.max(record.revision);
        if record.revision > entry.enriched {
            entry.enriched = record.revision;
            (entry.enrichment, entry.result) = (record.enrichment, result(record));
            entry.is_done = done;
        } else if record.revision == entry.enriched {
            if record.enrichment >= entry.enrichment {
                (entry.enrichment, entry.result) = (record.enrichment, result(record));
            }
            entry.is_done |= done;
        }
    }

    /// The number of the enrichment that a replay of this article gets.
    ///
    /// # Errors
    /// Why the article is skipped.
    pub fn next_enrichment(&self, article: &Article) -> Result<i32, Skip> {
        let entry = self.articles.get(article.article_id.as_str());
        if entry.is_some_and(|entry| entry.revision > article.revision) {
            return Err(Skip::Superseded);
        }
        if article.change == change::WITHDRAWN {
            return Err(Skip::Withdrawn);
        }
        // A revision that was never enriched is left to the enricher, which would otherwise publish it a second time.
        let entry = entry.filter(|entry| entry.enriched == article.revision).ok_or(Skip::NotEnriched)?;
        if entry.is_done { Err(Skip::UpToDate) } else { Ok(entry.enrichment.saturating_add(1)) }
    }

    /// True if the result of a record differs from that of the last enrichment.
    pub fn differs(&self, record: &EnrichedArticle) -> bool {
        self.articles.get(record.article_id.as_str()).is_none_or(|entry| entry.result != result(record))
    }
}

/// A hash of what the enricher found.
fn result(record: &EnrichedArticle) -> u64 {
    let found = EnrichedArticle {
        entities: record.entities.clone(),
        countries: record.countries.clone(),
        warnings: record.warnings.clone(),
        ..EnrichedArticle::default()
    };
    let mut hasher = DefaultHasher::new();
    // Protobuf can encode every message; JSON cannot.
    Encoding::Protobuf.encode(&found).unwrap_or_default().hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn versions(model: &str) -> Versions {
        Versions(["e1".into(), "g1".into(), model.into()])
    }

    fn article(revision: i32, change: &str) -> Article {
        Article { article_id: "a".into(), revision, change: change.into(), ..Article::default() }
    }

    fn enriched(revision: i32, enrichment: i32, model: &str) -> EnrichedArticle {
        EnrichedArticle {
            article_id: "a".into(),
            revision,
            enrichment,
            enricher_version: "e1".into(),
            gazetteer_version: "g1".into(),
            model_version: model.into(),
            ..EnrichedArticle::default()
        }
    }

    #[test]
    fn only_the_last_revision_is_enriched_again_and_once_by_the_same_versions() {
        let mut index = ArticleIndex::new(versions("m2"));
        let (first, second) = (article(1, change::NEW), article(2, change::UPDATED));
        index.add_article(&first);
        assert_eq!(index.next_enrichment(&first), Err(Skip::NotEnriched));
        index.add_enriched(&enriched(1, 0, "m1"), true);
        assert_eq!(index.next_enrichment(&first), Ok(1));
        index.add_article(&second);
        assert_eq!(index.next_enrichment(&first), Err(Skip::Superseded));
        assert_eq!(index.next_enrichment(&second), Err(Skip::NotEnriched));
        index.add_enriched(&enriched(2, 0, "m1"), true);
        // A late record of the first revision changes nothing.
        index.add_enriched(&enriched(1, 1, "m2"), true);
        assert_eq!(index.next_enrichment(&second), Ok(1));
        index.add_enriched(&enriched(2, 1, "m2"), true);
        assert_eq!(index.next_enrichment(&second), Err(Skip::UpToDate));
        assert_eq!(index.next_enrichment(&article(2, change::WITHDRAWN)), Err(Skip::Withdrawn));
    }

    #[test]
    fn a_replay_continues_from_the_highest_enrichment_in_any_order_of_records() {
        let mut index = ArticleIndex::new(versions("m3"));
        for (enrichment, model) in [(1, "m2"), (0, "m1")] {
            index.add_enriched(&enriched(1, enrichment, model), true);
        }
        assert_eq!(index.next_enrichment(&article(1, change::NEW)), Ok(2));
    }

    #[test]
    fn an_enrichment_on_another_topic_does_not_count_for_the_target() {
        let mut index = ArticleIndex::new(versions("m1"));
        index.add_enriched(&enriched(1, 0, "m1"), false);
        assert_eq!(index.next_enrichment(&article(1, change::NEW)), Ok(1));
        index.add_enriched(&enriched(1, 1, "m1"), true);
        assert_eq!(index.next_enrichment(&article(1, change::NEW)), Err(Skip::UpToDate));
    }

    #[test]
    fn only_entities_countries_and_warnings_make_another_result() {
        let mut index = ArticleIndex::new(versions("m2"));
        index.add_enriched(&enriched(1, 0, "m1"), true);
        assert!(!index.differs(&enriched(1, 1, "m2")));
        let mut other = enriched(1, 1, "m2");
        other.countries.push(proto::v1::Country { code: "SE".into(), ..Default::default() });
        assert!(index.differs(&other));
    }
}
