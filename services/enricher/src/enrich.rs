//! The stage's function: from an article to the enriched article.

use crate::{Knowledge, countries, document::Document, entities};
use proto::{
    time,
    v1::{Article, EnrichedArticle},
    vocab,
};
use tagger::{InferenceError, Recognition};

/// Version of the rules. The gazetteer and the model have versions of their own.
pub const VERSION: &str = concat!("enricher-", env!("CARGO_PKG_VERSION"));

/// Warning: a field is longer than 1 MiB, and the rest was not read.
pub const WARNING_CUT: &str = "enricher:text-cut";
/// Warning: the article has more words than an ONNX model reads, and names were not looked for in the rest.
pub const WARNING_NAMES_CUT: &str = "enricher:names-cut";
/// Warning: the article is not in English, so countries were found by name only and entities not at all.
pub const WARNING_NAMES_ONLY: &str = "enricher:countries-by-name-only";
/// Warning: no names of countries are known in the article's language, so nothing was looked for.
pub const WARNING_LANGUAGE: &str = "enricher:language-unknown";

/// Enriches an article. Equal articles and knowledge give equal results, except for `enriched_at`, which is `now`.
///
/// A withdrawn article passes through without entities and countries.
///
/// # Errors
/// [`InferenceError`] if an ONNX model fails on the article; the shipped model never does.
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

/// Whether a language tag is English or undetermined, which is treated as English.
fn english(language: &str) -> bool {
    let base = language.split(['-', '_']).next().unwrap_or("").to_ascii_lowercase();
    matches!(base.as_str(), "en" | "und" | "")
}

fn warn(enriched: &mut EnrichedArticle, warning: &str) {
    if !enriched.warnings.iter().any(|one| one == warning) {
        enriched.warnings.push(warning.to_owned());
    }
}

/// Copies the named fields of an article; omitting one does not compile.
macro_rules! carried {
    ($from:expr; $($field:ident),* $(,)?) => {{
        let Article { $($field),* } = $from;
        EnrichedArticle { $($field,)* ..EnrichedArticle::default() }
    }};
}

/// The enriched article with the article's own fields.
fn carry(article: &Article) -> EnrichedArticle {
    carried!(article.clone();
        article_id, revision, change, content_hash, url, canonical_url, same_as, guid, feed_ids, feed_tags,
        backfill, published_at, published_at_source, published_at_precision, updated_at, first_seen_at,
        fetched_at, publisher_domain, publisher_name, publisher_country, feed_title, rights, title, summary,
        body, body_html, body_source, language, language_confidence, word_count, authors, categories, media,
        schema_version, warnings, carrier, section, image, published_text
    )
}
