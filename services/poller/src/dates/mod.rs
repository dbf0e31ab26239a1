//! Dates as publishers write them.
//!
//! RFC 3339 and RFC 9557 first and RFC 2822 next, as jiff reads them; what is left is cut into words and numbers and
//! understood by what they can mean. A date that is none is refused, never guessed.

mod words;
mod zones;

use jiff::civil::{Date as Day, DateTime, Time};
use jiff::tz::Offset;
use jiff::{Span, Timestamp};
use proto::vocab::precision;

use crate::feed::Date;
use words::Word;

/// Warning: it lies in the future; the present stands instead.
pub const FUTURE: &str = "date_in_future";
/// Warning: it names no time zone; UTC is taken, or the zone of the language's country.
pub const NO_ZONE: &str = "date_without_zone";
/// Warning: it has another form than RFC 822 or RFC 3339.
pub const REPAIRED: &str = "date_repaired";

/// How far a clock may be ahead before its date counts as one of the future: zones are mistaken more often than days.
const AHEAD_H: i64 = 24;
/// Longer texts are no dates, in bytes.
const LONGEST: usize = 120;

/// Reads a date in any form seen in feeds. `now` clamps: what lies more than a day ahead becomes `now`, with a warning.
#[must_use]
pub fn parse(text: &str, now: Timestamp) -> Option<Date> {
    let text = text.trim();
    if text.is_empty() || text.len() > LONGEST {
        return None;
    }
    let mut date = strict(text).or_else(|| lenient(text))?;
    let limit = now.checked_add(Span::new().hours(AHEAD_H)).unwrap_or(now);
    if date.at > limit {
        date.at = now;
        date.warning = Some(FUTURE);
    }
    Some(date)
}

fn second(at: Timestamp) -> Date {
    Date { at: whole(at), precision: precision::SECOND, warning: None }
}

/// Without the fraction of a second, which no one means.
fn whole(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

/// The two standards.
fn strict(text: &str) -> Option<Date> {
    let first = text.bytes().next()?;
    if first.is_ascii_digit() && text.len() >= 20 {
        // `2003-12-31T10:14:55` and an offset or Z; a leap second is not one of them here.
        let seconds = text.get(17..19)?;
        if seconds.parse::<u8>().ok()? < 60 && text.as_bytes().get(10) == Some(&b'T') {
            return text.parse::<Timestamp>().ok().map(second);
        }
        return None;
    }
    // Weekdays are wrong often enough; they say nothing that the date does not.
    static PARSER: jiff::fmt::rfc2822::DateTimeParser = jiff::fmt::rfc2822::DateTimeParser::new().relaxed_weekday(true);
    let seconds = text.matches(':').count() >= 2;
    let year_at = text.split_ascii_whitespace().find(|w| w.len() == 4 && w.bytes().all(|b| b.is_ascii_digit()));
    if !first.is_ascii_alphabetic() || !seconds || year_at.is_none() {
        return None;
    }
    // RFC 2822 takes an unknown zone as UTC (section 4.3); we know more zones than it does.
    let zone = text.rsplit(' ').next().unwrap_or_default();
    if !(zone == "GMT" || zone == "UT" || zone == "Z" || zone.starts_with(['+', '-']) && zone.len() == 5) {
        return None;
    }
    PARSER.parse_timestamp(text).ok().map(second)
}

/// Everything else.
fn lenient(text: &str) -> Option<Date> {
    if let Some(epoch) = epoch(text) {
        return Some(epoch);
    }
    if let Some(bare) = bare(text) {
        return Some(bare);
    }
    let words = words::split(text)?;
    let found = understand(&words)?;
    let day = found.day()?;
    let (time, mut exact) = match found.time {
        Some((time, true)) => (time, precision::SECOND),
        Some((time, false)) => (time, precision::MINUTE),
        None if found.day_given => (Time::midnight(), precision::DAY),
        None if found.month.is_some() => (Time::midnight(), precision::MONTH),
        None => (Time::midnight(), precision::YEAR),
    };
    if found.time.is_some() && !found.day_given {
        return None;
    }
    let mut warning = Some(REPAIRED);
    let civil = DateTime::from_parts(day, time);
    let at = match found.zone {
        Some(zone) => zones::offset_at(zone, civil)?.to_timestamp(civil).ok()?,
        None if found.time.is_none() => Offset::UTC.to_timestamp(civil).ok()?,
        None => {
            warning = Some(NO_ZONE);
            let offset = if found.korean { Offset::constant(9) } else { Offset::UTC };
            offset.to_timestamp(civil).ok()?
        }
    };
    if found.time.is_none() {
        // W3C-DTF gives days, months and years as they are; nothing was repaired.
        warning = None;
    }
    if exact == precision::SECOND && time.second() == 0 && found.time.is_some_and(|t| !t.1) {
        exact = precision::MINUTE;
    }
    Some(Date { at: whole(at), precision: exact, warning })
}

/// Seconds or milliseconds since 1970, of this century's first half or near it.
fn epoch(text: &str) -> Option<Date> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    let number: i64 = text.parse().ok().filter(|_| digits)?;
    let seconds = match text.len() {
        9 | 10 => number,
        13 => number / 1_000,
        _ => return None,
    };
    let at = Timestamp::from_second(seconds).ok()?;
    Some(Date { at, precision: precision::SECOND, warning: Some(REPAIRED) })
}

/// ISO 8601 without separators, and with two digits for the year.
fn bare(text: &str) -> Option<Date> {
    let (sign, rest) = text.strip_prefix('-').map_or(("", text), |r| ("-", r));
    if !rest.bytes().all(|b| b.is_ascii_digit() || b == b'-') || rest.starts_with('-') {
        return None;
    }
    let parts: Option<Vec<i16>> = rest.split('-').map(|p| p.parse().ok()).collect();
    let parts = parts?;
    let lengths: Vec<usize> = rest.split('-').map(str::len).collect();
    let century = |y: i16| if y < 70 { 2000 + y } else { 1900 + y };
    let number = |range: std::ops::Range<usize>| rest.get(range).and_then(|p| p.parse::<i16>().ok());
    let day = |y: i16, m: i16, d: i16| Day::new(y, i8::try_from(m).ok()?, i8::try_from(d).ok()?).ok();
    let (day, exact) = match (sign, lengths.as_slice()) {
        ("", [4]) => (day(parts[0], 1, 1)?, precision::YEAR),
        ("", [6]) => (day(century(number(0..2)?), number(2..4)?, number(4..6)?)?, precision::DAY),
        ("", [8]) => (day(number(0..4)?, number(4..6)?, number(6..8)?)?, precision::DAY),
        ("", [5]) => (ordinal(century(number(0..2)?), number(2..5)?)?, precision::DAY),
        ("", [7]) => (ordinal(number(0..4)?, number(4..7)?)?, precision::DAY),
        ("", [4, 3]) => (ordinal(parts[0], parts[1])?, precision::DAY),
        ("", [2, 3]) => (ordinal(century(parts[0]), parts[1])?, precision::DAY),
        ("", [4, 1 | 2]) => (day(parts[0], parts[1], 1)?, precision::MONTH),
        ("-", [2, 2]) => (day(century(parts[0]), parts[1], 1)?, precision::MONTH),
        ("", [4, 1 | 2, 1 | 2]) => (day(parts[0], parts[1], parts[2])?, precision::DAY),
        ("", [2, 2, 2]) => (day(century(parts[0]), parts[1], parts[2])?, precision::DAY),
        _ => return None,
    };
    let w3c = matches!(lengths.as_slice(), [4] | [4, 2] | [4, 2, 2]) && sign.is_empty();
    let at = Offset::UTC.to_timestamp(DateTime::from_parts(day, Time::midnight())).ok()?;
    Some(Date { at, precision: exact, warning: (!w3c).then_some(REPAIRED) })
}

fn ordinal(year: i16, day: i16) -> Option<Day> {
    Day::new(year, 1, 1).ok()?.with().day_of_year(day).build().ok()
}

/// What the words of a date say.
#[derive(Debug, Default)]
struct Found {
    year: Option<i16>,
    month: Option<i8>,
    month_day: Option<i8>,
    day_given: bool,
    /// Time of day, and whether it has seconds.
    time: Option<(Time, bool)>,
    zone: Option<zones::Zone>,
    korean: bool,
}

impl Found {
    fn day(&self) -> Option<Day> {
        Day::new(self.year?, self.month.unwrap_or(1), self.month_day.unwrap_or(1)).ok()
    }
}

fn understand(words: &[Word]) -> Option<Found> {
    let mut found = Found::default();
    let mut numbers: Vec<(i32, usize)> = Vec::new();
    let mut pm = None;
    for word in words {
        match *word {
            Word::Month(month) => {
                match found.month.replace(month) {
                    // `mar. 15 août`: a day's name in French, Italian and Spanish.
                    None | Some(3) => {}
                    Some(_) => return None,
                }
            }
            Word::Weekday | Word::Filler => {}
            Word::Half(half) => pm = Some(half),
            Word::Korean(unit, number) => {
                found.korean = true;
                match unit {
                    'y' => found.year = i16::try_from(number).ok(),
                    'm' => found.month = i8::try_from(number).ok(),
                    _ => {
                        found.month_day = i8::try_from(number).ok();
                        found.day_given = true;
                    }
                }
            }
            Word::Time { hour, minute, second } => {
                let seconds = second.is_some();
                if found.time.is_some() {
                    return None;
                }
                found.time = Some((Time::new(hour, minute, second.unwrap_or(0), 0).ok()?, seconds));
            }
            Word::Zone(zone) => {
                // `GMT+2` and `-0500 (EST)`: a number beats a name, and the first of two names the second.
                let number = matches!(zone, zones::Zone::Fixed(_, true));
                if found.zone.is_none() || number && !matches!(found.zone, Some(zones::Zone::Fixed(_, true))) {
                    found.zone = Some(zone);
                }
            }
            Word::Number(value, digits) => numbers.push((value, digits)),
        }
    }
    if let (Some((time, seconds)), Some(afternoon)) = (found.time, pm) {
        let hour = time.hour() % 12 + if afternoon { 12 } else { 0 };
        found.time = Some((time.with().hour(hour).build().ok()?, seconds));
    }
    if found.korean {
        return numbers.is_empty().then_some(found);
    }
    order(&mut found, &numbers)?;
    Some(found)
}

/// Which of the numbers is day, month and year.
fn order(found: &mut Found, numbers: &[(i32, usize)]) -> Option<()> {
    let year = |(value, digits): (i32, usize)| -> Option<i16> {
        let value = i16::try_from(value).ok()?;
        match digits {
            4 => Some(value),
            1 | 2 if value < 70 => Some(2000 + value),
            2 => Some(1900 + value),
            _ => None,
        }
    };
    let small = |(value, digits): (i32, usize)| if digits <= 3 { i8::try_from(value).ok() } else { None };
    if found.month.is_some() {
        // With the month as a word, the longer number is the year; of two short ones the first is the day.
        match *numbers {
            [a] if a.1 == 4 => found.year = year(a),
            [a, b] if a.1 == 4 => (found.year, found.month_day) = (year(a), Some(small(b)?)),
            [a, b] => (found.month_day, found.year) = (Some(small(a)?), Some(year(b)?)),
            _ => return None,
        }
    } else {
        match *numbers {
            [a, b, c] if a.1 == 4 => {
                (found.year, found.month, found.month_day) = (year(a), Some(small(b)?), Some(small(c)?));
            }
            [a, b, c] if c.1 == 4 => {
                // Day before month as most of the world writes it, unless only the other way round makes a date.
                let (a, b) = (small(a)?, small(b)?);
                let (day, month) = if b > 12 { (b, a) } else { (a, b) };
                (found.year, found.month, found.month_day) = (year(c), Some(month), Some(day));
            }
            [a, b, c] if a.1 == 2 && b.1 == 2 && c.1 == 2 => {
                (found.year, found.month, found.month_day) = (year(a), Some(small(b)?), Some(small(c)?));
            }
            [a, b] if a.1 == 4 && found.time.is_none() => (found.year, found.month) = (year(a), Some(small(b)?)),
            _ => return None,
        }
    }
    found.day_given = found.month_day.is_some();
    found.year.map(|_| ())
}

#[cfg(test)]
mod tests;
