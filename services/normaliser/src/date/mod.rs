//! The policy for dates: which date an article has, and what is done with one that is not plausible.
//!
//! The poller reads what publishers write and passes it on as it is. Everything else is decided here:
//!
//! | the date | `published_at` | warning |
//! | --- | --- | --- |
//! | is plausible | that date | |
//! | is later than the fetch by more than an hour, 14 hours for a day without time | first seen | `date-future` |
//! | is before 1990 | first seen | `date-absurd` |
//! | is missing, or could not be read | first seen | |
//! | names no time zone | that date in the zone that the poller assumed | `date-without-zone` (the poller's) |
//!
//! The publisher's own value is always kept, in `published_text`.

use jiff::Timestamp;
use proto::{
    Warning,
    time::{from_wire, to_wire},
    v1::RawItem,
    vocab::{date_source, kind, precision},
};

/// How far a date may lie after the fetch, in seconds: clocks are a little off.
const MAX_AHEAD_S: i64 = 60 * 60;
/// The same for a day without time: midnight UTC comes up to 14 hours after the day's start elsewhere.
const MAX_AHEAD_DAY_S: i64 = 14 * 60 * 60;
/// 1990-01-01, before the web: earlier dates are default values (1970) or typing errors.
const EARLIEST_S: i64 = 631_152_000;

/// When an article was published.
#[derive(Debug, Clone, PartialEq)]
pub struct Published {
    /// The instant.
    pub at: proto::Timestamp,
    /// One of [`proto::vocab::date_source`].
    pub source: String,
    /// One of [`proto::vocab::precision`].
    pub precision: String,
    /// The date as the publisher wrote it; empty if there is none.
    pub text: String,
    /// Why the publisher's date was not used.
    pub warning: Option<Warning>,
}

/// Decides when an item was published that was first seen at `first_seen` and fetched at `fetched`.
///
/// The first of these counts: its date of publication; its date of change (Atom requires only that); for a page, the
/// HTTP header Last-Modified; the time of first sight.
#[must_use]
pub fn published(raw: &RawItem, fetched: Timestamp, first_seen: Timestamp) -> Published {
    let given = Given::of(raw);
    let text = given.as_ref().map_or(&raw.published_text, |given| &given.text).clone();
    match given {
        Some(given) if given.warning(fetched).is_none() => Published {
            at: to_wire(given.at),
            source: given.source.to_owned(),
            precision: given.precision.to_owned(),
            text,
            warning: None,
        },
        given => Published {
            at: to_wire(first_seen),
            source: date_source::INFERRED.to_owned(),
            precision: precision::SECOND.to_owned(),
            text,
            warning: given.and_then(|given| given.warning(fetched)),
        },
    }
}

/// When an item was last changed, as its publisher says. `None` before 1990, and at most `seen`, the time at which the
/// item was seen: a wrong clock would make every later change look old.
#[must_use]
pub fn updated(given: Option<proto::Timestamp>, seen: Timestamp) -> Option<proto::Timestamp> {
    instant(claimed(given)).map(|at| to_wire(at.min(seen)))
}

/// A date of a publisher, whatever the time. `None` before 1990.
#[must_use]
pub fn claimed(given: Option<proto::Timestamp>) -> Option<proto::Timestamp> {
    given.filter(|given| from_wire(given).is_some_and(|at| at.as_second() >= EARLIEST_S))
}

/// A date as an item gives it.
struct Given<'a> {
    at: Timestamp,
    source: &'a str,
    precision: &'a str,
    text: String,
}

impl<'a> Given<'a> {
    fn of(raw: &'a RawItem) -> Option<Self> {
        let is_page = raw.kind == kind::PAGE;
        if let Some(at) = instant(raw.published_at) {
            let source = non_empty(&raw.published_at_source).unwrap_or(date_source::FEED);
            let precision = non_empty(&raw.published_at_precision).unwrap_or(precision::SECOND);
            return Some(Given { at, source, precision, text: raw.published_text.clone() });
        }
        if let Some(at) = instant(raw.updated_at) {
            let source = if is_page { date_source::PAGE } else { date_source::FEED };
            return Some(Given { at, source, precision: precision::SECOND, text: raw.updated_text.clone() });
        }
        // A feed's header says when the feed was changed, not the article (RFC 9110 section 8.8.2).
        let header = raw.fetch.as_ref().filter(|_| is_page).map(|fetch| &fetch.last_modified)?;
        let at = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(header).ok()?;
        Some(Given { at, source: date_source::HTTP, precision: precision::SECOND, text: String::new() })
    }

    /// Why the date is not plausible.
    fn warning(&self, fetched: Timestamp) -> Option<Warning> {
        let has_time = self.precision == precision::SECOND || self.precision == precision::MINUTE;
        let max_ahead = if has_time { MAX_AHEAD_S } else { MAX_AHEAD_DAY_S };
        if self.at.as_second() < EARLIEST_S {
            Some(Warning::DateAbsurd)
        } else if self.at.as_second() - fetched.as_second() > max_ahead {
            Some(Warning::DateFuture)
        } else {
            None
        }
    }
}

fn instant(given: Option<proto::Timestamp>) -> Option<Timestamp> {
    given.as_ref().and_then(from_wire)
}

fn non_empty(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// The date of an item that was first seen at 11:00 and fetched at 12:00.
    fn decided(raw: &RawItem) -> (String, String, Option<Warning>) {
        let published = published(raw, at("2026-11-24T12:00:00Z"), at("2026-11-24T11:00:00Z"));
        (from_wire(&published.at).unwrap().to_string(), published.source, published.warning)
    }

    fn given(published: &str, precision: &str) -> RawItem {
        RawItem {
            published_at: Some(to_wire(at(published))),
            published_at_precision: precision.into(),
            published_text: "as written".into(),
            ..Default::default()
        }
    }

    #[test]
    fn a_plausible_date_is_used() {
        for (date, precision) in
            [("2026-11-23T08:00:00Z", "SECOND"), ("2026-11-24T12:59:00Z", "SECOND"), ("2026-11-25T00:00:00Z", "DAY")]
        {
            assert_eq!(decided(&given(date, precision)), (date.into(), "FEED".into(), None));
        }
    }

    #[test]
    fn a_date_that_is_not_plausible_is_replaced_by_the_time_of_first_sight() {
        for (date, precision, warning) in [
            ("2026-11-24T13:01:00Z", "SECOND", Warning::DateFuture),
            ("2026-11-26T00:00:00Z", "DAY", Warning::DateFuture),
            ("2036-11-26T00:00:00Z", "SECOND", Warning::DateFuture),
            ("1970-01-01T00:00:00Z", "SECOND", Warning::DateAbsurd),
        ] {
            let expected = ("2026-11-24T11:00:00Z".into(), "INFERRED".into(), Some(warning));
            assert_eq!(decided(&given(date, precision)), expected, "{date}");
        }
    }

    #[test]
    fn a_missing_date_is_the_time_of_first_sight() {
        assert_eq!(decided(&RawItem::default()), ("2026-11-24T11:00:00Z".into(), "INFERRED".into(), None));
    }

    #[test]
    fn the_publishers_text_is_kept_whether_or_not_its_date_is_used() {
        let now = at("2026-11-24T12:00:00Z");
        for date in ["2026-11-23T08:00:00Z", "2036-11-26T00:00:00Z"] {
            assert_eq!(published(&given(date, "SECOND"), now, now).text, "as written");
        }
        let unread = RawItem { published_text: "last Tuesday".into(), ..Default::default() };
        assert_eq!(published(&unread, now, now).text, "last Tuesday");
    }

    #[test]
    fn a_page_without_a_date_has_its_last_modified_header_and_an_entry_has_not() {
        let fetch = proto::v1::Fetch { last_modified: "Mon, 23 Nov 2026 07:00:00 GMT".into(), ..Default::default() };
        let mut raw = RawItem { kind: kind::PAGE.into(), fetch: Some(fetch), ..Default::default() };
        assert_eq!(decided(&raw).1, date_source::HTTP);
        raw.kind = kind::ENTRY.into();
        assert_eq!(decided(&raw).1, date_source::INFERRED);
    }

    #[test]
    fn an_atom_entry_with_only_a_date_of_change_has_that_date() {
        let changed = to_wire(at("2026-11-23T08:00:00Z"));
        let raw = RawItem { updated_at: Some(changed), updated_text: "as written".into(), ..Default::default() };
        assert_eq!(decided(&raw), ("2026-11-23T08:00:00Z".into(), "FEED".into(), None));
        assert_eq!(published(&raw, at("2026-11-24T12:00:00Z"), Timestamp::UNIX_EPOCH).text, "as written");
    }
}
