//! A date's text cut into what its parts can mean.

use super::zones::{self, Zone};

/// A part of a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// A month's name, 1 to 12.
    Month(i8),
    /// A day's name.
    Weekday,
    /// A word that dates hold and that says nothing.
    Filler,
    /// `am` (false) or `pm` (true).
    Half(bool),
    /// A number with a unit in Chinese, Japanese or Korean: `y`, `m` or `d`.
    Korean(char, i32),
    /// A time of day.
    Time {
        /// 0 to 23.
        hour: i8,
        /// 0 to 59.
        minute: i8,
        /// 0 to 59; none where the text has none.
        second: Option<i8>,
    },
    /// A time zone.
    Zone(Zone),
    /// A number, and how many digits it is written with.
    Number(i32, usize),
}

/// Cuts `text` into words; `None` where one of them belongs to no date.
#[must_use]
pub fn split(text: &str) -> Option<Vec<Word>> {
    let mut words = Vec::new();
    // A name in brackets repeats the zone.
    let text = text.split(['(', '[']).next().unwrap_or_default();
    for chunk in text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';')) {
        if !chunk.is_empty() {
            self::chunk(chunk, &mut words)?;
        }
    }
    (!words.is_empty()).then_some(words)
}

fn chunk(chunk: &str, words: &mut Vec<Word>) -> Option<()> {
    let had_time = words.iter().any(|w| matches!(w, Word::Time { .. }));
    let had_zone = words.iter().any(|w| matches!(w, Word::Zone(_)));
    // A sign after the time begins a zone.
    if chunk.starts_with(['+', '-']) && (had_time || had_zone) {
        words.push(Word::Zone(zones::numeric(chunk)?));
        return Some(());
    }
    if chunk.contains(['年', '月', '日', '년', '월', '일']) {
        return korean(chunk, words);
    }
    // ISO's T between date and time.
    if let Some((date, time)) = chunk.split_once(['T', 't'])
        && date.contains('-')
        && time.starts_with(|c: char| c.is_ascii_digit())
        && time.contains(':')
    {
        dashed(date, words)?;
        return clock(time, words);
    }
    if chunk.contains(':') && chunk.starts_with(|c: char| c.is_ascii_digit()) {
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
    if chunk.contains(['-', '/']) || chunk.matches('.').count() == 2 && chunk.starts_with(|c: char| c.is_ascii_digit())
    {
        if zones::named(chunk).is_some() {
            words.push(Word::Zone(zones::named(chunk)?));
            return Some(());
        }
        return dashed(chunk, words);
    }
    words.push(single(chunk)?);
    Some(())
}

/// `2003-12-31`, `31/12/2003`, `31.12.2003`, `12-Dec-2003`, `2004-július-13`.
fn dashed(text: &str, words: &mut Vec<Word>) -> Option<()> {
    for part in text.split(['-', '/', '.']) {
        words.push(single(part)?);
    }
    Some(())
}

/// `2004년 05월 28일`, `2004年5月28日`.
fn korean(text: &str, words: &mut Vec<Word>) -> Option<()> {
    let mut digits = String::new();
    for c in text.chars() {
        let unit = match c {
            '년' | '年' => 'y',
            '월' | '月' => 'm',
            '일' | '日' => 'd',
            c if c.is_ascii_digit() && digits.len() < 4 => {
                digits.push(c);
                continue;
            }
            _ => return None,
        };
        words.push(Word::Korean(unit, digits.parse().ok()?));
        digits.clear();
    }
    digits.is_empty().then_some(())
}

/// `10:14`, `10:14:55`, `10:14:55.123`, with what follows: a half of the day or a zone.
fn clock(text: &str, words: &mut Vec<Word>) -> Option<()> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, ':' | '.'))).unwrap_or(text.len());
    let (time, rest) = text.split_at(end);
    let time = time.split('.').next().unwrap_or_default();
    let mut parts = time.split(':');
    let mut next = |most: i8| -> Option<Option<i8>> {
        match parts.next() {
            None => Some(None),
            Some(p) if p.is_empty() || p.len() > 2 => None,
            Some(p) => p.parse::<i8>().ok().filter(|n| *n <= most).map(Some),
        }
    };
    let (hour, minute, second) = (next(24)??, next(59)??, next(60)?);
    if parts.next().is_some() {
        return None;
    }
    // Second 60 is a leap second; 24:00 the day's end, which is rare enough to be refused with 24:01.
    let second = second.map(|s| s.min(59));
    if hour == 24 {
        return None;
    }
    words.push(Word::Time { hour, minute, second });
    if !rest.is_empty() {
        words.push(if rest.starts_with(['+', '-']) { Word::Zone(zones::numeric(rest)?) } else { tail(rest)? });
    }
    Some(())
}

fn tail(text: &str) -> Option<Word> {
    half(text).map(Word::Half).or_else(|| zones::named(text).map(Word::Zone))
}

fn half(text: &str) -> Option<bool> {
    match text.to_lowercase().trim_end_matches('.').replace('.', "").as_str() {
        "am" | "오전" | "πμ" => Some(false),
        "pm" | "오후" | "μμ" => Some(true),
        _ => None,
    }
}

fn single(text: &str) -> Option<Word> {
    let bare = text.trim_matches(['.', '\'', '"']);
    if bare.bytes().all(|b| b.is_ascii_digit()) {
        return bare.parse().ok().filter(|_| bare.len() <= 4).map(|n| Word::Number(n, bare.len()));
    }
    // `1st`, `4th`.
    let digits = bare.bytes().take_while(u8::is_ascii_digit).count();
    if (1..=2).contains(&digits) && matches!(bare.get(digits..)?, "st" | "nd" | "rd" | "th" | "er" | "º" | "ος") {
        return bare.get(..digits)?.parse().ok().map(|n| Word::Number(n, digits));
    }
    let name = plain(bare);
    if let Some(month) = month(&name) {
        return Some(Word::Month(month));
    }
    if let Some(half) = half(bare) {
        return Some(Word::Half(half));
    }
    if let Some(zone) = zones::named(bare) {
        return Some(Word::Zone(zone));
    }
    if weekday(&name) {
        return Some(Word::Weekday);
    }
    matches!(name.as_str(), "at" | "de" | "of" | "the" | "del" | "a" | "um" | "uhr" | "le" | "kl" | "den" | "el")
        .then_some(Word::Filler)
}

/// Lower case, without the accents of European months.
fn plain(text: &str) -> String {
    let fold = |c: char| match c {
        'á' | 'à' | 'â' | 'ä' => 'a',
        'é' | 'è' | 'ê' => 'e',
        'í' | 'ì' => 'i',
        'ó' | 'ö' | 'ő' => 'o',
        'ú' | 'û' | 'ü' | 'ű' => 'u',
        'ç' => 'c',
        'ά' => 'α',
        'έ' => 'ε',
        'ή' => 'η',
        'ί' | 'ϊ' | 'ΐ' => 'ι',
        'ό' => 'ο',
        'ύ' => 'υ',
        'ώ' => 'ω',
        'ς' => 'σ',
        c => c,
    };
    text.to_lowercase().chars().map(fold).collect()
}

/// Months by their beginnings, folded: English, French, German, Spanish, Italian, Portuguese, Dutch, Hungarian, Greek,
/// Russian. Sources: CLDR's names, wide and abbreviated.
const MONTHS: [(i8, &[&str]); 12] = [
    (1, &["jan", "ene", "gen", "ιαν", "янв"]),
    (2, &["feb", "fev", "φεβ", "фев"]),
    (3, &["mar", "mrz", "maerz", "maart", "mrt", "μαρ", "μαα", "мар"]),
    (4, &["apr", "avr", "abr", "ap", "απρ", "апр"]),
    (5, &["may", "mai", "mag", "mei", "maj", "μαι", "μαϊ", "мая", "май"]),
    (6, &["jun", "juin", "giu", "ιουν", "июн"]),
    (7, &["jul", "juil", "lug", "ιουλ", "июл"]),
    (8, &["aug", "aou", "ago", "αυγ", "авг"]),
    (9, &["sep", "set", "szept", "σεπ", "сен"]),
    (10, &["oct", "okt", "out", "ott", "οκτ", "окт"]),
    (11, &["nov", "νοε", "ноя"]),
    (12, &["dec", "dez", "dic", "δεκ", "дек"]),
];

/// The rest of a month's name is letters only, so that no other word is taken for it.
const LONGEST_NAME: usize = 12;

fn month(name: &str) -> Option<i8> {
    let letters = name.chars().all(char::is_alphabetic) && name.chars().count() <= LONGEST_NAME;
    if !letters || weekday_exact(name) {
        return None;
    }
    MONTHS.iter().find(|(_, begins)| begins.iter().any(|b| name.starts_with(b))).map(|(n, _)| *n)
}

/// Names of days that begin like months.
fn weekday_exact(name: &str) -> bool {
    matches!(name, "mardi" | "martes" | "mar." | "marti" | "martedi" | "setmana")
}

/// Beginnings of the days' names in the same languages.
const DAYS: [&str; 53] = [
    "mon", "tue", "wed", "thu", "fri", "sat", "sun", "lun", "mar", "mer", "mie", "jeu", "jue", "ven", "vie", "sam",
    "sab", "dim", "dom", "gio", "seg", "ter", "qua", "qui", "sex", "mo", "di", "mi", "do", "fr", "sa", "so", "ma",
    "wo", "vr", "za", "zo", "het", "ked", "sze", "csu", "pen", "szo", "vas", "κυρ", "δευ", "τρι", "τετ", "πεμ", "παρ",
    "σαβ", "пон", "вт",
];

fn weekday(name: &str) -> bool {
    let letters = name.chars().all(char::is_alphabetic) && name.chars().count() <= LONGEST_NAME;
    letters
        && (DAYS.iter().any(|d| name.starts_with(d))
            || ["ср", "чет", "чт", "пят", "пт", "суб", "сб", "вос", "вс", "пн"].iter().any(|d| name.starts_with(d)))
}
