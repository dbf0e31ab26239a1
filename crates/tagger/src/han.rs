//! Simplified forms of traditional Chinese characters, so that one model reads both scripts.

use std::sync::OnceLock;

/// Traditional characters in order, a tab, and the simplified one of each.
static TABLE: &str = include_str!("../data/simplified.tsv");

/// The simplified form of a character; the character itself if it has none.
#[must_use]
pub fn simplified(character: char) -> char {
    static PAIRS: OnceLock<Vec<(char, char)>> = OnceLock::new();
    if !('\u{3400}'..='\u{9fff}').contains(&character) {
        return character;
    }
    let pairs = PAIRS.get_or_init(|| {
        let line = TABLE.lines().find(|line| !line.starts_with("# ")).unwrap_or_default();
        let (traditional, simplified) = line.split_once('\t').unwrap_or_default();
        traditional.chars().zip(simplified.chars()).collect()
    });
    let found = pairs.binary_search_by_key(&character, |(traditional, _)| *traditional);
    found.ok().and_then(|at| pairs.get(at)).map_or(character, |(_, simplified)| *simplified)
}

#[cfg(test)]
mod tests {
    use super::simplified;

    #[test]
    fn traditional_characters_have_a_simplified_form() {
        assert_eq!("中華民國總統蔡".chars().map(simplified).collect::<String>(), "中华民国总统蔡");
    }
}
