//! Keys by which names are compared: words in lower case without diacritics, separated by one space.

/// The words of a name; `keep` lists the characters other than letters and digits that belong to words.
fn words(name: &str, keep: &[char]) -> String {
    let folded = text::fold::unaccented(name).replace(['’', '‘'], "'");
    let words = folded.split(|c: char| !(c.is_alphanumeric() || keep.contains(&c))).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// The key of a person or thing; apostrophes belong to words.
pub(crate) fn name_key(name: &str) -> String {
    words(name, &['\''])
}

/// The key of a company: letters and digits only.
pub(crate) fn company_key(name: &str) -> String {
    words(name, &[])
}
