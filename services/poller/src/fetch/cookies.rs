//! Cookies within one fetch (RFC 6265): some publishers redirect to a check that sets one, and back. They are not kept.

use reqwest::header::{HeaderMap, SET_COOKIE};
use url::Url;

/// Cookies of one fetch.
const MAX_COOKIES: usize = 20;
/// A longer cookie is ignored, in bytes.
const MAX_BYTES: usize = 4_096;

/// The cookies that the responses of one fetch have set.
#[derive(Debug, Default)]
pub(super) struct Cookies(Vec<Cookie>);

/// A cookie, which returns to its host only, whatever domain it asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cookie {
    host: String,
    name: String,
    value: String,
    /// True if it came over https or has the attribute Secure: it is never sent without encryption.
    is_secure: bool,
}

impl Cookies {
    /// Takes the cookies of a response from `url`. True if one is new.
    pub(super) fn store(&mut self, url: &Url, headers: &HeaderMap) -> bool {
        let host = url.host_str().unwrap_or_default();
        let is_encrypted = url.scheme() == "https";
        let before = self.0.clone();
        for header in headers.get_all(SET_COOKIE) {
            let Some(header) = header.to_str().ok() else { continue };
            let Some((name, value)) = pair(header) else { continue };
            let is_own = |cookie: &Cookie| cookie.host == host && cookie.name == name;
            // An answer without encryption, which anyone may have changed, does not replace a secure cookie.
            if !is_encrypted && self.0.iter().any(|cookie| is_own(cookie) && cookie.is_secure) {
                continue;
            }
            self.0.retain(|cookie| !is_own(cookie));
            if self.0.len() < MAX_COOKIES && !value.is_empty() {
                let is_secure = is_encrypted || is_marked_secure(header);
                self.0.push(Cookie {
                    host: host.to_owned(),
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
        let is_sent = |cookie: &&Cookie| cookie.host == host && (url.scheme() == "https" || !cookie.is_secure);
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

/// True for a Set-Cookie header with the attribute Secure.
fn is_marked_secure(header: &str) -> bool {
    header.split(';').skip(1).any(|attribute| attribute.trim().eq_ignore_ascii_case("secure"))
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
            (https, "s=1; Domain=a.example", "https://www.a.example/", false),
        ] {
            assert_eq!(sent(from, set, to).is_some(), expected, "{set} from {from} to {to}");
        }
    }

    #[test]
    fn an_answer_without_encryption_does_not_replace_a_secure_cookie() {
        let mut cookies = Cookies::default();
        let mut store = |from: &str, set: &str| {
            let url: Url = from.parse().unwrap();
            cookies.store(&url, &HeaderMap::from_iter([(SET_COOKIE, set.parse().unwrap())]));
            cookies.header(&"https://a.example/".parse().unwrap()).unwrap_or_default()
        };
        assert_eq!(store("https://a.example/", "s=1"), "s=1");
        assert_eq!(store("http://a.example/", "s=2"), "s=1");
        assert_eq!(store("https://a.example/", "s=3"), "s=3");
        assert_eq!(store("https://a.example/", "s="), "");
    }
}
