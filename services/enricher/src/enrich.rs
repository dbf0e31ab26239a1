//! The stage's plain function: an article in, the same article with what it is about out.

use crate::{Knowledge, countries, document::Document, entities};
use proto::{
    time,
    v1::{Article, EnrichedArticle},
    vocab,
};
use tagger::{InferenceError, Recognition};

/// Version of the rules; the data have versions of their own.
pub const VERSION: &str = concat!("enricher-", env!("CARGO_PKG_VERSION"));

/// A field was longer than 1 MiB; what is behind that was not looked at.
pub const WARNING_CUT: &str = "enricher:text-cut";
/// The model was not shown the article's end: it is over the number of words that a model reads.
pub const WARNING_NAMES_CUT: &str = "enricher:names-cut";
/// Not English: countries are found by name only, entities not at all.
pub const WARNING_NAMES_ONLY: &str = "enricher:countries-by-name-only";
/// No names of countries are known in the article's language: nothing was found because nothing was looked for.
pub const WARNING_LANGUAGE: &str = "enricher:language-unknown";

/// Enriches an article. The same article and knowledge give the same result but for `enriched_at`.
///
/// A withdrawn article passes through without entities and countries.
///
/// # Errors
/// [`InferenceError`] where a model of the operator's could not read the article; the model that ships reads any.
pub fn enrich(
    article: &Article,
    knowledge: &Knowledge,
    now: jiff::Timestamp,
) -> Result<EnrichedArticle, InferenceError> {
    let mut enriched = carry(article);
    enriched.enriched_at = Some(time::to_wire(now));
    enriched.enricher_version = VERSION.to_owned();
    enriched.gazetteer_version = knowledge.gazetteer_version().to_owned();
    enriched.model_version = knowledge.model_version().to_owned();
    if article.change == vocab::change::WITHDRAWN {
        return Ok(enriched);
    }
    let document = Document::new(article);
    if document.cut {
        warn(&mut enriched, WARNING_CUT);
    }
    let own: Vec<&str> = [article.publisher_name.trim(), article.feed_title.trim(), article.publisher_domain.trim()]
        .into_iter()
        .filter(|name| !name.is_empty())
        .collect();
    if english(&article.language) {
        let texts: Vec<&str> = document.fields.iter().map(|field| field.text).collect();
        let tokens: Vec<_> = document.fields.iter().map(|field| field.tokens.clone()).collect();
        let Recognition { spans, truncated } = knowledge.recogniser.recognise(&texts, &tokens)?;
        if truncated {
            warn(&mut enriched, WARNING_NAMES_CUT);
        }
        let candidates = countries::scan(&document, knowledge.gazetteer, &spans, &own);
        let places = countries::resolve(&document, knowledge.gazetteer, &candidates);
        enriched.countries = countries::score(&document, knowledge.gazetteer, &places);
        enriched.entities = entities::entities(&document, knowledge.gazetteer, &spans, &places, &own);
    } else if let Some(places) = knowledge.languages.scan(&document, knowledge.gazetteer, &article.language) {
        enriched.countries = countries::score(&document, knowledge.gazetteer, &places);
        warn(&mut enriched, WARNING_NAMES_ONLY);
    } else {
        warn(&mut enriched, WARNING_LANGUAGE);
    }
    Ok(enriched)
}

/// English, or unknown, which is taken for English.
fn english(language: &str) -> bool {
    let base = language.split(['-', '_']).next().unwrap_or("").to_ascii_lowercase();
    matches!(base.as_str(), "en" | "und" | "")
}

fn warn(enriched: &mut EnrichedArticle, warning: &str) {
    if !enriched.warnings.iter().any(|one| one == warning) {
        enriched.warnings.push(warning.to_owned());
    }
}

/// The named fields of one message in another; the compiler sees to it that none of the first is left out.
macro_rules! carried {
    ($from:expr; $($field:ident),* $(,)?) => {{
        let Article { $($field),* } = $from;
        EnrichedArticle { $($field,)* ..EnrichedArticle::default() }
    }};
}

/// The article's own fields.
fn carry(article: &Article) -> EnrichedArticle {
    carried!(article.clone();
        article_id, revision, change, content_hash, url, canonical_url, same_as, guid, feed_ids, feed_tags,
        backfill, published_at, published_at_source, published_at_precision, updated_at, first_seen_at,
        fetched_at, publisher_domain, publisher_name, publisher_country, feed_title, rights, title, summary,
        body, body_html, body_source, language, language_confidence, word_count, authors, categories, media,
        schema_version, warnings, carrier, section, image, published_text
    )
}
