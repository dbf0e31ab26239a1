//! Lines that a feed repeats at the start or end of its entries: prompts, credits, notes of the site.
//!
//! They are found in one document, so that the same document always gives the same result.

use std::collections::{HashMap, HashSet};
use text::Document;

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

/// Of the [`edges`] of each entry, in document order, those that are repeated. Entries with the same edges count once, and those
/// with a single line do not.
pub(super) fn repeated(edges: &[Vec<String>]) -> Vec<Vec<String>> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    let mut distinct: HashSet<&[String]> = HashSet::new();
    for lines in edges {
        if lines.len() > 1 && distinct.insert(lines) {
            lines.iter().for_each(|line| *counts.entry(line).or_default() += 1);
        }
    }
    let least = LEAST.max(distinct.len() / SHARE);
    let is_repeated = |line: &&String| counts.get(line.as_str()).is_some_and(|count| *count >= least);
    let of_entry = |lines: &Vec<String>| lines.iter().filter(is_repeated).take(MAX_LINES).cloned().collect();
    edges.iter().map(of_entry).collect()
}

/// The short lines at both ends of an entry's texts, each once.
pub(super) fn edges(texts: [&Document<'_>; 2]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for document in texts {
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

    /// The repeated lines of entries with this content.
    fn of(contents: &[&str]) -> Vec<Vec<String>> {
        let none = Document::parse("");
        let edges: Vec<Vec<String>> =
            contents.iter().map(|content| edges([&none, &Document::parse(content)])).collect();
        repeated(&edges)
    }

    #[test]
    fn a_line_at_the_end_of_several_entries_is_repeated() {
        let repeated = of(&[
            "<p>One.</p><p>The Example Post, since 1901</p>",
            "<p>Two.</p><p>The Example Post, since 1901</p>",
            "<p>Three.</p><p>The Example Post, since 1901</p>",
            "<p>Four.</p><p>The Example Post, since 1901</p>",
            "<p>Five.</p>",
        ]);
        assert_eq!(repeated[0], ["The Example Post, since 1901"]);
        assert!(repeated[4].is_empty());
    }

    #[test]
    fn a_line_of_few_entries_or_of_one_entry_shown_often_is_not_repeated() {
        assert!(of(&["<p>One.</p><p>Note</p>", "<p>Two.</p><p>Note</p>", "<p>Three.</p>"])[0].is_empty());
        assert!(of(&["<p>One.</p><p>Note</p>"; 8])[0].is_empty());
        assert!(of(&["<p>Stocks rose.</p>"; 8])[0].is_empty());
    }

    #[test]
    fn a_long_line_is_not_repeated() {
        let long = "word ".repeat(60);
        let texts: Vec<String> = (0..8).map(|n| format!("<p>{n}.</p><p>{long}</p>")).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        assert!(of(&texts)[0].is_empty());
    }
}
