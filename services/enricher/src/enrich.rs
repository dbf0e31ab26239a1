//! The stage's function: from an article to the enriched article.

use crate::{Knowledge, countries, document::Document, entities};
use proto::{
    Warning, time,
    v1::{Article, EnrichedArticle},
    vocab,
};
use tagger::{InferenceError, Recognition};

/// Version of the rules. The gazetteer and the model have versions of their own.
pub const VERSION: &str = concat!("enricher-", env!("CARGO_PKG_VERSION"));

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
        Warning::TextCut.add_to(&mut enriched.warnings);
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
            Warning::NamesCut.add_to(&mut enriched.warnings);
        }
        let candidates = countries::scan(&document, knowledge.gazetteer, &spans, &own);
        let places = countries::resolve(&document, knowledge.gazetteer, &candidates);
        enriched.countries = countries::score(&document, knowledge.gazetteer, &places);
        enriched.entities = entities::entities(&document, knowledge.gazetteer, &spans, &places, &own);
    } else if let Some(places) = knowledge.languages.scan(&document, knowledge.gazetteer, &article.language) {
        enriched.countries = countries::score(&document, knowledge.gazetteer, &places);
        Warning::CountriesByNameOnly.add_to(&mut enriched.warnings);
    } else {
        Warning::LanguageUnknown.add_to(&mut enriched.warnings);
    }
    Ok(enriched)
}

/// Whether a language tag is English or undetermined, which is treated as English.
fn english(language: &str) -> bool {
    let base = language.split(['-', '_']).next().unwrap_or("").to_ascii_lowercase();
    matches!(base.as_str(), "en" | "und" | "")
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
