//! Entities: mentions of one thing in a document, with canonical name, type, salience and link.

mod cluster;
mod collect;
mod mention;
mod names;
mod wording;

use crate::{
    countries::Place,
    document::Document,
    gazetteer::{Gazetteer, Kind, Sense},
};
use tagger::Span;

pub use wording::Wording;

use cluster::Cluster;
use proto::{v1, vocab::entity};

/// Most mentions listed per entity.
const MENTIONS: usize = 100;
/// Highest confidence of a name that is probably a misspelling of another.
const ALIAS: f64 = 0.25;

/// The entities of a document, the most salient first. `own` are the publisher's names, which are not entities.
#[must_use]
pub fn entities(
    document: &Document<'_>,
    gazetteer: &Gazetteer,
    spans: &[Span],
    places: &[Place],
    own: &[&str],
    wording: Wording<'_>,
) -> Vec<v1::Entity> {
    let found = collect::collect(document, spans, places, own, wording);
    let clusters = cluster::cluster(document, gazetteer, &found, wording);
    let total: f64 = clusters.iter().map(|one| weight(document, one)).sum();
    let mut entities: Vec<(f64, usize, v1::Entity)> = Vec::new();
    for (order, cluster) in clusters.iter().enumerate() {
        let weight = weight(document, cluster);
        let sense = cluster.sense.and_then(|sense| gazetteer.sense(sense));
        // By the fullest name only: `HSBC Juggernauts` are not HSBC, even if a headline says HSBC.
        let company = gazetteer.companies().number(&cluster.name).filter(|_| cluster.kind == entity::ORG);
        let (wikidata_id, geonames_id) = match sense.filter(|sense| sense.id != 0) {
            Some(sense) if matches!(sense.kind, Kind::Organisation | Kind::Leader) => {
                (format!("Q{}", sense.id), String::new())
            }
            _ if company.is_some() => (company.map_or(String::new(), |number| format!("Q{number}")), String::new()),
            Some(sense) if sense.kind != Kind::Demonym => (String::new(), sense.id.to_string()),
            _ => (String::new(), String::new()),
        };
        let confidence = if cluster.alias_of.is_some() { cluster.confidence.min(ALIAS) } else { cluster.confidence };
        entities.push((
            weight,
            order,
            v1::Entity {
                r#type: cluster.kind.to_owned(),
                name: cluster.name.clone(),
                wikidata_id,
                geonames_id,
                mentions: cluster.mentions.iter().take(MENTIONS).map(|one| mention(document, one)).collect(),
                in_title: cluster.mentions.iter().any(|one| one.field == 0),
                salience: round(weight / total.max(f64::MIN_POSITIVE)),
                confidence: round(confidence.clamp(0.0, 1.0)),
                alias_of: cluster.alias_of.clone().unwrap_or_default(),
                country: country(gazetteer, cluster, sense),
            },
        ));
    }
    entities.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    entities.into_iter().map(|(_, _, entity)| entity).collect()
}

/// The country that a place lies in; empty for other entities and for a place of two countries.
fn country(gazetteer: &Gazetteer, cluster: &Cluster<'_>, sense: Option<&Sense>) -> String {
    let code = match sense {
        Some(sense) => sense.countries.first().copied().filter(|_| sense.countries.len() == 1),
        None => cluster.country,
    };
    let place = matches!(cluster.kind, entity::GPE | entity::LOC);
    code.filter(|_| place).and_then(|code| gazetteer.country(code)).map_or(String::new(), |one| one.code.clone())
}

fn mention(document: &Document<'_>, one: &mention::Mention) -> v1::Mention {
    document.fields.get(one.field).map_or_else(v1::Mention::default, |field| v1::Mention {
        field: field.name.to_owned(),
        start: field.point(one.start),
        end: field.point(one.end),
        text: field.slice(one.start, one.end).to_owned(),
    })
}

/// Weight by number of mentions (logarithmic), position of the first mention, and title. The coefficients are rounded from
/// a pairwise ranking that was cross-validated over articles (benchmarks, Salience).
fn weight(document: &Document<'_>, cluster: &Cluster<'_>) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts of words and mentions")]
    let ratio = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
    let count = ratio(cluster.mentions.len(), 1);
    let first = cluster.mentions.iter().map(|one| if one.field == 2 { one.start } else { 0 }).min().unwrap_or(0);
    let length = document.fields.get(2).map_or(0, |field| field.text.len());
    let early = 1.0 - ratio(first, length).min(1.0);
    let title = if cluster.mentions.iter().any(|one| one.field == 0) { 1.0 } else { 0.0 };
    // A person or an organisation is often mentioned only as a source, a place less often.
    let place = if matches!(cluster.kind, entity::GPE | entity::LOC | entity::NORP) { 0.5 } else { 0.0 };
    (count.ln_1p() + 2.0 * early * early + 1.5 * title + place) * if cluster.alias_of.is_some() { 0.3 } else { 1.0 }
}

fn round(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}
