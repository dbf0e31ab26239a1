//! Folding of names for comparison: lower case, no diacritics.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// The characters of a text in lower case without combining marks.
pub(crate) fn fold(text: &str) -> impl Iterator<Item = char> {
    text.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase)
}

/// The words of a name, folded, separated by one space. `keep` says which characters other than letters and digits belong
/// to words.
fn words(name: &str, keep: &[char]) -> String {
    let folded: String = fold(name).map(|c| if matches!(c, '’' | '‘') { '\'' } else { c }).collect();
    let words = folded.split(|c: char| !(c.is_alphanumeric() || keep.contains(&c))).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// The key by which names of persons and things are compared; apostrophes belong to words.
pub(crate) fn name_key(name: &str) -> String {
    words(name, &['\''])
}

/// The key by which companies are compared: letters and digits only.
pub(crate) fn company_key(name: &str) -> String {
    words(name, &[])
}
