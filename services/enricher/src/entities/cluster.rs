//! Groups mentions of one thing.

use super::{mention::Mention, wording::Wording};
use crate::{
    budget::Budget,
    document::Document,
    fold::name_key,
    gazetteer::{Code, Gazetteer, Kind},
};
use proto::vocab::entity;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Most things of a document; mentions of others are left out.
const GROUPS: usize = 4_000;
/// Longest chain of names of which each is a part of the next.
const CHAIN: usize = 20;
/// Most persons of one role whose names are compared by their spelling, each with each.
const COMPARED: usize = 60;
/// Most names with a word that a shorter name may be a part of. Beyond them the shorter name is ambiguous.
const FULLER: usize = 16;
/// Longest name that is compared by its spelling, in characters.
const SPELT: usize = 40;

/// Mentions of one thing.
#[derive(Debug, Clone)]
pub struct Cluster<'f> {
    /// Type of the entity, one of `proto::vocab::entity`.
    pub kind: &'static str,
    /// Canonical name.
    pub name: String,
    /// In the order of the text.
    pub mentions: Vec<&'f Mention>,
    /// Highest confidence of its mentions.
    pub confidence: f64,
    /// Index of its sense in the gazetteer, if it has one.
    pub sense: Option<usize>,
    /// The country in which the place lies.
    pub country: Option<Code>,
    /// The name of another cluster, of which its own is probably a misspelling; the two are not merged.
    pub alias_of: Option<String>,
}

/// Groups mentions with equal names; parts of a person's name with the full name; initials of an organisation with its
/// name; and different names of one place.
#[must_use]
pub fn cluster<'f>(
    document: &Document<'_>,
    gazetteer: &Gazetteer,
    found: &'f [Mention],
    wording: Wording<'_>,
) -> Vec<Cluster<'f>> {
    // First, mentions with equal keys and types are grouped, in the order of the first mention.
    let mut groups: Vec<(String, Cluster<'f>)> = Vec::new();
    let mut by_key: HashMap<(String, &'static str), usize> = HashMap::new();
    for one in found {
        let Some(field) = document.fields.get(one.field) else { continue };
        let text = field.slice(one.start, one.end);
        // A country is one group under all of its names.
        let key = place_key(gazetteer, one).unwrap_or_else(|| wording.key(text));
        if key.is_empty() {
            continue;
        }
        document.budget.count(text.len());
        if groups.len() >= GROUPS && !by_key.contains_key(&(key.clone(), one.kind)) {
            document.budget.cut();
            continue;
        }
        let at = *by_key.entry((key.clone(), one.kind)).or_insert_with(|| {
            groups.push((
                key,
                Cluster {
                    kind: one.kind,
                    name: String::new(),
                    mentions: Vec::new(),
                    confidence: 0.0,
                    sense: None,
                    country: None,
                    alias_of: None,
                },
            ));
            groups.len() - 1
        });
        if let Some((_, group)) = groups.get_mut(at) {
            group.mentions.push(one);
            group.sense = group.sense.or(one.sense);
            group.country = group.country.or(one.country);
        }
    }
    let merged = merge(&groups, &bracketed(document, found, &by_key, gazetteer, wording), &document.budget);
    let mut parts: HashMap<usize, Vec<usize>> = HashMap::new();
    for (at, into) in merged.iter().enumerate() {
        if let Some(into) = into {
            parts.entry(*into).or_default().push(at);
        }
    }
    let mut clusters: Vec<Cluster<'f>> = Vec::new();
    for (at, (_, group)) in groups.iter().enumerate() {
        if merged.get(at).is_some_and(Option::is_some) {
            continue;
        }
        let mut cluster = group.clone();
        for (_, group) in parts.get(&at).into_iter().flatten().filter_map(|part| groups.get(*part)) {
            cluster.mentions.extend(&group.mentions);
            cluster.sense = cluster.sense.or(group.sense);
            cluster.country = cluster.country.or(group.country);
        }
        cluster.mentions.sort_by_key(|one| (one.field, one.start));
        cluster.confidence = cluster.mentions.iter().map(|one| one.confidence).fold(0.0, f64::max);
        cluster.name = name(document, gazetteer, &cluster, wording);
        clusters.push(cluster);
    }
    aliases(&mut clusters, &document.budget);
    clusters
}

fn place_key(gazetteer: &Gazetteer, one: &Mention) -> Option<String> {
    let sense = gazetteer.sense(one.sense?)?;
    match sense.kind {
        Kind::Name if sense.id != 0 && one.kind == entity::GPE => Some(format!("\u{1}{}", sense.id)),
        _ => None,
    }
}

/// Pairs of groups: a short form in brackets and the organisation before it: `African Development Bank (AfDB)`.
fn bracketed(
    document: &Document<'_>,
    found: &[Mention],
    by_key: &HashMap<(String, &'static str), usize>,
    gazetteer: &Gazetteer,
    wording: Wording<'_>,
) -> Vec<(usize, usize)> {
    let group = |one: &Mention, text: &str| {
        let key = place_key(gazetteer, one).unwrap_or_else(|| wording.key(text));
        by_key.get(&(key, one.kind)).copied()
    };
    let mut pairs = Vec::new();
    for pair in found.windows(2) {
        let [long, short] = pair else { continue };
        let same = long.field == short.field && long.kind == entity::ORG && short.kind == entity::ORG;
        let Some(field) = document.fields.get(long.field).filter(|_| same) else { continue };
        let behind = field.text.get(short.end..).unwrap_or("");
        if field.slice(long.end, short.start) != " (" || !behind.starts_with(')') {
            continue;
        }
        let (full, initials) = (field.slice(long.start, long.end), field.slice(short.start, short.end));
        if stands_for(initials, full)
            && let (Some(short), Some(long)) = (group(short, initials), group(long, full))
        {
            pairs.push((short, long));
        }
    }
    pairs
}

/// Whether the letters of a short form occur in the name in order, with the same first letter: `AfDB`.
fn stands_for(initials: &str, full: &str) -> bool {
    let letters = |text: &str| -> Vec<char> {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let (short, long) = (letters(initials), letters(full));
    let mut rest = long.iter();
    let capitals = initials.chars().filter(|c| c.is_uppercase()).count();
    short.len() >= 2
        && capitals >= 2
        && short.len() < long.len()
        && short.first() == long.first()
        && short.iter().all(|letter| rest.any(|one| one == letter))
}

/// Groups by the words of their keys.
struct ByWord<'k> {
    lists: HashMap<(&'static str, &'k str), Vec<usize>>,
}

impl<'k> ByWord<'k> {
    /// Persons and organisations.
    fn new(groups: &'k [(String, Cluster<'_>)], budget: &Budget) -> Self {
        let mut lists: HashMap<_, Vec<usize>> = HashMap::new();
        for (at, (key, group)) in groups.iter().enumerate() {
            if matches!(group.kind, entity::PERSON | entity::ORG) {
                budget.count(key.len());
                for word in key.split(' ') {
                    let list = lists.entry((group.kind, word)).or_default();
                    if list.last() != Some(&at) {
                        list.push(at);
                    }
                }
            }
        }
        ByWord { lists }
    }

    /// The groups that have the rarest word of `key`, in the order of the text: those that have all words are among them. None
    /// if they are more than [`FULLER`].
    fn with_all_of(&self, kind: &'static str, key: &'k str) -> &[usize] {
        let lists = key.split(' ').map(|word| self.lists.get(&(kind, word)).map_or(&[][..], Vec::as_slice));
        lists.min_by_key(|list| list.len()).filter(|list| list.len() <= FULLER).unwrap_or(&[])
    }
}

/// For every group, the other group that it is merged into, if any.
fn merge(groups: &[(String, Cluster<'_>)], bracketed: &[(usize, usize)], budget: &Budget) -> Vec<Option<usize>> {
    let mut into: Vec<Option<usize>> = vec![None; groups.len()];
    let by_word = ByWord::new(groups, budget);
    let initials: HashMap<String, usize> = groups
        .iter()
        .enumerate()
        .filter(|(_, (key, group))| group.kind == entity::ORG && key.contains(' '))
        .map(|(at, (key, _))| {
            let letters = key.split(' ').filter(|word| !matches!(*word, "of" | "the" | "and" | "for" | "on" | "in"));
            (letters.filter_map(|word| word.chars().next()).collect::<String>(), at)
        })
        .collect();
    for (at, (key, group)) in groups.iter().enumerate() {
        let first_mention = |other: usize| groups.get(other).and_then(|(_, group)| group.mentions.first());
        let target = match group.kind {
            // A surname, a first name or two of three words belong to the one fuller name that has them.
            entity::PERSON => {
                let fuller = |other: &&usize| {
                    budget.take(key.len()) && groups.get(**other).is_some_and(|(longer, _)| part(key, longer))
                };
                let fuller: Vec<usize> = by_word.with_all_of(group.kind, key).iter().filter(fuller).copied().collect();
                // Of two fuller names, the one mentioned last before it.
                let start = first_mention(at).map(|one| (one.field, one.start));
                let before = |other: &usize| first_mention(*other).map(|one| (one.field, one.start)) < start;
                fuller.iter().copied().rfind(before).or_else(|| fuller.first().copied().filter(|_| fuller.len() == 1))
            }
            entity::ORG if !key.contains(' ') => {
                initials.get(key.as_str()).copied().filter(|_| key.chars().count() >= 2).or_else(|| {
                    // `Boeing` in a text with `Boeing Co`: the beginning of exactly one longer name.
                    let fuller = |other: &&usize| {
                        budget.take(1)
                            && groups.get(**other).is_some_and(|(longer, _)| {
                                longer.strip_prefix(key.as_str()).is_some_and(|rest| rest.starts_with(' '))
                            })
                    };
                    let mut fuller = by_word.with_all_of(group.kind, key).iter().filter(fuller).copied();
                    fuller.next().filter(|_| fuller.next().is_none())
                })
            }
            _ => None,
        };
        if let (Some(target), Some(slot)) = (target.filter(|target| *target != at), into.get_mut(at)) {
            *slot = Some(target);
        }
    }
    for (short, long) in bracketed {
        if let Some(slot) = into.get_mut(*short).filter(|_| short != long) {
            *slot = Some(*long);
        }
    }
    follow_chains(&mut into, budget);
    into
}

/// Follows each chain to its end.
fn follow_chains(into: &mut [Option<usize>], budget: &Budget) {
    for at in 0..into.len() {
        let mut target = into.get(at).copied().flatten();
        let mut steps = 0;
        while let Some(next) = target.and_then(|one| into.get(one).copied().flatten()) {
            steps += 1;
            budget.count(1);
            if steps > CHAIN || next == at {
                break;
            }
            target = Some(next);
        }
        if let Some(slot) = into.get_mut(at) {
            *slot = target.filter(|target| *target != at);
        }
    }
}

/// Whether `short` is a part of the person's name `long`: its words in order, fewer, and its last word is the surname
/// or its only word the first name.
fn part(short: &str, long: &str) -> bool {
    let words: Vec<&str> = long.split(' ').collect();
    let parts: Vec<&str> = short.split(' ').collect();
    if parts.len() >= words.len() {
        return false;
    }
    let mut rest = words.iter();
    let inside = parts.iter().all(|part| rest.any(|word| word == part));
    let (first, last) = (words.first() == parts.first(), words.last() == parts.last());
    inside && (last || (first && parts.len() == 1) || (first && words.len() > 2))
}

/// The canonical name: in English for countries, known organisations and leaders that of the gazetteer, else of the
/// mentions the one that [`Wording::is_better`] prefers.
fn name(document: &Document<'_>, gazetteer: &Gazetteer, cluster: &Cluster<'_>, wording: Wording<'_>) -> String {
    if let Some(sense) = cluster.sense.and_then(|sense| gazetteer.sense(sense)).filter(|_| wording == Wording::English)
    {
        match sense.kind {
            Kind::Name => {
                let whole = sense.countries.first().filter(|_| sense.countries.len() == 1);
                if let Some(country) = whole.and_then(|code| gazetteer.country(*code))
                    && country.geonames_id == sense.id.to_string()
                    && cluster.kind == entity::GPE
                {
                    return country.name.clone();
                }
            }
            Kind::Organisation | Kind::Leader => {
                if let Some(canonical) = sense.detail.split('|').nth(2) {
                    return canonical.to_owned();
                }
            }
            _ => {}
        }
    }
    let mut best = "";
    for one in &cluster.mentions {
        let text = document.fields.get(one.field).map_or("", |field| field.slice(one.start, one.end));
        // A form in capitals comes from a headline and is used only if there is no other.
        let better = wording.is_better(text, best)
            || (is_in_capitals(best) && !is_in_capitals(text) && name_key(best) == name_key(text));
        if better && !(is_in_capitals(text) && text.contains(' ') && !best.is_empty()) {
            best = text;
        }
    }
    best.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_in_capitals(text: &str) -> bool {
    text.chars().filter(|c| c.is_alphabetic()).count() > 1 && !text.chars().any(char::is_lowercase)
}

/// Marks persons whose name is one or two edits from another's with the same role, and who are mentioned less.
fn aliases(clusters: &mut [Cluster<'_>], budget: &Budget) {
    let persons = clusters.iter().enumerate().filter(|(_, one)| one.kind == entity::PERSON);
    let persons: Vec<Person<'_>> = persons.map(|(at, one)| Person::new(at, one)).collect();
    let mut by_role: BTreeMap<&str, Vec<&Person<'_>>> = BTreeMap::new();
    for person in &persons {
        for role in &person.roles {
            let all = by_role.entry(role).or_default();
            if all.len() < COMPARED {
                all.push(person);
            }
        }
    }
    // The misspelt name and the other.
    let mut marked: Vec<(usize, usize)> = Vec::new();
    for persons in by_role.values() {
        for (number, a) in persons.iter().enumerate() {
            for b in persons.iter().skip(number + 1) {
                if budget.take(1) && a.is_nearly(b, budget) {
                    // The one with fewer mentions, then with less confidence, then the later one.
                    marked.push(if a.weight < b.weight { (a.at, b.at) } else { (b.at, a.at) });
                }
            }
        }
    }
    for (at, other) in marked {
        let name = clusters.get(other).map(|other| other.name.clone());
        if let Some(cluster) = clusters.get_mut(at).filter(|cluster| cluster.alias_of.is_none()) {
            cluster.alias_of = name;
        }
    }
}

/// What of a person's cluster is compared with others.
struct Person<'c> {
    at: usize,
    key: String,
    letters: usize,
    roles: BTreeSet<&'c str>,
    /// Mentions and confidence.
    weight: (usize, f64),
}

impl<'c> Person<'c> {
    fn new(at: usize, cluster: &Cluster<'c>) -> Self {
        let key = name_key(&cluster.name);
        let roles = cluster.mentions.iter().map(|one| one.role.as_str()).filter(|role| !role.is_empty()).collect();
        let letters = key.chars().count();
        Person { at, key, letters, roles, weight: (cluster.mentions.len(), cluster.confidence) }
    }

    /// Whether the names differ by one or two edits.
    fn is_nearly(&self, other: &Self, budget: &Budget) -> bool {
        let least = self.letters.min(other.letters);
        let most = self.letters.max(other.letters);
        if least < 4 || most > SPELT || most - least > 2 || !budget.take(least * most) {
            return false;
        }
        let edits = strsim::levenshtein(&self.key, &other.key);
        let allowed = if least >= 8 { 2 } else { 1 + usize::from(first_letters(&self.key, &other.key) >= 1) };
        (1..=allowed).contains(&edits)
    }
}

fn first_letters(a: &str, b: &str) -> usize {
    a.chars().zip(b.chars()).take_while(|(x, y)| x == y).count()
}
