//! The HTTP headers that say when a request may be repeated.

use jiff::{SignedDuration, Timestamp, fmt::rfc2822};

/// Retry-After (RFC 9110 section 10.2.3): a number of seconds, or a date. A date in the past is zero; `None` for an invalid
/// value.
#[must_use]
pub fn retry_after(value: &str, now: Timestamp) -> Option<SignedDuration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than the type has are a long time, too.
        let seconds = value.parse::<u32>().unwrap_or(u32::MAX);
        return Some(SignedDuration::from_secs(i64::from(seconds)));
    }
    Some(http_date(value)?.duration_since(now).max(SignedDuration::ZERO))
}

/// A date of HTTP in one of its three forms (RFC 9110 section 5.6.7), or as servers misspell them.
#[must_use]
pub fn http_date(value: &str) -> Option<Timestamp> {
    let value = value.trim();
    let strict = rfc2822::DateTimeParser::new().parse_timestamp(value).ok();
    strict.or_else(|| crate::dates::parse(value).map(|date| date.at))
}

/// How long a response stays fresh: Cache-Control max-age minus Age (RFC 9111 section 4.2). `None` without max-age, and with
/// no-cache or no-store.
#[must_use]
pub fn max_age(cache_control: &str, age: Option<&str>) -> Option<SignedDuration> {
    let mut seconds = None;
    for directive in cache_control.split(',') {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        match name.trim().to_ascii_lowercase().as_str() {
            "no-cache" | "no-store" => return None,
            "max-age" => seconds = value.trim().trim_matches('"').parse::<u32>().ok(),
            _ => {}
        }
    }
    let age = age.and_then(|age| age.trim().parse::<u32>().ok()).unwrap_or(0);
    seconds.map(|seconds| SignedDuration::from_secs(i64::from(seconds.saturating_sub(age))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        let seconds = |value| retry_after(value, now).map(|wait| wait.as_secs());
        assert_eq!(seconds("120"), Some(120));
        assert_eq!(seconds("Tue, 24 Nov 2026 12:10:00 GMT"), Some(600));
        assert_eq!(seconds("Tue, 24 Nov 2026 11:10:00 GMT"), Some(0));
        assert_eq!(seconds("Tuesday, 24-Nov-26 12:10:00 GMT"), Some(600));
        assert_eq!(seconds("Tue Nov 24 12:10:00 2026"), Some(600));
        assert_eq!(seconds("9999999999"), Some(i64::from(u32::MAX)));
        assert_eq!(seconds("soon"), None);
        assert_eq!(seconds(""), None);
        assert_eq!(seconds("-5"), None);
    }

    #[test]
    fn max_age_is_reduced_by_age() {
        let seconds = |value, age| max_age(value, age).map(|age| age.as_secs());
        assert_eq!(seconds("public, max-age=600", None), Some(600));
        assert_eq!(seconds("Max-Age=600", Some("400")), Some(200));
        assert_eq!(seconds("max-age=600", Some("900")), Some(0));
        assert_eq!(seconds("no-cache, max-age=600", None), None);
        assert_eq!(seconds("max-age=abc", None), None);
    }
}
