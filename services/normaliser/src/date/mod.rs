//! When an article was published, where that comes from, and how exact it is.

use jiff::Timestamp;
use proto::{
    time::{from_wire, to_wire},
    v1::RawItem,
    vocab::{date_source, kind, precision},
};

/// A date this much later than the fetch is a wrong clock or zone; less is a clock that is a little off.
const FUTURE_S: i64 = 60 * 60;
/// A day without time is midnight UTC, and begins 14 hours earlier where the sun rises first.
const FUTURE_DAY_S: i64 = 14 * 60 * 60;
/// 1990-01-01: before it there was no web; what claims it is a default value (1970) or a typing error.
const EARLIEST_S: i64 = 631_152_000;

/// A date later than the fetch was set back to it.
pub const FUTURE: &str = "date-future";
/// A date before 1990 was not believed.
pub const ABSURD: &str = "date-absurd";

/// A date with its origin.
#[derive(Debug, Clone, PartialEq)]
pub struct Dated {
    /// The time.
    pub at: proto::Timestamp,
    /// `proto::vocab::date_source`.
    pub source: String,
    /// `proto::vocab::precision`.
    pub precision: String,
    /// What was wrong with what was given.
    pub warning: Option<&'static str>,
}

/// The date of an item that was first seen at `first_seen` and fetched at `fetched`.
///
/// The item's own date counts; where it has none, its date of change (Atom requires only that); for a page, the HTTP
/// header Last-Modified; else the time at which it was first seen.
#[must_use]
pub fn published(raw: &RawItem, fetched: Timestamp, first_seen: Timestamp) -> Dated {
    let own = |given: &Option<proto::Timestamp>| given.as_ref().and_then(from_wire);
    let (given, source, exact) = if let Some(at) = own(&raw.published_at) {
        (Some(at), or(&raw.published_at_source, date_source::FEED), or(&raw.published_at_precision, precision::SECOND))
    } else if let Some(at) = own(&raw.updated_at) {
        let source = if raw.kind == kind::PAGE { date_source::PAGE } else { date_source::FEED };
        (Some(at), source, precision::SECOND)
    } else {
        (last_modified(raw), date_source::HTTP, precision::SECOND)
    };
    let inferred = |warning| Dated {
        at: to_wire(first_seen),
        source: date_source::INFERRED.to_owned(),
        precision: precision::SECOND.to_owned(),
        warning,
    };
    let Some(at) = given else { return inferred(None) };
    if at.as_second() < EARLIEST_S {
        return inferred(Some(ABSURD));
    }
    let tolerance = if exact == precision::SECOND || exact == precision::MINUTE { FUTURE_S } else { FUTURE_DAY_S };
    if at.as_second() - fetched.as_second() > tolerance {
        return Dated { at: to_wire(fetched), ..inferred(Some(FUTURE)) };
    }
    Dated { at: to_wire(at), source: source.to_owned(), precision: exact.to_owned(), warning: None }
}

/// A date of change that can be believed: none before 1990, and at most the time at which it was seen, or a wrong clock
/// would make every later change look old.
#[must_use]
pub fn updated(given: Option<proto::Timestamp>, seen: Timestamp) -> Option<proto::Timestamp> {
    let at = given.as_ref().and_then(from_wire).filter(|at| at.as_second() >= EARLIEST_S)?;
    Some(to_wire(at.min(seen)))
}

fn or<'a>(given: &'a str, default: &'a str) -> &'a str {
    if given.is_empty() { default } else { given }
}

/// RFC 9110 section 8.8.2, for a page only: a feed's header says when the feed changed, not the article.
fn last_modified(raw: &RawItem) -> Option<Timestamp> {
    if raw.kind != kind::PAGE {
        return None;
    }
    let header = &raw.fetch.as_ref()?.last_modified;
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(header).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn dated(published: Option<&str>, exact: &str) -> (String, String, Option<&'static str>) {
        let raw = RawItem {
            published_at: published.map(|text| to_wire(at(text))),
            published_at_precision: exact.into(),
            ..Default::default()
        };
        let dated = super::published(&raw, at("2026-11-24T12:00:00Z"), at("2026-11-24T11:00:00Z"));
        (from_wire(&dated.at).unwrap().to_string(), dated.source, dated.warning)
    }

    #[test]
    fn dates_that_are_right_missing_absurd_or_from_tomorrow() {
        let cases = [
            (Some("2026-11-23T08:00:00Z"), "SECOND", "2026-11-23T08:00:00Z", "FEED", None),
            (Some("2026-11-24T12:59:00Z"), "SECOND", "2026-11-24T12:59:00Z", "FEED", None),
            (Some("2026-11-24T13:01:00Z"), "SECOND", "2026-11-24T12:00:00Z", "INFERRED", Some(FUTURE)),
            (Some("2026-11-25T00:00:00Z"), "DAY", "2026-11-25T00:00:00Z", "FEED", None),
            (Some("2026-11-26T00:00:00Z"), "DAY", "2026-11-24T12:00:00Z", "INFERRED", Some(FUTURE)),
            (Some("1970-01-01T00:00:00Z"), "SECOND", "2026-11-24T11:00:00Z", "INFERRED", Some(ABSURD)),
            (None, "", "2026-11-24T11:00:00Z", "INFERRED", None),
        ];
        for (given, exact, expected, source, warning) in cases {
            assert_eq!(dated(given, exact), (expected.into(), source.into(), warning), "{given:?}");
        }
    }

    #[test]
    fn a_page_without_a_date_has_its_header_and_an_entry_has_not() {
        let fetch = proto::v1::Fetch { last_modified: "Mon, 23 Nov 2026 07:00:00 GMT".into(), ..Default::default() };
        let mut raw = RawItem { kind: kind::PAGE.into(), fetch: Some(fetch), ..Default::default() };
        let now = at("2026-11-24T12:00:00Z");
        assert_eq!(super::published(&raw, now, now).source, date_source::HTTP);
        raw.kind = kind::ENTRY.into();
        assert_eq!(super::published(&raw, now, now).source, date_source::INFERRED);
    }

    #[test]
    fn an_atom_entry_with_a_date_of_change_only_has_that() {
        let raw = RawItem { updated_at: Some(to_wire(at("2026-11-23T08:00:00Z"))), ..Default::default() };
        let now = at("2026-11-24T12:00:00Z");
        assert_eq!(super::published(&raw, now, now).source, date_source::FEED);
    }
}
