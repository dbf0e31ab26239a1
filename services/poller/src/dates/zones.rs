//! Time zones by name and by number.

use jiff::civil::DateTime;
use jiff::tz::Offset;

/// A zone as a feed names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// Seconds east of UTC, and whether the text gives a number.
    Fixed(i32, bool),
    /// Standard time by hours east of UTC, with summer time in North America's months: `ET`.
    American(i32),
    /// An unknown name; UTC is assumed (RFC 2822 section 4.3).
    Unknown,
}

/// Names, in hours and minutes east of UTC: those of RFC 822 section 5 and those that feeds use. An ambiguous name is
/// the zone with more news: `IST` is India's, `BST` Britain's, `CST` North America's.
const NAMES: [(&str, i32, i32); 62] = [
    ("GMT", 0, 0),
    ("UTC", 0, 0),
    ("UT", 0, 0),
    ("Z", 0, 0),
    ("WET", 0, 0),
    ("WEST", 1, 0),
    ("BST", 1, 0),
    ("CET", 1, 0),
    ("CEST", 2, 0),
    ("MET", 1, 0),
    ("MEZ", 1, 0),
    ("MEST", 2, 0),
    ("MESZ", 2, 0),
    ("EET", 2, 0),
    ("EEST", 3, 0),
    ("SAST", 2, 0),
    ("CAT", 2, 0),
    ("WAT", 1, 0),
    ("EAT", 3, 0),
    ("MSK", 3, 0),
    ("MSD", 4, 0),
    ("TRT", 3, 0),
    ("AST", -4, 0),
    ("ADT", -3, 0),
    ("EST", -5, 0),
    ("EDT", -4, 0),
    ("CST", -6, 0),
    ("CDT", -5, 0),
    ("MST", -7, 0),
    ("MDT", -6, 0),
    ("PST", -8, 0),
    ("PDT", -7, 0),
    ("AKST", -9, 0),
    ("AKDT", -8, 0),
    ("HST", -10, 0),
    ("NST", -3, -30),
    ("NDT", -2, -30),
    ("BRT", -3, 0),
    ("BRST", -2, 0),
    ("ART", -3, 0),
    ("CLT", -4, 0),
    ("CLST", -3, 0),
    ("COT", -5, 0),
    ("PET", -5, 0),
    ("IST", 5, 30),
    ("PKT", 5, 0),
    ("NPT", 5, 45),
    ("GST", 4, 0),
    ("IRST", 3, 30),
    ("ICT", 7, 0),
    ("WIB", 7, 0),
    ("HKT", 8, 0),
    ("SGT", 8, 0),
    ("PHT", 8, 0),
    ("MYT", 8, 0),
    ("AWST", 8, 0),
    ("JST", 9, 0),
    ("KST", 9, 0),
    ("ACST", 9, 30),
    ("AEST", 10, 0),
    ("AEDT", 11, 0),
    ("NZST", 12, 0),
];

/// The zone of a name, in any case; `Etc/GMT` too.
#[must_use]
pub fn named(name: &str) -> Option<Zone> {
    let bare = name.rsplit('/').next().unwrap_or(name);
    let american = match bare.to_ascii_uppercase().as_str() {
        "AT" => -4,
        "ET" => -5,
        "CT" => -6,
        "MT" => -7,
        "PT" => -8,
        "NZDT" => return Some(Zone::Fixed(13 * 3_600, false)),
        upper => {
            let (_, hours, minutes) = NAMES.iter().find(|(n, ..)| *n == upper)?;
            return Some(Zone::Fixed(hours * 3_600 + minutes * 60, false));
        }
    };
    Some(Zone::American(american))
}

/// True for what may be the name of a zone, known or not: `XYZT`, `A` of RFC 822, `America/New_York`.
#[must_use]
pub fn looks_like_one(name: &str) -> bool {
    let letters = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_uppercase());
    let place =
        |s: &str| s.len() > 2 && s.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'+'));
    name.len() <= 5 && letters(name) || name.split_once('/').is_some_and(|(a, b)| place(a) && b.split('/').all(place))
}

/// The zone of an offset: `+0200`, `+02:00`, `+02`, `-5:00`.
#[must_use]
pub fn numeric(text: &str) -> Option<Zone> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'+' => (1, text.get(1..)?),
        b'-' => (-1, text.get(1..)?),
        _ => return None,
    };
    let (hours, minutes) = match digits.split_once(':') {
        Some((h, m)) => (h, m.get(..2).filter(|_| m.len() == 2 || m.len() == 5)?),
        None if digits.len() <= 2 => (digits, "0"),
        None => digits.split_at_checked(digits.len() - 2)?,
    };
    let plain = |s: &str| !s.is_empty() && s.len() <= 2 && s.bytes().all(|b| b.is_ascii_digit());
    if !plain(hours) || !plain(minutes) {
        return None;
    }
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours <= 18 && minutes < 60).then_some(Zone::Fixed(sign * (hours * 3_600 + minutes * 60), true))
}

/// The offset in force at a local time.
#[must_use]
pub fn offset_at(zone: Zone, civil: DateTime) -> Option<Offset> {
    let seconds = match zone {
        Zone::Fixed(seconds, _) => seconds,
        Zone::Unknown => 0,
        Zone::American(hours) => (hours + i32::from(summer(civil))) * 3_600,
    };
    Offset::from_seconds(seconds).ok()
}

/// Summer time of the United States since 2007 (second Sunday of March to first of November) and from 1987 to 2006
/// (first Sunday of April to last of October), by the day.
fn summer(civil: DateTime) -> bool {
    use jiff::civil::Weekday::Sunday;
    let nth =
        |month: i8, n: i8| civil.date().with().day(1).month(month).build().ok()?.nth_weekday_of_month(n, Sunday).ok();
    let (from, to) = if civil.year() >= 2007 { (nth(3, 2), nth(11, 1)) } else { (nth(4, 1), nth(10, -1)) };
    match (from, to) {
        (Some(from), Some(to)) => civil.date() >= from && civil.date() < to,
        _ => false,
    }
}
