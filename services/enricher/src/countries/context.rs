//! Evidence for where a text is set: countries, subdivisions and towns that it names, and signs of local news.

use super::{candidate::Candidate, local_news, word_lists::word_lists};
use crate::{
    budget::Budget,
    document::Document,
    gazetteer::{Code, Gazetteer, Kind, Sense, words},
};
use std::collections::{BTreeMap, BTreeSet};

/// Population from which a city shows in which subdivision the text is.
const LARGE_TOWN: u32 = 30_000;
/// Weight from which a country shows in a text.
const SIGN: f64 = 0.3;

/// A subdivision: its country, and the hash of its ISO 3166-2 code after the hyphen.
type Division = (Code, u64);

/// Evidence for countries and subdivisions, collected from a text.
#[derive(Clone)]
pub(super) struct Context {
    /// Weight of the mentions of each country.
    weight: BTreeMap<Code, f64>,
    /// What each name added, so that a name does not support its own reading.
    added: BTreeMap<(u64, Code), f64>,
    /// Weight of all countries, and what each name added to it.
    all: f64,
    by_name: BTreeMap<u64, f64>,
    /// Signs of local news of the United States.
    pub(super) us_news: f64,
    /// Signs of local news of other countries.
    pub(super) local_news: Vec<(Code, f64)>,
    /// Whether the text has words of politics.
    pub(super) politics: bool,
    /// Subdivisions that the text names, each with the names: a city in one of them is likelier.
    divisions: BTreeMap<Division, BTreeSet<u64>>,
    /// Subdivisions of towns that the text names and that are the largest of their name, each with the names.
    towns: BTreeMap<Division, BTreeSet<u64>>,
    /// The United States.
    us: Option<Code>,
}

impl Context {
    /// The context before any mention is added.
    pub(super) fn new(document: &Document<'_>, gazetteer: &Gazetteer, candidates: &[Candidate]) -> Context {
        let mut words = document.fields.iter().flat_map(|field| &field.words);
        Context {
            weight: BTreeMap::new(),
            added: BTreeMap::new(),
            all: 0.0,
            by_name: BTreeMap::new(),
            us_news: local_news::united_states(document, gazetteer, candidates),
            local_news: local_news::other_countries(document, gazetteer),
            politics: words.any(|word| word_lists().politics.contains(&word.hash)),
            divisions: BTreeMap::new(),
            towns: BTreeMap::new(),
            us: gazetteer.code("US"),
        }
    }

    /// Whether a sense is in the United States.
    pub(super) fn is_us(&self, sense: &Sense) -> bool {
        self.us.is_some_and(|us| sense.countries.contains(&us))
    }

    /// Adds a mention by a name with the hash `name`.
    pub(super) fn add(&mut self, gazetteer: &Gazetteer, sense: usize, confidence: f64, name: u64) {
        let Some(sense) = gazetteer.sense(sense) else { return };
        let weight = match sense.kind {
            Kind::Abbreviation | Kind::County | Kind::Subdivision => 1.5,
            Kind::Organisation | Kind::Leader => 0.6,
            _ => 1.0,
        };
        for country in sense.countries.iter() {
            *self.weight.entry(*country).or_default() += weight * confidence;
            *self.added.entry((name, *country)).or_default() += weight * confidence;
            *self.by_name.entry(name).or_default() += weight * confidence;
            self.all += weight * confidence;
        }
    }

    /// Adds the subdivisions that the text names, and those of its large towns.
    pub(super) fn add_divisions(&mut self, document: &Document<'_>, gazetteer: &Gazetteer, candidates: &[Candidate]) {
        for candidate in candidates.iter().filter(|one| !one.reading.is_person()) {
            let senses = candidate.senses(gazetteer);
            let name = candidate.hash(document);
            let largest = senses.iter().map(|(_, sense)| sense.population).max().unwrap_or(0);
            for (_, sense) in senses {
                let Some(country) = sense.countries.first() else { continue };
                match sense.kind {
                    Kind::Subdivision | Kind::Abbreviation | Kind::County if !sense.common && !candidate.excluded => {
                        if let Some((_, division)) = sense.detail.split_once('-') {
                            self.divisions.entry((*country, words::hash(division))).or_default().insert(name);
                        }
                    }
                    // What is named after a town (`Augusta National`) still shows where the text is.
                    Kind::City
                        if !sense.detail.is_empty()
                            && sense.population == largest
                            && largest >= LARGE_TOWN
                            && !sense.common =>
                    {
                        self.towns.entry((*country, words::hash(&sense.detail))).or_default().insert(name);
                    }
                    _ => {}
                }
            }
        }
    }

    /// How many names other than `name` name the subdivision, at most 3.
    pub(super) fn names_of_division(&self, country: Code, division: &str, name: u64, budget: &Budget) -> f64 {
        others(&self.divisions, (country, words::hash(division)), name, budget)
    }

    /// How many names other than `name` name a large town of the subdivision, at most 3.
    pub(super) fn towns_of_division(&self, country: Code, division: &str, name: u64, budget: &Budget) -> f64 {
        others(&self.towns, (country, words::hash(division)), name, budget)
    }

    /// Weight of a sense's countries in the text without what `name` added; bordering countries count a quarter.
    pub(super) fn support(&self, gazetteer: &Gazetteer, sense: &Sense, name: u64) -> f64 {
        let weight = |country: &Code| self.without(*country, name);
        let own: f64 = sense.countries.iter().map(weight).sum();
        let bordering: f64 = sense
            .countries
            .iter()
            .filter_map(|country| gazetteer.country(*country))
            .flat_map(|country| &country.neighbours)
            .map(weight)
            .sum();
        own + bordering * 0.25
    }
}

impl Context {
    /// Whether the text is about other countries than the sense's, and not about those: it names some, or is their local news.
    pub(super) fn is_elsewhere(&self, sense: &Sense, name: u64) -> bool {
        const NAMED: f64 = 1.0;
        const NEWS: f64 = 1.5;
        let own: f64 = sense.countries.iter().map(|country| self.without(*country, name)).sum();
        let all = self.all - self.by_name.get(&name).copied().unwrap_or(0.0);
        let us = self.is_us(sense);
        let local =
            self.local_news.iter().any(|(country, _)| sense.countries.contains(country)) || us && self.us_news > NEWS;
        let foreign = self.us_news >= NEWS && !us || self.local_news.iter().any(|(_, signs)| *signs >= NEWS);
        own < SIGN && !local && (all - own >= NAMED || foreign)
    }

    /// Whether the text is local news of the sense's country, other than the United States.
    pub(super) fn is_local(&self, sense: &Sense) -> bool {
        self.local_news.iter().any(|(country, _)| sense.countries.contains(country))
    }

    /// Weight of a country in the text without what `name` added.
    fn without(&self, country: Code, name: u64) -> f64 {
        let all = self.weight.get(&country).copied().unwrap_or(0.0);
        all - self.added.get(&(name, country)).copied().unwrap_or(0.0)
    }
}

fn others(map: &BTreeMap<Division, BTreeSet<u64>>, division: Division, name: u64, budget: &Budget) -> f64 {
    // Of thousands of names, three decide.
    let names = map.get(&division).into_iter().flatten().inspect(|_| budget.count(1));
    let count = names.filter(|one| **one != name).take(3).count();
    f64::from(u8::try_from(count).unwrap_or(3))
}
