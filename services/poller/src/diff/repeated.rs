//! Lines that a feed repeats at the start or end of its entries: prompts, credits, notes of the site.
//!
//! They are found in one document, so that the same document always gives the same result.

use crate::document::{Document, Entry};
use std::collections::{HashMap, HashSet};
use text::Typed;

/// Lines at the start and at the end of a text that are looked at.
const AT_START: usize = 4;
const AT_END: usize = 6;
/// Longest line, in characters.
const MAX_CHARS: usize = 200;
/// Least entries of a document that repeat a line.
const LEAST: usize = 4;
/// Least share of the entries with text: one of so many.
const SHARE: usize = 10;
/// Most lines of an entry.
const MAX_LINES: usize = 12;

/// The lines at the edges of a document's entries that are repeated.
pub(super) struct RepeatedLines(Vec<Vec<String>>);

impl RepeatedLines {
    /// Reads the texts of all entries. A text that is that of another entry whole does not count, nor one of a single line.
    pub fn of(document: &Document) -> Self {
        let edges: Vec<Vec<String>> = document.entries.iter().map(edges).collect();
        let mut counts: HashMap<&str, usize> = HashMap::new();
        let mut distinct: HashSet<&[String]> = HashSet::new();
        for lines in &edges {
            if lines.len() > 1 && distinct.insert(lines) {
                lines.iter().for_each(|line| *counts.entry(line).or_default() += 1);
            }
        }
        let least = LEAST.max(distinct.len() / SHARE);
        let is_repeated = |line: &&String| counts.get(line.as_str()).is_some_and(|count| *count >= least);
        let of_entry = |lines: &Vec<String>| lines.iter().filter(is_repeated).take(MAX_LINES).cloned().collect();
        RepeatedLines(edges.iter().map(of_entry).collect())
    }

    /// The repeated lines of the entry at this place of the document.
    pub fn of_entry(&self, at: usize) -> Vec<String> {
        self.0.get(at).cloned().unwrap_or_default()
    }
}

/// The short lines at both ends of the entry's summary and content, each once.
fn edges(entry: &Entry) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for (source, form) in [(&entry.summary, entry.forms.summary), (&entry.content, entry.forms.content)] {
        let document = text::Document::parse_as(source, Typed::named(form));
        let of_text = || document.text().lines().filter(|line| !line.is_empty());
        for line in of_text().take(AT_START).chain(of_text().rev().take(AT_END)) {
            if line.chars().nth(MAX_CHARS).is_none() && !lines.iter().any(|known| known == line) {
                lines.push(line.to_owned());
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(texts: &[(&str, &str)]) -> Document {
        let entry = |(title, content): &(&str, &str)| Entry {
            title: (*title).into(),
            content: (*content).into(),
            ..Entry::default()
        };
        Document { entries: texts.iter().map(entry).collect(), ..Document::default() }
    }

    #[test]
    fn a_line_at_the_end_of_several_entries_is_repeated() {
        let document = document(&[
            ("a", "<p>One.</p><p>The Example Post, since 1901</p>"),
            ("b", "<p>Two.</p><p>The Example Post, since 1901</p>"),
            ("c", "<p>Three.</p><p>The Example Post, since 1901</p>"),
            ("d", "<p>Four.</p><p>The Example Post, since 1901</p>"),
            ("e", "<p>Five.</p>"),
        ]);
        let repeated = RepeatedLines::of(&document);
        assert_eq!(repeated.of_entry(0), ["The Example Post, since 1901"]);
        assert!(repeated.of_entry(4).is_empty() && repeated.of_entry(5).is_empty());
    }

    #[test]
    fn a_line_of_few_entries_or_of_one_entry_shown_often_is_not_repeated() {
        let few = document(&[("a", "<p>One.</p><p>Note</p>"), ("b", "<p>Two.</p><p>Note</p>"), ("c", "<p>Three.</p>")]);
        assert!(RepeatedLines::of(&few).of_entry(0).is_empty());
        let same = document(&[("a", "<p>One.</p><p>Note</p>"); 8]);
        assert!(RepeatedLines::of(&same).of_entry(0).is_empty());
        let lone: Vec<(String, &str)> = (0..8).map(|n| (format!("t{n}"), "<p>Stocks rose.</p>")).collect();
        let lone: Vec<(&str, &str)> = lone.iter().map(|(title, text)| (title.as_str(), *text)).collect();
        assert!(RepeatedLines::of(&document(&lone)).of_entry(0).is_empty());
    }

    #[test]
    fn a_long_line_is_not_repeated() {
        let long = "word ".repeat(60);
        let texts: Vec<(String, String)> =
            (0..8).map(|n| (format!("t{n}"), format!("<p>{n}.</p><p>{long}</p>"))).collect();
        let texts: Vec<(&str, &str)> = texts.iter().map(|(title, text)| (title.as_str(), text.as_str())).collect();
        assert!(RepeatedLines::of(&document(&texts)).of_entry(0).is_empty());
    }
}
