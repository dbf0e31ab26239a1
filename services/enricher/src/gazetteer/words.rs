//! Words for the gazetteer: runs of letters and digits, folded and hashed, with the separators between them.
//!
//! They are coarser than the tagger's tokens: `US-China`, `Iran's` and `Côte d'Ivoire` are split into words that can be
//! compared with a name's words.

use tagger::hash;
use unicode_normalization::char::is_combining_mark;

/// What separates a word from the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Separator {
    /// The beginning of the field, a blank line, a quote, a bracket or another sign: no name continues across it.
    Break,
    /// Spaces, or one line break.
    Space,
    /// A hyphen or an en dash between letters.
    Hyphen,
    /// An apostrophe between letters.
    Apostrophe,
    /// A full stop, with or without spaces after it.
    Stop,
    /// A comma.
    Comma,
    /// An ampersand.
    Ampersand,
    /// An opening bracket.
    Bracket,
    /// A slash.
    Slash,
}

/// One word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    /// First byte in the text.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Hash of the folded word: lower case, without diacritics.
    pub hash: u64,
    /// What separates it from the word before.
    pub separator: Separator,
    /// It begins with a capital, or with a letter of a script without case.
    pub capitalised: bool,
    /// It has two or more letters, all capitals.
    pub all_caps: bool,
    /// It is part of a URL, a mail address or a handle, so it names nothing.
    pub address: bool,
}

/// Longest word of a name, in bytes. A longer one has the hash 0, which no name has.
pub const LONGEST: usize = 200;
/// Longest gap within a name, in bytes: the text of an article has one space.
const WIDE: usize = 32;

/// Hash of a word, folded: FNV-1a with a final mix, so that the low bits serve a table.
#[must_use]
pub fn hash(word: &str) -> u64 {
    if word.is_ascii() {
        return mix(word.bytes().fold(hash::SEED, |hash, byte| hash::step(hash, byte.to_ascii_lowercase())));
    }
    mix(text::fold::unaccented(word).bytes().fold(hash::SEED, hash::step))
}

fn mix(hash: u64) -> u64 {
    let mixed = (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ (mixed >> 29)
}

/// Hash of a phrase from that of its beginning (0 for none) and its next word's.
#[must_use]
pub fn join(before: u64, word: u64) -> u64 {
    (before.rotate_left(23) ^ word).wrapping_mul(0xff51_afd7_ed55_8ccd) | 1
}

fn belongs(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphanumeric() } else { c.is_alphanumeric() || is_combining_mark(c) }
}

/// The words of a text, in order and without overlap, in linear time.
#[must_use]
pub fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::with_capacity(text.len() / 6);
    let mut gap_from = 0;
    // End of the URL, mail address or handle that the scan is in.
    let mut address_until = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((start, first)) = chars.next() {
        if !belongs(first) {
            continue;
        }
        let mut end = start + first.len_utf8();
        let mut lower = first.is_lowercase();
        let mut letters = 1;
        while let Some((at, c)) = chars.next_if(|(_, c)| belongs(*c)) {
            end = at + c.len_utf8();
            lower |= c.is_lowercase();
            letters += 1;
        }
        let gap = text.get(gap_from..start).unwrap_or("");
        if start >= address_until {
            address_until = address(text, start, end, gap);
        }
        let word = text.get(start..end).unwrap_or("");
        words.push(Word {
            start,
            end,
            hash: if word.len() > LONGEST { 0 } else { hash(word) },
            separator: if words.is_empty() { Separator::Break } else { between(gap) },
            capitalised: first.is_uppercase() || (first.is_alphabetic() && !first.is_lowercase()),
            all_caps: letters > 1 && !lower,
            address: start < address_until,
        });
        gap_from = end;
    }
    words
}

/// End of the address that begins at a word; 0 if none does.
fn address(text: &str, start: usize, end: usize, gap: &str) -> usize {
    let rest = text.get(end..).unwrap_or("");
    let word = text.get(start..end).unwrap_or("");
    let starts = gap.ends_with('@')
        || rest.starts_with("://")
        || (word.eq_ignore_ascii_case("www") && rest.starts_with('.'))
        || (rest.starts_with('@') && rest.chars().nth(1).is_some_and(belongs));
    if !starts {
        return 0;
    }
    let tail = text.get(start..).unwrap_or("");
    start + tail.find(|c: char| c.is_whitespace() || matches!(c, ',' | ')' | '"' | '>')).unwrap_or(tail.len())
}

fn between(gap: &str) -> Separator {
    match gap {
        " " => return Separator::Space,
        "-" => return Separator::Hyphen,
        "." | ". " => return Separator::Stop,
        "'" => return Separator::Apostrophe,
        ", " => return Separator::Comma,
        _ if gap.len() > WIDE => return Separator::Break,
        _ => {}
    }
    let signs: Vec<char> = gap.chars().filter(|c| !c.is_whitespace()).take(3).collect();
    match signs.as_slice() {
        [] if gap.matches('\n').count() > 1 => Separator::Break,
        [] => Separator::Space,
        ['-' | '\u{2010}' | '\u{2011}' | '\u{2013}'] if !gap.contains(char::is_whitespace) => Separator::Hyphen,
        ['\'' | '\u{2019}' | '\u{2018}' | '\u{2bb}' | '\u{2bc}'] if !gap.contains(char::is_whitespace) => {
            Separator::Apostrophe
        }
        ['.'] if !gap.contains('\n') => Separator::Stop,
        [','] if !gap.contains("\n\n") => Separator::Comma,
        ['.', ','] => Separator::Comma,
        ['&'] => Separator::Ampersand,
        ['('] => Separator::Bracket,
        ['/'] => Separator::Slash,
        _ => Separator::Break,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(text: &str) -> Vec<&str> {
        words(text).iter().map(|word| &text[word.start..word.end]).collect()
    }

    #[test]
    fn words_are_split_at_hyphens_and_apostrophes() {
        assert_eq!(split("US-China: Iran's Côte d’Ivoire"), ["US", "China", "Iran", "s", "Côte", "d", "Ivoire"]);
        assert_eq!(hash("CÔTE"), hash("cote"));
    }

    #[test]
    fn words_of_an_address_are_marked() {
        let text = "see www.iran.example/China, @Chad and mali@example.org in Peru";
        let named: Vec<_> = words(text).iter().filter(|w| !w.address).map(|w| &text[w.start..w.end]).collect();
        assert_eq!(named, ["see", "and", "in", "Peru"]);
    }

    #[test]
    fn separators_are_classified() {
        let gaps: Vec<Separator> = words("St. Lucia, Peru\n\nMali (Niger)").iter().map(|word| word.separator).collect();
        assert_eq!(gaps, [Separator::Break, Separator::Stop, Separator::Comma, Separator::Break, Separator::Bracket]);
    }

    #[test]
    fn an_endless_word_and_an_endless_gap_belong_to_no_name() {
        let marks = format!("Peru{} New{}York", "\u{301}".repeat(200), " ".repeat(100));
        let words = words(&marks);
        assert_eq!(words[0].hash, 0);
        assert_eq!(words[2].separator, Separator::Break);
    }

    proptest! {
        #[test]
        fn any_text_has_words_on_character_boundaries(text in "\\PC{0,60}") {
            let mut last = 0;
            for word in words(&text) {
                prop_assert!(word.start >= last && word.end > word.start);
                prop_assert!(text.get(word.start..word.end).is_some());
                last = word.end;
            }
        }
    }
}
