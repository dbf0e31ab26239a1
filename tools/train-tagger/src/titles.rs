//! Titles that some corpora include in a person's name and others do not.

/// The words, lower case, one per line.
static TITLES: &str = include_str!("../data/sources/name-title.txt");

/// Whether a word is a title (`President`, `Mr.`), in any case.
pub(crate) fn is_title(word: &str) -> bool {
    let word = word.to_lowercase();
    TITLES.lines().filter(|line| !line.starts_with("# ")).any(|title| title == word)
}
