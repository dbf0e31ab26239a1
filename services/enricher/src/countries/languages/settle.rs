//! Which of several places of one name a mention means, and how sure that is.

use super::names::{self, Entry};
use crate::{
    countries::Place,
    gazetteer::{Code, Gazetteer, Kind, Sense},
};
use std::collections::{HashMap, HashSet};

/// A form in the text that names a country, a people, a place, an office or a leader.
#[derive(Debug)]
pub(super) struct Mention<'i> {
    pub(super) field: usize,
    /// First byte.
    pub(super) start: usize,
    /// One past the last byte.
    pub(super) end: usize,
    /// What it may name; not empty.
    pub(super) entries: Vec<&'i Entry>,
}

/// Longest distance, in bytes, of a city to the name of the state or country in which it lies.
const NEAR: usize = 40;

/// The places of the mentions. A city lies in the state or the country that is named next to it, if it has a namesake there;
/// of several countries the one that the text mentions otherwise is meant, else the table's first.
pub(super) fn places(mentions: &[Mention<'_>], gazetteer: &Gazetteer) -> Vec<Place> {
    let mut counts: HashMap<Code, usize> = HashMap::new();
    for mention in mentions {
        let mut codes = mention.entries.iter().filter_map(|entry| entry.code);
        if let Some(code) = codes.next().filter(|code| codes.all(|other| other == *code)) {
            *counts.entry(code).or_default() += 1;
        }
    }
    let divisions = divisions(mentions, gazetteer);
    let supported = |entry: &Entry| entry.code.is_some_and(|code| counts.contains_key(&code));
    let place = |(at, mention): (usize, &Mention<'_>)| {
        let entry = choose(&mention.entries, &divisions, &supported, gazetteer)?;
        let namesake = namesake(at, entry, mentions, gazetteer);
        let (code, sense) = namesake.unwrap_or((entry.code?, entry.sense));
        let confidence = match entry.kind {
            _ if entry.doubtful && !supported(entry) => 0.55,
            Kind::Name => 0.95,
            Kind::City if !supported(entry) => 0.8,
            _ => 0.9,
        };
        let Mention { field, start, end, .. } = *mention;
        Some(Place { field, start, end, kind: entry.kind, countries: vec![code], sense, confidence })
    };
    mentions.iter().enumerate().filter_map(place).collect()
}

/// The entry that is meant.
fn choose<'i>(
    entries: &[&'i Entry],
    divisions: &HashSet<(Code, &str)>,
    supported: &impl Fn(&Entry) -> bool,
    gazetteer: &Gazetteer,
) -> Option<&'i Entry> {
    let country = entries.iter().find(|entry| entry.kind == Kind::Name);
    if country.is_some() {
        // A state that has a country's name is meant where the text names one of its cities.
        let state = entries.iter().find(|entry| {
            let state = entry.sense.and_then(|sense| gazetteer.sense(sense));
            entry.kind == Kind::Subdivision
                && state.and_then(division).is_some_and(|division| divisions.contains(&division))
        });
        return state.or(country).copied();
    }
    entries.iter().copied().find(|entry| supported(entry)).or_else(|| entries.first().copied())
}

/// The first-level subdivisions in which the cities of the text lie.
fn divisions<'g>(mentions: &[Mention<'_>], gazetteer: &'g Gazetteer) -> HashSet<(Code, &'g str)> {
    let city = |mention: &Mention<'_>| {
        let entry = mention.entries.first().filter(|entry| entry.kind == Kind::City)?;
        let city = gazetteer.sense(entry.sense?)?;
        Some((*city.countries.first()?, &*city.detail))
    };
    mentions.iter().filter_map(city).collect()
}

/// The country of a first-level subdivision, and its code in it.
fn division(state: &Sense) -> Option<(Code, &str)> {
    let (_, division) = state.detail.split_once('-')?;
    Some((*state.countries.first()?, division))
}

fn lies_in(city: &Sense, state: &Sense) -> bool {
    division(state).is_some_and(|(code, division)| *city.detail == *division && city.countries.first() == Some(&code))
}

/// The city of the same English name in the state or country next to it.
fn namesake(
    at: usize,
    entry: &Entry,
    mentions: &[Mention<'_>],
    gazetteer: &Gazetteer,
) -> Option<(Code, Option<usize>)> {
    if !matches!(entry.kind, Kind::City | Kind::Capital) || entry.english.is_empty() {
        return None;
    }
    let mention = mentions.get(at)?;
    let near = |other: &&Mention<'_>| {
        let gap = if other.start >= mention.end {
            other.start - mention.end
        } else {
            mention.start.saturating_sub(other.end)
        };
        other.field == mention.field && other.start != mention.start && gap <= NEAR
    };
    let around = mentions.get(at.saturating_sub(1)..(at + 2).min(mentions.len())).unwrap_or(&[]);
    let own = |other: &Mention<'_>| other.entries.iter().any(|one| one.code == entry.code);
    if around.iter().filter(near).any(own) {
        return None;
    }
    around.iter().filter(near).find_map(|other| {
        let region = other.entries.first().filter(|one| matches!(one.kind, Kind::Subdivision | Kind::Name))?;
        let state = gazetteer.sense(region.sense?)?;
        names::of_name(entry.english, gazetteer).into_iter().find_map(|index| {
            let city = gazetteer.sense(index).filter(|city| matches!(city.kind, Kind::City | Kind::Capital))?;
            let inside = match region.kind {
                Kind::Subdivision => lies_in(city, state),
                _ => city.countries[..] == state.countries[..],
            };
            inside.then_some((region.code?, Some(index)))
        })
    })
}
