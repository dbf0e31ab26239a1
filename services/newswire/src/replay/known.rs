//! What the topics hold of each article's last revision: by it a replay knows what to do, and what it has done already.

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

/// Why an article is passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Skip {
    /// A later revision is there.
    Superseded,
    /// The publisher took it back: there is nothing to enrich, and it must not come back.
    Withdrawn,
    /// The enricher has not published the revision: it is about to, or has refused it.
    NotEnriched,
    /// These versions have enriched it already.
    UpToDate,
    /// It cannot be read.
    Undecodable,
    /// The enriched record would be over the limit.
    TooLarge,
    /// The enricher panicked on it.
    Panic,
    /// The operator's model could not read it.
    ModelFailed,
}

impl Skip {
    /// A countable name, and what it means.
    pub const fn said(self) -> (&'static str, &'static str) {
        match self {
            Skip::Superseded => ("superseded", "a later revision is there"),
            Skip::Withdrawn => ("withdrawn", "its publisher took it back"),
            Skip::NotEnriched => ("not-enriched", "the enricher has yet to publish it, or has refused it"),
            Skip::UpToDate => ("up-to-date", "the same versions have enriched it already"),
            Skip::Undecodable => ("undecodable", "it cannot be read"),
            Skip::TooLarge => ("too-large", "the enriched record would be over the limit"),
            Skip::Panic => ("panic", "the enricher panicked on it"),
            Skip::ModelFailed => (enricher::REFUSED_MODEL, "the model that was given could not read it"),
        }
    }
}

/// The versions of the uniqueness key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versions([String; 3]);

impl Versions {
    /// Those that a record names.
    pub fn of(record: &EnrichedArticle) -> Self {
        Versions([&record.enricher_version, &record.gazetteer_version, &record.model_version].map(Clone::clone))
    }

    /// Those of what is in use here.
    pub fn in_use(knowledge: &Knowledge) -> Self {
        Versions([enricher::VERSION, knowledge.gazetteer_version(), knowledge.model_version()].map(str::to_owned))
    }
}

impl std::fmt::Display for Versions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.join(", "))
    }
}

/// What is known of one article.
#[derive(Debug, Default)]
struct Seen {
    /// Highest revision of any topic.
    revision: i32,
    /// Highest revision that was enriched, of which the rest tells; 0 where none was.
    enriched: i32,
    /// Its highest enrichment, in whichever topic.
    enrichment: i32,
    /// What that one says.
    result: u64,
    /// The topic that is written to has it by the present versions.
    is_done: bool,
}

/// All articles.
pub struct Known {
    versions: Versions,
    articles: HashMap<Box<str>, Seen>,
}

impl Known {
    /// Nothing yet, for a replay by these versions.
    pub fn new(versions: Versions) -> Self {
        Known { versions, articles: HashMap::new() }
    }

    fn of(&mut self, id: &str) -> &mut Seen {
        self.articles.entry(Box::from(id)).or_default()
    }

    /// Takes in an article.
    pub fn published(&mut self, article: &Article) {
        let seen = self.of(&article.article_id);
        seen.revision = seen.revision.max(article.revision);
    }

    /// Takes in an enriched record; `is_target` where it stands in the topic that is written to.
    pub fn enriched(&mut self, record: &EnrichedArticle, is_target: bool) {
        let done = is_target && Versions::of(record) == self.versions;
        let seen = self.of(&record.article_id);
        seen.revision = seen.revision.max(record.revision);
        if record.revision > seen.enriched {
            seen.enriched = record.revision;
            (seen.enrichment, seen.result) = (record.enrichment, result(record));
            seen.is_done = done;
        } else if record.revision == seen.enriched {
            if record.enrichment >= seen.enrichment {
                (seen.enrichment, seen.result) = (record.enrichment, result(record));
            }
            seen.is_done |= done;
        }
    }

    /// The enrichment that a replay of this article gets, or why it gets none.
    pub fn next(&self, article: &Article) -> Result<i32, Skip> {
        let seen = self.articles.get(article.article_id.as_str());
        if seen.is_some_and(|seen| seen.revision > article.revision) {
            return Err(Skip::Superseded);
        }
        if article.change == change::WITHDRAWN {
            return Err(Skip::Withdrawn);
        }
        // What was never enriched is not enriched again: the enricher would publish the same once more.
        let seen = seen.filter(|seen| seen.enriched == article.revision).ok_or(Skip::NotEnriched)?;
        if seen.is_done { Err(Skip::UpToDate) } else { Ok(seen.enrichment.saturating_add(1)) }
    }

    /// Whether a record says something else of its revision than the one before it.
    pub fn differs(&self, record: &EnrichedArticle) -> bool {
        self.articles.get(record.article_id.as_str()).is_none_or(|seen| seen.result != result(record))
    }
}

/// What the enricher found, in one number.
fn result(record: &EnrichedArticle) -> u64 {
    let found = EnrichedArticle {
        entities: record.entities.clone(),
        countries: record.countries.clone(),
        warnings: record.warnings.clone(),
        ..EnrichedArticle::default()
    };
    let mut hasher = DefaultHasher::new();
    // Binary, which expresses every message.
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
    fn only_the_last_revision_is_enriched_again_and_only_once_by_the_same_versions() {
        let mut known = Known::new(versions("m2"));
        let (first, second) = (article(1, change::NEW), article(2, change::UPDATED));
        known.published(&first);
        assert_eq!(known.next(&first), Err(Skip::NotEnriched));
        known.enriched(&enriched(1, 0, "m1"), true);
        assert_eq!(known.next(&first), Ok(1));
        known.published(&second);
        assert_eq!(known.next(&first), Err(Skip::Superseded));
        assert_eq!(known.next(&second), Err(Skip::NotEnriched));
        known.enriched(&enriched(2, 0, "m1"), true);
        // What comes late of the first changes nothing.
        known.enriched(&enriched(1, 1, "m2"), true);
        assert_eq!(known.next(&second), Ok(1));
        known.enriched(&enriched(2, 1, "m2"), true);
        assert_eq!(known.next(&second), Err(Skip::UpToDate));
        assert_eq!(known.next(&article(2, change::WITHDRAWN)), Err(Skip::Withdrawn));
    }

    #[test]
    fn a_second_replay_counts_on_from_the_first_in_whatever_order_it_reads_them() {
        let mut known = Known::new(versions("m3"));
        for (enrichment, model) in [(1, "m2"), (0, "m1")] {
            known.enriched(&enriched(1, enrichment, model), true);
        }
        assert_eq!(known.next(&article(1, change::NEW)), Ok(2));
    }

    #[test]
    fn another_topic_gets_what_it_does_not_hold_whoever_has_enriched_it_elsewhere() {
        let mut known = Known::new(versions("m1"));
        known.enriched(&enriched(1, 0, "m1"), false);
        assert_eq!(known.next(&article(1, change::NEW)), Ok(1));
        known.enriched(&enriched(1, 1, "m1"), true);
        assert_eq!(known.next(&article(1, change::NEW)), Err(Skip::UpToDate));
    }

    #[test]
    fn another_result_is_told_by_what_was_found_alone() {
        let mut known = Known::new(versions("m2"));
        known.enriched(&enriched(1, 0, "m1"), true);
        assert!(!known.differs(&enriched(1, 1, "m2")));
        let mut other = enriched(1, 1, "m2");
        other.countries.push(proto::v1::Country { code: "SE".into(), ..Default::default() });
        assert!(known.differs(&other));
    }
}
