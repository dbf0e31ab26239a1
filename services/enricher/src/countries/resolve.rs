//! Which place a name means, and how sure that is.
//!
//! First what needs no context (country names, demonyms), then what a neighbour settles (`Paris, Texas`), then the
//! rest by size and by the countries that the article speaks of anyway.

use super::{
    Candidate, Reading,
    american::{american, local},
    lists,
    neighbours::neighbours,
};
use crate::{
    document::Document,
    gazetteer::{
        Code, Gazetteer, Kind, Sense,
        words::{self, Gap},
    },
};
use std::collections::{BTreeMap, BTreeSet};
use tagger::Label;

/// A mention of one country or several.
#[derive(Debug, Clone)]
pub struct Place {
    /// Index of the field.
    pub field: usize,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// What kind of evidence it is.
    pub kind: Kind,
    /// Countries.
    pub countries: Vec<Code>,
    /// Index of the sense that was chosen.
    pub sense: usize,
    /// From 0 to 1: that it is a mention of these countries.
    pub confidence: f64,
}

/// Inhabitants of a city that says in which division the text is.
const TOWN: u32 = 30_000;
/// What a city gains where its division is named, a division for each of its cities, a state for an office that states
/// have; as logarithms of odds.
const DIVISION: f64 = 4.5;
const TOWNS: f64 = 1.5;
const OFFICE: f64 = 4.0;
/// Signs of local American news from which on a country's name may be an American town's.
const LOCAL: f64 = 1.5;

/// Weights of countries that need no context, and how American the text is in kind.
#[derive(Clone)]
struct Context {
    weight: BTreeMap<Code, f64>,
    american: f64,
    local: Vec<(Code, f64)>,
    politics: bool,
    /// Divisions that the text names, by the texts that name them: a city in one of them is likelier.
    divisions: BTreeMap<(Code, u64), BTreeSet<u64>>,
    /// Cities of a division that the text names and that are the largest of their names: the division is likelier.
    towns: BTreeMap<(Code, u64), BTreeSet<u64>>,
    /// What each text itself has given, so that a name does not support its own reading.
    given: BTreeMap<(u64, Code), f64>,
    us: Option<Code>,
}

/// The mentions among the candidates.
#[must_use]
pub fn resolve(document: &Document<'_>, gazetteer: &Gazetteer, candidates: &[Candidate]) -> Vec<Place> {
    let mut settled: Vec<Option<(usize, f64)>> = vec![None; candidates.len()];
    let mut context = Context {
        weight: BTreeMap::new(),
        american: american(document, gazetteer, candidates),
        local: local(document, gazetteer),
        politics: politics(document),
        divisions: BTreeMap::new(),
        towns: BTreeMap::new(),
        given: BTreeMap::new(),
        us: gazetteer.code("US"),
    };
    neighbours(document, gazetteer, candidates, &mut settled);
    context.divide(document, gazetteer, candidates);
    for (candidate, settled) in candidates.iter().zip(&mut settled) {
        if candidate.barred {
            continue;
        }
        if settled.is_none() {
            *settled = plain(document, gazetteer, candidate, &context);
        }
        if let Some((sense, confidence)) = *settled {
            context.add(gazetteer, sense, confidence, text(document, candidate));
        }
    }
    // What seems sure by size alone helps with the rest: `Dallas` says where `Paris` is.
    let mut second = context.clone();
    for (candidate, _) in candidates.iter().zip(&settled).filter(|(one, settled)| !one.barred && settled.is_none()) {
        if let Some((sense, confidence)) =
            context.choose(document, gazetteer, candidate).filter(|(_, sure)| *sure > 0.5)
        {
            second.add(gazetteer, sense, confidence * 0.7, text(document, candidate));
        }
    }
    let mut places = Vec::new();
    for (candidate, settled) in candidates.iter().zip(&settled) {
        if candidate.barred {
            continue;
        }
        let chosen = settled.or_else(|| second.choose(document, gazetteer, candidate));
        let Some((index, confidence)) = chosen else { continue };
        let Some(sense) = gazetteer.sense(index) else { continue };
        let Some(field) = document.fields.get(candidate.field) else { continue };
        let (Some(first), Some(last)) = (field.words.get(candidate.start), field.words.get(candidate.end - 1)) else {
            continue;
        };
        // The full stop of `U.S.` belongs to it.
        let dotted = last.end - last.start == 1 && candidate.end > candidate.start + 1;
        let end = if dotted && field.slice(last.end, last.end + 1) == "." { last.end + 1 } else { last.end };
        places.push(Place {
            field: candidate.field,
            start: first.start,
            end,
            kind: sense.kind,
            countries: sense.countries.to_vec(),
            sense: index,
            confidence,
        });
    }
    places
}

/// Hash of a candidate's text.
fn text(document: &Document<'_>, candidate: &Candidate) -> u64 {
    let words = document.fields.get(candidate.field).and_then(|field| field.words.get(candidate.start..candidate.end));
    words.unwrap_or(&[]).iter().fold(0, |key, word| crate::gazetteer::words::join(key, word.hash))
}

/// Whether the text is one of politics.
fn politics(document: &Document<'_>) -> bool {
    document.fields.iter().flat_map(|field| &field.words).any(|word| lists().politics.contains(&word.hash))
}

/// Whether the candidate's words are a person's here: by the tagger, or because they are elsewhere and nothing here
/// speaks for a place.
fn somebody(document: &Document<'_>, candidate: &Candidate) -> bool {
    if person(candidate.reading) {
        // A name of several words is hardly a person's: `Costa Rica`, `St. Lucia`.
        return !(candidate.end > candidate.start + 1 && matches!(candidate.reading, Reading::Whole(_)));
    }
    candidate.personal && !behind_preposition(document, candidate)
}

fn behind_preposition(document: &Document<'_>, candidate: &Candidate) -> bool {
    let Some(field) = document.fields.get(candidate.field) else { return false };
    let before = candidate.start.checked_sub(1).and_then(|at| field.words.get(at));
    before.is_some_and(|word| lists().place_before.contains(&word.hash))
}

/// `the Baltic,`: no city has an article, unless it is an adjective's place (`the Boston mayor`).
fn with_article(document: &Document<'_>, candidate: &Candidate) -> bool {
    let Some(field) = document.fields.get(candidate.field) else { return false };
    let Some(before) = candidate.start.checked_sub(1).and_then(|at| field.words.get(at)) else { return false };
    let close = field.words.get(candidate.start).is_some_and(|word| word.gap == Gap::Space);
    let next = field.words.get(candidate.end);
    close
        && field.slice(before.start, before.end) == "the"
        && next.is_none_or(|next| !matches!(next.gap, Gap::Space | Gap::Hyphen | Gap::Apostrophe))
}

/// `Georgia's governor`, `Georgia Gov.`: an office that a state has and a country has not.
fn state_office(document: &Document<'_>, candidate: &Candidate) -> bool {
    let Some(field) = document.fields.get(candidate.field) else { return false };
    let word = |at: usize| field.words.get(at);
    let possessive = word(candidate.end).is_some_and(|word| word.gap == Gap::Apostrophe && word.end - word.start == 1);
    let next = word(if possessive { candidate.end + 1 } else { candidate.end });
    next.is_some_and(|word| word.gap == Gap::Space && lists().state_office.contains(&word.hash))
}

pub(super) fn senses<'g>(gazetteer: &'g Gazetteer, candidate: &Candidate) -> Vec<(usize, &'g Sense)> {
    candidate.senses.iter().filter_map(|index| gazetteer.sense(*index).map(|sense| (*index, sense))).collect()
}

pub(super) fn person(reading: Reading) -> bool {
    matches!(reading, Reading::Whole(Label::Person) | Reading::Head(Label::Person) | Reading::Inner(Label::Person))
}

/// Natural logarithm of a place's inhabitants.
pub(super) fn people(sense: &Sense) -> f64 {
    f64::from(sense.people.max(300)).ln()
}

/// Sense and confidence of what needs no context: one sense that is a country, a people, an organisation, a leader, or
/// a subdivision that shares its name with nothing.
fn plain(
    document: &Document<'_>,
    gazetteer: &Gazetteer,
    candidate: &Candidate,
    context: &Context,
) -> Option<(usize, f64)> {
    let all = senses(gazetteer, candidate);
    let of = |kind: Kind| {
        let mut of_kind = all.iter().filter(|(_, sense)| sense.kind == kind);
        let (index, first) = of_kind.next()?;
        // Of two countries (`Congo`, `Dominican`) the context has to choose.
        of_kind.all(|(_, other)| other.countries == first.countries).then_some(*index)
    };
    if let Some(sense) = of(Kind::Leader) {
        if gazetteer.sense(sense).is_some_and(|sense| sense.common) {
            let other = matches!(candidate.reading, Reading::Head(_) | Reading::Inner(_) | Reading::Whole(Label::Loc));
            return (!candidate.personal && !other && context.politics).then_some((sense, 0.7));
        }
        return Some((sense, if person(candidate.reading) { 0.9 } else { 0.8 }));
    }
    if let Some(sense) = of(Kind::Organisation) {
        return Some((sense, 0.9));
    }
    if let Some(demonym) = of(Kind::Demonym) {
        return Some((
            demonym,
            match candidate.reading {
                Reading::Head(Label::Person) | Reading::Inner(Label::Person | Label::Loc) => 0.3,
                Reading::Inner(_) => 0.7,
                _ => 0.95,
            },
        ));
    }
    if let Some(county) = of(Kind::County) {
        return Some((county, 0.8));
    }
    if let Some(name) = of(Kind::Name) {
        if somebody(document, candidate) {
            return None;
        }
        let named = gazetteer.sense(name).map(|sense| &sense.countries);
        let us = context.us;
        let american = |sense: &Sense| us.is_some_and(|us| sense.countries.contains(&us));
        let rival = named.is_some_and(|named| !us.is_some_and(|us| named.contains(&us)))
            && all.iter().any(|(_, sense)| match sense.kind {
                Kind::Subdivision => american(sense),
                Kind::City => american(sense) && context.american >= LOCAL,
                _ => false,
            });
        if rival {
            return None;
        }
        return Some((
            name,
            match candidate.reading {
                Reading::Untagged => 0.9,
                Reading::Whole(_) => 0.97,
                Reading::Head(_) => 0.85,
                Reading::Inner(_) => 0.75,
            },
        ));
    }
    None
}

impl Context {
    fn add(&mut self, gazetteer: &Gazetteer, index: usize, confidence: f64, text: u64) {
        let Some(sense) = gazetteer.sense(index) else { return };
        let worth = match sense.kind {
            Kind::Abbreviation | Kind::County | Kind::Subdivision => 1.5,
            Kind::Organisation | Kind::Leader => 0.6,
            _ => 1.0,
        };
        for country in sense.countries.iter() {
            *self.weight.entry(*country).or_default() += worth * confidence;
            *self.given.entry((text, *country)).or_default() += worth * confidence;
        }
    }

    /// Which divisions the text names, and by which cities.
    fn divide(&mut self, document: &Document<'_>, gazetteer: &Gazetteer, candidates: &[Candidate]) {
        for candidate in candidates.iter().filter(|one| !person(one.reading)) {
            let all = senses(gazetteer, candidate);
            let text = text(document, candidate);
            let most = all.iter().map(|(_, sense)| sense.people).max().unwrap_or(0);
            for (_, sense) in all {
                let Some(country) = sense.countries.first() else { continue };
                match sense.kind {
                    Kind::Subdivision | Kind::Abbreviation | Kind::County if !sense.common && !candidate.barred => {
                        if let Some((_, division)) = sense.more.split_once('-') {
                            self.divisions.entry((*country, words::hash(division))).or_default().insert(text);
                        }
                    }
                    // What is named after a city (`Augusta National`) still says where the text is.
                    Kind::City if !sense.more.is_empty() && sense.people == most && most >= TOWN && !sense.common => {
                        self.towns.entry((*country, words::hash(&sense.more))).or_default().insert(text);
                    }
                    _ => {}
                }
            }
        }
    }

    /// How many other texts than `text` are in a map for a division.
    fn others(map: &BTreeMap<(Code, u64), BTreeSet<u64>>, country: Code, division: &str, text: u64) -> f64 {
        let texts = map.get(&(country, words::hash(division)));
        let count = texts.map_or(0, |texts| texts.iter().filter(|one| **one != text).count());
        f64::from(u8::try_from(count.min(3)).unwrap_or(3))
    }

    /// What the text says of these countries, a neighbour counting a quarter.
    fn near(&self, gazetteer: &Gazetteer, sense: &Sense, text: u64) -> f64 {
        let weight = |country: &Code| {
            let all = self.weight.get(country).copied().unwrap_or(0.0);
            all - self.given.get(&(text, *country)).copied().unwrap_or(0.0)
        };
        let own: f64 = sense.countries.iter().map(weight).sum();
        let around: f64 = sense
            .countries
            .iter()
            .filter_map(|country| gazetteer.country(*country))
            .flat_map(|country| &country.neighbours)
            .map(weight)
            .sum();
        own + around * 0.25
    }

    /// The likeliest sense of what is ambiguous, and how sure it is.
    fn choose(&self, document: &Document<'_>, gazetteer: &Gazetteer, candidate: &Candidate) -> Option<(usize, f64)> {
        if somebody(document, candidate) {
            return None;
        }
        let text = text(document, candidate);
        let office = state_office(document, candidate);
        let mut scored: Vec<(f64, usize, &Sense)> = Vec::new();
        for (index, sense) in senses(gazetteer, candidate) {
            if matches!(sense.kind, Kind::Abbreviation | Kind::NotAPlace) {
                continue;
            }
            // `March`, `Airport`, `Council`: towns only where the tagger sees a place.
            if sense.common && !matches!(candidate.reading, Reading::Whole(Label::Loc) | Reading::Head(Label::Loc)) {
                continue;
            }
            if sense.kind == Kind::City && with_article(document, candidate) {
                continue;
            }
            let american = self.us.is_some_and(|us| sense.countries.contains(&us));
            let prior = match sense.kind {
                Kind::Name | Kind::Demonym => people(sense).clamp(14.0, 16.0) + 1.0,
                Kind::Capital => (people(sense) + 3.0).max(13.0),
                Kind::Subdivision if american => 16.0,
                Kind::Subdivision => 13.0,
                _ => people(sense),
            };
            let near = self.near(gazetteer, sense, text);
            let mut bonus = 9.0 * near / (near + 1.2);
            if american {
                bonus += 9.0 * self.american / (self.american + 3.0);
            }
            let here =
                self.local.iter().filter(|(country, _)| sense.countries.contains(country)).map(|(_, signs)| signs);
            bonus += here.map(|signs| 6.0 * signs / (signs + 3.0)).sum::<f64>();
            if let Some(country) = sense.countries.first() {
                if matches!(sense.kind, Kind::City) && !sense.more.is_empty() {
                    bonus += DIVISION * Self::others(&self.divisions, *country, &sense.more, text).min(1.0);
                }
                if let (Kind::Subdivision, Some((_, division))) = (sense.kind, sense.more.split_once('-')) {
                    bonus += TOWNS * Self::others(&self.towns, *country, division, text);
                    if american && office {
                        bonus += OFFICE;
                    }
                }
            }
            scored.push((prior + bonus, index, sense));
        }
        scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let (top, index, sense) = *scored.first()?;
        // The next place in another country.
        let next = scored.iter().find(|(_, _, other)| other.countries != sense.countries).map_or(0.0, |one| one.0);
        let ahead = 1.0 / (1.0 + (next - top).exp());
        let known = self.near(gazetteer, sense, text) > 0.5
            || (self.us.is_some_and(|us| sense.countries.contains(&us)) && self.american > 1.0);
        let size = people(sense);
        let big = matches!(sense.kind, Kind::Name | Kind::Capital | Kind::Demonym)
            || (sense.kind == Kind::Subdivision && !sense.common);
        let large = big || size > 11.5;
        let is = match candidate.reading {
            Reading::Whole(Label::Loc) if sense.common => {
                if size > 11.5 {
                    0.6
                } else {
                    0.3
                }
            }
            _ if sense.common => 0.03,
            Reading::Whole(Label::Loc) if large || known => 0.97,
            Reading::Whole(Label::Loc) => 0.75,
            Reading::Head(Label::Loc) if large || known => 0.6,
            Reading::Head(Label::Loc) => 0.4,
            Reading::Inner(Label::Loc) => 0.25,
            Reading::Whole(Label::Org) if large => 0.65,
            Reading::Head(Label::Org) if large => 0.65,
            Reading::Whole(Label::Org) | Reading::Head(Label::Org) => 0.35,
            Reading::Inner(Label::Org) if big => 0.55,
            Reading::Inner(Label::Org) => 0.2,
            Reading::Whole(Label::Norp | Label::Misc) if big => 0.6,
            Reading::Whole(_) | Reading::Head(_) | Reading::Inner(_) => 0.15,
            Reading::Untagged if big => 0.75,
            Reading::Untagged if size > 13.1 => 0.55,
            Reading::Untagged if size > 11.5 => 0.25,
            Reading::Untagged => 0.05,
        };
        let least = if matches!(candidate.reading, Reading::Whole(Label::Loc)) { 0.68 } else { 0.55 };
        Some((index, is * ahead.max(least)))
    }
}
