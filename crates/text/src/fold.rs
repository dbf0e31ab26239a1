//! Folding: what spellings of one word have in common. Both sides of a comparison must be folded by the same function.
//!
//! | function | removes | keeps |
//! | --- | --- | --- |
//! | [`unaccented`] | case, every combining mark | strokes (`ł`), final sigma, punctuation |
//! | [`base_letters`] | the same, strokes, the difference of both sigmas | punctuation |
//! | [`distinct_letters`] | case, marks that come and go within a word | marks that make another letter: `č`, `й`, `ş`, `ą` |
//! | [`alphanumeric`] | case, marks, everything but letters and digits | letters, digits |

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Lower case without combining marks: `Élysée` is `elysee`, `Łódź` is `łodz`. Decomposed (NFD): a syllable of Hangul
/// is its letters.
#[must_use]
pub fn unaccented(text: &str) -> String {
    text.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}

/// As [`unaccented`], with strokes removed (`Łódź` is `lodz`), the dotless i as an i, and both sigmas as one.
#[must_use]
pub fn base_letters(text: &str) -> String {
    let base = |c| match c {
        'ł' => 'l',
        'ø' => 'o',
        'đ' => 'd',
        'ı' => 'i',
        'ς' => 'σ',
        c => c,
    };
    // `İ` is an i with a dot above in lower case, so marks go last.
    let lower = text.nfd().flat_map(char::to_lowercase);
    lower.filter(|c| !is_combining_mark(*c)).map(base).collect()
}

/// Lower case without the marks that come and go as a word is inflected (long vowels, soft consonants). Marks that make
/// another letter stay: carons of consonants (`č`), the breve of `й`, cedillas and commas below (as one), ogoneks.
#[must_use]
pub fn distinct_letters(word: &str) -> String {
    const CARON: char = '\u{30c}';
    const BREVE: char = '\u{306}';
    const CEDILLA: char = '\u{327}';
    const COMMA_BELOW: char = '\u{326}';
    const OGONEK: char = '\u{328}';
    let mut folded = String::with_capacity(word.len());
    for c in word.nfd().flat_map(char::to_lowercase) {
        let before = folded.chars().next_back().unwrap_or(' ');
        match c {
            CARON if before != 'e' => folded.push(c),
            BREVE if before == 'и' => {
                folded.pop();
                folded.push('й');
            }
            CEDILLA | COMMA_BELOW => folded.push(COMMA_BELOW),
            OGONEK => folded.push(c),
            c if is_combining_mark(c) => {}
            c => folded.push(c),
        }
    }
    folded
}

/// Letters and digits in lower case, compatibility forms decomposed (NFKD), nothing else: `The Café №1` is
/// `thecafeno1`.
#[must_use]
pub fn alphanumeric(text: &str) -> String {
    text.nfkd().flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unaccented_keeps_strokes() {
        assert_eq!(unaccented("Élysée Łódź Ål"), "elysee łodz al");
    }

    #[test]
    fn base_letters_are_the_same_for_every_spelling_of_a_word() {
        assert_eq!(base_letters("PAŹDZIERNIKA Øre ışık İyi"), "pazdziernika ore isik iyi");
        assert_eq!(base_letters("Μάϊος"), base_letters("ΜΑΙΟΣ"));
        assert_eq!(base_letters("أبريل"), base_letters("ابريل"));
    }

    #[test]
    fn distinct_letters_keep_what_makes_another_letter() {
        assert_eq!(distinct_letters("Číně"), "c\u{30c}ine");
        assert_eq!(distinct_letters("Уругвай"), "уругвай");
        assert_eq!(distinct_letters("România"), "romania");
        assert_eq!(distinct_letters("ş"), distinct_letters("ș"));
    }

    #[test]
    fn alphanumeric_has_neither_blanks_nor_marks() {
        assert_eq!(alphanumeric("The Café №1!"), "thecafeno1");
    }
}
