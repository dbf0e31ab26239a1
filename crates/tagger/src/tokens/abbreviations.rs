//! Words that keep their full stop.

use super::Style;
use crate::word_lists::{self, WORDS};
use std::{collections::HashSet, sync::OnceLock};

/// Abbreviations in lower case without their full stop.
struct Abbreviations {
    /// After them a sentence usually continues: a title, a rank, a street.
    within_sentence: HashSet<&'static str>,
    /// After them a sentence may end: legal forms, states, `jr`.
    may_end_sentence: HashSet<&'static str>,
    /// In languages other than English: titles, streets, years and the like, after which a sentence continues.
    other_languages: HashSet<&'static str>,
}

fn abbreviations() -> &'static Abbreviations {
    static LISTS: OnceLock<Abbreviations> = OnceLock::new();
    let list = |name| word_lists::words(WORDS, name).collect();
    LISTS.get_or_init(|| Abbreviations {
        within_sentence: list("abbreviation_within_sentence"),
        may_end_sentence: list("abbreviation_may_end_sentence"),
        other_languages: list("abbreviation_other_languages"),
    })
}

/// What a full stop at the end of a word means.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// The stop is a token of its own.
    Plain,
    /// The stop belongs to the word, and the sentence goes on.
    GoesOn,
    /// The stop belongs to the word; the next word decides whether the sentence ends.
    MayEnd,
}

/// Classifies the final stop of a word, which is given as written, without the stop.
pub(super) fn stop(word: &str, style: Style) -> Stop {
    let mut letters = word.chars();
    if let (Some(first), None) = (letters.next(), letters.next()) {
        // An initial: `J. Smith`; a lower-case letter alone ends a sentence like any word.
        return if first.is_uppercase() { Stop::GoesOn } else { Stop::Plain };
    }
    let lower = word.to_lowercase();
    let lists = abbreviations();
    if style != Style::English {
        return if lists.other_languages.contains(lower.as_str()) {
            Stop::GoesOn
        } else if is_dotted(word) {
            Stop::MayEnd
        } else {
            Stop::Plain
        };
    }
    if lists.within_sentence.contains(lower.as_str()) {
        // `Mar` and `sec` are words too: only a capital makes them abbreviations.
        let capital = word.chars().next().is_some_and(char::is_uppercase);
        return if capital || lower.contains('.') || lower == "v" || lower == "vs" {
            Stop::GoesOn
        } else {
            Stop::Plain
        };
    }
    let capital = word.chars().next().is_some_and(char::is_uppercase);
    if lists.may_end_sentence.contains(lower.as_str()) && (capital || lower.contains('.') || lower == "etc") {
        return Stop::MayEnd;
    }
    if is_dotted(word) { Stop::MayEnd } else { Stop::Plain }
}

/// Whether a word consists of single letters with stops between them: `U.S`, `J.K`, `a.m`.
fn is_dotted(word: &str) -> bool {
    word.contains('.')
        && word.split('.').all(|part| {
            let mut letters = part.chars();
            letters.next().is_some_and(char::is_alphabetic)
                && letters.next().is_none_or(|second| second.is_lowercase() && letters.next().is_none())
        })
}
