//! Dates as publishers write them.
//!
//! RFC 3339 and RFC 9557 first and RFC 2822 next, as jiff reads them; what is left is cut into words and numbers and
//! understood by what they can mean. A date that is none is refused, never guessed.

mod iso;
mod meaning;
mod names;
mod words;
mod zones;

use std::borrow::Cow;

use jiff::civil::{DateTime, Time};
use jiff::tz::Offset;
use jiff::{Span, Timestamp};
use proto::vocab::precision;

use crate::document::Date;

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
    let bytes = text.as_bytes();
    if [bytes.get(4), bytes.get(10), bytes.get(16)] == [Some(&b'-'), Some(&b'T'), Some(&b':')] && text.len() >= 20 {
        // `2003-12-31T10:14:55` and an offset or Z; a leap second is not one of them here.
        let seconds = text.get(17..19)?.parse::<u8>().ok()?;
        return text.parse::<Timestamp>().ok().filter(|_| seconds < 60).map(second);
    }
    // Weekdays are wrong often enough; they say nothing that the date does not.
    static PARSER: jiff::fmt::rfc2822::DateTimeParser = jiff::fmt::rfc2822::DateTimeParser::new().relaxed_weekday(true);
    let seconds = text.matches(':').count() >= 2;
    let year_at = text.split_ascii_whitespace().find(|w| w.len() == 4 && w.bytes().all(|b| b.is_ascii_digit()));
    if !seconds || year_at.is_none() {
        return None;
    }
    // RFC 2822 takes an unknown zone as UTC (section 4.3); we know more zones than it does.
    let zone = text.rsplit(' ').next().unwrap_or_default();
    if !(zone == "GMT" || zone == "UT" || zone == "Z" || zone.starts_with(['+', '-']) && zone.len() == 5) {
        return None;
    }
    PARSER.parse_timestamp(text).ok().map(second)
}

/// Digits of other scripts as ASCII's, without marks of direction, and Spanish halves of the day in one word.
fn plain(text: &str) -> Cow<'_, str> {
    let marks =
        |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    let digit = |c: char| {
        let zero =
            [0x660, 0x6f0, 0x966, 0x9e6, 0xff10].into_iter().find(|zero| (*zero..zero + 10).contains(&u32::from(c)));
        zero.and_then(|zero| char::from_digit(u32::from(c) - zero, 10)).unwrap_or(c)
    };
    let text = if text.is_ascii() {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.chars().filter(|c| !marks(*c)).map(digit).collect::<String>())
    };
    if text.contains(". m.") { Cow::Owned(text.replace("a. m.", "am").replace("p. m.", "pm")) } else { text }
}

/// Everything else.
fn lenient(text: &str) -> Option<Date> {
    let plain = plain(text);
    let text = plain.trim();
    if let Some(date) = iso::epoch(text).or_else(|| iso::bare(text)) {
        return Some(date);
    }
    let separated = iso::separated(text);
    let words = words::split(separated.as_deref().unwrap_or(text))?;
    let found = meaning::understand(&words)?;
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
        Some(zones::Zone::Unknown) => {
            warning = Some(NO_ZONE);
            Offset::UTC.to_timestamp(civil).ok()?
        }
        Some(zone) => zones::offset_at(zone, civil)?.to_timestamp(civil).ok()?,
        None if found.time.is_none() => Offset::UTC.to_timestamp(civil).ok()?,
        None => {
            warning = Some(NO_ZONE);
            let offset = if found.east_asian { Offset::constant(9) } else { Offset::UTC };
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

#[cfg(test)]
mod tests;
