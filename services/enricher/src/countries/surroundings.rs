//! Rules about the words next to a candidate.

use super::{
    candidate::{Candidate, Reading},
    word_lists::word_lists,
};
use crate::{document::Document, gazetteer::words::Separator};

/// Whether the candidate's words are a person's: by the tagger, or because they are one elsewhere in the document and no
/// preposition of place stands before them. `known`: it names a country or a large city, as few persons are named.
pub(super) fn is_person(document: &Document<'_>, candidate: &Candidate, known: Known) -> bool {
    if candidate.reading.is_person() {
        // A name of several words is hardly a person's: `Costa Rica`, `St. Lucia`.
        let place = candidate.end > candidate.start + 1
            || match known {
                Known::Country => !is_persons_name(document, candidate) || is_inside(document, candidate),
                Known::City => is_inside(document, candidate) && !candidate.person_elsewhere,
                Known::Little => false,
            };
        return !(place && matches!(candidate.reading, Reading::Whole(_)));
    }
    candidate.person_elsewhere && !after_place_preposition(document, candidate)
}

/// How well known the place is that a name may mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// A country.
    Country,
    /// A large city.
    City,
    /// Neither.
    Little,
}

/// `Jordan`, `Chad`: a country's name that is also a given name or a surname.
fn is_persons_name(document: &Document<'_>, candidate: &Candidate) -> bool {
    let word = document.fields.get(candidate.field).and_then(|field| field.words.get(candidate.start));
    word.is_some_and(|word| word_lists().person_or_country.contains(&word.hash))
}

/// `in Jordan`, `across Chad`: one is not in a person.
fn is_inside(document: &Document<'_>, candidate: &Candidate) -> bool {
    let Some(field) = document.fields.get(candidate.field) else { return false };
    let before = candidate.start.checked_sub(1).and_then(|at| field.words.get(at));
    before
        .is_some_and(|word| matches!(field.slice(word.start, word.end), "in" | "In" | "IN" | "at" | "across" | "near"))
}

fn after_place_preposition(document: &Document<'_>, candidate: &Candidate) -> bool {
    let Some(field) = document.fields.get(candidate.field) else { return false };
    let before = candidate.start.checked_sub(1).and_then(|at| field.words.get(at));
    before.is_some_and(|word| word_lists().place_preposition.contains(&word.hash))
}

/// `the Baltic,`: no city has an article, unless its name is an adjective (`the Boston mayor`).
pub(super) fn has_article(document: &Document<'_>, candidate: &Candidate) -> bool {
    let Some(field) = document.fields.get(candidate.field) else { return false };
    let Some(before) = candidate.start.checked_sub(1).and_then(|at| field.words.get(at)) else { return false };
    let close = field.words.get(candidate.start).is_some_and(|word| word.separator == Separator::Space);
    let next = field.words.get(candidate.end);
    close
        && field.slice(before.start, before.end) == "the"
        && next
            .is_none_or(|next| !matches!(next.separator, Separator::Space | Separator::Hyphen | Separator::Apostrophe))
}

/// `Georgia's governor`, `Georgia Gov.`: an office that a US state has and a country does not.
pub(super) fn has_state_office(document: &Document<'_>, candidate: &Candidate) -> bool {
    let Some(field) = document.fields.get(candidate.field) else { return false };
    let word = |at: usize| field.words.get(at);
    let possessive =
        word(candidate.end).is_some_and(|word| word.separator == Separator::Apostrophe && word.end - word.start == 1);
    let next = word(if possessive { candidate.end + 1 } else { candidate.end });
    next.is_some_and(|word| word.separator == Separator::Space && word_lists().state_office_after.contains(&word.hash))
}
