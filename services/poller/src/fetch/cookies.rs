//! Cookies within one fetch (RFC 6265): some publishers redirect to a check that sets one, and back. They are not kept.

use super::response::text;
use crate::schedule;
use jiff::Timestamp;
use reqwest::header::{DATE, HeaderMap, SET_COOKIE};
use url::{Host, Url};

/// Cookies of one fetch.
const MAX_COOKIES: usize = 20;
/// A longer cookie is ignored, in bytes.
const MAX_BYTES: usize = 4_096;

/// The cookies that the responses of one fetch have set.
#[derive(Debug, Default)]
pub(super) struct Cookies(Vec<Cookie>);

/// A cookie, which returns to one host, or to a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cookie {
    domain: String,
    /// True if it also returns to the hosts below its domain.
    has_subdomains: bool,
    name: String,
    value: String,
    /// True if it came over https or has the attribute Secure: it is never sent without encryption.
    is_secure: bool,
}

impl Cookies {
    /// Takes the cookies of a response from `url`. True if one is new.
    pub(super) fn store(&mut self, url: &Url, headers: &HeaderMap) -> bool {
        let is_encrypted = url.scheme() == "https";
        // A date is compared with the server's own clock: this machine's may be wrong.
        let now = || schedule::http_date(&text(headers, DATE)).unwrap_or_else(stream::faults::now);
        let before = self.0.clone();
        for header in headers.get_all(SET_COOKIE) {
            let Some(header) = header.to_str().ok() else { continue };
            let Some((name, value)) = pair(header) else { continue };
            let Some((domain, has_subdomains)) = domain(url, header) else { continue };
            let is_same = |cookie: &Cookie| {
                cookie.name == name && (is_within(&cookie.domain, &domain) || is_within(&domain, &cookie.domain))
            };
            // An answer without encryption, which anyone may have changed, does not replace a secure cookie.
            if !is_encrypted && self.0.iter().any(|cookie| is_same(cookie) && cookie.is_secure) {
                continue;
            }
            self.0.retain(|cookie| cookie.domain != domain || cookie.name != name);
            if self.0.len() < MAX_COOKIES && !value.is_empty() && !is_expired(header, now) {
                let is_secure = is_encrypted || attribute(header, "secure").is_some();
                self.0.push(Cookie {
                    domain,
                    has_subdomains,
                    name: name.to_owned(),
                    value: value.to_owned(),
                    is_secure,
                });
            }
        }
        self.0 != before
    }

    /// The header Cookie of a request to `url`; `None` if there is no cookie of its host.
    pub(super) fn header(&self, url: &Url) -> Option<String> {
        let host = url.host_str().unwrap_or_default();
        let is_sent = |cookie: &&Cookie| {
            let is_for = cookie.domain == host || cookie.has_subdomains && is_within(host, &cookie.domain);
            is_for && (url.scheme() == "https" || !cookie.is_secure)
        };
        let pair = |cookie: &Cookie| format!("{}={}", cookie.name, cookie.value);
        let own: Vec<String> = self.0.iter().filter(is_sent).map(pair).collect();
        (!own.is_empty()).then(|| own.join("; "))
    }
}

/// Name and value of a Set-Cookie header, without its attributes.
fn pair(header: &str) -> Option<(&str, &str)> {
    let (name, value) = header.split(';').next()?.split_once('=')?;
    let (name, value) = (name.trim(), value.trim());
    (!name.is_empty() && name.len() + value.len() <= MAX_BYTES).then_some((name, value))
}

/// The value of an attribute of a Set-Cookie header. The last one of this name counts.
fn attribute<'h>(header: &'h str, name: &str) -> Option<&'h str> {
    let pairs = header.split(';').skip(1).map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.filter(|(key, _)| key.trim().eq_ignore_ascii_case(name)).last().map(|(_, value)| value.trim())
}

/// The domain of a cookie from `url`, and whether it returns to the hosts below it (RFC 6265 section 5.3). `None` for a
/// cookie of other hosts or of a public suffix.
fn domain(url: &Url, header: &str) -> Option<(String, bool)> {
    let host = url.host_str().unwrap_or_default();
    let domain = attribute(header, "domain").unwrap_or_default().to_ascii_lowercase();
    let domain = domain.strip_prefix('.').unwrap_or(&domain);
    if domain.is_empty() {
        return Some((host.to_owned(), false));
    }
    // Of an address the list of suffixes knows nothing.
    let is_site = matches!(url.host(), Some(Host::Domain(_))) && psl::domain_str(domain).is_some();
    (domain == host || is_site && is_within(host, domain)).then(|| (domain.to_owned(), is_site))
}

/// True if `host` is `domain`, or below it.
fn is_within(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|sub| sub.is_empty() || sub.ends_with('.'))
}

/// True for a cookie that the server deletes, by its age, or else by its date (RFC 6265 section 5.3).
fn is_expired(header: &str, now: impl Fn() -> Timestamp) -> bool {
    match attribute(header, "max-age").and_then(|age| age.parse::<i64>().ok()) {
        Some(seconds) => seconds <= 0,
        None => attribute(header, "expires").and_then(schedule::http_date).is_some_and(|at| at <= now()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The header of a request to `to` after `from` has set the cookie.
    fn sent(from: &str, set: &str, to: &str) -> Option<String> {
        let mut cookies = Cookies::default();
        cookies.store(&from.parse().unwrap(), &HeaderMap::from_iter([(SET_COOKIE, set.parse().unwrap())]));
        cookies.header(&to.parse().unwrap())
    }

    #[test]
    fn a_cookie_returns_to_its_host_and_not_without_the_encryption_that_it_came_with() {
        let (http, https) = ("http://a.example/check", "https://a.example/feed");
        for (from, set, to, expected) in [
            (http, "s=1; Path=/", http, true),
            (http, "s=1; Path=/", https, true),
            (https, "s=1; Path=/", https, true),
            (https, "s=1; Path=/", http, false),
            (http, "s=1; secure", https, true),
            (http, "s=1; HttpOnly;Secure ", http, false),
            (http, "s=1; Domain=example", "http://b.example/", false),
            (https, "s=1", "https://www.a.example/", false),
            (https, "s=1; Domain=a.example", "http://www.a.example/", false),
        ] {
            assert_eq!(sent(from, set, to).is_some(), expected, "{set} from {from} to {to}");
        }
    }

    #[test]
    fn a_cookie_for_a_domain_is_sent_to_it_and_below_it() {
        for (from, set, to, expected) in [
            ("https://check.news.example/", "s=1; Domain=news.example", "https://news.example/feed", true),
            ("https://www.news.example/", "s=1; domain=.News.Example", "https://a.news.example/", true),
            ("https://news.example/", "s=1; Domain=news.example", "https://www.news.example/", true),
            ("https://news.example/", "s=1; Domain=", "https://www.news.example/", false),
            ("https://news.example/", "s=1; Domain=news.example", "https://badnews.example/", false),
            ("http://127.0.0.1/", "s=1; Domain=127.0.0.1", "http://127.0.0.1/", true),
        ] {
            assert_eq!(sent(from, set, to).is_some(), expected, "{set} from {from} to {to}");
        }
    }

    #[test]
    fn a_cookie_for_a_public_suffix_or_another_host_is_not_kept() {
        for (from, set) in [
            ("https://www.news.co.uk/", "s=1; Domain=co.uk"),
            ("https://a.blogspot.com/", "s=1; Domain=blogspot.com"),
            ("https://news.example/", "s=1; Domain=example"),
            ("https://news.example/", "s=1; Domain=other.example"),
            ("https://news.example/", "s=1; Domain=www.news.example"),
            ("https://badnews.example/", "s=1; Domain=news.example"),
            ("http://127.0.0.1/", "s=1; Domain=0.0.1"),
        ] {
            assert_eq!(sent(from, set, from), None, "{set} from {from}");
        }
    }

    /// Stores a cookie, and returns the header of a request to `https://a.example/`.
    fn after(cookies: &mut Cookies, from: &str, set: &str) -> String {
        cookies.store(&from.parse().unwrap(), &HeaderMap::from_iter([(SET_COOKIE, set.parse().unwrap())]));
        cookies.header(&"https://a.example/".parse().unwrap()).unwrap_or_default()
    }

    #[test]
    fn an_answer_without_encryption_does_not_replace_a_secure_cookie() {
        let mut cookies = Cookies::default();
        let mut store = |from: &str, set: &str| after(&mut cookies, from, set);
        assert_eq!(store("https://a.example/", "s=1"), "s=1");
        assert_eq!(store("http://a.example/", "s=2"), "s=1");
        assert_eq!(store("http://b.a.example/", "s=2; Domain=a.example"), "s=1");
        assert_eq!(store("https://a.example/", "s=3"), "s=3");
        assert_eq!(store("https://a.example/", "s="), "");
    }

    #[test]
    fn an_expired_cookie_deletes_the_one_before() {
        let (past, url) = ("Thu, 01-Jan-1970 00:00:01 GMT", "https://a.example/");
        for (attributes, expected) in [
            ("Max-Age=0".to_owned(), ""),
            ("Max-Age=-1".to_owned(), ""),
            (format!("Expires={past}"), ""),
            (format!("Max-Age=60; Expires={past}"), "s=2"),
            ("Expires=soon".to_owned(), "s=2"),
        ] {
            let mut cookies = Cookies::default();
            after(&mut cookies, url, "s=1");
            assert_eq!(after(&mut cookies, url, &format!("s=2; {attributes}")), expected, "{attributes}");
        }
    }

    #[test]
    fn a_cookie_expires_by_the_clock_of_its_server() {
        let is_kept = |date: &str| {
            let set = "s=1; Expires=Tue, 24 Nov 2020 12:10:00 GMT";
            let headers: HeaderMap =
                HeaderMap::from_iter([(SET_COOKIE, set.parse().unwrap()), (DATE, date.parse().unwrap())]);
            Cookies::default().store(&"https://a.example/".parse().unwrap(), &headers)
        };
        assert!(is_kept("Tue, 24 Nov 2020 12:00:00 GMT"));
        assert!(!is_kept("Tue, 24 Nov 2020 12:10:00 GMT"));
    }
}
