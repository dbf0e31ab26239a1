//! Texts without capitals, texts in capitals, and datelines in capitals: in them, spelling and tagger tell little about
//! names.

use super::{
    candidate::{Candidate, Reading, continues},
    word_lists::word_lists,
};
use crate::{
    document::Field,
    gazetteer::{
        Gazetteer, Kind,
        words::{Separator, Word},
    },
};
use std::collections::HashSet;
use tagger::Label;

/// Populations from which a city is named in a text without capitals: after a preposition, and anywhere.
const KNOWN_CITY: u32 = 200_000;
const WELL_KNOWN_CITY: u32 = 1_000_000;
/// Population from which a city is one in a text in capitals.
const LARGE_CITY: u32 = 99_000;
/// Bytes at the beginning of a text in which a dateline ends.
const DATELINE: usize = 80;

/// How a field uses capitals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LetterCase {
    /// Names have capitals.
    Usual,
    /// Nothing has, or hardly anything.
    Lower,
    /// Nearly everything is in capitals.
    Upper,
}

/// How a field uses capitals.
pub(super) fn letter_case(field: &Field<'_>) -> LetterCase {
    let (mut words, mut capitalised, mut capitals, mut long) = (0_usize, 0_usize, 0_usize, 0_usize);
    for (at, word) in field.words.iter().enumerate() {
        if !field.text.get(word.start..).is_some_and(|rest| rest.starts_with(char::is_alphabetic)) || word.address {
            continue;
        }
        words += 1;
        let begins = at == 0 || matches!(word.separator, Separator::Break | Separator::Stop);
        capitalised += usize::from(word.capitalised && (!begins || word.all_caps));
        if word.end - word.start > 1 {
            long += 1;
            capitals += usize::from(word.all_caps);
        }
    }
    if capitalised * 50 <= words {
        LetterCase::Lower
    } else if long > 1 && capitals * 5 >= long * 4 {
        LetterCase::Upper
    } else {
        LetterCase::Usual
    }
}

/// End of the place of a dateline in capitals (`NEW YORK, Nov 28 (Agency) - `); 0 if the field begins with none.
pub(super) fn dateline_end(field: &Field<'_>) -> usize {
    let head = field.slice(0, field.text.floor_char_boundary(DATELINE));
    let dash = [" - ", " – ", "—", "--"].iter().filter_map(|dash| head.find(dash)).min();
    let before = dash.map_or("", |dash| field.slice(0, dash));
    let place = before.split([',', '(']).next().unwrap_or("").trim_end();
    let words = place.split_whitespace().count();
    let letters = place.chars().filter(|c| c.is_alphabetic()).count();
    let capitals = letters > 2 && !place.chars().any(char::is_lowercase);
    if capitals && (1..=5).contains(&words) { place.len() } else { 0 }
}

/// What a text is about, by single words.
#[derive(Debug, Clone, Copy)]
pub(super) struct Topic {
    /// Politics.
    politics: bool,
    /// Kitchen and home.
    domestic: bool,
}

impl Topic {
    /// The topic of a text.
    pub(super) fn of(fields: &[Field<'_>]) -> Topic {
        let any =
            |list: &HashSet<u64>| fields.iter().any(|field| field.words.iter().any(|word| list.contains(&word.hash)));
        Topic { politics: any(&word_lists().politics), domestic: any(&word_lists().domestic) }
    }
}

/// Keeps the candidates from `from` on, those of a field without capitals, that are names though they are written like words,
/// and reads places as such.
pub(super) fn keep_lower(
    field: &Field<'_>,
    candidates: &mut Vec<Candidate>,
    from: usize,
    gazetteer: &Gazetteer,
    topic: Topic,
) {
    let found = candidates.split_off(from.min(candidates.len()));
    // The first word of a sentence has a capital as in other texts.
    let usual = |one: &Candidate| field.words.get(one.start).is_some_and(|word| word.capitalised);
    let sure: Vec<bool> =
        found.iter().map(|one| usual(one) || !is_word(field, one) && is_known(field, one, gazetteer)).collect();
    let near = |at: usize| {
        let is_sure = |at: Option<usize>| at.and_then(|at| sure.get(at)).is_some_and(|sure| *sure);
        let Some(one) = found.get(at) else { return false };
        let before = at.checked_sub(1).and_then(|at| found.get(at)).is_some_and(|other| joined(field, other, one));
        let after = found.get(at + 1).is_some_and(|other| joined(field, one, other));
        before && is_sure(at.checked_sub(1)) || after && is_sure(Some(at + 1))
    };
    let kept: Vec<bool> = (0..found.len())
        .map(|at| {
            // `us` and `car` are no names.
            let word =
                |one: &Candidate| is_word(field, one) && one.senses(gazetteer).iter().all(|(_, one)| one.upper_case);
            let Some(one) = found.get(at) else { return false };
            if !usual(one) && word(one) {
                return one.start == 0 && near(at);
            }
            sure.get(at).is_some_and(|sure| *sure) || near(at) || is_led(field, one, topic)
        })
        .collect();
    for (mut one, _) in found.into_iter().zip(kept).filter(|(_, kept)| *kept) {
        if usual(&one) {
            candidates.push(one);
            continue;
        }
        let is_place = |kind: Kind| matches!(kind, Kind::City | Kind::Capital | Kind::Name | Kind::Subdivision);
        let place = one.senses(gazetteer).iter().any(|(_, sense)| is_place(sense.kind));
        one.reading = if place { Reading::Whole(Label::Loc) } else { Reading::Untagged };
        one.person_elsewhere = false;
        candidates.push(one);
    }
}

/// Whether the words around a word show that it is a country: `northern turkey`, `in china` and `china bans` in a text
/// without words of the kitchen, and in politics `tariffs on china`, `china's`.
fn is_led(field: &Field<'_>, one: &Candidate, topic: Topic) -> bool {
    let lists = word_lists();
    let text = |word: &Word| field.slice(word.start, word.end);
    let back = |by: usize| one.start.checked_sub(by).and_then(|at| field.words.get(at));
    let before = back(1).filter(|_| continues(field, one.start));
    let part = before.is_some_and(|word| lists.part_before.contains(&word.hash));
    let of = before.is_some_and(|word| text(word) == "of")
        && back(2).is_some_and(|word| {
            lists.politics.contains(&word.hash) || matches!(text(word), "king" | "queen" | "capital" | "people")
        });
    let next = field.words.get(one.end);
    let name = field.words.get(one.start).is_some_and(|word| lists.person_or_country.contains(&word.hash));
    let acts = one.start == 0 && !name && next.is_some_and(|word| lists.state_verb.contains(&word.hash));
    let inside = before.is_some_and(|word| text(word) == "in");
    let on = before.is_some_and(|word| matches!(text(word), "on" | "with" | "against" | "over"));
    let possessive = next.is_some_and(|word| word.separator == Separator::Apostrophe && word.end - word.start == 1);
    !topic.domestic && (part || of || inside || acts)
        || topic.politics && (on || possessive || after_preposition(field, one))
}

/// Whether the phrase is one word that is also a common word or a given name: `turkey`, `china`, `jordan`.
fn is_word(field: &Field<'_>, one: &Candidate) -> bool {
    one.end == one.start + 1
        && field.words.get(one.start).is_some_and(|word| word_lists().lower_word.contains(&word.hash))
}

/// Whether a phrase without capitals is known well enough.
fn is_known(field: &Field<'_>, one: &Candidate, gazetteer: &Gazetteer) -> bool {
    one.senses(gazetteer).iter().any(|(_, sense)| match sense.kind {
        Kind::City => {
            sense.population >= WELL_KNOWN_CITY || sense.population >= KNOWN_CITY && after_preposition(field, one)
        }
        _ => true,
    })
}

fn after_preposition(field: &Field<'_>, one: &Candidate) -> bool {
    let word = |back: usize| one.start.checked_sub(back).and_then(|at| field.words.get(at));
    let lists = word_lists();
    let is = |word: Option<&Word>| word.is_some_and(|word| lists.place_preposition.contains(&word.hash));
    continues(field, one.start)
        && (is(word(1)) || word(1).is_some_and(|part| lists.part_before.contains(&part.hash)) && is(word(2)))
}

/// Whether a comma, a hyphen or `and` joins two phrases.
fn joined(field: &Field<'_>, left: &Candidate, right: &Candidate) -> bool {
    let separator = |at: usize| field.words.get(at).map(|word| word.separator);
    let between = field.words.get(left.end);
    right.start == left.end && matches!(separator(left.end), Some(Separator::Comma | Separator::Hyphen))
        || right.start == left.end + 1
            && separator(right.start) == Some(Separator::Space)
            && between.is_some_and(|word| word_lists().conjunction.contains(&word.hash))
}

/// Reads a candidate of a field in capitals: the tagger knows few names there.
pub(super) fn read_upper(field: &Field<'_>, one: &mut Candidate, gazetteer: &Gazetteer) {
    one.in_capitals = true;
    let senses = one.senses(gazetteer);
    let large = senses.iter().any(|(_, sense)| {
        !sense.common && (sense.kind == Kind::Capital || sense.kind == Kind::City && sense.population > LARGE_CITY)
    });
    // `POLISH YOUR SHOES`.
    let verb = field.words.get(one.end).is_some_and(|next| {
        matches!(field.slice(next.start, next.end), "YOUR" | "THE" | "MY" | "HIS" | "HER" | "OUR" | "THEIR" | "UP")
    });
    if verb && is_word(field, one) && senses.iter().all(|(_, sense)| sense.kind == Kind::Demonym) {
        one.excluded = true;
    }
    // `CAR` is the Central African Republic only in other texts.
    let word = field.words.get(one.start).is_some_and(|word| word_lists().word_in_capitals.contains(&word.hash));
    if word && senses.iter().all(|(_, sense)| sense.upper_case && sense.kind == Kind::Name) {
        one.excluded = true;
    } else if large
        && (matches!(one.reading, Reading::Untagged | Reading::Whole(Label::Misc | Label::Org))
            || one.reading == Reading::Whole(Label::Person) && is_alone(field, one))
    {
        one.reading = Reading::Whole(Label::Loc);
    }
}

/// Whether a phrase is a sentence of its own, or a preposition of place is before it.
fn is_alone(field: &Field<'_>, one: &Candidate) -> bool {
    let ends = |at: usize| {
        field.words.get(at).is_none_or(|word| at == 0 || matches!(word.separator, Separator::Stop | Separator::Break))
    };
    ends(one.start) && ends(one.end) || after_preposition(field, one)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Document;
    use proto::v1::Article;

    fn of(text: &str) -> (LetterCase, usize) {
        let article = Article { body: text.to_owned(), ..Article::default() };
        let document = Document::new(&article);
        document.fields.last().map_or((LetterCase::Usual, 0), |field| (letter_case(field), dateline_end(field)))
    }

    #[test]
    fn a_field_is_in_capitals_without_capitals_or_neither() {
        assert_eq!(of("there are many companies in india").0, LetterCase::Lower);
        assert_eq!(of("There are many companies. None is in india").0, LetterCase::Lower);
        assert_eq!(of("There are many companies in India").0, LetterCase::Usual);
        assert_eq!(of("BASLE. NEAR SHEFFIELD, ENGLAND.").0, LetterCase::Upper);
    }

    #[test]
    fn a_dateline_in_capitals_ends_before_date_agency_and_dash() {
        assert_eq!(of("THE HAGUE - Talks resumed.").1, "THE HAGUE".len());
        assert_eq!(of("NEW YORK, Nov 28 (Agency) — Talks resumed.").1, "NEW YORK".len());
        assert_eq!((of("Talks - the fifth - resumed.").1, of("OSAKA is large.").1), (0, 0));
    }
}
