//! Phrases of the gazetteer in a text, with what speaks against each.

use super::{
    barred::{airline, barred, saint, trade},
    lists,
    misspelt::misspelt,
    persons::personal,
};
use crate::{
    document::{Document, Field},
    gazetteer::{Gazetteer, Kind, words::Gap},
};
use tagger::{Label, Span};

/// What the tagger says of a phrase.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reading {
    /// Nothing, or the tagger did not run.
    Untagged,
    /// It is a name of this type, whole.
    Whole(Label),
    /// It is the beginning of a longer name.
    Head(Label),
    /// It is the end or the middle of a longer name.
    Inner(Label),
}

/// A phrase that may be a mention.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Index of the field.
    pub field: usize,
    /// Words `start..end` of the field.
    pub start: usize,
    /// One past its last word.
    pub end: usize,
    /// Indices of its senses in the gazetteer.
    pub senses: Vec<usize>,
    /// The tagger's word on it.
    pub reading: Reading,
    /// Its word is part of a person's longer name somewhere in the document.
    pub personal: bool,
    /// It is surely no mention of a place: a sea, a disease, a street, a company.
    pub barred: bool,
}

/// The candidates of a document in the order of the text, those of the fields' copies left out.
#[must_use]
pub fn scan(document: &Document<'_>, gazetteer: &Gazetteer, spans: &[Span], own: &[&str]) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    let personal = personal(document, spans);
    let flying =
        document.fields.iter().flat_map(|field| &field.words).any(|word| lists().aviation.contains(&word.hash));
    for (index, field) in document.fields.iter().enumerate() {
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
            let Some(hit) = gazetteer.longest(&field.words, at) else {
                at += 1;
                continue;
            };
            at = hit.end;
            let reading = reading(field, hit.start, hit.end, spans);
            // `Mr Modi`: whose surname it is decides.
            let shy = hit
                .senses
                .iter()
                .filter_map(|sense| gazetteer.sense(*sense))
                .any(|sense| sense.kind == Kind::Leader && sense.common);
            // `St. Lucia and St. Kitts`.
            let country =
                hit.senses.iter().filter_map(|sense| gazetteer.sense(*sense)).any(|sense| sense.kind == Kind::Name);
            let own_name = own.iter().any(|name| covers(field, hit.start, hit.end, name));
            let barred = own_name
                || barred(field, hit.start, hit.end, &hit.senses, gazetteer)
                || trade(field, hit.end, reading)
                || !country && saint(field, hit.start, hit.end)
                || flying && airline(field, hit.start, hit.end);
            candidates.push(Candidate {
                field: index,
                start: hit.start,
                end: hit.end,
                senses: hit.senses,
                personal: personal.contains(&field.words.get(hit.end - 1).unwrap_or(word).hash)
                    && (hit.end == hit.start + 1 || shy),
                reading,
                barred,
            });
        }
        languages(field, candidates.get_mut(first..).unwrap_or(&mut []), gazetteer);
    }
    candidates.extend(misspelt(document, gazetteer, spans, &candidates));
    candidates
}

/// Whether the phrase stands within the publisher's own name.
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
    // `the` before and a full stop behind (`U.S.`) make no longer name.
    let before = field.slice(span.start, first.start.max(span.start));
    let behind = field.slice(last.end.min(span.end), span.end);
    // The tagger takes `Lagos-Ibadan` for one word.
    let hyphened = before.ends_with('-') || behind.starts_with('-');
    // The tagger's `eastern Congo` is Congo's.
    let mut words = before.split([' ', '-']).filter(|word| !word.is_empty() && !word.eq_ignore_ascii_case("the"));
    let part = span.label == Label::Loc
        && before.starts_with(char::is_lowercase)
        && words.all(|word| lists().part.contains(&crate::gazetteer::words::hash(word)));
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

pub(super) fn joined(field: &Field<'_>, at: usize) -> bool {
    field.words.get(at).is_some_and(|word| matches!(word.gap, Gap::Space | Gap::Hyphen | Gap::Apostrophe))
}

/// Bars demonyms that name a language: `in French`, `from Spanish into English`, `Arabic, Turkish and English`.
fn languages(field: &Field<'_>, candidates: &mut [Candidate], gazetteer: &Gazetteer) {
    let lists = lists();
    let is_language =
        |at: usize| field.words.get(at).is_some_and(|word| word.capital && lists.languages.contains(&word.hash));
    let mut barred_words: Vec<usize> = Vec::new();
    for candidate in candidates.iter_mut() {
        let demonym = candidate
            .senses
            .iter()
            .filter_map(|sense| gazetteer.sense(*sense))
            .any(|sense| sense.kind == Kind::Demonym);
        if !demonym || candidate.end != candidate.start + 1 || !is_language(candidate.start) {
            continue;
        }
        let next = field.words.get(candidate.end);
        let close = next.filter(|word| matches!(word.gap, Gap::Space | Gap::Hyphen));
        let follows = close.is_some_and(|word| lists.language_behind.contains(&word.hash));
        // Nothing that the adjective could belong to: the end, a sign, or a little word.
        let alone = close.is_none_or(|word| {
            let text = field.slice(word.start, word.end);
            lists.list.contains(&word.hash)
                || matches!(
                    text,
                    "into"
                        | "to"
                        | "but"
                        | "because"
                        | "that"
                        | "when"
                        | "as"
                        | "at"
                        | "with"
                        | "by"
                        | "for"
                        | "on"
                        | "is"
                        | "was"
                        | "so"
                        | "while"
                        | "than"
                        | "in"
                )
        });
        let mut head = candidate.start;
        // Back through a list of languages.
        while let Some(word) = field.words.get(head) {
            let Some(previous) = head.checked_sub(1) else { break };
            let before = field.words.get(previous);
            if before.is_some_and(|word| lists.list.contains(&word.hash)) {
                if let Some(other) = previous.checked_sub(1).filter(|at| is_language(*at)) {
                    head = other;
                    continue;
                }
            } else if word.gap == Gap::Comma && is_language(previous) {
                head = previous;
                continue;
            }
            break;
        }
        let lead = head.checked_sub(1).and_then(|at| field.words.get(at)).filter(|_| joined(field, head));
        let led = lead.is_some_and(|word| {
            lists.language_before.contains(&word.hash)
                || (field.slice(word.start, word.end) == "from"
                    && field
                        .words
                        .get(candidate.end)
                        .is_some_and(|word| matches!(field.slice(word.start, word.end), "into" | "to")))
        });
        if follows || (led && alone) || barred_words.contains(&head) {
            candidate.barred = true;
            barred_words.push(candidate.start);
        }
    }
}
