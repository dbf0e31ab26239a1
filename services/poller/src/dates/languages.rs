//! Words of dates in the languages that feeds are written in. `languages.txt` has the words, their tests among them.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;
use text::fold::base_letters;

const TEXT: &str = include_str!("languages.txt");

/// Longest name of a month or weekday, in characters.
const MAX_NAME: usize = 14;

static WORDS: LazyLock<Words> = LazyLock::new(|| Words::read(TEXT));

/// The words of all languages together: a date does not say which language it is written in.
#[derive(Default)]
struct Words {
    /// Stem to month, 1 to 12.
    months: HashMap<String, i8>,
    not_months: HashSet<String>,
    days: HashSet<String>,
    short_days: HashSet<String>,
    fillers: HashSet<String>,
    am: HashSet<String>,
    pm: HashSet<String>,
    ordinals: HashSet<String>,
}

impl Words {
    /// Ignores lines that it does not understand. A test excludes them.
    fn read(text: &str) -> Self {
        let mut all = Words::default();
        for (key, words) in lines(text) {
            let as_written = words.split_whitespace().flat_map(|word| word.split('|'));
            let folded = as_written.clone().map(base_letters);
            match key {
                "months" => {
                    for (month, stems) in (1..=12).zip(words.split_whitespace()) {
                        all.months.extend(stems.split('|').map(|stem| (base_letters(stem), month)));
                    }
                }
                "not-months" => all.not_months.extend(folded),
                "days" => all.days.extend(folded),
                "short-days" => all.short_days.extend(folded),
                "fillers" => all.fillers.extend(folded),
                "am" => all.am.extend(as_written.map(str::to_owned)),
                "pm" => all.pm.extend(as_written.map(str::to_owned)),
                "ordinals" => all.ordinals.extend(as_written.map(str::to_owned)),
                _ => {}
            }
        }
        all
    }
}

/// Key and words of each line.
fn lines(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let lines = text.lines().filter(|line| !line.starts_with(['#', '[']));
    lines.filter_map(|line| line.split_once(' ')).map(|(key, words)| (key, words.trim()))
}

fn is_name(name: &str) -> bool {
    name.chars().all(char::is_alphabetic) && name.chars().count() <= MAX_NAME
}

/// The beginnings of `name`, the longest first.
fn stems(name: &str) -> impl Iterator<Item = &str> {
    name.char_indices().rev().filter_map(|(at, c)| name.get(..at + c.len_utf8()))
}

/// The month, 1 to 12, of a name in base letters.
pub fn month(name: &str) -> Option<i8> {
    if !is_name(name) || WORDS.not_months.contains(name) {
        return None;
    }
    stems(name).find_map(|stem| WORDS.months.get(stem).copied())
}

/// True for a weekday's name in base letters. Some may be months, too: `mar` is March and Tuesday, `paz` October and
/// Sunday.
pub fn is_day(name: &str) -> bool {
    is_name(name) && (WORDS.short_days.contains(name) || stems(name).any(|stem| WORDS.days.contains(stem)))
}

/// True for a word in base letters that carries no information.
pub fn is_filler(name: &str) -> bool {
    WORDS.fillers.contains(name)
}

/// True for the ending of an ordinal number, as written: `th`.
pub fn is_ordinal(ending: &str) -> bool {
    WORDS.ordinals.contains(ending)
}

/// The half of the day: `Some(false)` for the first, `Some(true)` for the second. Case and dots do not matter.
pub fn is_afternoon(word: &str) -> Option<bool> {
    let word = word.to_lowercase().replace('.', "");
    if WORDS.am.contains(&word) {
        return Some(false);
    }
    WORDS.pm.contains(&word).then_some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(key: &str) -> impl Iterator<Item = &'static str> {
        lines(TEXT).filter(move |(found, _)| *found == key).map(|(_, words)| words)
    }

    #[test]
    fn every_line_has_a_known_key() {
        const KEYS: &str = "months not-months days short-days fillers am pm ordinals names weekdays example";
        for (key, words) in lines(TEXT) {
            assert!(KEYS.split(' ').any(|known| known == key), "{key}");
            assert!(key != "months" || words.split_whitespace().count() == 12, "{words}");
        }
    }

    #[test]
    fn no_stem_is_two_months() {
        let mut months = HashMap::new();
        for words in values("months") {
            for (month, stem) in
                (1_i8..).zip(words.split_whitespace()).flat_map(|(n, s)| s.split('|').map(move |s| (n, s)))
            {
                assert_eq!(*months.entry(base_letters(stem)).or_insert(month), month, "{stem}");
            }
        }
    }

    #[test]
    fn every_name_of_a_month_is_that_month() {
        for names in values("names") {
            let numbers: Vec<_> = names.split(' ').map(|name| month(&base_letters(name))).collect();
            assert_eq!(numbers, (1..=12).map(Some).collect::<Vec<_>>(), "{names}");
        }
    }

    #[test]
    fn every_name_of_a_weekday_is_a_day() {
        for name in values("weekdays").flat_map(str::split_whitespace) {
            assert!(is_day(&base_letters(name)), "{name}");
        }
        assert!(!is_day("zzz") && !is_day("yesterday"));
    }

    #[test]
    fn every_example_is_read() {
        for example in values("example") {
            let (text, instant) = example.split_once(" => ").unwrap();
            let read = super::super::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(read.at.to_string(), instant, "{text}");
        }
    }
}
