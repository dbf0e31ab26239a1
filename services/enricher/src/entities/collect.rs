//! Mentions of named things, from the tagger, the gazetteer and rules that combine them.

use super::{mention::Mention, names, wording::Wording};
use crate::{
    countries::Place,
    document::{Document, Field},
    gazetteer::{Code, Kind, words::Separator},
};
use proto::vocab::entity;
use std::collections::{HashMap, HashSet};
use tagger::{Label, Span};

/// What follows the name of a place or people and makes an organisation of both.
static AGENCIES: &str = include_str!("../../data/sources/words/agencies.txt");

/// The mentions of a document in the order of the text, without overlap.
#[must_use]
pub fn collect(
    document: &Document<'_>,
    spans: &[Span],
    places: &[Place],
    own: &[&str],
    wording: Wording<'_>,
) -> Vec<Mention> {
    let mut found: Vec<Mention> = Vec::new();
    let by_start: HashMap<(usize, usize), &Place> =
        places.iter().filter(|one| one.confidence >= 0.5).map(|place| ((place.field, place.start), place)).collect();
    let persons = persons(document, spans);
    for span in spans {
        let Some(field) = document.fields.get(span.field) else { continue };
        if span.start < field.from && span.field == 2 {
            continue;
        }
        let (start, end) = wording.bare(field.text, span.start, span.end);
        let mut starts = std::iter::once(start).chain(wording.clitics().iter().map(|off| start + off));
        let place =
            starts.find_map(|start| by_start.get(&(span.field, start)).filter(|place| place.end >= end).copied());
        let start = place.map_or(start, |place| place.start);
        let text = field.slice(start, end);
        if text.is_empty() || own.contains(&text) {
            continue;
        }
        let (start, end, kind) = match span.label {
            Label::Person => {
                let (start, end) = names::without_titles(field.text, start, end);
                (start, end, entity::PERSON)
            }
            // In a text about Paris Whitfield, `Paris said` means the person.
            Label::Loc | Label::Org if place.is_none() && persons.contains(text) => (start, end, entity::PERSON),
            Label::Org => (start, end, entity::ORG),
            Label::Loc => (start, end, if place.is_some() { entity::GPE } else { entity::LOC }),
            Label::Norp => (start, end, entity::NORP),
            Label::Misc => {
                let last = text.rsplit(char::is_whitespace).next().unwrap_or("").to_lowercase();
                if place.is_some_and(|place| place.kind == Kind::Demonym) {
                    (start, end, entity::NORP)
                } else if names::is_event_head(&last) {
                    (start, end, entity::EVENT)
                } else {
                    continue;
                }
            }
        };
        // For countries and peoples the gazetteer is more reliable than the tagger.
        let (kind, end) = match place {
            Some(place) if place.end >= end && kind != entity::PERSON => match place.kind {
                Kind::Demonym => (entity::NORP, place.end),
                Kind::Organisation => (entity::ORG, place.end),
                Kind::Name => (entity::GPE, place.end),
                _ => (kind, end),
            },
            _ => (kind, end),
        };
        // A person or an organisation has no id of a place.
        let place = place.filter(|place| fits(kind, place.kind));
        let sense = place.and_then(|place| place.sense);
        found.push(Mention {
            field: span.field,
            start,
            end,
            kind,
            confidence: f64::from(span.confidence),
            role: String::new(),
            sense,
            country: place.and_then(country),
        });
    }
    let tagged = found.len();
    for place in places {
        // The tagger's mentions are sorted and do not overlap.
        let spans = found.get(..tagged).unwrap_or(&[]);
        let after = spans.partition_point(|one| (one.field, one.end) <= (place.field, place.start));
        let taken = spans.get(after).is_some_and(|one| one.field == place.field && one.start < place.end);
        if place.confidence < 0.5 || taken {
            continue;
        }
        let kind = match place.kind {
            Kind::Demonym => entity::NORP,
            Kind::Organisation => entity::ORG,
            Kind::Leader => entity::PERSON,
            Kind::Abbreviation => continue,
            _ => entity::GPE,
        };
        found.push(Mention {
            field: place.field,
            start: place.start,
            end: place.end,
            kind,
            confidence: place.confidence * 0.9,
            role: String::new(),
            sense: place.sense,
            country: country(place),
        });
    }
    for (index, field) in document.fields.iter().enumerate() {
        titled(field, index, &mut found);
    }
    found.sort_by_key(|one| (one.field, one.start, std::cmp::Reverse(one.end)));
    for at in 0..found.len() {
        let Some(one) = found.get(at).cloned() else { continue };
        let Some(field) = document.fields.get(one.field) else { continue };
        let extended = extended(field, &one);
        if let Some(slot) = found.get_mut(at) {
            slot.role = role(field, one.start);
            if let Some(end) = extended {
                (slot.end, slot.kind, slot.sense, slot.confidence) = (end, entity::ORG, None, slot.confidence.max(0.8));
            }
        }
    }
    // Remove overlaps: mentions within an extended one, and mentions that both sources found.
    let mut last: Option<(usize, usize)> = None;
    found.retain(|one| {
        let free = last.is_none_or(|(field, end)| field != one.field || one.start >= end);
        if free {
            last = Some((one.field, one.end));
        }
        free && one.end > one.start
    });
    found
}

/// The country of a mention of one.
fn country(place: &Place) -> Option<Code> {
    place.countries.first().copied().filter(|_| place.countries.len() == 1)
}

/// Whether an entity of this type can have a sense of this kind.
fn fits(entity: &str, kind: Kind) -> bool {
    match kind {
        Kind::Organisation => true,
        Kind::Leader => entity == entity::PERSON,
        Kind::Demonym => entity == entity::NORP,
        _ => matches!(entity, entity::GPE | entity::LOC),
    }
}

/// First and last words of persons' names of two words and more.
fn persons<'a>(document: &Document<'a>, spans: &[Span]) -> HashSet<&'a str> {
    let names = spans.iter().filter(|span| span.label == Label::Person).filter_map(|span| {
        let field = document.fields.get(span.field)?;
        let (start, end) = names::bare(field.text, span.start, span.end);
        let (start, end) = names::without_titles(field.text, start, end);
        let mut words = field.slice(start, end).split_whitespace();
        Some([words.next()?, words.next_back()?])
    });
    names.flatten().collect()
}

/// Adds persons that the tagger missed after an unambiguous title: `President Okella said`.
fn titled(field: &Field<'_>, index: usize, found: &mut Vec<Mention>) {
    // Headlines write everything in capitals.
    if index == 0 {
        return;
    }
    let mut known: Vec<(usize, usize)> =
        found.iter().filter(|one| one.field == index).map(|one| (one.start, one.end)).collect();
    known.sort_unstable();
    for (at, pair) in field.words.windows(2).enumerate() {
        let [title, name] = pair else { continue };
        let word = field.slice(name.start, name.end);
        let fits = title.capitalised
            && name.capitalised
            && !name.address
            && name.separator == Separator::Space
            && !name.all_caps
            && word.chars().count() > 2
            && word.chars().skip(1).all(char::is_lowercase)
            && names::is_sure_title(field.slice(title.start, title.end))
            && !names::is_title(word);
        let next = field.words.get(at + 2);
        // Another capitalised word may follow in other names: `President Day Sale`.
        let ends = next
            .is_none_or(|next| !next.capitalised || !matches!(next.separator, Separator::Space | Separator::Hyphen));
        let after = known.partition_point(|(_, end)| *end <= name.start);
        let free = known.get(after).is_none_or(|(start, _)| *start >= name.end);
        if fits && ends && free {
            found.push(Mention {
                field: index,
                start: name.start,
                end: name.end,
                kind: entity::PERSON,
                confidence: 0.5,
                role: String::new(),
                sense: None,
                country: None,
            });
        }
    }
}

/// End of a news agency's name that begins with the mention: `Ruritanian news agency`.
fn extended(field: &Field<'_>, one: &Mention) -> Option<usize> {
    if !matches!(one.kind, entity::GPE | entity::NORP | entity::ORG | entity::LOC) {
        return None;
    }
    let rest = field.text.get(one.end..)?;
    AGENCIES.lines().filter(|line| !line.starts_with("# ")).find_map(|head| {
        let tail = rest.strip_prefix(' ')?.strip_prefix(head)?;
        tail.chars().next().is_none_or(|c| !c.is_alphanumeric()).then_some(one.end + 1 + head.len())
    })
}

/// The role before a name: the titles right before it and a capitalised word before those.
fn role(field: &Field<'_>, start: usize) -> String {
    let before = field.text.get(..start).unwrap_or("");
    let from =
        (before.len().saturating_sub(80)..before.len()).find(|at| before.is_char_boundary(*at)).unwrap_or(before.len());
    let window = before.get(from..).unwrap_or("");
    if !window.ends_with(' ') {
        return String::new();
    }
    let mut role: Vec<String> = Vec::new();
    for word in window.split_whitespace().rev().take(5) {
        if names::is_title(word) && !word.eq_ignore_ascii_case("the") {
            role.push(word.to_lowercase());
        } else {
            if !role.is_empty()
                && word.chars().next().is_some_and(char::is_uppercase)
                && word.chars().all(char::is_alphanumeric)
            {
                role.push(word.to_lowercase());
            }
            break;
        }
    }
    role.reverse();
    role.join(" ")
}
