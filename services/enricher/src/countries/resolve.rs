//! Which place a name means, and how sure that is.
//!
//! First what needs no context (country names, demonyms), then what a neighbour settles (`Paris, Texas`), then the
//! rest by size and by the countries that the article speaks of anyway.

use super::{Candidate, Reading, lists};
use crate::{
    document::Document,
    gazetteer::{Code, Gazetteer, Kind, Sense, words::Gap},
    tagger::Label,
};
use std::collections::BTreeMap;

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

/// Signs of local American news from which on a country's name may be an American town's.
const LOCAL: f64 = 1.5;

/// Weights of countries that need no context, and how American the text is in kind.
#[derive(Clone)]
struct Context {
    weight: BTreeMap<Code, f64>,
    american: f64,
    states: BTreeMap<String, f64>,
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
        states: BTreeMap::new(),
        given: BTreeMap::new(),
        us: gazetteer.code("US"),
    };
    neighbours(document, gazetteer, candidates, &mut settled);
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

/// Settles what a neighbour says: `Paris, Texas`; `Macon, Ga.`; `London (Ontario)`; and abbreviations, which mean
/// something only there.
fn neighbours(
    document: &Document<'_>,
    gazetteer: &Gazetteer,
    candidates: &[Candidate],
    settled: &mut [Option<(usize, f64)>],
) {
    for (at, pair) in candidates.windows(2).enumerate() {
        let [left, right] = pair else { continue };
        if left.field != right.field || left.end != right.start || right.barred {
            continue;
        }
        let Some(field) = document.fields.get(left.field) else { continue };
        let Some(gap) = field.words.get(right.start).map(|word| word.gap) else { continue };
        if !matches!(gap, Gap::Comma | Gap::Bracket) {
            continue;
        }
        let rights = senses(gazetteer, right);
        let region = |kind: Kind| matches!(kind, Kind::Name | Kind::Subdivision | Kind::Abbreviation | Kind::County);
        // Of `Georgia` behind `Tbilisi` the country, behind `Atlanta` the state: the pair that fits best.
        let lefts = senses(gazetteer, left);
        let mut best: Option<(f64, usize, usize)> = None;
        for (l, left_sense) in &lefts {
            if !matches!(left_sense.kind, Kind::City | Kind::Capital | Kind::County | Kind::Subdivision) {
                continue;
            }
            for (r, right_sense) in &rights {
                if !region(right_sense.kind) || left_sense.countries != right_sense.countries {
                    continue;
                }
                let same = !left_sense.more.is_empty()
                    && right_sense.more.rsplit('-').next() == left_sense.more.rsplit('-').next();
                let score = people(left_sense)
                    + if same { 20.0 } else { 0.0 }
                    + if right_sense.kind == Kind::Name { 3.0 } else { 0.0 };
                if best.is_none_or(|(top, ..)| score > top) {
                    best = Some((score, *l, *r));
                }
            }
        }
        let listed = listed(document, candidates, at);
        if let Some((_, l, r)) = best
            && !(listed && gazetteer.sense(r).is_some_and(|sense| sense.kind == Kind::Name))
        {
            if !left.barred
                && !person(left.reading)
                && settled.get(at).is_some_and(|one| one.is_none_or(|(_, c)| c < 0.97))
            {
                set(settled, at, l, 0.97);
            }
            set(settled, at + 1, r, 0.97);
        }
    }
    // A town that the gazetteer does not know in that state, though it knows one elsewhere: `Fenwick, Ont.`
    for (at, pair) in candidates.windows(2).enumerate() {
        let [left, right] = pair else { continue };
        let adjacent = left.field == right.field && left.end == right.start;
        let Some(field) = document.fields.get(left.field).filter(|_| adjacent && !right.barred) else { continue };
        let comma = field.words.get(right.start).is_some_and(|word| word.gap == Gap::Comma);
        let dotted =
            field.words.get(right.end - 1).is_some_and(|word| field.slice(word.end, word.end + 1) == "." || word.shout);
        let region = senses(gazetteer, right).into_iter().find(|(_, sense)| sense.kind == Kind::Abbreviation);
        let town =
            senses(gazetteer, left).iter().all(|(_, sense)| matches!(sense.kind, Kind::City | Kind::Subdivision));
        if let Some((sense, _)) = region.filter(|_| comma && dotted && town)
            && settled.get(at).is_some_and(Option::is_none)
        {
            set(settled, at, sense, 0.9);
        }
    }
    // An abbreviation behind a comma and a capitalised word that is no known city: `Cottonport, La.`
    for (at, candidate) in candidates.iter().enumerate() {
        if settled.get(at).is_some_and(Option::is_some) || candidate.barred {
            continue;
        }
        let Some(field) = document.fields.get(candidate.field) else { continue };
        let gap = field.words.get(candidate.start).map(|word| word.gap);
        let before = candidate.start.checked_sub(1).and_then(|at| field.words.get(at));
        if gap == Some(Gap::Comma) && before.is_some_and(|word| word.capital && !word.address) {
            let abbreviation =
                senses(gazetteer, candidate).into_iter().find(|(_, sense)| sense.kind == Kind::Abbreviation);
            if let Some((sense, _)) = abbreviation {
                let last = field.words.get(candidate.end - 1);
                let dotted = last.is_some_and(|word| field.slice(word.end, word.end + 1) == ".");
                let shout = last.is_some_and(|word| word.shout);
                if dotted || shout {
                    set(settled, at, sense, 0.9);
                }
            }
        }
    }
}

/// Whether the pair at `at` stands in a list of places (`Paris, Texas and Ohio` is rare, `Georgia, Florida and Alabama`
/// is not): the one before the left or the one behind the right is joined by a comma or `and` too.
fn listed(document: &Document<'_>, candidates: &[Candidate], at: usize) -> bool {
    let Some(right) = candidates.get(at + 1) else { return false };
    let Some(field) = document.fields.get(right.field) else { return false };
    let behind = candidates.get(at + 2).filter(|one| one.field == right.field);
    let word = field.words.get(right.end);
    let and = word.is_some_and(|word| lists().list.contains(&word.hash));
    behind.is_some_and(|one| {
        (one.start == right.end + 1 && and)
            || (one.start == right.end && field.words.get(one.start).is_some_and(|word| word.gap == Gap::Comma))
    })
}

fn set(settled: &mut [Option<(usize, f64)>], at: usize, sense: usize, confidence: f64) {
    if let Some(slot) = settled.get_mut(at) {
        *slot = Some((sense, confidence));
    }
}

fn senses<'g>(gazetteer: &'g Gazetteer, candidate: &Candidate) -> Vec<(usize, &'g Sense)> {
    candidate.senses.iter().filter_map(|index| gazetteer.sense(*index).map(|sense| (*index, sense))).collect()
}

fn person(reading: Reading) -> bool {
    matches!(reading, Reading::Whole(Label::Person) | Reading::Head(Label::Person) | Reading::Inner(Label::Person))
}

/// Natural logarithm of a place's inhabitants.
fn people(sense: &Sense) -> f64 {
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

/// Signs of local news of the United States: telephone numbers, street addresses, counties, abbreviations of its
/// states, offices that only it has. They make the American of several places of a name likelier, and are evidence of
/// nothing.
fn american(document: &Document<'_>, gazetteer: &Gazetteer, candidates: &[Candidate]) -> f64 {
    let lists = lists();
    let mut signs = 0.0;
    for field in &document.fields {
        for three in field.words.windows(3) {
            let [a, b, c] = three else { continue };
            if lists.american.contains(&b.hash) {
                signs += 0.8;
            }
            let digits = |word: &crate::gazetteer::words::Word| {
                field.slice(word.start, word.end).bytes().all(|byte| byte.is_ascii_digit())
            };
            let long =
                |word: &crate::gazetteer::words::Word, count: usize| word.end - word.start == count && digits(word);
            if long(a, 3) && long(b, 3) && long(c, 4) || b.gap == Gap::Hyphen && long(a, 3) && long(b, 4) {
                signs += 1.5;
            }
            if b.capital && c.capital && lists.offices.iter().any(|(x, y)| (*x, *y) == (b.hash, c.hash)) {
                signs += 0.6;
            }
            if digits(a) && b.capital && c.capital && lists.street.contains(&c.hash) {
                signs += 0.7;
            }
        }
    }
    let county =
        |candidate: &&Candidate| senses(gazetteer, candidate).iter().any(|(_, sense)| sense.kind == Kind::County);
    let counties = candidates.iter().filter(county).take(5).count();
    signs + f64::from(u8::try_from(counties).unwrap_or(5))
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
        if matches!(sense.kind, Kind::Subdivision | Kind::Abbreviation | Kind::County)
            && let Some((_, state)) = sense.more.split_once('-')
        {
            *self.states.entry(state.to_owned()).or_default() += 1.0;
        }
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
        let mut scored: Vec<(f64, usize, &Sense)> = Vec::new();
        for (index, sense) in senses(gazetteer, candidate) {
            if matches!(sense.kind, Kind::Abbreviation | Kind::NotAPlace) {
                continue;
            }
            let american = self.us.is_some_and(|us| sense.countries.contains(&us));
            let prior = match sense.kind {
                Kind::Name | Kind::Demonym => people(sense).clamp(14.0, 16.0) + 1.5,
                Kind::Capital => (people(sense) + 3.0).max(13.0),
                Kind::Subdivision if american => 16.0,
                Kind::Subdivision => 13.0,
                _ => people(sense),
            };
            let near = self.near(gazetteer, sense, text);
            let mut bonus = 7.5 * near / (near + 1.2);
            if american {
                bonus += 6.0 * self.american / (self.american + 3.0);
            }
            if matches!(sense.kind, Kind::City) && self.states.contains_key(&*sense.more) {
                bonus += 3.0;
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
