//! The stage's function: from an article to the enriched article.

use crate::{
    Knowledge,
    budget::{self, Budget},
    countries,
    document::Document,
    entities::{self, Wording},
    size,
};
use proto::{
    Warning, time,
    v1::{Article, Country, EnrichedArticle, Entity},
    vocab,
};
use tagger::{InferenceError, Label, Language, Recognition, Tagger, tokens};

/// Version of the rules. The gazetteer and the model have versions of their own.
pub const VERSION: &str = concat!("enricher-", env!("CARGO_PKG_VERSION"));

/// Longest name of the publisher, in bytes, that is looked for in the text.
const OWN_NAME: usize = 200;
/// Most names of the recogniser that are used, in the order of the text.
const NAMES: usize = 10_000;

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
    Ok(enrich_within(article, knowledge, now, budget::STEPS)?.article)
}

/// An enriched article and what it took.
#[derive(Debug)]
pub struct Enriched {
    /// The article.
    pub article: EnrichedArticle,
    /// Steps of counted work: [`budget`].
    pub steps: u64,
}

/// As [`enrich`], within `steps` of counted work. Where they are used up, the rest is left out, and the record has the
/// warning [`WorkCut`](Warning::WorkCut).
///
/// # Errors
/// As [`enrich`].
pub fn enrich_within(
    article: &Article,
    knowledge: &Knowledge,
    now: jiff::Timestamp,
    steps: u64,
) -> Result<Enriched, InferenceError> {
    let mut enriched = carry(article);
    enriched.enriched_at = Some(time::to_wire(now));
    enriched.enricher_version = VERSION.to_owned();
    enriched.gazetteer_version = knowledge.gazetteer_version().to_owned();
    enriched.model_version = knowledge.model_version().to_owned();
    if article.change == vocab::change::WITHDRAWN {
        return Ok(Enriched { article: enriched, steps: 0 });
    }
    let document = Document::within(article, Budget::new(steps));
    if document.cut {
        Warning::TextCut.add_to(&mut enriched.warnings);
    }
    let own: Vec<&str> = [article.publisher_name.trim(), article.feed_title.trim(), article.publisher_domain.trim()]
        .into_iter()
        .filter(|name| !name.is_empty() && name.len() <= OWN_NAME)
        .collect();
    if english(&article.language) {
        let texts: Vec<&str> = document.fields.iter().map(|field| field.text).collect();
        let tokens: Vec<_> = texts.iter().map(|text| tokens::tokenise(text)).collect();
        document.budget.count(tokens.iter().map(|one| one.steps).sum());
        let Recognition { mut spans, truncated, steps } = knowledge.recogniser.recognise(&texts, &tokens)?;
        document.budget.count(steps);
        if spans.len() > NAMES {
            spans.truncate(NAMES);
            document.budget.cut();
        }
        if truncated {
            Warning::NamesCut.add_to(&mut enriched.warnings);
        }
        let candidates = countries::scan(&document, knowledge.gazetteer, &spans, &own);
        let places = countries::resolve(&document, knowledge.gazetteer, &candidates);
        enriched.countries = countries::score(&document, knowledge.gazetteer, &places);
        enriched.entities = entities::entities(&document, knowledge.gazetteer, &spans, &places, &own, Wording::English);
    } else if let Some(found) = abroad(article, &document, knowledge, &own, &mut enriched.warnings)? {
        (enriched.countries, enriched.entities) = (found.countries, found.entities);
        if let Some(version) = found.model_version {
            enriched.model_version = version.to_owned();
        }
    } else {
        Warning::LanguageUnknown.add_to(&mut enriched.warnings);
    }
    if document.budget.is_cut() {
        Warning::WorkCut.add_to(&mut enriched.warnings);
    }
    size::fit(&mut enriched);
    Ok(Enriched { article: enriched, steps: document.budget.spent() })
}

/// What an article in another language than English has.
struct Abroad {
    countries: Vec<Country>,
    entities: Vec<Entity>,
    model_version: Option<&'static str>,
}

/// Countries and entities of an article in another language than English; none if neither names of countries nor a tagger are
/// known in it.
fn abroad(
    article: &Article,
    document: &Document<'_>,
    knowledge: &Knowledge,
    own: &[&str],
    warnings: &mut Vec<String>,
) -> Result<Option<Abroad>, InferenceError> {
    let gazetteer = knowledge.gazetteer;
    let tagger = match Language::of(&article.language) {
        Some(language) => Some(language.tagger().map_err(|error| InferenceError(error.to_string()))?),
        None => None,
    };
    let mut spans = Vec::new();
    if let Some(tagger) = tagger {
        let texts: Vec<&str> = document.fields.iter().map(|field| field.text).collect();
        let tokens: Vec<_> = texts.iter().map(|text| tagger.tokenise(text)).collect();
        document.budget.count(tokens.iter().map(|one| one.steps).sum());
        let found = tagger.recognise(&texts, &tokens);
        document.budget.count(found.steps);
        spans = found.spans;
        if spans.len() > NAMES {
            spans.truncate(NAMES);
            document.budget.cut();
        }
        if found.truncated {
            Warning::NamesCut.add_to(warnings);
        }
    } else {
        Warning::CountriesByNameOnly.add_to(warnings);
    }
    let read = tagger.map(|tagger| (tagger, spans.as_slice()));
    let scan = knowledge.languages.scan(document, gazetteer, &article.language, read, own);
    if scan.is_none() && tagger.is_none() {
        return Ok(None);
    }
    let scan = scan.unwrap_or_default();
    // Mexico of `Golf von Mexiko` is no place of the article.
    spans.retain(|span| {
        let place = matches!(span.label, Label::Loc | Label::Norp);
        !(place && scan.excludes(span.field, span.start, span.end))
    });
    let places = &scan.places;
    let countries = countries::score(document, gazetteer, places);
    let entities = if tagger.is_some() {
        entities::entities(document, gazetteer, &spans, places, own, Wording::of(&article.language))
    } else {
        Vec::new()
    };
    let model_version = tagger.map(Tagger::version);
    Ok(Some(Abroad { countries, entities, model_version }))
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
