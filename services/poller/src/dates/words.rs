//! Splits the text of a date into words, each with its possible meaning.

use super::languages;
use super::zones::{self, Zone};
use text::fold::base_letters;

/// A part of a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// A month's name, 1 to 12, and whether it may also be a weekday.
    Month(i8, bool),
    /// A word that carries no information. The name of a weekday is one: it is often wrong.
    Filler,
    /// `am` (false) or `pm` (true), and whether it is written in Chinese, Japanese or Korean.
    Half(bool, bool),
    /// A number with a unit in Chinese, Japanese or Korean: `y`, `m`, `d`, `H`, `M` or `S`.
    Unit(char, i32),
    /// A time of day.
    Time {
        /// 0 to 24.
        hour: i8,
        /// 0 to 59.
        minute: i8,
        /// 0 to 59; `None` if the text gives none.
        second: Option<i8>,
    },
    /// A time zone.
    Zone(Zone),
    /// A number, and how many digits it is written with.
    Number(i32, usize),
    /// The numbers before it were written with slashes or dots between them.
    Slashed(char),
}

/// Splits `text` into words; `None` if one of them does not belong to a date.
#[must_use]
pub fn split(text: &str) -> Option<Vec<Word>> {
    let mut words = Vec::new();
    let (text, bracket) = without_brackets(text);
    for part in text.split(|c: char| c.is_whitespace() || c == ';') {
        // The one comma that does not separate comes before Python's milliseconds: `10:14:55,123`.
        let part = part.split_once(',').filter(|(a, _)| a.matches(':').count() == 2).map_or(part, |(time, _)| time);
        for chunk in part.split([',', '،', '、']).filter(|c| !c.is_empty()) {
            self::chunk(chunk, &mut words)?;
        }
    }
    if !has_zone(&words)
        && let Some(zone) = zones::named(bracket.trim())
    {
        words.push(Word::Zone(zone));
    }
    (!words.is_empty()).then_some(words)
}

/// The text without its brackets, and the content of the last one: a zone, if the text has no other.
fn without_brackets(text: &str) -> (String, &str) {
    let (mut out, mut rest, mut last) = (String::with_capacity(text.len()), text, "");
    while let Some((before, after)) = rest.split_once(['(', '[', '（']) {
        out.push_str(before);
        out.push(' ');
        (last, rest) = after.split_once([')', ']', '）']).unwrap_or((after, ""));
    }
    out.push_str(rest);
    (out, last)
}

fn has_time(words: &[Word]) -> bool {
    words.iter().any(|w| matches!(w, Word::Time { .. }))
}

fn has_zone(words: &[Word]) -> bool {
    words.iter().any(|w| matches!(w, Word::Zone(_)))
}

fn numbers(words: &[Word]) -> usize {
    words.iter().filter(|w| matches!(w, Word::Number(..) | Word::Month(..))).count()
}

fn chunk(chunk: &str, words: &mut Vec<Word>) -> Option<()> {
    // A half of the day may be joined to its hour: `下午3时`.
    if let Some((hour, afternoon)) = HALVES.iter().find_map(|(name, half)| Some((chunk.strip_prefix(name)?, *half)))
        && !hour.is_empty()
    {
        words.push(Word::Half(afternoon, true));
        return self::chunk(hour, words);
    }
    if matches!(chunk, "-" | "–" | "—" | "|" | "@") {
        return Some(());
    }
    // A sign after the time begins a zone.
    if chunk.starts_with(['+', '-']) && (has_time(words) || has_zone(words)) {
        words.push(Word::Zone(zones::numeric(chunk)?));
        return Some(());
    }
    if chunk.ends_with("요일") || chunk.ends_with("曜日") || chunk.starts_with("星期") || chunk.starts_with("周")
    {
        words.push(Word::Filler);
        return Some(());
    }
    if chunk.contains(['年', '月', '日', '년', '월', '일', '時', '时', '시', '分', '분']) {
        return units(chunk, words);
    }
    // ISO's T between date and time.
    if let Some((date, time)) = at_t(chunk) {
        dashed(date, words)?;
        return clock(time, words);
    }
    let hour_and_half = || half(chunk.trim_start_matches(|c: char| c.is_ascii_digit())).is_some();
    if chunk.starts_with(|c: char| c.is_ascii_digit())
        && (chunk.contains(':') || dotted_time(chunk, words) || hour_and_half())
    {
        return clock(chunk, words);
    }
    // `GMT+2`, `UTC-05:00`.
    if let Some(at) = chunk.find(['+', '-'])
        && let (name, offset) = chunk.split_at(at)
        && zones::named(name).is_some()
    {
        words.push(Word::Zone(zones::numeric(offset)?));
        return Some(());
    }
    let dots = chunk.trim_end_matches('.').matches('.').count();
    if chunk.contains(['-', '/']) || dots == 2 && chunk.starts_with(|c: char| c.is_ascii_digit()) {
        if let Some(zone) = zones::named(chunk) {
            words.push(Word::Zone(zone));
            return Some(());
        }
        if !(has_time(words) && zones::looks_like_one(chunk)) {
            return dashed(chunk.trim_end_matches('.'), words);
        }
    }
    let word = single(chunk, words)?;
    words.push(word);
    Some(())
}

/// Splits at the `T` that stands between two digits.
fn at_t(chunk: &str) -> Option<(&str, &str)> {
    let digit = |at: usize| chunk.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
    let at = chunk
        .bytes()
        .enumerate()
        .position(|(i, b)| matches!(b, b'T' | b't') && i > 0 && digit(i - 1) && digit(i + 1))?;
    Some((chunk.get(..at)?, chunk.get(at + 1..)?))
}

/// `10.30` and `10h30`, after a complete day.
fn dotted_time(chunk: &str, words: &[Word]) -> bool {
    let Some((hour, minute)) = chunk.split_once(['.', 'h', 'H']) else { return false };
    let short = |s: &str, least: usize| (least..=2).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_digit());
    numbers(words) >= 3 && short(hour, 1) && (short(minute, 2) || minute.is_empty() && !chunk.ends_with('.'))
}

/// `2003-12-31`, `31/12/2003`, `31.12.2003`, `12-Dec-2003`, `2004-július-13`.
fn dashed(text: &str, words: &mut Vec<Word>) -> Option<()> {
    for part in text.split(['-', '/', '.']) {
        let word = single(part, words)?;
        words.push(word);
    }
    if let Some(separator) = text.chars().find(|c| matches!(c, '/' | '.')) {
        words.push(Word::Slashed(separator));
    }
    Some(())
}

/// `2004년 05월 28일`, `2004年5月28日`, `13時31分`.
fn units(text: &str, words: &mut Vec<Word>) -> Option<()> {
    let mut digits = String::new();
    for c in text.chars() {
        let unit = match c {
            '년' | '年' => 'y',
            '월' | '月' => 'm',
            '일' | '日' => 'd',
            '시' | '時' | '时' => 'H',
            '분' | '分' => 'M',
            '초' | '秒' => 'S',
            c if c.is_ascii_digit() && digits.len() < 4 => {
                digits.push(c);
                continue;
            }
            _ => return None,
        };
        words.push(Word::Unit(unit, digits.parse().ok()?));
        digits.clear();
    }
    digits.is_empty().then_some(())
}

/// `10:14`, `10:14:55`, `10:14:55.123`, `101455`, `10`, with what follows: a half of the day or a zone.
fn clock(text: &str, words: &mut Vec<Word>) -> Option<()> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, ':' | '.' | 'h' | 'H'))).unwrap_or(text.len());
    let (time, rest) = text.split_at(end);
    let time = if time.contains(':') { time.split('.').next().unwrap_or_default() } else { time };
    let mut parts: Vec<&str> = time.trim_end_matches(['h', 'H']).split([':', '.', 'h', 'H']).collect();
    if let [whole] = parts.as_slice()
        && matches!(whole.len(), 4 | 6)
    {
        let whole = *whole;
        parts = (0..whole.len() / 2).filter_map(|i| whole.get(2 * i..2 * i + 2)).collect();
    }
    let number = |part: Option<&&str>, most: i8| match part {
        None => Some(None),
        Some(p) if p.is_empty() || p.len() > 2 => None,
        Some(p) => p.parse::<i8>().ok().filter(|n| *n <= most).map(Some),
    };
    let (hour, minute, second) = (number(parts.first(), 24)??, number(parts.get(1), 59)?, number(parts.get(2), 60)?);
    if parts.len() > 3 {
        return None;
    }
    // Second 60 is a leap second.
    words.push(Word::Time { hour, minute: minute.unwrap_or(0), second: second.map(|s| s.min(59)) });
    if !rest.is_empty() {
        words.push(if rest.starts_with(['+', '-']) { Word::Zone(zones::numeric(rest)?) } else { tail(rest)? });
    }
    Some(())
}

fn tail(text: &str) -> Option<Word> {
    half(text).or_else(|| zones::named(text).map(Word::Zone))
}

/// Halves of the day in Korean, Japanese and Chinese.
const HALVES: &[(&str, bool)] =
    &[("오전", false), ("午前", false), ("上午", false), ("오후", true), ("午後", true), ("下午", true)];

fn half(text: &str) -> Option<Word> {
    if let Some((_, afternoon)) = HALVES.iter().find(|(name, _)| *name == text) {
        return Some(Word::Half(*afternoon, true));
    }
    languages::is_afternoon(text).map(|afternoon| Word::Half(afternoon, false))
}

fn single(text: &str, before: &[Word]) -> Option<Word> {
    let bare = text.trim_matches(['.', '\'', '"']);
    if bare.bytes().all(|b| b.is_ascii_digit()) {
        // A zone without its sign.
        if bare.len() == 4 && has_time(before) && numbers(before) >= 3 {
            return zones::numeric(&format!("+{bare}")).map(Word::Zone);
        }
        return bare.parse().ok().filter(|_| bare.len() <= 4).map(|n| Word::Number(n, bare.len()));
    }
    // `1st`, `4th`.
    let digits = bare.bytes().take_while(u8::is_ascii_digit).count();
    if (1..=2).contains(&digits) && languages::is_ordinal(bare.get(digits..)?) {
        return bare.get(..digits)?.parse().ok().map(|n| Word::Number(n, digits));
    }
    if let Some(half) = half(bare) {
        return Some(half);
    }
    let name = base_letters(bare);
    if let Some(month) = languages::month(&name) {
        return Some(Word::Month(month, languages::is_day(&name)));
    }
    let filler = languages::is_day(&name) || languages::is_filler(&name);
    // `at` before the time is no zone.
    if filler && !has_time(before) {
        return Some(Word::Filler);
    }
    if let Some(zone) = zones::named(bare) {
        return Some(Word::Zone(zone));
    }
    if filler {
        return Some(Word::Filler);
    }
    let unknown = has_time(before) && !has_zone(before) && zones::looks_like_one(bare);
    unknown.then_some(Word::Zone(Zone::Unknown))
}
