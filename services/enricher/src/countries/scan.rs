//! The gazetteer's phrases in a text, and which of them are not mentions.

use super::{
    candidate::{Candidate, Reading},
    enclosing::{exclude_businesses, exclude_metaphors, is_american_indian, is_borrowed, names_tribe, owner},
    exclusions::{is_emirates_airline, is_part_of_other_name, is_saint_or_church, is_trade_company},
    language_names::exclude_language_names,
    letter_case::{LetterCase, Topic, dateline_end, keep_lower, letter_case, read_upper},
    misspelt_leaders::misspelt_leaders,
    persons::person_words,
    word_lists::word_lists,
};
use crate::{
    document::{Document, Field},
    gazetteer::{Gazetteer, Kind, words},
};
use tagger::{Label, Span};

/// Most candidates of a document.
const CANDIDATES: usize = 10_000;

/// The candidates of a document in the order of the text, then misspelt leaders. Repeated fields are skipped. `spans` are
/// the tagger's names, `own` the publisher's names.
#[must_use]
pub fn scan(document: &Document<'_>, gazetteer: &Gazetteer, spans: &[Span], own: &[&str]) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    let person_words = person_words(document, spans);
    let aviation =
        document.fields.iter().flat_map(|field| &field.words).any(|word| word_lists().aviation.contains(&word.hash));
    let topic = Topic::of(&document.fields);
    let tribes = names_tribe(&document.fields);
    for (index, field) in document.fields.iter().enumerate() {
        let case = letter_case(field);
        let dateline = if index == 0 || case != LetterCase::Usual { 0 } else { dateline_end(field) };
        let from = spans.partition_point(|span| span.field < index);
        let to = spans.partition_point(|span| span.field <= index);
        let spans = spans.get(from..to).unwrap_or(&[]);
        let first = candidates.len();
        let mut at = 0;
        while at < field.words.len() {
            let Some(word) = field.words.get(at) else { break };
            if word.address || word.start < field.from {
                at += 1;
                continue;
            }
            if candidates.len() >= CANDIDATES || !document.budget.take(1) {
                document.budget.cut();
                break;
            }
            let Some(hit) = gazetteer.longest(&field.words, at, case == LetterCase::Lower) else {
                at += 1;
                continue;
            };
            at = hit.end;
            let around = own.iter().map(|name| 2 * name.len()).sum::<usize>();
            document.budget.count(hit.senses.len() + around);
            let in_dateline = field.words.get(hit.end - 1).is_some_and(|word| word.end <= dateline);
            let reading =
                if in_dateline { Reading::Whole(Label::Loc) } else { reading(field, hit.start, hit.end, spans) };
            // `Mr Modi`: a leader's surname alone.
            let surname_alone = hit
                .senses
                .iter()
                .filter_map(|sense| gazetteer.sense(*sense))
                .any(|sense| sense.kind == Kind::Leader && sense.common);
            // `St. Lucia and St. Kitts`.
            let country =
                hit.senses.iter().filter_map(|sense| gazetteer.sense(*sense)).any(|sense| sense.kind == Kind::Name);
            let own_name = own.iter().any(|name| covers(field, hit.start, hit.end, name));
            let excluded = own_name
                || is_part_of_other_name(field, hit.start, hit.end, &hit.senses, gazetteer)
                || is_trade_company(field, hit.end, reading)
                || is_borrowed(field, hit.start, hit.end, &hit.senses, gazetteer)
                || is_american_indian(field, hit.start, hit.end, tribes)
                || !country && is_saint_or_church(field, hit.start, hit.end)
                || aviation && is_emirates_airline(field, hit.start, hit.end);
            let mut candidate = Candidate {
                field: index,
                start: hit.start,
                end: hit.end,
                senses: hit.senses,
                person_elsewhere: person_words.contains(&field.words.get(hit.end - 1).unwrap_or(word).hash)
                    && (hit.end == hit.start + 1 || surname_alone)
                    && !in_dateline,
                owner: owner(field, hit.start, hit.end, spans, reading, gazetteer),
                reading,
                in_dateline,
                in_capitals: false,
                excluded,
            };
            if case == LetterCase::Upper {
                read_upper(field, &mut candidate, gazetteer);
            }
            candidates.push(candidate);
        }
        if case == LetterCase::Lower {
            keep_lower(field, &mut candidates, first, gazetteer, topic);
        }
        exclude_metaphors(field, candidates.get_mut(first..).unwrap_or(&mut []), gazetteer);
        exclude_language_names(field, candidates.get_mut(first..).unwrap_or(&mut []), gazetteer, &document.budget);
    }
    exclude_businesses(&document.fields, &mut candidates);
    candidates.extend(misspelt_leaders(document, gazetteer, spans, &candidates));
    candidates
}

/// Whether the phrase is part of an occurrence of `name`.
fn covers(field: &Field<'_>, start: usize, end: usize, name: &str) -> bool {
    let (Some(first), Some(last)) = (field.words.get(start), field.words.get(end.saturating_sub(1))) else {
        return false;
    };
    if name.len() <= last.end - first.start {
        return false;
    }
    let from = first.start.saturating_sub(name.len());
    let from = (from..=first.start).find(|at| field.text.is_char_boundary(*at)).unwrap_or(first.start);
    let to = (last.end + name.len()).min(field.text.len());
    let to = (last.end..=to).rev().find(|at| field.text.is_char_boundary(*at)).unwrap_or(last.end);
    let around = field.slice(from, to);
    around.match_indices(name).any(|(at, _)| from + at <= first.start && from + at + name.len() >= last.end)
}

fn reading(field: &Field<'_>, start: usize, end: usize, spans: &[Span]) -> Reading {
    let (Some(first), Some(last)) = (field.words.get(start), field.words.get(end.saturating_sub(1))) else {
        return Reading::Untagged;
    };
    let from = spans.partition_point(|span| span.end <= first.start);
    let Some(span) = spans.get(from).filter(|span| span.start < last.end) else { return Reading::Untagged };
    // `the` before and a full stop after it (`U.S.`) do not make a longer name.
    let before = field.slice(span.start, first.start.max(span.start));
    let behind = field.slice(last.end.min(span.end), span.end);
    // `Lagos-Ibadan` is one token.
    let hyphened = before.ends_with('-') || behind.starts_with('-');
    // `eastern Congo` is part of Congo.
    let mut words = before.split([' ', '-']).filter(|word| !word.is_empty() && !word.eq_ignore_ascii_case("the"));
    let part = span.label == Label::Loc
        && before.starts_with(char::is_lowercase)
        && words.all(|word| word_lists().part_before.contains(&words::hash(word)));
    let head =
        part || before.is_empty() || before.trim().eq_ignore_ascii_case("the") || hyphened && !before.contains(' ');
    let tail = behind.chars().all(|c| !c.is_alphanumeric()) || hyphened && !behind.contains(' ');
    match (head, tail) {
        (true, true) if hyphened && span.label != Label::Loc => Reading::Untagged,
        (true, true) => Reading::Whole(span.label),
        (true, false) => Reading::Head(span.label),
        _ => Reading::Inner(span.label),
    }
}
