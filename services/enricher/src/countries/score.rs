//! From mentions to countries: salience, role and evidence.

use super::Place;
use crate::{
    document::Document,
    gazetteer::{Code, Gazetteer, Kind},
};
use proto::{v1, vocab};
use std::collections::BTreeMap;

/// Smallest probability at which a country is listed.
const LISTED: f64 = 0.5;
/// Smallest confidence of a mention: many doubtful mentions must not add up to a certain one.
const EVIDENT: f64 = 0.12;
/// Most evidence spans per country; `mention_count` counts all.
const EVIDENCE: usize = 50;

#[derive(Default)]
struct Sum {
    weight: f64,
    /// Highest confidence by text, because an error repeats for equal texts.
    sure: BTreeMap<String, f64>,
    count: i32,
    in_title: bool,
    evidence: Vec<v1::Evidence>,
}

impl Sum {
    /// Probability that at least one mention is right.
    fn listed(&self) -> f64 {
        1.0 - self.sure.values().map(|sure| 1.0 - sure).product::<f64>()
    }
}

/// The countries of a document, the most salient first.
#[must_use]
pub fn score(document: &Document<'_>, gazetteer: &Gazetteer, places: &[Place]) -> Vec<v1::Country> {
    let mut sums: BTreeMap<Code, Sum> = BTreeMap::new();
    for place in places {
        let Some(field) = document.fields.get(place.field).filter(|_| place.confidence >= EVIDENT) else { continue };
        for code in &place.countries {
            let sum = sums.entry(*code).or_default();
            sum.weight += place.confidence * emphasis(document, place);
            let text = field.slice(place.start, place.end).to_lowercase();
            let sure = sum.sure.entry(text).or_default();
            *sure = sure.max(place.confidence.min(0.99));
            sum.count = sum.count.saturating_add(1);
            sum.in_title |= place.field == 0 && place.confidence > 0.5;
            if sum.evidence.len() < EVIDENCE {
                sum.evidence.push(v1::Evidence {
                    kind: evidence(place.kind).to_owned(),
                    field: field.name.to_owned(),
                    start: field.point(place.start),
                    end: field.point(place.end),
                    text: field.slice(place.start, place.end).to_owned(),
                });
            }
        }
    }
    sums.retain(|_, sum| sum.listed() >= LISTED);
    let total: f64 = sums.values().map(|sum| sum.weight).sum();
    let top = sums.values().map(|sum| sum.weight).fold(0.0, f64::max);
    let mut countries: Vec<(f64, v1::Country)> = Vec::new();
    for (code, sum) in sums {
        let Some(country) = gazetteer.country(code) else { continue };
        let focus = focus(&sum, top, total, document);
        countries.push((
            sum.weight,
            v1::Country {
                code: country.code.clone(),
                alpha3: country.alpha3.clone(),
                name: country.name.clone(),
                role: if focus { vocab::role::FOCUS } else { vocab::role::MENTIONED }.to_owned(),
                salience: round(sum.weight / total.max(f64::MIN_POSITIVE)),
                mention_count: sum.count,
                evidence: sum.evidence,
            },
        ));
    }
    countries.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.code.cmp(&b.1.code)));
    countries.into_iter().map(|(_, country)| country).collect()
}

/// Weight by position: a title counts twice, the beginning of a long body a quarter more.
fn emphasis(document: &Document<'_>, place: &Place) -> f64 {
    const LEAD: usize = 500;
    let lead = place.field == 1 || place.start < LEAD;
    match place.field {
        0 => 2.0,
        _ if lead && document.fields.get(place.field).is_some_and(|field| field.text.len() > 2 * LEAD) => 1.25,
        _ => 1.0,
    }
}

/// Whether the article is about the country: it is in the title and near the first country, or close to the first, and not
/// mentioned only once in a long text.
fn focus(sum: &Sum, top: f64, total: f64, document: &Document<'_>) -> bool {
    let words: usize = document.fields.iter().map(|field| field.words.len()).sum();
    let share = sum.weight / total.max(f64::MIN_POSITIVE);
    let behind = sum.weight / top.max(f64::MIN_POSITIVE);
    let passing = sum.count == 1 && !sum.in_title && words > 120;
    !passing && ((sum.in_title && (share > 0.15 || behind > 0.4)) || (behind > 0.6 && share > 0.2))
}

/// Rounds to four decimal places.
fn round(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}

fn evidence(kind: Kind) -> &'static str {
    match kind {
        Kind::Name | Kind::NotAPlace => vocab::evidence::NAME,
        Kind::Demonym => vocab::evidence::DEMONYM,
        Kind::Capital => vocab::evidence::CAPITAL,
        Kind::City => vocab::evidence::CITY,
        Kind::Subdivision | Kind::Abbreviation | Kind::County => vocab::evidence::SUBDIVISION,
        Kind::Organisation => vocab::evidence::ORG,
        Kind::Leader => vocab::evidence::PERSON,
    }
}
