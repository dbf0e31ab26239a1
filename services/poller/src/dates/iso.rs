//! ISO 8601 in all its forms, and numbers of seconds since 1970.

use jiff::civil::{Date as Day, DateTime, ISOWeekDate, Time, Weekday};
use jiff::{Timestamp, tz::Offset};
use proto::vocab::precision;

use super::Date;

/// Seconds, milliseconds or microseconds since 1970, of the years 1973 to 2286.
pub fn epoch(text: &str) -> Option<Date> {
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    // A fraction of a second carries no information.
    let text = text.split_once('.').filter(|(_, fraction)| digits(fraction)).map_or(text, |(whole, _)| whole);
    let number: i64 = text.parse().ok().filter(|_| digits(text))?;
    let seconds = match text.len() {
        9 | 10 => number,
        13 => number / 1_000,
        16 => number / 1_000_000,
        _ => return None,
    };
    let at = Timestamp::from_second(seconds).ok()?;
    Some(Date { at, precision: precision::SECOND, assumed_zone: None, repaired: true })
}

/// Days, months and years in the forms of ISO 8601: with and without separators, with a year of two digits, by the day
/// of the year or of the week.
pub fn bare(text: &str) -> Option<Date> {
    if let Some(day) = week(text) {
        return date(day, precision::DAY, true);
    }
    let (sign, rest) = text.strip_prefix('-').map_or(("", text), |r| ("-", r));
    if !rest.bytes().all(|b| b.is_ascii_digit() || b == b'-') || rest.starts_with('-') {
        return None;
    }
    let parts: Vec<i16> = rest.split('-').map(|p| p.parse().unwrap_or(-1)).collect();
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
        ("-", [4]) => (day(century(number(0..2)?), number(2..4)?, 1)?, precision::MONTH),
        ("-", [2, 2]) => (day(century(parts[0]), parts[1], 1)?, precision::MONTH),
        ("", [4, 1 | 2, 1 | 2]) => (day(parts[0], parts[1], parts[2])?, precision::DAY),
        ("", [2, 2, 2]) => (day(century(parts[0]), parts[1], parts[2])?, precision::DAY),
        _ => return None,
    };
    let w3c = matches!(lengths.as_slice(), [4] | [4, 2] | [4, 2, 2]) && sign.is_empty();
    date(day, exact, !w3c)
}

fn date(day: Day, precision: &'static str, repaired: bool) -> Option<Date> {
    let at = Offset::UTC.to_timestamp(DateTime::from_parts(day, Time::midnight())).ok()?;
    Some(Date { at, precision, assumed_zone: None, repaired })
}

/// `2003-W01`, `2003-W01-3`, `2003W013`: a week begins on Monday.
fn week(text: &str) -> Option<Day> {
    let (year, week) = text.split_once('W')?;
    let year = year.strip_suffix('-').unwrap_or(year);
    let number = |s: &str| s.bytes().all(|b| b.is_ascii_digit()).then(|| s.parse::<i8>().ok()).flatten();
    let (week, day) = week.split_at_checked(2)?;
    let day = match day.strip_prefix('-').unwrap_or(day) {
        "" => Weekday::Monday,
        day => Weekday::from_monday_one_offset(number(day)?).ok()?,
    };
    let year = year.parse().ok().filter(|_| year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit()))?;
    Some(ISOWeekDate::new(year, number(week)?, day).ok()?.date())
}

/// `20250906T100000Z`, `20250906100000`: the basic form of ISO 8601, with the separators of its extended form.
pub fn separated(text: &str) -> Option<String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (day, time) = match digits {
        8 => (text.get(..8)?, text.get(8..)?.strip_prefix(['T', 't', ' '])?),
        12 | 14 => text.split_at_checked(8)?,
        _ => return None,
    };
    let (y, m, d) = (day.get(..4)?, day.get(4..6)?, day.get(6..)?);
    time.starts_with(|c: char| c.is_ascii_digit()).then(|| format!("{y}-{m}-{d}T{time}"))
}

/// The day of a year, counted from 1.
pub fn ordinal(year: i16, day: i16) -> Option<Day> {
    Day::new(year, 1, 1).ok()?.with().day_of_year(day).build().ok()
}
