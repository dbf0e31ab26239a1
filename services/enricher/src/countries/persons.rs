//! Words that belong to persons' names in a document.

use super::word_lists::word_lists;
use crate::{
    document::{Document, Field},
    gazetteer::words::{Separator, Word},
};
use std::collections::HashSet;
use tagger::{Label, Span};

/// Words of persons' names of two words and more.
pub(super) fn person_words(document: &Document<'_>, spans: &[Span]) -> HashSet<u64> {
    let mut words = HashSet::new();
    for span in spans.iter().filter(|span| span.label == Label::Person) {
        let Some(field) = document.fields.get(span.field) else { continue };
        let from = field.words.partition_point(|word| word.start < span.start);
        let to = field.words.partition_point(|word| word.end <= span.end);
        let inside = field.words.get(from..to).unwrap_or(&[]);
        if inside.len() > 1 {
            words.extend(inside.iter().map(|word| word.hash));
        }
    }
    surnames(document, spans, &mut words);
    for field in &document.fields {
        relatives(field, &mut words);
    }
    words
}

/// Words of a two-word place or organisation whose second word is a person elsewhere: `Chad Wolf said`, `Wolf said`.
fn surnames(document: &Document<'_>, spans: &[Span], words: &mut HashSet<u64>) {
    let inside = |span: &Span| -> &[Word] {
        let Some(field) = document.fields.get(span.field) else { return &[] };
        let from = field.words.partition_point(|word| word.start < span.start);
        let to = field.words.partition_point(|word| word.end <= span.end);
        field.words.get(from..to).unwrap_or(&[])
    };
    let persons: HashSet<u64> = spans
        .iter()
        .filter(|span| span.label == Label::Person)
        .filter_map(|span| if let [word] = inside(span) { Some(word.hash) } else { None })
        .collect();
    for span in spans.iter().filter(|span| matches!(span.label, Label::Loc | Label::Org)) {
        if let [first, last] = inside(span)
            && last.separator == Separator::Space
            && last.capitalised
            && persons.contains(&last.hash)
        {
            words.extend([first.hash, last.hash]);
        }
    }
}

/// Names that are persons' by the words next to them: `Paris, 54,`; `her daughter, Brittany`; `her sons
/// Austin and Chad`; `Georgia's father`.
fn relatives(field: &Field<'_>, words: &mut HashSet<u64>) {
    let kin =
        |at: usize| field.words.get(at).is_some_and(|word| !word.capitalised && word_lists().kin.contains(&word.hash));
    for (at, word) in field.words.iter().enumerate() {
        if kin(at) {
            let mut next = at + 1;
            // A list of names: `sons Austin, Israel and Chad`.
            while let Some(name) = field.words.get(next) {
                let joined = matches!(name.separator, Separator::Space | Separator::Comma);
                if joined && name.capitalised && !name.all_caps {
                    words.insert(name.hash);
                } else if !(joined && word_lists().conjunction.contains(&name.hash) && next > at + 1) {
                    break;
                }
                next += 1;
            }
        }
        if !word.capitalised {
            continue;
        }
        let possessive = field
            .words
            .get(at + 1)
            .is_some_and(|word| word.separator == Separator::Apostrophe && word.end - word.start == 1);
        let age = |word: &Word| {
            word.separator == Separator::Comma
                && (1..=3).contains(&(word.end - word.start))
                && field.slice(word.start, word.end).bytes().all(|byte| byte.is_ascii_digit())
        };
        let aged = field.words.get(at + 1).is_some_and(age)
            && field.words.get(at + 2).is_some_and(|word| word.separator == Separator::Comma && !word.capitalised);
        if possessive && kin(at + 2) || aged {
            words.insert(word.hash);
        }
    }
}
