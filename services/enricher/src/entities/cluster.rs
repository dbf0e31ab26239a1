//! Groups mentions of one thing.

use super::mention::Mention;
use crate::{
    document::Document,
    fold::name_key,
    gazetteer::{Gazetteer, Kind},
};
use proto::vocab::entity;
use std::collections::{BTreeMap, HashMap};

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
    /// True if its name is probably a misspelling of another cluster's; the two are not merged.
    pub alias: bool,
}

/// Groups mentions with equal names; parts of a person's name with the full name; initials of an organisation with its
/// name; and different names of one place.
#[must_use]
pub fn cluster<'f>(document: &Document<'_>, gazetteer: &Gazetteer, found: &'f [Mention]) -> Vec<Cluster<'f>> {
    // First, mentions with equal keys and types are grouped, in the order of the first mention.
    let mut groups: Vec<(String, Cluster<'f>)> = Vec::new();
    let mut by_key: HashMap<(String, &'static str), usize> = HashMap::new();
    for one in found {
        let Some(field) = document.fields.get(one.field) else { continue };
        let text = field.slice(one.start, one.end);
        // A country is one group under all of its names.
        let key = place_key(gazetteer, one).unwrap_or_else(|| name_key(text));
        if key.is_empty() {
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
                    alias: false,
                },
            ));
            groups.len() - 1
        });
        if let Some((_, group)) = groups.get_mut(at) {
            group.mentions.push(one);
            group.sense = group.sense.or(one.sense);
        }
    }
    let merged = merge(&mut groups, &bracketed(document, found, &by_key, gazetteer));
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
        }
        cluster.mentions.sort_by_key(|one| (one.field, one.start));
        cluster.confidence = cluster.mentions.iter().map(|one| one.confidence).fold(0.0, f64::max);
        cluster.name = name(document, gazetteer, &cluster);
        clusters.push(cluster);
    }
    aliases(&mut clusters);
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
) -> Vec<(usize, usize)> {
    let group = |one: &Mention, text: &str| {
        let key = place_key(gazetteer, one).unwrap_or_else(|| name_key(text));
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

/// For every group, the other group that it is merged into, if any.
fn merge(groups: &mut [(String, Cluster<'_>)], bracketed: &[(usize, usize)]) -> Vec<Option<usize>> {
    let mut into: Vec<Option<usize>> = vec![None; groups.len()];
    // Persons and organisations by their words.
    let mut by_word: BTreeMap<(&'static str, &str), Vec<usize>> = BTreeMap::new();
    for (at, (key, group)) in groups.iter().enumerate() {
        if matches!(group.kind, entity::PERSON | entity::ORG) {
            for word in key.split(' ') {
                by_word.entry((group.kind, word)).or_default().push(at);
            }
        }
    }
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
        let Some(first) = key.split(' ').next() else { continue };
        let target = match group.kind {
            // A surname, a first name or two of three words belong to the one fuller name that has them.
            entity::PERSON => {
                let fuller: Vec<usize> = by_word
                    .get(&(group.kind, first))
                    .into_iter()
                    .flatten()
                    .copied()
                    .filter(|other| groups.get(*other).is_some_and(|(longer, _)| part(key, longer)))
                    .collect();
                // Of two fuller names, the one mentioned last before it.
                let start = group.mentions.first().map(|one| (one.field, one.start));
                fuller
                    .iter()
                    .copied()
                    .rfind(|other| {
                        groups
                            .get(*other)
                            .and_then(|(_, group)| group.mentions.first())
                            .map(|one| (one.field, one.start))
                            < start
                    })
                    .or_else(|| fuller.first().copied().filter(|_| fuller.len() == 1))
            }
            entity::ORG if !key.contains(' ') => {
                initials.get(key.as_str()).copied().filter(|_| key.chars().count() >= 2).or_else(|| {
                    // `Boeing` in a text with `Boeing Co`: the beginning of exactly one longer name.
                    let fuller: Vec<usize> = by_word
                        .get(&(group.kind, first))
                        .into_iter()
                        .flatten()
                        .copied()
                        .filter(|other| {
                            groups.get(*other).is_some_and(|(longer, _)| {
                                longer.strip_prefix(key.as_str()).is_some_and(|rest| rest.starts_with(' '))
                            })
                        })
                        .collect();
                    fuller.first().copied().filter(|_| fuller.len() == 1)
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
    // Follow each chain to its end.
    for at in 0..into.len() {
        let mut target = into.get(at).copied().flatten();
        let mut steps = 0;
        while let Some(next) = target.and_then(|one| into.get(one).copied().flatten()) {
            steps += 1;
            if steps > into.len() || next == at {
                break;
            }
            target = Some(next);
        }
        if let Some(slot) = into.get_mut(at) {
            *slot = target.filter(|target| *target != at);
        }
    }
    into
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

/// The canonical name: for countries, known organisations and leaders that of the gazetteer, else the longest mention,
/// the first among equals.
fn name(document: &Document<'_>, gazetteer: &Gazetteer, cluster: &Cluster<'_>) -> String {
    if let Some(sense) = cluster.sense.and_then(|sense| gazetteer.sense(sense)) {
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
        let better = text.chars().count() > best.chars().count()
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
fn aliases(clusters: &mut [Cluster<'_>]) {
    let person: Vec<usize> =
        (0..clusters.len()).filter(|at| clusters.get(*at).is_some_and(|one| one.kind == entity::PERSON)).collect();
    // The comparison is quadratic, so the number of persons is bounded.
    const LIMIT: usize = 300;
    let mut marked: Vec<usize> = Vec::new();
    for (number, left) in person.iter().take(LIMIT).enumerate() {
        for right in person.iter().take(LIMIT).skip(number + 1) {
            let (Some(a), Some(b)) = (clusters.get(*left), clusters.get(*right)) else { continue };
            let (a_key, b_key) = (name_key(&a.name), name_key(&b.name));
            let edits = strsim::levenshtein(&a_key, &b_key);
            let close = edits > 0
                && edits
                    <= if a_key.chars().count().min(b_key.chars().count()) >= 8 {
                        2
                    } else {
                        1 + usize::from(first_letters(&a_key, &b_key) >= 1)
                    };
            if !close || a_key.chars().count().min(b_key.chars().count()) < 4 {
                continue;
            }
            let same_role = a
                .mentions
                .iter()
                .any(|one| !one.role.is_empty() && b.mentions.iter().any(|other| other.role == one.role));
            if same_role {
                // The one with fewer mentions, then with less confidence, then the later one.
                let less = (a.mentions.len(), a.confidence) < (b.mentions.len(), b.confidence);
                marked.push(if less { *left } else { *right });
            }
        }
    }
    for at in marked {
        if let Some(cluster) = clusters.get_mut(at) {
            cluster.alias = true;
        }
    }
}

fn first_letters(a: &str, b: &str) -> usize {
    a.chars().zip(b.chars()).take_while(|(x, y)| x == y).count()
}
