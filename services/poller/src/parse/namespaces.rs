//! The namespace of an element: by its declaration, else by the customary prefix. Own code because quick-xml's `NsReader`
//! stops at the first malformed tag.

use crate::salvage::repairs::Repairs;
use proto::Warning;

/// The namespaces of feeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Namespace {
    /// The format's own: RSS, CDF, sitemaps, and Atom without a namespace.
    Own,
    /// Atom 1.0 and 0.3.
    Atom,
    /// Dublin Core elements and terms.
    Dc,
    /// RSS 1.0 content module.
    Content,
    /// Media RSS.
    Media,
    /// Apple podcasts.
    Itunes,
    /// RSS 1.0 syndication module.
    Sy,
    /// RDF.
    Rdf,
    /// XHTML.
    Xhtml,
    /// Feed history (RFC 5005).
    History,
    /// Google news and image sitemaps.
    News,
    /// Any other.
    Other,
}

/// Namespaces by URI, without scheme, trailing slash and hash, in any case. Source: the list of the W3C feed validator.
const URIS: [(&str, Namespace); 32] = [
    ("www.w3.org/2005/atom", Namespace::Atom),
    ("purl.org/atom/ns", Namespace::Atom),
    ("example.com/newformat", Namespace::Atom),
    ("example.com/necho", Namespace::Atom),
    ("purl.org/echo", Namespace::Atom),
    ("uri/of/echo/namespace", Namespace::Atom),
    ("purl.org/pie", Namespace::Atom),
    ("purl.org/rss/1.0", Namespace::Own),
    ("channel.netscape.com/rdf/simple/0.9", Namespace::Own),
    ("my.netscape.com/rdf/simple/0.9", Namespace::Own),
    ("my.netscape.com/publish/formats/rss-0.91.dtd", Namespace::Own),
    ("purl.org/net/rss1.1", Namespace::Own),
    ("backend.userland.com/rss", Namespace::Own),
    ("backend.userland.com/rss2", Namespace::Own),
    ("blogs.law.harvard.edu/tech/rss", Namespace::Own),
    ("cyber.law.harvard.edu/rss/rss.html", Namespace::Own),
    ("www.sitemaps.org/schemas/sitemap/0.9", Namespace::Own),
    ("www.google.com/schemas/sitemap/0.84", Namespace::Own),
    ("purl.org/dc/elements/1.1", Namespace::Dc),
    ("purl.org/dc/elements/1.0", Namespace::Dc),
    ("purl.org/dc/terms", Namespace::Dc),
    ("purl.org/rss/1.0/modules/content", Namespace::Content),
    ("search.yahoo.com/mrss", Namespace::Media),
    ("www.itunes.com/dtds/podcast-1.0.dtd", Namespace::Itunes),
    ("www.itunes.com/dtds/podcast-2.0.dtd", Namespace::Itunes),
    ("example.com/dtds/podcast-1.0.dtd", Namespace::Itunes),
    ("purl.org/rss/1.0/modules/syndication", Namespace::Sy),
    ("www.w3.org/1999/02/22-rdf-syntax-ns", Namespace::Rdf),
    ("www.w3.org/1999/xhtml", Namespace::Xhtml),
    ("purl.org/syndication/history/1.0", Namespace::History),
    ("www.google.com/schemas/sitemap-news/0.9", Namespace::News),
    ("www.google.com/schemas/sitemap-image/1.1", Namespace::News),
];

/// Namespaces by prefix, for a prefix that is undeclared or declared with an unknown URI.
const PREFIXES: [(&str, Namespace); 18] = [
    ("atom", Namespace::Atom),
    ("atom10", Namespace::Atom),
    ("a10", Namespace::Atom),
    ("dc", Namespace::Dc),
    ("dcterms", Namespace::Dc),
    ("dct", Namespace::Dc),
    ("content", Namespace::Content),
    ("media", Namespace::Media),
    ("itunes", Namespace::Itunes),
    ("sy", Namespace::Sy),
    ("rdf", Namespace::Rdf),
    ("xhtml", Namespace::Xhtml),
    ("fh", Namespace::History),
    ("news", Namespace::News),
    ("image", Namespace::News),
    ("rss", Namespace::Own),
    ("rss1", Namespace::Own),
    ("rss11", Namespace::Own),
];

/// The namespace of a URI.
#[must_use]
pub fn by_uri(uri: &str) -> Namespace {
    let bare = uri.trim().split_once("://").map_or(uri.trim(), |(_, rest)| rest).trim_end_matches(['/', '#']);
    URIS.iter().find(|(known, _)| known.eq_ignore_ascii_case(bare)).map_or(Namespace::Other, |(_, ns)| *ns)
}

fn by_prefix(prefix: &str) -> Namespace {
    PREFIXES.iter().find(|(known, _)| known.eq_ignore_ascii_case(prefix)).map_or(Namespace::Other, |(_, ns)| *ns)
}

/// A declaration in scope.
#[derive(Debug)]
struct Declaration<'a> {
    prefix: &'a str,
    ns: Namespace,
    depth: usize,
}

/// The namespace declarations in scope.
#[derive(Debug)]
pub struct NamespaceScope<'a> {
    declared: Vec<Declaration<'a>>,
    /// The namespace of elements without prefix and default namespace. The root element determines it.
    pub fallback: Namespace,
    /// The namespace for an unknown default namespace. The root element determines it.
    pub foreign: Namespace,
}

/// Declarations beyond this number are ignored, which bounds the time of a lookup. feed-rs rejects more.
const MAX_DECLARATIONS: usize = 128;

impl Default for NamespaceScope<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'a> NamespaceScope<'a> {
    /// A scope without declarations.
    #[must_use]
    pub fn new() -> Self {
        Self { declared: Vec::new(), fallback: Namespace::Own, foreign: Namespace::Other }
    }

    /// Adds `xmlns:prefix="uri"` of an element at `depth`; an empty prefix is the default namespace.
    pub fn declare(&mut self, prefix: &'a str, uri: &str, depth: usize) {
        if self.declared.len() < MAX_DECLARATIONS {
            self.declared.push(Declaration { prefix, ns: by_uri(uri), depth });
        }
    }

    /// Removes the declarations of elements at `depth` and deeper.
    pub fn leave(&mut self, depth: usize) {
        while self.declared.last().is_some_and(|d| d.depth >= depth) {
            self.declared.pop();
        }
    }

    /// Namespace and local name of an element name as written.
    pub fn resolve(&self, name: &'a str, repairs: &mut Repairs) -> (Namespace, &'a str) {
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        let ns = match self.declared.iter().rev().find(|d| d.prefix == prefix) {
            Some(d) if d.ns != Namespace::Other => d.ns,
            Some(_) if prefix.is_empty() => self.foreign,
            Some(_) => by_prefix(prefix),
            None if prefix.is_empty() => self.fallback,
            None => {
                repairs.add(Warning::UndeclaredPrefix);
                by_prefix(prefix)
            }
        };
        (ns, local)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_undeclared_prefix_has_its_customary_namespace() {
        let mut scope = NamespaceScope::new();
        let mut repairs = Repairs::default();
        scope.declare("x", "http://purl.org/dc/elements/1.1/", 1);
        assert_eq!(scope.resolve("x:date", &mut repairs), (Namespace::Dc, "date"));
        assert!(repairs.is_empty());
        assert_eq!(scope.resolve("dc:date", &mut repairs), (Namespace::Dc, "date"));
        assert_eq!(repairs.warnings(), ["prefixes-assumed"]);
        scope.leave(1);
        assert_eq!(scope.resolve("x:date", &mut repairs).0, Namespace::Other);
    }
}
