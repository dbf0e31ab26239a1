use super::*;

fn read(text: &str) -> Option<String> {
    let now = "2026-01-01T00:00:00Z".parse().unwrap();
    parse(text, now).map(|d| format!("{} {} {}", d.at, d.precision, d.warning.unwrap_or("-")))
}

#[track_caller]
fn is(text: &str, expected: &str) {
    assert_eq!(read(text).as_deref(), Some(expected), "{text}");
}

#[test]
fn the_standards() {
    is("Sat, 06 Sep 2025 10:00:00 +0200", "2025-09-06T08:00:00Z SECOND -");
    is("Mon, 06 Sep 2025 10:00:00 GMT", "2025-09-06T10:00:00Z SECOND -");
    is("2025-09-06T10:00:00.123+02:00", "2025-09-06T08:00:00Z SECOND -");
    is("2025-09-06", "2025-09-06T00:00:00Z DAY -");
    is("2025-09", "2025-09-01T00:00:00Z MONTH -");
    is("2025", "2025-01-01T00:00:00Z YEAR -");
}

#[test]
fn zones_by_name() {
    is("Mon, 26 January 2004 16:31:00 ET", "2004-01-26T21:31:00Z SECOND date_repaired");
    is("Tue, 26 Jul 2005 16:31:00 PT", "2005-07-26T23:31:00Z SECOND date_repaired");
    is("Thu, 30 Apr 2015 08:57:00 MET", "2015-04-30T07:57:00Z SECOND date_repaired");
    is("Thu, 30 Apr 2015 08:57 CEST", "2015-04-30T06:57:00Z MINUTE date_repaired");
    is("Wed, 19 Feb 2012 22:40:00 GMT-01:01", "2012-02-19T23:41:00Z SECOND date_repaired");
}

#[test]
fn languages() {
    is("Κυρ, 11 Ιούλ 2004 12:00:00 EST", "2004-07-11T17:00:00Z SECOND date_repaired");
    is("2004-július-13T9:15-05:00", "2004-07-13T14:15:00Z MINUTE date_repaired");
    is("2004년 05월 28일  01:31:15", "2004-05-27T16:31:15Z SECOND date_without_zone");
    is("mar., 15 août 2023 08:00:00 +0200", "2023-08-15T06:00:00Z SECOND date_repaired");
    is("15. März 2023", "2023-03-15T00:00:00Z DAY -");
}

#[test]
fn other_orders_and_gaps() {
    is("2004-07-08 23:56:58", "2004-07-08T23:56:58Z SECOND date_without_zone");
    is("6 Sep 2025 10:00", "2025-09-06T10:00:00Z MINUTE date_without_zone");
    is("Sun Jan  4 16:29:06 2004", "2004-01-04T16:29:06Z SECOND date_without_zone");
    is("31/12/2003 5:00 PM GMT", "2003-12-31T17:00:00Z MINUTE date_repaired");
    is("1757152800", "2025-09-06T10:00:00Z SECOND date_repaired");
    is("1757152800000", "2025-09-06T10:00:00Z SECOND date_repaired");
}

#[test]
fn the_future_is_clamped_and_named() {
    is("Sat, 06 Sep 2036 10:00:00 GMT", "2026-01-01T00:00:00Z SECOND date_in_future");
}

#[test]
fn what_is_no_date_is_refused() {
    for text in [
        "",
        "yesterday",
        "Sun, 16 zzz 2012 11:47:32 GMT",
        "2003-12-31T25:14:55Z",
        "2003-12-31T10:61:55Z",
        "2003-12-31T10:14:61Z",
        "2003-02-30",
        "2013-01-27-01",
        "2013-01-28T11:30:00-06:00Textra",
        "1234567",
        "99999999",
        "1 2",
    ] {
        assert_eq!(read(text), None, "{text}");
    }
}

proptest::proptest! {
    #[test]
    fn nothing_panics(text in "\\PC{0,60}") {
        let _ = read(&text);
    }

    #[test]
    fn nothing_like_a_date_panics(text in "[A-Za-z]{0,4},? ?[0-9]{0,4}[-/. :T]{0,2}[0-9]{0,3}[-/: ]{0,2}[0-9]{0,4}[ Z+:-]{0,3}[0-9:]{0,6}") {
        let _ = read(&text);
    }
}
