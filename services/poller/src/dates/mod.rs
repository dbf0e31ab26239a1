//! Reads dates as publishers write them.
//!
//! RFC 3339 and RFC 2822 are read by jiff. Any other text is split into words and numbers, and read by their possible meanings.
//! A text that is not a date is refused, never guessed. Whether a date is plausible (in the future, before the web) is
//! decided by the normaliser.

mod iso;
mod languages;
mod meaning;
mod words;
mod zones;

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::{DateTime, Time};
use jiff::tz::Offset;
use proto::{Warning, vocab::precision};

/// Longest text of a date, in bytes.
const MAX_LEN: usize = 120;

/// A date as a publisher gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Date {
    /// The instant, to the second, or the start of the day, month or year in UTC. May lie in the future.
    pub at: Timestamp,
    /// One of [`proto::vocab::precision`].
    pub precision: &'static str,
    /// The offset that was assumed if the text has a time of day and no known time zone: UTC, or +09:00 for a date in
    /// Chinese, Japanese or Korean.
    pub assumed_zone: Option<Offset>,
    /// True if the text has another form than RFC 822, RFC 3339 or W3C-DTF.
    pub repaired: bool,
}

impl Date {
    /// The most serious warning about how the date was read.
    #[must_use]
    pub fn warning(&self) -> Option<Warning> {
        match self {
            Date { assumed_zone: Some(_), .. } => Some(Warning::DateWithoutZone),
            Date { repaired: true, .. } => Some(Warning::DateRepaired),
            _ => None,
        }
    }
}

/// Reads a date in any form seen in feeds; `None` if the text is not a date.
#[must_use]
pub fn parse(text: &str) -> Option<Date> {
    let text = text.trim();
    if text.is_empty() || text.len() > MAX_LEN {
        return None;
    }
    strict(text).or_else(|| lenient(text))
}

/// The text of a date as the publisher wrote it, without whitespace at its ends, at most 120 bytes.
#[must_use]
pub fn as_written(text: &str) -> String {
    let text = text.trim();
    text[..text.floor_char_boundary(MAX_LEN)].to_owned()
}

fn standard(at: Timestamp) -> Date {
    Date { at: whole(at), precision: precision::SECOND, assumed_zone: None, repaired: false }
}

/// Without the fraction of a second, which carries no information.
fn whole(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

/// RFC 3339 and RFC 2822.
fn strict(text: &str) -> Option<Date> {
    let bytes = text.as_bytes();
    if [bytes.get(4), bytes.get(10), bytes.get(16)] == [Some(&b'-'), Some(&b'T'), Some(&b':')] && text.len() >= 20 {
        // `2003-12-31T10:14:55` and an offset or Z. A leap second is left to the lenient reader.
        let seconds = text.get(17..19)?.parse::<u8>().ok()?;
        return text.parse::<Timestamp>().ok().filter(|_| seconds < 60).map(standard);
    }
    // Weekdays are often wrong and carry no information beyond the date.
    static PARSER: jiff::fmt::rfc2822::DateTimeParser = jiff::fmt::rfc2822::DateTimeParser::new().relaxed_weekday(true);
    let seconds = text.matches(':').count() >= 2;
    let year_at = text.split_ascii_whitespace().find(|w| w.len() == 4 && w.bytes().all(|b| b.is_ascii_digit()));
    if !seconds || year_at.is_none() {
        return None;
    }
    // RFC 2822 reads an unknown zone as UTC (section 4.3). The lenient reader knows more zones.
    let zone = text.rsplit(' ').next().unwrap_or_default();
    if !(zone == "GMT" || zone == "UT" || zone == "Z" || zone.starts_with(['+', '-']) && zone.len() == 5) {
        return None;
    }
    PARSER.parse_timestamp(text).ok().map(standard)
}

/// Digits of other scripts as ASCII digits, without invisible marks, and Spanish halves of the day (`a. m.`) as one word.
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

/// Every other form.
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
    let civil = DateTime::from_parts(day, time);
    let (offset, assumed) = match found.zone {
        Some(zones::Zone::Unknown) => (Offset::UTC, true),
        Some(zone) => (zones::offset_at(zone, civil)?, false),
        None if found.time.is_none() => (Offset::UTC, false),
        None if found.east_asian => (Offset::constant(9), true),
        None => (Offset::UTC, true),
    };
    if exact == precision::SECOND && time.second() == 0 && found.time.is_some_and(|t| !t.1) {
        exact = precision::MINUTE;
    }
    Some(Date {
        at: whole(offset.to_timestamp(civil).ok()?),
        precision: exact,
        assumed_zone: assumed.then_some(offset),
        // W3C-DTF gives days, months and years as they are.
        repaired: found.time.is_some(),
    })
}

#[cfg(test)]
mod tests;
