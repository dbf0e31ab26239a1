//! The brief view of an article: what a list or a wire shows, in at most 2 kB.

use proto::v1::{EnrichedArticle, Entity, Evidence, Mention};
use serde::Serialize;

/// Most bytes of a brief article.
pub const MAX_BYTES: usize = 2_048;

/// How much is shown: each step less, until the article fits.
struct Measure {
    /// Characters of title and summary.
    title: usize,
    summary: usize,
    entities: usize,
    /// Countries, and evidence of each.
    countries: usize,
    evidence: usize,
    /// Mentions of each entity.
    mentions: usize,
    /// Bytes of the URL and of other values, which are left out if they are longer.
    url: usize,
    value: usize,
}

const MEASURES: [Measure; 5] = [
    Measure { title: 600, summary: 400, entities: 12, countries: 8, evidence: 3, mentions: 3, url: 800, value: 100 },
    Measure { title: 400, summary: 280, entities: 8, countries: 6, evidence: 2, mentions: 1, url: 600, value: 100 },
    Measure { title: 200, summary: 160, entities: 4, countries: 4, evidence: 1, mentions: 1, url: 400, value: 60 },
    Measure { title: 140, summary: 80, entities: 2, countries: 3, evidence: 0, mentions: 0, url: 300, value: 40 },
    Measure { title: 80, summary: 0, entities: 0, countries: 2, evidence: 0, mentions: 0, url: 0, value: 20 },
];

#[derive(Serialize)]
struct Brief<'a> {
    article_id: &'a str,
    revision: i32,
    enrichment: i32,
    change: &'a str,
    url: &'a str,
    published_at: &'a Option<proto::Timestamp>,
    first_seen_at: &'a Option<proto::Timestamp>,
    updated_at: &'a Option<proto::Timestamp>,
    publisher_name: &'a str,
    publisher_domain: &'a str,
    publisher_country: &'a str,
    language: &'a str,
    title: &'a str,
    summary: &'a str,
    feed_ids: Vec<&'a str>,
    backfill: bool,
    warnings: Vec<&'a str>,
    entities: Vec<BriefEntity<'a>>,
    countries: Vec<BriefCountry<'a>>,
    /// True if something was cut or left out.
    truncated: bool,
}

#[derive(Serialize)]
struct BriefEntity<'a> {
    key: String,
    r#type: &'a str,
    name: &'a str,
    salience: f64,
    in_title: bool,
    mentions: Vec<&'a Mention>,
}

#[derive(Serialize)]
struct BriefCountry<'a> {
    code: &'a str,
    alpha3: &'a str,
    name: &'a str,
    role: &'a str,
    salience: f64,
    evidence: Vec<&'a Evidence>,
}

/// The brief view as JSON. `key` gives the key of an entity.
///
/// # Errors
/// A time that JSON cannot represent.
pub fn json(article: &EnrichedArticle, key: impl Fn(&Entity) -> String) -> Result<Vec<u8>, serde_json::Error> {
    let mut json = Vec::new();
    for measure in &MEASURES {
        json = serde_json::to_vec(&measured(article, measure, &key))?;
        if json.len() <= MAX_BYTES {
            break;
        }
    }
    Ok(json)
}

fn measured<'a>(article: &'a EnrichedArticle, measure: &Measure, key: impl Fn(&Entity) -> String) -> Brief<'a> {
    let (title, summary) = (head(&article.title, measure.title), head(&article.summary, measure.summary));
    let value = |value: &'a str| if value.len() <= measure.value { value } else { "" };
    // A span past the end of a cut text points at nothing.
    let shows = |field: &str, end: i32| {
        let shown = match field {
            "title" => title.chars().count(),
            "summary" => summary.chars().count(),
            _ => 0,
        };
        usize::try_from(end).is_ok_and(|end| end <= shown)
    };
    let entities = article.entities.iter().take(measure.entities).map(|entity| BriefEntity {
        key: key(entity),
        r#type: value(&entity.r#type),
        name: head(&entity.name, measure.value),
        salience: rounded(entity.salience),
        in_title: entity.in_title,
        mentions: entity
            .mentions
            .iter()
            .filter(|mention| shows(&mention.field, mention.end))
            .take(measure.mentions)
            .collect(),
    });
    let countries = article.countries.iter().take(measure.countries).map(|country| BriefCountry {
        code: value(&country.code),
        alpha3: value(&country.alpha3),
        name: value(&country.name),
        role: value(&country.role),
        salience: rounded(country.salience),
        evidence: country
            .evidence
            .iter()
            .filter(|piece| shows(&piece.field, piece.end))
            .take(measure.evidence)
            .collect(),
    });
    let url = if article.url.len() <= measure.url { article.url.as_str() } else { "" };
    Brief {
        article_id: head(&article.article_id, 128),
        revision: article.revision,
        enrichment: article.enrichment,
        change: value(&article.change),
        url,
        published_at: &article.published_at,
        first_seen_at: &article.first_seen_at,
        updated_at: &article.updated_at,
        publisher_name: head(&article.publisher_name, measure.value),
        publisher_domain: value(&article.publisher_domain),
        publisher_country: value(&article.publisher_country),
        language: value(&article.language),
        title,
        summary,
        feed_ids: article.feed_ids.iter().take(4).map(|id| value(id)).collect(),
        backfill: article.backfill,
        warnings: article.warnings.iter().take(6).map(|warning| value(warning)).collect(),
        entities: entities.collect(),
        countries: countries.collect(),
        truncated: title.len() < article.title.len()
            || summary.len() < article.summary.len()
            || url.len() < article.url.len()
            || article.entities.len() > measure.entities
            || article.countries.len() > measure.countries
            || measure.evidence < 3,
    }
}

/// Three digits: more would only take space.
fn rounded(salience: f64) -> f64 {
    (salience * 1_000.0).round() / 1_000.0
}

/// At most `max` characters.
fn head(text: &str, max: usize) -> &str {
    text.char_indices().nth(max).map_or(text, |(at, _)| &text[..at])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window::features::entity_key;
    use proto::v1::Country;

    proptest::proptest! {
        #[test]
        fn a_brief_article_never_takes_more_than_two_kilobytes(
            title in "\\PC{0,900}", url in "[a-z/]{0,3000}", name in "\\PC{0,300}", count in 0..40_usize
        ) {
            let mention = Mention { field: "title".into(), start: 0, end: 1, text: name.clone() };
            let entity = Entity { name: name.clone(), mentions: vec![mention; 5], ..Entity::default() };
            let country = Country { name: name.clone(), code: name.clone(), ..Country::default() };
            let article = EnrichedArticle {
                article_id: "a".repeat(32),
                title: title.clone(),
                summary: title,
                url,
                publisher_name: name.clone(),
                publisher_domain: name.clone(),
                feed_ids: vec![name.clone(); count],
                warnings: vec![name; count],
                entities: vec![entity; count],
                countries: vec![country; count],
                ..EnrichedArticle::default()
            };
            let json = json(&article, entity_key).unwrap();
            proptest::prop_assert!(json.len() <= MAX_BYTES, "{}", json.len());
        }
    }

    #[test]
    fn spans_lie_within_the_texts_that_are_shown() {
        let mention = |end: i32| Mention { field: "summary".into(), start: 0, end, text: "x".into() };
        let entity = Entity { name: "X".into(), mentions: vec![mention(3), mention(500)], ..Entity::default() };
        let article =
            EnrichedArticle { summary: "x".repeat(600), entities: vec![entity], ..EnrichedArticle::default() };
        let shown: serde_json::Value = serde_json::from_slice(&json(&article, entity_key).unwrap()).unwrap();
        assert_eq!(shown["entities"][0]["mentions"].as_array().unwrap().len(), 1);
        assert_eq!(shown["truncated"], true);
    }
}
