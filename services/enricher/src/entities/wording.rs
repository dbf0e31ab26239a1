//! What depends on the language of a text: how its names are cut, compared and chosen.

use super::names;
use crate::{countries::name_stem, fold::name_key};

/// The language of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wording<'l> {
    /// English: known names have the gazetteer's form.
    English,
    /// Another language, by its base tag (ISO 639): names are as the text writes them.
    Other(&'l str),
}

/// Most letters of an ending behind an apostrophe: `Ankara'dan`.
const ENDING: usize = 5;

impl<'l> Wording<'l> {
    /// The wording of a BCP 47 tag.
    #[must_use]
    pub fn of(tag: &'l str) -> Wording<'l> {
        match tag.split(['-', '_']).next().unwrap_or(tag) {
            "en" | "" | "und" => Wording::English,
            base => Wording::Other(base),
        }
    }

    /// Bytes `start..end` of `text` without what does not belong to a name.
    pub(super) fn bare(self, text: &str, start: usize, end: usize) -> (usize, usize) {
        let Wording::Other(base) = self else { return names::bare(text, start, end) };
        let span = text.get(start..end).unwrap_or("");
        let trimmed =
            span.trim_matches(|c: char| c.is_whitespace() || "\"“”„‘’'`,;:()[]–—*«»《》「」，、。".contains(c));
        let from = start + span.find(trimmed).unwrap_or(0);
        let mut to = from + trimmed.len();
        // Turkish writes endings of names behind an apostrophe.
        if base == "tr"
            && let Some((name, ending)) = trimmed.rsplit_once(['\'', '’'])
            && (1..=ENDING).contains(&ending.chars().count())
            && ending.chars().all(char::is_lowercase)
        {
            to = from + name.len();
        }
        (from, to)
    }

    /// Bytes by which a place may begin behind the tagger's name: letters that Arabic and Hebrew write together with it.
    pub(super) fn clitics(self) -> &'static [usize] {
        match self {
            Wording::Other("ar" | "he") => &[2, 4, 6, 8],
            _ => &[],
        }
    }

    /// The key by which mentions are grouped: in a language with cases, of the stems of its words.
    pub(super) fn key(self, name: &str) -> String {
        let key = name_key(name);
        match self {
            Wording::English => key,
            // Combining marks are vowels in these scripts.
            Wording::Other("hi" | "bn" | "th" | "ur" | "ne" | "mr" | "ta") => {
                name.split_whitespace().collect::<Vec<_>>().join(" ")
            }
            Wording::Other(base) => {
                let stems: Vec<&str> = key.split(' ').map(|word| name_stem(base, word)).collect();
                stems.join(" ")
            }
        }
    }

    /// The canonical one of the names of one thing: the longest, in a language with cases the shortest of the most words,
    /// which is mostly the nominative. The first among equals.
    pub(super) fn is_better(self, name: &str, than: &str) -> bool {
        let length = |name: &str| name.chars().count();
        let words = |name: &str| name.split_whitespace().count();
        match self {
            Wording::Other(_) if !than.is_empty() && words(name) == words(than) && self.key(name) == self.key(than) => {
                length(name) < length(than)
            }
            _ => length(name) > length(than),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_of_a_name_have_one_key() {
        let russian = Wording::of("ru-RU");
        assert_eq!(russian.key("Владимира Путина"), russian.key("Владимир Путин"));
        assert_ne!(russian.key("Медведева"), russian.key("Путина"));
        assert_ne!(Wording::English.key("Marina"), Wording::English.key("Marin"));
    }

    #[test]
    fn the_nominative_is_the_canonical_name() {
        assert!(Wording::of("ru").is_better("Путин", "Путину"));
        assert!(Wording::of("ru").is_better("Владимир Путин", "Путину"));
        assert!(Wording::English.is_better("Vladimir Putin", "Putin"));
    }

    #[test]
    fn a_turkish_ending_does_not_belong_to_the_name() {
        let text = "Avustralya'dan gelen";
        assert_eq!(Wording::of("tr").bare(text, 0, 14), (0, 10));
    }
}
