//! Finds out which words of a date are the day, the month, the year, the time and the zone.

use jiff::civil::{Date as Day, Time};

use super::words::Word;
use super::zones::Zone;

/// The parts of a date.
#[derive(Debug, Default)]
pub struct Found {
    year: Option<i16>,
    /// 1 to 12.
    pub month: Option<i8>,
    month_day: Option<i8>,
    /// False if the text names only a month or a year.
    pub day_given: bool,
    /// The time of day, and whether it has seconds.
    pub time: Option<(Time, bool)>,
    /// The time zone; `None` if the text names none.
    pub zone: Option<Zone>,
    /// True for a date in Chinese, Japanese or Korean.
    pub east_asian: bool,
    /// 24:00, the start of the next day.
    end_of_day: bool,
}

impl Found {
    /// The day; the first day if the text names a month or a year.
    pub fn day(&self) -> Option<Day> {
        let day = Day::new(self.year?, self.month.unwrap_or(1), self.month_day.unwrap_or(1)).ok()?;
        if self.end_of_day { day.tomorrow().ok() } else { Some(day) }
    }

    fn set_time(&mut self, hour: i8, minute: i8, second: Option<i8>) -> Option<()> {
        if self.time.is_some() {
            return None;
        }
        self.end_of_day = hour == 24;
        if hour == 24 && (minute != 0 || second.unwrap_or(0) != 0) {
            return None;
        }
        self.time = Some((Time::new(hour % 24, minute, second.unwrap_or(0), 0).ok()?, second.is_some()));
        Some(())
    }
}

/// The numbers of a date in their order, each with its number of digits.
#[derive(Debug, Default)]
struct Numbers {
    all: Vec<(i32, usize)>,
    slashed: Option<char>,
    /// True if the month comes first, as in North America: with slashes and with AM or PM.
    month_first: bool,
}

/// Reads the words; `None` if they do not make a date.
pub fn understand(words: &[Word]) -> Option<Found> {
    let mut found = Found::default();
    let mut numbers = Numbers::default();
    let mut afternoon = None;
    // True if the month may be a weekday: `mar. 15 août`.
    let mut doubtful = false;
    let mut clock: [Option<i8>; 3] = [None; 3];
    for word in words {
        match *word {
            Word::Month(_, true) if found.month.is_some() => {}
            Word::Month(month, may_be_day) => {
                if found.month.is_some() && !doubtful {
                    return None;
                }
                (found.month, doubtful) = (Some(month), may_be_day);
            }
            Word::Filler => {}
            Word::Half(half, east_asian) => {
                found.east_asian |= east_asian;
                afternoon = Some(half);
            }
            Word::Unit(unit, number) => {
                found.east_asian = true;
                let small = i8::try_from(number).ok();
                match unit {
                    'y' => found.year = Some(i16::try_from(number).ok()?),
                    'm' => found.month = Some(small?),
                    'd' => (found.month_day, found.day_given) = (Some(small?), true),
                    'H' => clock[0] = Some(small?),
                    'M' => clock[1] = Some(small?),
                    _ => clock[2] = Some(small?),
                }
            }
            Word::Time { hour, minute, second } => found.set_time(hour, minute, second)?,
            Word::Zone(zone) => {
                // `GMT+2`, `-0500 (EST)`: a number wins over a name, and the first of two names over the second.
                let number = matches!(zone, Zone::Fixed(_, true));
                if found.zone.is_none() || number && !matches!(found.zone, Some(Zone::Fixed(_, true))) {
                    found.zone = Some(zone);
                }
            }
            Word::Number(value, digits) => numbers.all.push((value, digits)),
            Word::Slashed(separator) => numbers.slashed = Some(separator),
        }
    }
    if let [Some(hour), minute, second] = clock {
        found.set_time(hour, minute.unwrap_or(0), second)?;
    }
    if let (Some((time, seconds)), Some(afternoon)) = (found.time, afternoon) {
        let hour = time.hour() % 12 + if afternoon { 12 } else { 0 };
        found.time = Some((time.with().hour(hour).build().ok()?, seconds));
        numbers.month_first = numbers.slashed == Some('/') && !found.east_asian;
    }
    if found.year.is_some() || found.month_day.is_some() {
        return numbers.all.is_empty().then_some(found);
    }
    order(&mut found, &numbers)?;
    Some(found)
}

fn year((value, digits): (i32, usize)) -> Option<i16> {
    let value = i16::try_from(value).ok()?;
    match digits {
        4 => Some(value),
        1 | 2 if value < 70 => Some(2000 + value),
        2 => Some(1900 + value),
        // Years since 1900, as programs print them (RFC 2822 section 4.3).
        3 if value >= 100 => Some(1900 + value),
        _ => None,
    }
}

/// Decides which numbers are the day, the month and the year.
fn order(found: &mut Found, numbers: &Numbers) -> Option<()> {
    let small = |(value, digits): (i32, usize)| if digits <= 3 { i8::try_from(value).ok() } else { None };
    // The day comes first, as in most of the world, unless only the other order makes a date.
    let day_and_month = |a: (i32, usize), b: (i32, usize)| -> Option<(i8, i8)> {
        let (a, b) = (small(a)?, small(b)?);
        let month_first = b > 12 || numbers.month_first && a <= 12;
        Some(if month_first { (b, a) } else { (a, b) })
    };
    if found.month.is_some() {
        // With the month as a word, the longer number is the year; of two short ones the first is the day.
        match *numbers.all {
            [a] if a.1 == 4 => found.year = year(a),
            [a, b] if a.1 == 4 => (found.year, found.month_day) = (year(a), Some(small(b)?)),
            [a, b] => (found.month_day, found.year) = (Some(small(a)?), Some(year(b)?)),
            _ => return None,
        }
    } else {
        match *numbers.all {
            [a, b, c] if a.1 == 4 => {
                (found.year, found.month, found.month_day) = (year(a), Some(small(b)?), Some(small(c)?));
            }
            [a, b, c] if c.1 == 4 || numbers.slashed.is_some() && c.1 == 2 && a.1 <= 2 && b.1 <= 2 => {
                let (day, month) = day_and_month(a, b)?;
                (found.year, found.month, found.month_day) = (year(c), Some(month), Some(day));
            }
            [a, b, c] if a.1 == 2 && b.1 == 2 && c.1 == 2 => {
                (found.year, found.month, found.month_day) = (year(a), Some(small(b)?), Some(small(c)?));
            }
            // A day of the year, or a month.
            [a, b] if a.1 == 4 && b.1 == 3 => {
                let day = super::iso::ordinal(year(a)?, i16::try_from(b.0).ok()?)?;
                (found.year, found.month, found.month_day) = (Some(day.year()), Some(day.month()), Some(day.day()));
            }
            [a, b] if a.1 == 4 && found.time.is_none() => (found.year, found.month) = (year(a), Some(small(b)?)),
            _ => return None,
        }
    }
    found.day_given = found.month_day.is_some();
    found.year.map(|_| ())
}
