//! Place names that are part of another name: a sea, a disease, a street, a company, a club, a newspaper, a church.

use super::{
    candidate::{Reading, continues},
    word_lists::word_lists,
};
use crate::{
    document::Field,
    gazetteer::{
        Gazetteer, Kind,
        words::{Separator, Word},
    },
};
use tagger::Label;

/// Whether words `start..end` are part of another thing's name, by the words around them.
pub(super) fn is_part_of_other_name(
    field: &Field<'_>,
    start: usize,
    end: usize,
    senses: &[usize],
    gazetteer: &Gazetteer,
) -> bool {
    let lists = word_lists();
    let kinds = |wanted: &[Kind]| gazetteer.has_kind(senses, wanted);
    if kinds(&[Kind::NotAPlace]) {
        return true;
    }
    // `Franco` is French only in `Franco-German`.
    let prefix = senses.iter().filter_map(|sense| gazetteer.sense(*sense)).all(|sense| &*sense.detail == "prefix");
    if prefix && field.words.get(end).is_none_or(|word| word.separator != Separator::Hyphen) {
        return true;
    }
    // `Royal Bank of Canada`, whether or not `Bank of Canada` is known.
    let at = |back: usize| start.checked_sub(back).and_then(|at| field.words.get(at));
    let says = |at: Option<&Word>, text: &str| at.is_some_and(|word| field.slice(word.start, word.end) == text);
    let commerce =
        |at: Option<&Word>| at.is_some_and(|word| word.capitalised && lists.bank_before.contains(&word.hash));
    if says(at(0), "Bank") && commerce(at(1)) || says(at(1), "of") && says(at(2), "Bank") && commerce(at(3)) {
        return true;
    }
    // `Bank of Ireland`: a country's own bank is in the gazetteer, or is called central, national or reserve.
    let central =
        |at: Option<&Word>| at.is_some_and(|word| lists.public_bank.contains(field.slice(word.start, word.end)));
    if !kinds(&[Kind::Organisation]) && says(at(1), "of") && says(at(2), "Bank") && !central(at(3)) {
        return true;
    }
    if kinds(&[Kind::Organisation, Kind::Leader]) {
        return false;
    }
    // `Ebola Zaire`, `Ebola-Sudan`: species of the virus.
    if says(at(1), "Ebola") && continues(field, start) || pronoun(field, start, end) {
        return true;
    }
    let word = |at: Option<usize>| at.and_then(|at| field.words.get(at));
    let next = word(Some(end)).filter(|word| matches!(word.separator, Separator::Space | Separator::Hyphen));
    let second = word(Some(end + 1)).filter(|word| matches!(word.separator, Separator::Space | Separator::Hyphen));
    let before = word(start.checked_sub(1)).filter(|_| continues(field, start));
    let earlier = word(start.checked_sub(2)).filter(|_| continues(field, start - 1));
    if let Some(next) = next {
        let capital_or_thing = next.capitalised || !field.words.get(start).is_some_and(|word| word.all_caps);
        if capital_or_thing && lists.things_named_after.contains(&next.hash) {
            return true;
        }
        if next.capitalised && (lists.water_after.contains(&next.hash) || lists.street_after.contains(&next.hash)) {
            return true;
        }
        if next.capitalised && lists.company_after.contains(&next.hash) && !kinds(&[Kind::County]) {
            return true;
        }
        // `Crimean-Congo haemorrhagic fever`.
        if next.separator == Separator::Hyphen
            && second.is_some_and(|word| lists.things_named_after.contains(&word.hash))
        {
            return true;
        }
        let team = |word: &Word| word.capitalised && lists.team_after.contains(&word.hash);
        if !kinds(&[Kind::Demonym]) && (team(next) || next.capitalised && second.is_some_and(team)) {
            return true;
        }
        // `Boston Daily News`, but not `Iranian President`.
        if next.capitalised && second.is_some_and(|word| word.capitalised && is_newspaper(word)) {
            return true;
        }
    }
    let of = before.is_some_and(|word| field.slice(word.start, word.end) == "of");
    if of
        && earlier
            .is_some_and(|word| word.capitalised && (lists.water_before_of.contains(&word.hash) || is_newspaper(word)))
    {
        return true;
    }
    // `AS Monaco` and `Air Canada`, but not `as Monaco`, nor `the air`.
    before.is_some_and(|word| {
        let long = word.end - word.start > 2;
        (word.all_caps || long && word.capitalised) && lists.club_before.contains(&word.hash)
    }) && !kinds(&[Kind::Demonym])
}

/// `TELL US WHAT YOU THINK`: the pronoun in a line of capitals.
fn pronoun(field: &Field<'_>, start: usize, end: usize) -> bool {
    let Some(word) = field.words.get(start).filter(|_| end == start + 1) else { return false };
    let before = start.checked_sub(1).and_then(|at| field.words.get(at));
    field.slice(word.start, word.end) == "US"
        && before.is_some_and(|before| {
            before.all_caps && word.separator == Separator::Space && word_lists().before_us.contains(&before.hash)
        })
}

/// `China Mobile`, `US Steel`: a trade follows the name, and the tagger sees an organisation or the text is not a headline.
/// The tagger does not see a company in `US Steel Tariffs`.
pub(super) fn is_trade_company(field: &Field<'_>, end: usize, reading: Reading) -> bool {
    let lists = word_lists();
    let run: Vec<&Word> = (end..end + 3)
        .map_while(|at| field.words.get(at).filter(|word| word.separator == Separator::Space && word.capitalised))
        .collect();
    // The last word decides: the `Iraqi Oil Ministry` belongs to Iraq.
    let ends = run
        .last()
        .is_some_and(|word| lists.trade_after.contains(&word.hash) || lists.company_after.contains(&word.hash));
    match reading {
        Reading::Head(Label::Org) => ends,
        // Not in a headline, where everything has a capital.
        Reading::Whole(Label::Loc | Label::Norp | Label::Misc) | Reading::Head(_) | Reading::Untagged => {
            ends && field.name != proto::vocab::field::TITLE && run.len() < 3
        }
        _ => false,
    }
}

/// `Emirates` without an article. Call it only for texts about air travel.
pub(super) fn is_emirates_airline(field: &Field<'_>, start: usize, end: usize) -> bool {
    let text = |at: usize| field.words.get(at).map_or("", |word| field.slice(word.start, word.end));
    end == start + 1
        && text(start) == "Emirates"
        && !start.checked_sub(1).is_some_and(|at| matches!(text(at), "the" | "The" | "Arab" | "seven"))
}

/// `St. Paul's` (the cathedral), `St. Peter and St. Paul`, `St. John's University`: a saint, or what is named after one.
pub(super) fn is_saint_or_church(field: &Field<'_>, start: usize, end: usize) -> bool {
    let text = |at: usize| field.words.get(at).map_or("", |word| field.slice(word.start, word.end));
    let is_saint = |at: usize| matches!(text(at), "St" | "Saint" | "Sts");
    if !is_saint(start) || end < start + 2 {
        return false;
    }
    let church = |at: usize| {
        field
            .words
            .get(at)
            .is_some_and(|word| word.separator == Separator::Space && word_lists().church_after.contains(&word.hash))
    };
    let of = |at: usize| at > 1 && text(at - 1) == "of" && church(at - 2);
    // Two words further for `St. Mark's Coptic Cathedral`.
    let follows = |at: usize| {
        let possessive =
            text(at) == "s" && field.words.get(at).is_some_and(|word| word.separator == Separator::Apostrophe);
        let from = if possessive { at + 1 } else { at };
        let capitals = (from..from + 3).take_while(|at| field.words.get(*at).is_some_and(|word| word.capitalised));
        capitals.into_iter().any(church)
    };
    // For two saints, the words around both.
    let first = if start > 2 && text(start - 1) == "and" && is_saint(start - 3) { start - 3 } else { start };
    let last = if text(end) == "and" && is_saint(end + 1) { end + 3 } else { end };
    of(start) || of(first) || follows(end) || follows(last)
}

/// The last word of a newspaper's or an airline's name.
fn is_newspaper(word: &Word) -> bool {
    word_lists().newspaper.contains(&word.hash)
}
