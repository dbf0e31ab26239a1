//! Relative links made absolute.

use std::cell::Cell;

use url::Url;

use crate::document::Context;

/// The bases in force (XML Base, RFC 3986 section 5.1): the innermost `xml:base`, each taken relative to the one
/// around it, then Content-Location, then the document's own URL.
#[derive(Debug)]
pub struct BaseUrls {
    stack: Vec<Option<Url>>,
    /// Bytes that links have grown by in this document.
    grown: Cell<usize>,
}

/// Longer links are no links.
const LONGEST: usize = 8192;
/// Longer bases are none: each relative link would be as long.
const LONGEST_BASE: usize = 2048;
/// Bytes that the links of a document may grow by altogether; after that, relative links are none.
const MOST_GROWN: usize = 16 << 20;

impl BaseUrls {
    /// The base of the document itself.
    #[must_use]
    pub fn new(cx: &Context<'_>) -> Self {
        let own = Url::parse(cx.url).ok();
        let outer = match (cx.content_location, &own) {
            (Some(location), Some(own)) => own.join(location.trim()).ok().filter(web).or(Some(own.clone())),
            (Some(location), None) => Url::parse(location.trim()).ok(),
            (None, _) => own,
        };
        Self { stack: vec![outer], grown: Cell::new(0) }
    }

    /// Enters an element with `xml:base`. One that is no URL leaves the base as it is.
    pub fn push(&mut self, base: &str) {
        let outer = self.stack.last().cloned().flatten();
        let base = if base.len() > LONGEST_BASE { "" } else { base };
        let inner = match &outer {
            Some(outer) if outer.as_str().len() > LONGEST_BASE => Some(outer.clone()),
            Some(outer) => outer.join(base.trim()).ok().filter(web).or_else(|| Some(outer.clone())),
            None => Url::parse(base.trim()).ok().filter(web),
        };
        self.stack.push(inner);
    }

    /// Leaves an element with `xml:base`.
    pub fn pop(&mut self) {
        if self.stack.len() > 1 {
            self.stack.pop();
        }
    }

    /// `link` as an absolute URL of the web: as written where it is one, else relative to the base; empty where it is
    /// none.
    #[must_use]
    pub fn resolve(&self, link: &str) -> String {
        let link = link.trim();
        if link.is_empty() || link.len() > LONGEST {
            return String::new();
        }
        // Line breaks inside a link come from the publisher's formatting (WHATWG URL strips them too).
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
        if self.grown.get() > MOST_GROWN {
            return String::new();
        }
        let joined = match self.stack.last().and_then(Option::as_ref) {
            Some(base) => base.join(link).ok(),
            None => Url::parse(link).ok(),
        };
        let absolute = joined.filter(web).map_or_else(String::new, String::from);
        self.grown.set(self.grown.get() + absolute.len().saturating_sub(link.len()));
        absolute
    }
}

fn web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.has_host()
}

/// Is it an absolute URL of the web as it stands?
#[must_use]
pub fn is_absolute(link: &str) -> bool {
    Url::parse(link.trim()).is_ok_and(|u| web(&u))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bases_nest_and_links_stay_as_written() {
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
}
