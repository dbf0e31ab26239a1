//! Words around a country's name in another language than English that make it the name of another thing: a sea, a
//! continent, another place, a person.

use crate::document::Field;
use std::{collections::HashSet, sync::OnceLock};
use tagger::word_lists;
use text::fold::distinct_letters as fold;

/// The words.
static WORDS: &str = include_str!("../../../data/sources/words/languages.tsv");

/// Sets of folded words.
struct Sets {
    /// Before the name, with or without a preposition between: water (`golfo de México`, `Laut China Selatan`).
    water_before: HashSet<String>,
    /// After the name: water (`Meksika Körfezi`).
    water_after: HashSet<String>,
    /// Before the name: another place that is named after the country.
    new: HashSet<String>,
    /// Before or after the name that stands for the United States: a part of the continent.
    continent: HashSet<String>,
    /// Given names that are also countries' names.
    given_name: HashSet<String>,
}

fn sets() -> &'static Sets {
    static SETS: OnceLock<Sets> = OnceLock::new();
    let set = |name: &str| word_lists::words(WORDS, name).map(fold).collect();
    SETS.get_or_init(|| Sets {
        water_before: set("water_before"),
        water_after: set("water_after"),
        new: set("new"),
        continent: set("continent"),
        given_name: set("given_name"),
    })
}

/// Whether words `start..end` of a field name another thing than the country `code`. `nouns_in_capitals`: the language
/// writes every noun with a capital, so that a capital after the name means nothing.
pub(super) fn names_other_thing(
    field: &Field<'_>,
    start: usize,
    end: usize,
    code: &str,
    nouns_in_capitals: bool,
) -> bool {
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
    let water = |at: Option<usize>| sets.water_before.contains(&text(at));
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
pub(super) fn names_other_thing_unspaced(before: char, name: &str, behind: &str) -> bool {
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
        assert!(names_other_thing_unspaced('ス', "タイ", "ル"));
        assert!(names_other_thing_unspaced('。', "タイ", "ムズ"));
        assert!(!names_other_thing_unspaced('、', "タイ", "の首相"));
        assert!(names_other_thing_unspaced('，', "印度", "洋的"));
        assert!(names_other_thing_unspaced('在', "马里", "兰州"));
        assert!(!names_other_thing_unspaced('在', "日本", "海上保安庁"));
        assert!(names_other_thing_unspaced('在', "日本", "海の"));
    }
}
