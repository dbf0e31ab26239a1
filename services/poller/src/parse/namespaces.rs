//! NamespaceScope: which vocabulary an element belongs to, by its declared namespace, else by the prefix that everyone uses.

use crate::salvage::repair::{Repair, Repairs};

/// The vocabularies that feeds are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Namespace {
    /// The format's own: RSS, CDF, and Atom without a namespace.
    Own,
    /// Atom 1.0 and 0.3.
    Atom,
    /// Dublin Core, terms and elements.
    Dc,
    /// RSS 1.0 content.
    Content,
    /// Media RSS.
    Media,
    /// Apple's podcasts.
    Itunes,
    /// RSS 1.0 syndication.
    Sy,
    /// RDF.
    Rdf,
    /// XHTML.
    Xhtml,
    /// Feed history, RFC 5005.
    History,
    /// Google's news and image sitemaps.
    News,
    /// Anything else.
    Other,
}

/// By URI, as compared without scheme, case and last slash or hash. Source: the feed validator's list.
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

/// By prefix, where it is not declared or declared as something unknown.
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

/// The vocabulary of a namespace's URI.
#[must_use]
pub fn by_uri(uri: &str) -> Namespace {
    let bare = uri.trim().split_once("://").map_or(uri.trim(), |(_, rest)| rest).trim_end_matches(['/', '#']);
    URIS.iter().find(|(known, _)| known.eq_ignore_ascii_case(bare)).map_or(Namespace::Other, |(_, ns)| *ns)
}

fn by_prefix(prefix: &str) -> Namespace {
    PREFIXES.iter().find(|(known, _)| known.eq_ignore_ascii_case(prefix)).map_or(Namespace::Other, |(_, ns)| *ns)
}

/// A declaration in force.
#[derive(Debug)]
struct Declaration<'a> {
    prefix: &'a str,
    ns: Namespace,
    depth: usize,
}

/// The declarations in force at a point of the document.
#[derive(Debug)]
pub struct NamespaceScope<'a> {
    declared: Vec<Declaration<'a>>,
    /// What elements without prefix and without default namespace belong to: the root decides.
    pub fallback: Namespace,
    /// What an unknown default namespace means: the root decides.
    pub foreign: Namespace,
}

/// Declarations beyond this number are ignored, so that looking one up stays cheap. feed-rs refuses more than these.
const MOST_DECLARED: usize = 128;

impl Default for NamespaceScope<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'a> NamespaceScope<'a> {
    /// Nothing declared.
    #[must_use]
    pub fn new() -> Self {
        Self { declared: Vec::new(), fallback: Namespace::Own, foreign: Namespace::Other }
    }

    /// Notes `xmlns:prefix="uri"`, or the default namespace where `prefix` is empty, on an element at `depth`.
    pub fn declare(&mut self, prefix: &'a str, uri: &str, depth: usize) {
        if self.declared.len() < MOST_DECLARED {
            self.declared.push(Declaration { prefix, ns: by_uri(uri), depth });
        }
    }

    /// Forgets the declarations on elements at `depth` and deeper.
    pub fn leave(&mut self, depth: usize) {
        while self.declared.last().is_some_and(|d| d.depth >= depth) {
            self.declared.pop();
        }
    }

    /// Vocabulary and local name of an element's name as written.
    pub fn resolve(&self, name: &'a str, repairs: &mut Repairs) -> (Namespace, &'a str) {
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        let ns = match self.declared.iter().rev().find(|d| d.prefix == prefix) {
            Some(d) if d.ns != Namespace::Other => d.ns,
            Some(_) if prefix.is_empty() => self.foreign,
            Some(_) => by_prefix(prefix),
            None if prefix.is_empty() => self.fallback,
            None => {
                repairs.add(Repair::UndeclaredPrefix);
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
    fn prefixes_follow_their_declaration_and_else_the_custom() {
        let mut names = NamespaceScope::new();
        let mut repairs = Repairs::default();
        names.declare("x", "http://purl.org/dc/elements/1.1/", 1);
        assert_eq!(names.resolve("x:date", &mut repairs), (Namespace::Dc, "date"));
        assert!(repairs.is_empty());
        assert_eq!(names.resolve("dc:date", &mut repairs), (Namespace::Dc, "date"));
        assert_eq!(repairs.names(), ["prefixes_assumed"]);
        names.leave(1);
        assert_eq!(names.resolve("x:date", &mut repairs).0, Namespace::Other);
    }
}
