//! A name without what only surrounds it: titles, articles, possessives.

use std::{collections::HashSet, sync::OnceLock};

/// Stands before a person and is no part of the name.
const TITLES: &str = "mr mrs ms miss mx dr prof professor sir lord lady dame president vice-president vice premier prime \
    minister chancellor senator sen governor gov congressman congresswoman representative rep general gen brigadier \
    colonel col lieutenant lt captain capt sergeant sgt corporal cpl private pvt pfc major maj admiral adm commander \
    king queen prince princess crown pope cardinal archbishop bishop rev reverend father sister imam ayatollah sheikh \
    sheik sultan emir judge justice mayor coach ambassador secretary deputy chief officer detective inspector sheriff \
    attorney spokesman spokeswoman spokesperson chairman chairwoman ceo director manager former defence defense \
    foreign finance interior opposition leader state councillor councilman alderman the pastor rabbi baroness baron \
    count duke duchess marshal field hon honourable honorable first lady actor actress singer author striker midfielder \
    defender goalkeeper captain";

fn titles() -> &'static HashSet<&'static str> {
    static SET: OnceLock<HashSet<&'static str>> = OnceLock::new();
    SET.get_or_init(|| TITLES.split_whitespace().collect())
}

/// True for a word that stands before a person's name (`President`, `Gen.`).
#[must_use]
pub fn is_title(word: &str) -> bool {
    titles().contains(word.trim_end_matches('.').to_lowercase().as_str())
}

/// True for a title that nothing but a person follows, when it has a capital.
#[must_use]
pub fn is_sure_title(word: &str) -> bool {
    const SURE: [&str; 18] = [
        "president",
        "minister",
        "chancellor",
        "senator",
        "governor",
        "general",
        "colonel",
        "captain",
        "mr",
        "mrs",
        "ms",
        "dr",
        "professor",
        "ambassador",
        "archbishop",
        "ayatollah",
        "sheikh",
        "spokesman",
    ];
    SURE.contains(&word.to_lowercase().as_str())
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

/// For comparison: words in lower case without diacritics, one blank between.
#[must_use]
pub fn key(name: &str) -> String {
    use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
    let folded: String = name.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect();
    let folded = folded.replace(['’', '‘'], "'");
    let words = folded.split(|c: char| !(c.is_alphanumeric() || c == '\'')).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// Edits between two words: insertions, deletions, replacements.
#[must_use]
pub fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut before = row.first().copied().unwrap_or(0);
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
        for (j, y) in b.iter().enumerate() {
            let above = row.get(j + 1).copied().unwrap_or(0);
            let left = row.get(j).copied().unwrap_or(0);
            let cost = (before + usize::from(x != *y)).min(above + 1).min(left + 1);
            before = above;
            if let Some(slot) = row.get_mut(j + 1) {
                *slot = cost;
            }
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_and_possessives_come_off() {
        let text = "Defence Minister Lin Yutong’s";
        let (start, end) = bare(text, 0, text.len());
        let (start, end) = without_titles(text, start, end);
        assert_eq!(&text[start..end], "Lin Yutong");
    }

    #[test]
    fn a_title_alone_stays() {
        assert_eq!(without_titles("General", 0, 7), (0, 7));
    }

    #[test]
    fn one_letter_makes_one_edit() {
        assert_eq!((distance("otieno", "otiena"), distance("abc", "abc"), distance("", "ab")), (1, 0, 2));
    }
}
