//! Removes titles, articles and possessives from names.

use std::{collections::HashSet, sync::OnceLock};
use tagger::word_lists;

/// Words around names.
static WORDS: &str = include_str!("../../data/sources/words/entities.tsv");

/// Word lists for names of persons and events, in lower case.
struct NameWords {
    titles: HashSet<&'static str>,
    sure_titles: HashSet<&'static str>,
    event_heads: HashSet<&'static str>,
}

fn name_words() -> &'static NameWords {
    static LISTS: OnceLock<NameWords> = OnceLock::new();
    let list = |name| word_lists::words(WORDS, name).collect();
    LISTS.get_or_init(|| NameWords {
        titles: list("title"),
        sure_titles: list("sure_title"),
        event_heads: list("event_head"),
    })
}

/// True for the last word of an event's name, in lower case.
#[must_use]
pub fn is_event_head(word: &str) -> bool {
    name_words().event_heads.contains(word)
}

/// True for a word that stands before a person's name (`President`, `Gen.`).
#[must_use]
pub fn is_title(word: &str) -> bool {
    name_words().titles.contains(word.trim_end_matches('.').to_lowercase().as_str())
}

/// True for a title that, if capitalised, only a person follows.
#[must_use]
pub fn is_sure_title(word: &str) -> bool {
    name_words().sure_titles.contains(word.to_lowercase().as_str())
}

/// Bytes `start..end` of `text` without titles before it.
#[must_use]
pub fn without_titles(text: &str, start: usize, end: usize) -> (usize, usize) {
    let mut from = start;
    loop {
        let rest = text.get(from..end).unwrap_or("");
        let Some(blank) = rest.find(char::is_whitespace) else { return (from, end) };
        let (word, tail) = rest.split_at(blank);
        let tail_start = from + blank + (tail.len() - tail.trim_start().len());
        if !is_title(word) || tail_start >= end {
            return (from, end);
        }
        from = tail_start;
    }
}

/// Bytes `start..end` of `text` without an article before it, and without quotes, a possessive or stray signs at its
/// ends.
#[must_use]
pub fn bare(text: &str, start: usize, end: usize) -> (usize, usize) {
    let (mut start, mut end) = (start, end);
    loop {
        let span = text.get(start..end).unwrap_or("");
        let trimmed = span.trim_matches(|c: char| c.is_whitespace() || "\"“”‘’'`,;:()[]-–—*".contains(c));
        let offset = span.find(trimmed).unwrap_or(0);
        let mut from = start + offset;
        let mut to = from + trimmed.len();
        for article in ["the ", "The ", "THE ", "a ", "A ", "an "] {
            if trimmed.starts_with(article) {
                from += article.len();
                break;
            }
        }
        for mark in ["'s", "’s", "'S", "’S"] {
            if text.get(from..to).is_some_and(|name| name.ends_with(mark)) {
                to -= mark.len();
                break;
            }
        }
        if (from, to) == (start, end) || from >= to {
            return (from, to.max(from));
        }
        (start, end) = (from, to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_and_possessives_are_removed() {
        let text = "Defence Minister Lin Yutong’s";
        let (start, end) = bare(text, 0, text.len());
        let (start, end) = without_titles(text, start, end);
        assert_eq!(&text[start..end], "Lin Yutong");
    }

    #[test]
    fn a_title_alone_is_kept() {
        assert_eq!(without_titles("General", 0, 7), (0, 7));
    }
}
