//! Names: which vocabulary an element belongs to, by its declared namespace, else by the prefix that everyone uses.

use crate::salvage::repair::{Repair, Repairs};

/// The vocabularies that feeds are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ns {
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
const URIS: [(&str, Ns); 32] = [
    ("www.w3.org/2005/atom", Ns::Atom),
    ("purl.org/atom/ns", Ns::Atom),
    ("example.com/newformat", Ns::Atom),
    ("example.com/necho", Ns::Atom),
    ("purl.org/echo", Ns::Atom),
    ("uri/of/echo/namespace", Ns::Atom),
    ("purl.org/pie", Ns::Atom),
    ("purl.org/rss/1.0", Ns::Own),
    ("channel.netscape.com/rdf/simple/0.9", Ns::Own),
    ("my.netscape.com/rdf/simple/0.9", Ns::Own),
    ("my.netscape.com/publish/formats/rss-0.91.dtd", Ns::Own),
    ("purl.org/net/rss1.1", Ns::Own),
    ("backend.userland.com/rss", Ns::Own),
    ("backend.userland.com/rss2", Ns::Own),
    ("blogs.law.harvard.edu/tech/rss", Ns::Own),
    ("cyber.law.harvard.edu/rss/rss.html", Ns::Own),
    ("www.sitemaps.org/schemas/sitemap/0.9", Ns::Own),
    ("www.google.com/schemas/sitemap/0.84", Ns::Own),
    ("purl.org/dc/elements/1.1", Ns::Dc),
    ("purl.org/dc/elements/1.0", Ns::Dc),
    ("purl.org/dc/terms", Ns::Dc),
    ("purl.org/rss/1.0/modules/content", Ns::Content),
    ("search.yahoo.com/mrss", Ns::Media),
    ("www.itunes.com/dtds/podcast-1.0.dtd", Ns::Itunes),
    ("www.itunes.com/dtds/podcast-2.0.dtd", Ns::Itunes),
    ("example.com/dtds/podcast-1.0.dtd", Ns::Itunes),
    ("purl.org/rss/1.0/modules/syndication", Ns::Sy),
    ("www.w3.org/1999/02/22-rdf-syntax-ns", Ns::Rdf),
    ("www.w3.org/1999/xhtml", Ns::Xhtml),
    ("purl.org/syndication/history/1.0", Ns::History),
    ("www.google.com/schemas/sitemap-news/0.9", Ns::News),
    ("www.google.com/schemas/sitemap-image/1.1", Ns::News),
];

/// By prefix, where it is not declared or declared as something unknown.
const PREFIXES: [(&str, Ns); 18] = [
    ("atom", Ns::Atom),
    ("atom10", Ns::Atom),
    ("a10", Ns::Atom),
    ("dc", Ns::Dc),
    ("dcterms", Ns::Dc),
    ("dct", Ns::Dc),
    ("content", Ns::Content),
    ("media", Ns::Media),
    ("itunes", Ns::Itunes),
    ("sy", Ns::Sy),
    ("rdf", Ns::Rdf),
    ("xhtml", Ns::Xhtml),
    ("fh", Ns::History),
    ("news", Ns::News),
    ("image", Ns::News),
    ("rss", Ns::Own),
    ("rss1", Ns::Own),
    ("rss11", Ns::Own),
];

/// The vocabulary of a namespace's URI.
#[must_use]
pub fn by_uri(uri: &str) -> Ns {
    let bare = uri.trim().split_once("://").map_or(uri.trim(), |(_, rest)| rest).trim_end_matches(['/', '#']);
    URIS.iter().find(|(known, _)| known.eq_ignore_ascii_case(bare)).map_or(Ns::Other, |(_, ns)| *ns)
}

fn by_prefix(prefix: &str) -> Ns {
    PREFIXES.iter().find(|(known, _)| known.eq_ignore_ascii_case(prefix)).map_or(Ns::Other, |(_, ns)| *ns)
}

/// A declaration in force.
#[derive(Debug)]
struct Declaration<'a> {
    prefix: &'a str,
    ns: Ns,
    depth: usize,
}

/// The declarations in force at a point of the document.
#[derive(Debug)]
pub struct Names<'a> {
    declared: Vec<Declaration<'a>>,
    /// What elements without prefix and without default namespace belong to: the root decides.
    pub fallback: Ns,
    /// What an unknown default namespace means: the root decides.
    pub foreign: Ns,
}

/// Declarations beyond this number are ignored, so that looking one up stays cheap. feed-rs refuses more than these.
const MOST_DECLARED: usize = 128;

impl Default for Names<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'a> Names<'a> {
    /// Nothing declared.
    #[must_use]
    pub fn new() -> Self {
        Self { declared: Vec::new(), fallback: Ns::Own, foreign: Ns::Other }
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
    pub fn resolve(&self, name: &'a str, repairs: &mut Repairs) -> (Ns, &'a str) {
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        let ns = match self.declared.iter().rev().find(|d| d.prefix == prefix) {
            Some(d) if d.ns != Ns::Other => d.ns,
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
        let mut names = Names::new();
        let mut repairs = Repairs::default();
        names.declare("x", "http://purl.org/dc/elements/1.1/", 1);
        assert_eq!(names.resolve("x:date", &mut repairs), (Ns::Dc, "date"));
        assert!(repairs.is_empty());
        assert_eq!(names.resolve("dc:date", &mut repairs), (Ns::Dc, "date"));
        assert_eq!(repairs.names(), ["prefixes_assumed"]);
        names.leave(1);
        assert_eq!(names.resolve("x:date", &mut repairs).0, Ns::Other);
    }
}
