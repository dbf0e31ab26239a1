//! Canonicalisation of links. An article id is made from the result.

use super::{carriers, tracking::is_tracking};
use url::Url;

/// The canonical form of an absolute http or https link; `None` for anything else.
///
/// The URL is parsed by the WHATWG URL standard: scheme and host in lower case, no default port, dot segments resolved. Then
/// credentials, the host's trailing dot, the fragment and tracking parameters are removed, and percent-encodings normalised
/// (RFC 3986 section 6.2.2). The order of parameters, trailing slashes, `www.` and AMP paths are kept, because changing them
/// could merge two articles.
#[must_use]
pub fn canonical_url(link: &str) -> Option<String> {
    canonical_link(link).map(|link| link.page)
}

/// A link resolved against an http or https base, by the WHATWG URL standard; `None` if the result is no URL. Own code for
/// links with three slashes or more, of which the standard ignores all but two and the `url` crate refuses the rest.
#[must_use]
pub fn join(base: &Url, link: &str) -> Option<Url> {
    let rest = link.trim_start_matches(['/', '\\']);
    let is_web = matches!(base.scheme(), "http" | "https");
    if is_web && link.len() - rest.len() > 2 { base.join(&format!("//{rest}")).ok() } else { base.join(link).ok() }
}

/// A link in canonical form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CanonicalLink {
    /// [`canonical_url`] of the link.
    pub page: String,
    /// The fragment, if there is one that does not only track; percent-encodings normalised.
    pub fragment: Option<String>,
}

/// The canonical form of a link with its fragment; `None` if [`canonical_url`] has none.
pub(super) fn canonical_link(link: &str) -> Option<CanonicalLink> {
    let mut url = carriers::unwrapped(Url::parse(link.trim()).ok()?);
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    let host = url.host_str()?;
    if host.ends_with('.') {
        let bare = host.trim_end_matches('.').to_owned();
        if bare.is_empty() {
            return None;
        }
        // A name such as `a.1..` may not be shortened: its end would be a number, and the whole an address.
        url.set_host(Some(&bare)).unwrap_or_default();
    }
    let host = url.host_str()?.to_owned();
    let fragment = url.fragment().and_then(|fragment| own_fragment(&host, fragment));
    url.set_fragment(None);
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    let path = normalised(url.path(), Part::Path);
    url.set_path(&path);
    let query = url.query().and_then(|query| {
        let kept: Vec<String> = query
            .split('&')
            .filter(|pair| !pair.is_empty() && !is_tracking(&host, pair))
            .map(|pair| normalised(pair, Part::Query))
            .collect();
        (!kept.is_empty()).then(|| kept.join("&"))
    });
    url.set_query(query.as_deref());
    Some(CanonicalLink { page: url.into(), fragment })
}

/// A fragment without the directives of the browser (`:~:text=`); `None` if nothing but tracking parameters remains.
fn own_fragment(host: &str, fragment: &str) -> Option<String> {
    let fragment = fragment.split(":~:").next().unwrap_or_default();
    let mut pairs = fragment.trim_start_matches('?').split('&').filter(|pair| !pair.is_empty());
    // A name without a value is an anchor, but for those that only say where the link was placed.
    let tracks_only = pairs.all(|pair| match pair.contains('=') {
        true => is_tracking(host, pair),
        false => ["rss", "feed", "newsletter"].iter().any(|place| pair.eq_ignore_ascii_case(place)),
    });
    (!tracks_only).then(|| normalised(fragment, Part::Query))
}

#[derive(Clone, Copy, PartialEq)]
enum Part {
    Path,
    /// A query or a fragment.
    Query,
}

/// Normalises percent-encodings (RFC 3986 section 6.2.2): hex digits in upper case, unreserved characters decoded, characters
/// that are not allowed in this part encoded. Reserved characters stay encoded or unencoded as they are, because the two may
/// differ in meaning. Own code because the `url` crate keeps encodings as written.
fn normalised(text: &str, part: Part) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let encoded = (byte == b'%')
            .then(|| Some((hex(*bytes.get(at + 1)?)?, hex(*bytes.get(at + 2)?)?)))
            .flatten()
            .map(|(high, low)| high << 4 | low);
        match encoded {
            Some(value) if is_unreserved(value) => {
                out.push(char::from(value));
                at += 3;
            }
            Some(value) => {
                push_encoded(&mut out, value);
                at += 3;
            }
            None => {
                if is_allowed(byte, part) {
                    out.push(char::from(byte));
                } else {
                    push_encoded(&mut out, byte);
                }
                at += 1;
            }
        }
    }
    out
}

fn push_encoded(out: &mut String, byte: u8) {
    out.push('%');
    for nibble in [byte >> 4, byte & 15] {
        out.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0').to_ascii_uppercase());
    }
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// The unreserved characters of RFC 3986 section 2.3.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// The characters that may be unencoded in a path or query (RFC 3986 sections 3.3 and 3.4). A lone `%` may not.
fn is_allowed(byte: u8, part: Part) -> bool {
    is_unreserved(byte)
        || matches!(
            byte,
            b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=' | b':' | b'@' | b'/'
        )
        || (part == Part::Query && byte == b'?')
}

/// A canonical link without its scheme: the form in which links are compared.
pub(super) fn schemeless(link: &str) -> &str {
    link.split_once("://").map_or(link, |(_, rest)| rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn equivalent_spellings_have_one_canonical_form() {
        let cases = [
            ("HTTP://Example.ORG:80/a", "http://example.org/a"),
            ("https://example.org:443", "https://example.org/"),
            ("https://example.org:8443/a", "https://example.org:8443/a"),
            ("https://example.org./a", "https://example.org/a"),
            ("http://example.1../a", "http://example.1../a"),
            ("https://me:secret@example.org/a", "https://example.org/a"),
            ("https://example.org/a/../b/./c", "https://example.org/b/c"),
            ("https://example.org/%7euser/%e4%bd%a0", "https://example.org/~user/%E4%BD%A0"),
            ("https://example.org/你", "https://example.org/%E4%BD%A0"),
            ("https://example.org/a%2Fb", "https://example.org/a%2Fb"),
            ("https://example.org/100%", "https://example.org/100%25"),
            ("https://bücher.example/a", "https://xn--bcher-kva.example/a"),
            ("  https://example.org/a#comments ", "https://example.org/a"),
            ("https://example.org/a/", "https://example.org/a/"),
        ];
        for (link, canonical) in cases {
            assert_eq!(canonical_url(link).as_deref(), Some(canonical), "{link}");
        }
    }

    #[test]
    fn tracking_parameters_are_removed_and_the_rest_keeps_its_order() {
        let cases = [
            ("https://e.org/a?utm_source=rss&utm_medium=x", "https://e.org/a"),
            ("https://e.org/a?b=2&UTM_Source=rss&a=1", "https://e.org/a?b=2&a=1"),
            ("https://e.org/a?id=7&amp;utm_source=rss", "https://e.org/a?id=7"),
            ("https://e.org/a?q=a+b&q=c%20d", "https://e.org/a?q=a+b&q=c%20d"),
            ("https://e.org/a?", "https://e.org/a"),
            ("https://e.org/?p=1", "https://e.org/?p=1"),
            ("https://e.org/a?redirect=https://x.org/?a", "https://e.org/a?redirect=https://x.org/?a"),
        ];
        for (link, canonical) in cases {
            assert_eq!(canonical_url(link).as_deref(), Some(canonical), "{link}");
        }
    }

    #[test]
    fn further_slashes_before_a_host_are_ignored() {
        let base = Url::parse("https://e.org/a/b").unwrap();
        for (link, url) in
            [("///f.org/c", "https://f.org/c"), ("//f.org/c", "https://f.org/c"), ("/c", "https://e.org/c")]
        {
            assert_eq!(join(&base, link).unwrap().as_str(), url);
        }
    }

    #[test]
    fn a_fragment_that_only_tracks_is_none() {
        let cases = [
            ("https://e.org/a", None),
            ("https://e.org/a#", None),
            ("https://e.org/a#xtor=RSS-1", None),
            ("https://e.org/a#Echobox=1764300000", None),
            ("https://e.org/a#utm_source=rss&utm_medium=feed", None),
            ("https://e.org/a#?at_medium=RSS", None),
            ("https://e.org/a#:~:text=the%20words", None),
            ("https://e.org/a#part:~:text=the%20words", Some("part")),
            ("https://e.org/a#xtor", Some("xtor")),
            ("https://e.org/a#rss", None),
            ("https://e.org/a#wt_mc=rss.red", None),
            ("https://e.org/a#part=2&utm_source=rss", Some("part=2&utm_source=rss")),
            ("https://e.org/a#caf%c3%a9", Some("caf%C3%A9")),
            ("https://e.org/a#!/story/7", Some("!/story/7")),
        ];
        for (link, fragment) in cases {
            let link = canonical_link(link).unwrap();
            assert_eq!((link.page.as_str(), link.fragment.as_deref()), ("https://e.org/a", fragment));
        }
    }

    #[test]
    fn a_link_that_is_not_http_has_no_canonical_form() {
        for link in
            ["", "mailto:a@b.org", "ftp://e.org/a", "/relative", "javascript:alert(1)", "tag:e.org,2026:1", "http://."]
        {
            assert_eq!(canonical_url(link), None, "{link}");
        }
    }

    proptest! {
        #[test]
        fn canonicalisation_is_idempotent(link in r"https?://[a-zA-Z0-9.é-]{1,12}(:[0-9]{1,4})?(/[ -~é你]{0,12}){0,3}(\?[ -~é]{0,24})?(#[ -~]{0,6})?") {
            if let Some(once) = canonical_url(&link) {
                prop_assert_eq!(canonical_url(&once), Some(once.clone()), "{}", link);
            }
        }

        #[test]
        fn no_link_panics(link in any::<String>()) {
            let _ = canonical_url(&link);
        }
    }
}
