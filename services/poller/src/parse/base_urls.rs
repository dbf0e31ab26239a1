//! Resolves relative links.

use std::cell::Cell;

use url::Url;

use crate::document::Context;

/// The base URLs in scope (XML Base, RFC 3986 section 5.1): the innermost `xml:base`, resolved against the outer ones, then
/// Content-Location, then the channel's link in RSS, which names no base and whose items are the site's, then the document's
/// URL.
#[derive(Debug)]
pub struct BaseUrls {
    stack: Vec<Option<Url>>,
    /// The channel's link in RSS. It comes before the outermost base, also where that is Content-Location, which RFC 9110 no
    /// longer makes a base.
    site: Option<Url>,
    /// Bytes that resolving has added to the links of this document.
    added: Cell<usize>,
}

/// A longer link is ignored, in bytes.
const MAX_LINK_BYTES: usize = 8192;
/// A longer base is ignored, in bytes: every relative link would grow by it.
const MAX_BASE_BYTES: usize = 2048;
/// Bytes that resolving may add to the links of one document. After that, relative links are ignored.
const MAX_ADDED_BYTES: usize = 16 << 20;

impl BaseUrls {
    /// The base of a document.
    #[must_use]
    pub fn new(cx: &Context<'_>) -> Self {
        let own = Url::parse(cx.url).ok();
        let outer = match (cx.content_location, &own) {
            (Some(location), Some(own)) => own.join(location.trim()).ok().filter(is_web).or(Some(own.clone())),
            (Some(location), None) => Url::parse(location.trim()).ok(),
            (None, _) => own,
        };
        Self { stack: vec![outer], site: None, added: Cell::new(0) }
    }

    /// The link of an RSS channel, an absolute URL.
    pub fn set_site(&mut self, link: &str) {
        let site = (link.len() <= MAX_BASE_BYTES).then(|| Url::parse(link).ok()).flatten();
        self.site = site.filter(is_web);
    }

    /// The base that applies here.
    fn current(&self) -> Option<&Url> {
        let is_outermost = self.stack.len() == 1;
        self.site.as_ref().filter(|_| is_outermost).or_else(|| self.stack.last().and_then(Option::as_ref))
    }

    /// Enters an element with `xml:base`. An invalid URL leaves the base unchanged.
    pub fn push(&mut self, base: &str) {
        let outer = self.stack.last().cloned().flatten();
        let base = if base.len() > MAX_BASE_BYTES { "" } else { base };
        let inner = match &outer {
            Some(outer) if outer.as_str().len() > MAX_BASE_BYTES => Some(outer.clone()),
            Some(outer) => outer.join(base.trim()).ok().filter(is_web).or_else(|| Some(outer.clone())),
            None => Url::parse(base.trim()).ok().filter(is_web),
        };
        self.stack.push(inner);
    }

    /// Leaves an element with `xml:base`.
    pub fn pop(&mut self) {
        if self.stack.len() > 1 {
            self.stack.pop();
        }
    }

    /// The absolute http or https URL of `link`: unchanged if it is one, else resolved against the base; empty if it is
    /// invalid.
    #[must_use]
    pub fn resolve(&self, link: &str) -> String {
        let link = link.trim();
        if link.is_empty() || link.len() > MAX_LINK_BYTES {
            return String::new();
        }
        // Line breaks and tabs inside a link are formatting. The WHATWG URL parser removes them too.
        let clean: String;
        let link = if link.contains(['\n', '\r', '\t']) {
            clean = link.chars().filter(|c| !matches!(c, '\n' | '\r' | '\t')).collect();
            clean.as_str()
        } else {
            link
        };
        let scheme = |s: &str| link.get(..s.len()).is_some_and(|l| l.eq_ignore_ascii_case(s));
        if scheme("http://") || scheme("https://") {
            return if Url::parse(link).is_ok() { link.to_owned() } else { String::new() };
        }
        if self.added.get() > MAX_ADDED_BYTES {
            return String::new();
        }
        let joined = match self.current() {
            Some(base) if begins_with_host(link, base) => Url::parse(&format!("{}://{link}", base.scheme())).ok(),
            Some(base) => crate::identity::join(base, link),
            None => Url::parse(link).ok(),
        };
        let absolute = joined.filter(is_web).map_or_else(String::new, String::from);
        self.added.set(self.added.get() + absolute.len().saturating_sub(link.len()));
        absolute
    }

    /// The URL of a guid that is a relative link: a path from the root, or a page of a host that begins with `www.`. Empty for any
    /// other guid: most are names.
    #[must_use]
    pub fn resolve_guid(&self, guid: &str) -> String {
        let has_host = guid.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("www."))
            && self.current().is_some_and(|base| begins_with_host(guid, base));
        if !(guid.starts_with('/') || has_host) || guid.contains(char::is_whitespace) {
            return String::new();
        }
        let url = self.resolve(guid);
        let is_page = Url::parse(&url).is_ok_and(|url| url.path() != "/" || url.query().is_some());
        if is_page { url } else { String::new() }
    }
}

/// True for a link without scheme and slashes that begins with a host: `www.` and a domain, or a host of the base's own site.
fn begins_with_host(link: &str, base: &Url) -> bool {
    let host = link.split(['/', '?', '#', ':']).next().unwrap_or_default().to_ascii_lowercase();
    let is_name = host.contains('.') && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
    let site = |host: &str| psl::domain_str(host).map(str::to_owned);
    let is_host = |domain: String| {
        (host.starts_with("www.") && domain != host) || base.host_str().and_then(site).is_some_and(|own| own == domain)
    };
    is_name && site(&host).is_some_and(is_host)
}

fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.has_host()
}

/// True for an absolute http or https URL.
#[must_use]
pub fn is_absolute(link: &str) -> bool {
    Url::parse(link.trim()).is_ok_and(|u| is_web(&u))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bases_nest_and_absolute_links_stay_as_written() {
        let mut cx = Context::new("https://a.example/feeds/x.xml");
        cx.content_location = Some("/base/");
        let mut bases = BaseUrls::new(&cx);
        assert_eq!(bases.resolve("p"), "https://a.example/base/p");
        bases.push("https://b.example/c/");
        bases.push("d/");
        assert_eq!(bases.resolve("../e"), "https://b.example/c/e");
        bases.pop();
        assert_eq!(bases.resolve("//f.example"), "https://f.example/");
        assert_eq!(bases.resolve(" HTTP://g.example/A b "), "HTTP://g.example/A b");
        assert_eq!(bases.resolve("mailto:x@y"), "");
    }

    #[test]
    fn the_link_of_an_rss_channel_comes_before_content_location() {
        let mut cx = Context::new("http://feeds.carrier.example/osterby");
        cx.content_location = Some("osterby.xml");
        let mut bases = BaseUrls::new(&cx);
        bases.set_site("https://www.osterby.example/");
        assert_eq!(bases.resolve("/news/rink"), "https://www.osterby.example/news/rink");
    }

    #[test]
    fn links_of_an_rss_channel_are_resolved_on_its_own_link() {
        let mut bases = BaseUrls::new(&Context::new("http://feeds.carrier.example/osterby"));
        bases.set_site("https://www.osterby.example/en/");
        for (link, expected) in [
            ("/news/snow.html", "https://www.osterby.example/news/snow.html"),
            ("snow.html", "https://www.osterby.example/en/snow.html"),
            ("//osterby.example/a", "https://osterby.example/a"),
            ("www.osterby.example/news/rink", "https://www.osterby.example/news/rink"),
            ("www.elsewhere.co.uk?a=1", "https://www.elsewhere.co.uk/?a=1"),
            ("osterby.example/a", "https://osterby.example/a"),
            ("Sport.Osterby.example:8080/a", "https://sport.osterby.example:8080/a"),
            ("elsewhere.example/a", "https://www.osterby.example/en/elsewhere.example/a"),
            ("www.php", "https://www.osterby.example/en/www.php"),
            ("?id=7", "https://www.osterby.example/en/?id=7"),
        ] {
            assert_eq!(bases.resolve(link), expected, "{link}");
        }
        bases.push("http://base.example/");
        assert_eq!(bases.resolve("/a"), "http://base.example/a");
    }
}
