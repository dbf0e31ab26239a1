//! The likeliest of several places of one name.

use super::{
    candidate::{Candidate, Owner, Reading},
    context::Context,
    surroundings::{Known, has_article, has_state_office, is_person},
};
use crate::{
    budget::Budget,
    document::Document,
    gazetteer::{Gazetteer, Kind, Sense},
};
use tagger::Label;

// What a place gains, in logarithms of odds.
/// A city whose subdivision the text names.
const DIVISION: f64 = 4.5;
/// A subdivision, or a city in it, for each of its other towns that the text names.
const TOWN: f64 = 1.5;
/// A US state next to an office that states have.
const STATE_OFFICE: f64 = 4.0;
/// What is left of the probability of a small place of which the text, about other countries, has no sign.
const STRAY: f64 = 0.45;
/// Logarithm of the population of a town (20,000).
const TOWN_SIZE: f64 = 9.9;
/// Logarithm of the population of a city (50,000).
const CITY_SIZE: f64 = 10.8;
/// Logarithms of the population of a large city (99,000) and of a very large one (490,000).
const LARGE: f64 = 11.5;
const VERY_LARGE: f64 = 13.1;

/// The likeliest sense and the probability that the candidate is a mention of it; none if it names no place.
pub(super) fn choose(
    context: &Context,
    document: &Document<'_>,
    gazetteer: &Gazetteer,
    candidate: &Candidate,
) -> Option<(usize, f64)> {
    let senses = candidate.senses(gazetteer);
    let any = |is: &dyn Fn(&Sense) -> bool| senses.iter().any(|(_, sense)| is(sense));
    let country = any(&|sense| sense.kind == Kind::Name);
    let city = any(&|sense| matches!(sense.kind, Kind::City | Kind::Capital) && sense.log_population() > LARGE);
    let known = if country {
        Known::Country
    } else if city {
        Known::City
    } else {
        Known::Little
    };
    if is_person(document, candidate, known) || candidate.owner == Owner::Private && !country {
        return None;
    }
    let name = candidate.hash(document);
    let office = has_state_office(document, candidate);
    // Of each sense, the countries around its own are added up.
    document.budget.count(10 * candidate.senses.len());
    let mut scored: Vec<(f64, usize, &Sense)> = senses
        .iter()
        .copied()
        .filter(|(_, sense)| possible(document, candidate, sense))
        .map(|(index, sense)| (score(context, gazetteer, sense, name, office, &document.budget), index, sense))
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let (top, index, sense) = *scored.first()?;
    // The next place in another country.
    let next = scored.iter().find(|(_, _, other)| other.countries != sense.countries).map_or(0.0, |one| one.0);
    let lead = 1.0 / (1.0 + (next - top).exp());
    let supported = context.support(gazetteer, sense, name) > 0.5 || (context.is_us(sense) && context.us_news > 1.0);
    let small = is_small(context, sense, &senses);
    let stray = small && context.is_elsewhere(sense, name);
    let floor = if matches!(candidate.reading, Reading::Whole(Label::Loc)) { 0.68 } else { 0.55 };
    let likely = is_place(candidate, sense, supported, small) * lead.max(floor);
    Some((index, if stray { STRAY * likely } else { likely }))
}

/// Whether a place is small, or one of several of its name and not large: in a text about other countries it needs a sign.
fn is_small(context: &Context, sense: &Sense, senses: &[(usize, &Sense)]) -> bool {
    let mut others = senses.iter().map(|(_, other)| *other).filter(|other| other.countries != sense.countries);
    match sense.kind {
        Kind::City => sense.log_population() < if others.next().is_none() { TOWN_SIZE } else { LARGE },
        // A state of the United States has a rival only in local news: `Texas` in Queensland.
        Kind::Subdivision if context.is_us(sense) => others.any(|other| context.is_local(other)),
        Kind::Subdivision => others.next().is_some(),
        _ => false,
    }
}

/// Whether the candidate can have this sense.
fn possible(document: &Document<'_>, candidate: &Candidate, sense: &Sense) -> bool {
    match sense.kind {
        Kind::Abbreviation | Kind::NotAPlace => return false,
        Kind::City if has_article(document, candidate) => return false,
        _ => {}
    }
    // `March`, `Airport`, `Council`: towns only where the tagger sees a place.
    !sense.common
        || candidate.owner == Owner::PublicOf && sense.log_population() > LARGE
        || matches!(candidate.reading, Reading::Whole(Label::Loc) | Reading::Head(Label::Loc))
}

/// Prior by kind and population, and what the context adds; in logarithms of odds.
fn score(context: &Context, gazetteer: &Gazetteer, sense: &Sense, name: u64, office: bool, budget: &Budget) -> f64 {
    let us = context.is_us(sense);
    let prior = match sense.kind {
        Kind::Name | Kind::Demonym => sense.log_population().clamp(14.0, 16.0) + 1.0,
        Kind::Capital => (sense.log_population() + 3.0).max(13.0),
        Kind::Subdivision if us => 16.0,
        Kind::Subdivision if sense.common => 9.0,
        Kind::Subdivision => 13.0,
        _ => sense.log_population(),
    };
    let support = context.support(gazetteer, sense, name);
    let mut bonus = 9.0 * support / (support + 1.2);
    if us {
        bonus += 9.0 * context.us_news / (context.us_news + 3.0);
    }
    let local = context.local_news.iter().filter(|(country, _)| sense.countries.contains(country));
    bonus += local.map(|(_, signs)| 6.0 * signs / (signs + 3.0)).sum::<f64>();
    if let Some(country) = sense.countries.first() {
        if matches!(sense.kind, Kind::City) && !sense.detail.is_empty() {
            bonus += DIVISION * context.names_of_division(*country, &sense.detail, name, budget).min(1.0);
            bonus += TOWN * context.towns_of_division(*country, &sense.detail, name, budget);
        }
        if let (Kind::Subdivision, Some((_, division))) = (sense.kind, sense.detail.split_once('-')) {
            bonus += TOWN * context.towns_of_division(*country, division, name, budget);
            if us && office {
                bonus += STATE_OFFICE;
            }
        }
    }
    prior + bonus
}

/// Whether the place is in the name of a public institution; for a common word, after `of`.
fn is_public(candidate: &Candidate, sense: &Sense) -> bool {
    candidate.owner == Owner::PublicOf || candidate.owner == Owner::Public && !sense.common
}

/// Probability that the phrase is a place at all, by the tagger's reading and by the place's size. `supported`: the text
/// mentions its country otherwise.
fn is_place(candidate: &Candidate, sense: &Sense, supported: bool, small: bool) -> f64 {
    let reading = candidate.reading;
    let size = sense.log_population();
    let major = matches!(sense.kind, Kind::Name | Kind::Capital | Kind::Demonym)
        || (sense.kind == Kind::Subdivision && !sense.common);
    let large = major || size > LARGE;
    if reading.is_person() {
        return 0.6;
    }
    if candidate.in_dateline {
        return if large || supported { 0.97 } else { 0.75 };
    }
    match reading {
        Reading::Head(Label::Org) | Reading::Inner(Label::Org) if is_public(candidate, sense) => {
            if large || supported {
                0.9
            } else {
                0.55
            }
        }
        Reading::Whole(Label::Loc) if sense.common => {
            if size > TOWN_SIZE && supported || size > CITY_SIZE {
                0.75
            } else if supported {
                0.3
            } else {
                0.1
            }
        }
        _ if sense.common => 0.03,
        Reading::Whole(Label::Org) if !supported && (small || sense.kind == Kind::City) => 0.45,
        Reading::Whole(Label::Loc) if large || supported => 0.97,
        Reading::Whole(Label::Loc) => 0.75,
        Reading::Head(Label::Loc) if large || supported => 0.6,
        Reading::Head(Label::Loc) => 0.4,
        Reading::Inner(Label::Loc) => 0.25,
        Reading::Whole(Label::Org) | Reading::Head(Label::Org) if large => 0.65,
        Reading::Whole(Label::Org) | Reading::Head(Label::Org) => 0.35,
        Reading::Inner(Label::Org) if major => 0.55,
        Reading::Inner(Label::Org) => 0.2,
        Reading::Whole(Label::Norp | Label::Misc) if major => 0.6,
        Reading::Whole(_) | Reading::Head(_) | Reading::Inner(_) => 0.15,
        Reading::Untagged if major => 0.75,
        Reading::Untagged if size > VERY_LARGE => 0.55,
        Reading::Untagged if size > LARGE => 0.25,
        Reading::Untagged => 0.05,
    }
}
