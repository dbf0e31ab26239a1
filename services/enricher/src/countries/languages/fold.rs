//! Folding of words in other languages than English.

use text::fold::distinct_letters;
use unicode_normalization::UnicodeNormalization;

/// The first code point of the scripts in which combining marks are vowels: Devanagari and what follows it.
const MARKS_KEPT: char = '\u{900}';

/// A word in lower case without the marks that come and go as a word is inflected. Marks stay where they are vowels
/// (Hindi, Bengali, Thai) or tones (`exact`, for Vietnamese).
pub(super) fn fold(word: &str, exact: bool) -> String {
    if exact || word.chars().any(|c| matches!(c, MARKS_KEPT..='\u{1dff}' | '\u{2e80}'..)) {
        word.nfc().flat_map(char::to_lowercase).collect()
    } else {
        distinct_letters(word)
    }
}
