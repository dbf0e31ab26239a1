//! Words around a country's name in another language than English that make it the name of another thing: a sea, a
//! continent, another place, a person, a language, a currency.

use super::fold::fold as fold_word;
use crate::{document::Field, gazetteer::Kind};
use std::{collections::HashSet, sync::OnceLock};
use tagger::{Tagger, word_lists};

/// The words.
static WORDS: &str = include_str!("../../../data/sources/words/languages.tsv");

/// Sets of folded words.
struct Sets {
    /// Before the name, with or without a preposition between: water (`golfo de México`, `Laut China Selatan`).
    water_before: HashSet<String>,
    /// Before the name: a street, a square, a hotel.
    street_before: HashSet<String>,
    /// After the name: water (`Meksika Körfezi`).
    water_after: HashSet<String>,
    /// Before the name: another place that is named after the country.
    new: HashSet<String>,
    /// Before or after the name that stands for the United States: a part of the continent.
    continent: HashSet<String>,
    /// Given names that are also countries' names.
    given_name: HashSet<String>,
    /// Before the name of a people: it is that of its language (`habla francés`).
    language_before: HashSet<String>,
    /// After it: the same (`русский язык`).
    language_after: HashSet<String>,
    /// Before or after the name of a people: a currency.
    currency: HashSet<String>,
    /// Before a city: a club.
    club_before: HashSet<String>,
}

/// What depends on the language of a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context<'t> {
    /// The language writes every noun with a capital, so that a capital after the name means nothing.
    nouns_in_capitals: bool,
    /// Names that are also common words: they count only where the tagger sees a place, without a tagger only within a
    /// sentence.
    ambiguous: &'static str,
    /// The tagger of a language without spaces, by whose words the parts of two words are known: `近日 本市` is not Japan.
    words: Option<&'t Tagger>,
    /// Endings that make a people's name that of its language: `Fransızca`.
    language_endings: &'static [&'static str],
}

fn fold(word: &str) -> String {
    fold_word(word, false)
}

fn sets() -> &'static Sets {
    static SETS: OnceLock<Sets> = OnceLock::new();
    let set = |name: &str| word_lists::words(WORDS, name).map(fold).collect();
    SETS.get_or_init(|| Sets {
        water_before: set("water_before"),
        water_after: set("water_after"),
        street_before: set("street_before"),
        new: set("new"),
        continent: set("continent"),
        given_name: set("given_name"),
        language_before: set("language_before"),
        language_after: set("language_after"),
        currency: set("currency"),
        club_before: set("club_before"),
    })
}

impl<'t> Context<'t> {
    /// The context of a language, by its base tag (ISO 639). `tagger` is the language's, if it has one.
    pub(super) fn of(base: &str, tagger: Option<&'t Tagger>) -> Context<'t> {
        let language_endings: &[&str] = match base {
            "tr" => &["ca", "ce", "ça", "çe"],
            _ => &[],
        };
        let ambiguous = word_lists::line(WORDS, &format!("ambiguous_{base}"));
        let words = tagger.filter(|_| base == "zh");
        Context { nouns_in_capitals: matches!(base, "de" | "gsw" | "lb"), ambiguous, words, language_endings }
    }

    /// Whether a form is also a common word.
    pub(super) fn is_ambiguous(&self, text: &str) -> bool {
        let lower = text.to_lowercase();
        self.ambiguous.split_whitespace().any(|word| word == lower)
    }

    /// Whether a name of two characters may be parts of two words.
    pub(super) fn is_parted(&self, text: &str, start: usize, end: usize) -> bool {
        let short = text.get(start..end).is_some_and(|name| name.chars().count() <= 2);
        let within = |at| self.words.is_some_and(|tagger| tagger.is_within_word(text, at));
        short && (within(start) || within(end))
    }

    /// Whether words `start..end` of a field name another thing than the country `code` or its people.
    pub(super) fn names_other_thing(
        &self,
        field: &Field<'_>,
        (start, end): (usize, usize),
        kind: Kind,
        code: &str,
    ) -> bool {
        match kind {
            Kind::Name => names_other_place(field, start, end, code, self.nouns_in_capitals),
            Kind::City | Kind::Capital | Kind::Subdivision => {
                names_club(field, start) || names_other_place(field, start, end, code, self.nouns_in_capitals)
            }
            // A people's language is looked for before: `Languages::scan`.
            _ => false,
        }
    }

    /// Whether the name of a people stands for its language or its currency.
    pub(super) fn names_language(&self, field: &Field<'_>, start: usize, end: usize) -> bool {
        let sets = sets();
        let word = |at: Option<usize>| {
            let word = at.and_then(|at| field.words.get(at));
            word.map_or_else(String::new, |word| fold(field.slice(word.start, word.end)))
        };
        let (before, behind) = (word(start.checked_sub(1)), word(Some(end)));
        let own = word(end.checked_sub(1));
        sets.language_before.contains(&before)
            || sets.language_after.contains(&behind)
            || sets.currency.contains(&before)
            || sets.currency.contains(&behind)
            || self.language_endings.iter().any(|ending| own.ends_with(ending))
    }
}

/// Whether the word before a city makes a club of both: `Real Madrid`, `FC Barcelona`.
fn names_club(field: &Field<'_>, start: usize) -> bool {
    let Some(before) = start.checked_sub(1).and_then(|at| field.words.get(at)).filter(|word| word.capitalised) else {
        return false;
    };
    let near = field.words.get(start).is_some_and(|word| word.start == before.end + 1);
    near && sets().club_before.contains(&fold(field.slice(before.start, before.end)))
}

/// Whether words `start..end` of a field name another thing than the country `code`.
fn names_other_place(field: &Field<'_>, start: usize, end: usize, code: &str, nouns_in_capitals: bool) -> bool {
    let sets = sets();
    let text = |at: Option<usize>| {
        at.and_then(|at| field.words.get(at)).map_or_else(String::new, |word| fold(field.slice(word.start, word.end)))
    };
    // Words beyond a full stop or a line break do not count.
    let near = |from: usize, to: usize| {
        let (Some(left), Some(right)) = (field.words.get(from), field.words.get(to)) else { return false };
        field.slice(left.end, right.start).chars().all(|c| c == ' ' || matches!(c, '\'' | '’' | '-'))
    };
    let before = start.checked_sub(1).filter(|at| near(*at, start));
    let earlier = before.and_then(|at| at.checked_sub(1)).filter(|at| near(*at, at + 1));
    let first = earlier.and_then(|at| at.checked_sub(1)).filter(|at| near(*at, at + 1));
    let behind = Some(end).filter(|at| near(end - 1, *at));
    let little = |at: Option<usize>| {
        at.and_then(|at| field.words.get(at)).is_some_and(|word| !word.capitalised && word.end - word.start <= 5)
    };
    let water = |at: Option<usize>| {
        let word = text(at);
        sets.water_before.contains(&word) || sets.street_before.contains(&word)
    };
    if water(before) || little(before) && (water(earlier) || little(earlier) && water(first)) {
        return true;
    }
    if sets.new.contains(&text(before)) || sets.water_after.contains(&text(behind)) {
        return true;
    }
    // `मेक्सिको की खाड़ी`.
    if text(behind) == fold("की") && sets.water_after.contains(&text(behind.map(|at| at + 1))) {
        return true;
    }
    if code == "US" && (sets.continent.contains(&text(before)) || sets.continent.contains(&text(behind))) {
        return true;
    }
    let capital = behind.and_then(|at| field.words.get(at)).is_some_and(|word| word.capitalised && !word.all_caps);
    !nouns_in_capitals && capital && end == start + 1 && sets.given_name.contains(&text(Some(start)))
}

/// Whether a name in a script without spaces is part of another word: `印度洋`, `スタイル`.
pub(super) fn names_other_thing_unspaced(field: &Field<'_>, start: usize, name: &str) -> bool {
    let before = field.slice(0, start).chars().next_back().unwrap_or(' ');
    is_part_of_word(before, name, field.text.get(start + name.len()..).unwrap_or(""))
}

fn is_part_of_word(before: char, name: &str, behind: &str) -> bool {
    let next = behind.chars().next().unwrap_or(' ');
    let second = behind.chars().nth(1).unwrap_or(' ');
    let katakana = |c: char| matches!(c, 'ァ'..='ヺ' | 'ー');
    if name.chars().all(katakana) {
        let short = name.chars().count() <= 3;
        return katakana(before)
            || matches!(next, '洋' | '湾' | '海')
            || (katakana(next) && (short || next == 'ン'))
            || (name == "アメリカ" && matches!(before, '南' | '北' | '央'));
    }
    // A language.
    if matches!(next, '语' | '語') {
        return true;
    }
    // Not a sea: a navy, a coast guard, customs, overseas.
    let sea = next == '海' && !matches!(second, '军' | '軍' | '上' | '自' | '关' | '關' | '関' | '外' | '警' | '岸');
    sea || matches!(next, '洋' | '湾' | '灣' | '河' | '教') && !name.ends_with(next)
        // Maryland, Mario, Mariupol, the Marianas, Malibu.
        || (matches!(name, "马里" | "馬里") && matches!(next, '兰' | '蘭' | '奥' | '奧' | '乌' | '烏' | '亚' | '亞' | '布'))
        || (behind.starts_with("海峡") || behind.starts_with("海峽"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_name_within_a_longer_word_is_not_a_mention() {
        assert!(is_part_of_word('ス', "タイ", "ル"));
        assert!(is_part_of_word('。', "タイ", "ムズ"));
        assert!(!is_part_of_word('、', "タイ", "の首相"));
        assert!(is_part_of_word('，', "印度", "洋的"));
        assert!(is_part_of_word('在', "马里", "兰州"));
        assert!(!is_part_of_word('在', "日本", "海上保安庁"));
        assert!(is_part_of_word('在', "日本", "海の"));
    }
}
