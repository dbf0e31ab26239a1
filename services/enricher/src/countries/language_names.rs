//! Demonyms that name a language: `in French`.

use super::{
    candidate::{Candidate, continues},
    word_lists::word_lists,
};
use std::collections::{HashMap, HashSet};

use crate::{
    budget::Budget,
    document::Field,
    gazetteer::{Gazetteer, Kind, words::Separator},
};

/// Excludes demonyms that name a language: `in French`, `from Spanish into English`, `Arabic, Turkish and English`.
pub(super) fn exclude_language_names(
    field: &Field<'_>,
    candidates: &mut [Candidate],
    gazetteer: &Gazetteer,
    budget: &Budget,
) {
    let lists = word_lists();
    let is_language =
        |at: usize| field.words.get(at).is_some_and(|word| word.capitalised && lists.language.contains(&word.hash));
    let mut excluded_words: HashSet<usize> = HashSet::new();
    // The language before.
    let mut last: Option<usize> = None;
    // The heads of the lists so far, by each of their members: a list is walked once.
    let mut heads: HashMap<usize, usize> = HashMap::new();
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
        let close = next.filter(|word| matches!(word.separator, Separator::Space | Separator::Hyphen));
        let follows = close.is_some_and(|word| lists.language_after.contains(&word.hash));
        // No noun follows: the end, a punctuation mark, or a function word.
        let alone = close.is_none_or(|word| {
            lists.conjunction.contains(&word.hash) || lists.after_language.contains(field.slice(word.start, word.end))
        });
        let mut head = candidate.start;
        // Back to the beginning of a list of languages.
        while let Some(word) = field.words.get(head) {
            budget.count(1);
            if let Some(known) = heads.get(&head) {
                head = *known;
                break;
            }
            let Some(previous) = head.checked_sub(1) else { break };
            let before = field.words.get(previous);
            if before.is_some_and(|word| lists.conjunction.contains(&word.hash)) {
                if let Some(other) = previous.checked_sub(1).filter(|at| is_language(*at)) {
                    head = other;
                    continue;
                }
            } else if word.separator == Separator::Comma && is_language(previous) {
                head = previous;
                continue;
            }
            break;
        }
        heads.insert(candidate.start, head);
        let lead = head.checked_sub(1).and_then(|at| field.words.get(at)).filter(|_| continues(field, head));
        let led = lead.is_some_and(|word| {
            lists.language_before.contains(&word.hash)
                || (field.slice(word.start, word.end) == "from"
                    && field
                        .words
                        .get(candidate.end)
                        .is_some_and(|word| matches!(field.slice(word.start, word.end), "into" | "to")))
        });
        // `speaks Portuguese at home and Polish at work`.
        let before = last.is_some_and(|last| same_sentence(field, last, candidate.start));
        if follows || (led && alone) || excluded_words.contains(&head) || before && alone {
            last = Some(candidate.start);
            candidate.excluded = true;
            excluded_words.insert(candidate.start);
        }
    }
}

/// Whether at most a dozen words, and no end of a sentence, are between two words.
fn same_sentence(field: &Field<'_>, from: usize, to: usize) -> bool {
    const NEAR: usize = 12;
    let ends = |separator| matches!(separator, Separator::Stop | Separator::Break);
    to - from.min(to) <= NEAR
        && field.words.get(from + 1..=to).is_some_and(|words| words.iter().all(|word| !ends(word.separator)))
}
