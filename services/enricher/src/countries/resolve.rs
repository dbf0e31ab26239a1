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

/// Weights of countries that need no context, and how American the text is in kind.
struct Context {
    weight: BTreeMap<Code, f64>,
    american: f64,
    states: BTreeMap<String, f64>,
    us: Option<Code>,
}

/// The mentions among the candidates.
#[must_use]
pub fn resolve(document: &Document<'_>, gazetteer: &Gazetteer, candidates: &[Candidate]) -> Vec<Place> {
    let mut settled: Vec<Option<(usize, f64)>> = vec![None; candidates.len()];
    let mut context = Context {
        weight: BTreeMap::new(),
        american: american(document),
        states: BTreeMap::new(),
        us: gazetteer.code("US"),
    };
    neighbours(document, gazetteer, candidates, &mut settled);
    for (candidate, settled) in candidates.iter().zip(&mut settled) {
        if candidate.barred {
            continue;
        }
        if settled.is_none() {
            *settled = plain(gazetteer, candidate);
        }
        if let Some((sense, confidence)) = *settled {
            context.add(gazetteer, sense, confidence);
        }
    }
    let mut places = Vec::new();
    for (candidate, settled) in candidates.iter().zip(&settled) {
        if candidate.barred {
            continue;
        }
        let chosen = settled.or_else(|| context.choose(gazetteer, candidate));
        let Some((index, confidence)) = chosen else { continue };
        let Some(sense) = gazetteer.sense(index) else { continue };
        let Some(field) = document.fields.get(candidate.field) else { continue };
        let (Some(first), Some(last)) = (field.words.get(candidate.start), field.words.get(candidate.end - 1)) else {
            continue;
        };
        if sense.countries.is_empty() {
            continue;
        }
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
fn plain(gazetteer: &Gazetteer, candidate: &Candidate) -> Option<(usize, f64)> {
    let all = senses(gazetteer, candidate);
    let of = |kind: Kind| all.iter().find(|(_, sense)| sense.kind == kind).map(|(index, _)| *index);
    if let Some(sense) = of(Kind::Leader) {
        return Some((sense, if person(candidate.reading) { 0.9 } else { 0.8 }));
    }
    if let Some(sense) = of(Kind::Organisation) {
        return Some((sense, 0.9));
    }
    if person(candidate.reading) && of(Kind::Demonym).is_none() {
        return None;
    }
    if let Some(name) = of(Kind::Name) {
        let rival = all.iter().any(|(_, sense)| {
            sense.kind == Kind::Subdivision
                && Some(&sense.countries) != gazetteer.sense(name).map(|name| &name.countries)
                && sense.more.starts_with("US-")
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
    None
}

/// Signs of local news of the United States: telephone numbers, counties, abbreviations of its states. They make the
/// American of several places of a name likelier, and are evidence of nothing.
fn american(document: &Document<'_>) -> f64 {
    let lists = lists();
    let mut signs = 0.0;
    for field in &document.fields {
        for pair in field.words.windows(3) {
            let [a, b, c] = pair else { continue };
            if lists.american.contains(&b.hash) {
                signs += 0.7;
            }
            let digits = |word: &crate::gazetteer::words::Word, count: usize| {
                word.end - word.start == count && field.slice(word.start, word.end).bytes().all(|b| b.is_ascii_digit())
            };
            if digits(a, 3) && digits(b, 3) && digits(c, 4) {
                signs += 2.0;
            }
            if lists.street.contains(&c.hash) && c.capital && b.capital && !a.capital && digits(a, a.end - a.start) {
                signs += 0.7;
            }
        }
    }
    signs
}

impl Context {
    fn add(&mut self, gazetteer: &Gazetteer, index: usize, confidence: f64) {
        let Some(sense) = gazetteer.sense(index) else { return };
        let worth = match sense.kind {
            Kind::Abbreviation | Kind::County | Kind::Subdivision => 1.5,
            Kind::Organisation | Kind::Leader => 0.6,
            _ => 1.0,
        };
        for country in &sense.countries {
            *self.weight.entry(*country).or_default() += worth * confidence;
        }
        if matches!(sense.kind, Kind::Subdivision | Kind::Abbreviation | Kind::County)
            && let Some((_, state)) = sense.more.split_once('-')
        {
            *self.states.entry(state.to_owned()).or_default() += 1.0;
        }
    }

    /// The likeliest sense of what is ambiguous, and how sure it is.
    fn choose(&self, gazetteer: &Gazetteer, candidate: &Candidate) -> Option<(usize, f64)> {
        if person(candidate.reading) {
            return None;
        }
        let mut scored: Vec<(f64, usize, &Sense)> = Vec::new();
        for (index, sense) in senses(gazetteer, candidate) {
            if matches!(sense.kind, Kind::Abbreviation | Kind::NotAPlace) {
                continue;
            }
            let prior = match sense.kind {
                Kind::Name => 15.5,
                Kind::Capital => people(sense).max(12.0) + 1.5,
                Kind::Subdivision if sense.more.starts_with("US-") => 15.5,
                Kind::Subdivision => 12.5,
                _ => people(sense),
            };
            let near: f64 = sense.countries.iter().filter_map(|country| self.weight.get(country)).sum();
            let mut bonus = 5.0 * near / (near + 1.5);
            if self.us.is_some_and(|us| sense.countries.contains(&us)) {
                bonus += 4.0 * self.american / (self.american + 2.0);
            }
            if matches!(sense.kind, Kind::City) && self.states.contains_key(&sense.more) {
                bonus += 2.0;
            }
            scored.push((prior + bonus, index, sense));
        }
        scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let (top, index, sense) = *scored.first()?;
        // The next place in another country.
        let next = scored.iter().find(|(_, _, other)| other.countries != sense.countries).map_or(0.0, |one| one.0);
        let ahead = 1.0 / (1.0 + (-(top - next)).exp());
        let near: f64 = sense.countries.iter().filter_map(|country| self.weight.get(country)).sum();
        let known = near > 0.0 || (self.us.is_some_and(|us| sense.countries.contains(&us)) && self.american > 1.0);
        let size = people(sense);
        let big = matches!(sense.kind, Kind::Name | Kind::Subdivision | Kind::Capital);
        let is = match candidate.reading {
            Reading::Whole(Label::Loc) => 0.97,
            Reading::Head(Label::Loc) => 0.5,
            Reading::Inner(Label::Loc) => 0.35,
            Reading::Whole(Label::Org) if big || size > 11.5 => 0.7,
            Reading::Whole(Label::Org) => 0.4,
            Reading::Head(Label::Org) if big || size > 11.5 => 0.65,
            Reading::Head(Label::Org) => 0.45,
            Reading::Inner(Label::Org) => 0.4,
            Reading::Whole(_) => 0.3,
            Reading::Head(_) | Reading::Inner(_) => 0.2,
            Reading::Untagged if big => 0.7,
            Reading::Untagged if size > 13.1 => 0.55,
            Reading::Untagged if size > 11.5 => 0.3,
            Reading::Untagged => 0.08,
        };
        let small = if big || known || size > 11.5 { 1.0 } else { 0.75 };
        Some((index, is * ahead.max(0.3) * small))
    }
}
