//! Rules about the words next to a candidate.

use super::{
    candidate::{Candidate, Reading},
    word_lists::word_lists,
};
use crate::{document::Document, gazetteer::words::Separator};

/// Whether the candidate's words are a person's: by the tagger, or because they are one elsewhere in the document and no
/// preposition of place stands before them.
pub(super) fn is_person(document: &Document<'_>, candidate: &Candidate) -> bool {
    if candidate.reading.is_person() {
        // A name of several words is hardly a person's: `Costa Rica`, `St. Lucia`.
        return !(candidate.end > candidate.start + 1 && matches!(candidate.reading, Reading::Whole(_)));
    }
    candidate.person_elsewhere && !after_place_preposition(document, candidate)
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
