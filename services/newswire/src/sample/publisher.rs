//! The publishers and their feeds.

/// A publisher.
#[derive(Debug)]
pub struct Publisher {
    /// Name, which is also the title of its feeds.
    pub name: &'static str,
    /// Country, ISO 3166-1 alpha-2.
    pub country: &'static str,
    /// Prefix of its entries' ids.
    pub slug: &'static str,
    /// True if its feeds have summaries only, and the texts stand in the pages.
    pub has_summaries: bool,
    /// Feeds. The first one lists all sections.
    pub feeds: &'static [PublisherFeed],
}

/// A feed of a publisher.
#[derive(Debug)]
pub struct PublisherFeed {
    /// Path of its URL.
    pub path: &'static str,
    /// Format.
    pub format: Format,
    /// The only section that it lists; all sections if it is `None`.
    pub section: Option<&'static str>,
}

/// A feed format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// RSS 2.0 with content:encoded.
    Rss2,
    /// RSS 1.0 (RDF) with Dublin Core.
    Rss1,
    /// Atom 1.0, RFC 4287.
    Atom,
    /// JSON Feed 1.1.
    Json,
}

/// The publishers, all of them invented. The first has a second feed, with one section of the same stories.
pub static PUBLISHERS: [Publisher; 4] = [
    Publisher {
        name: "The Larkfield Courier",
        country: "GB",
        slug: "larkfield",
        has_summaries: false,
        feeds: &[
            PublisherFeed { path: "/rss.xml", format: Format::Rss2, section: None },
            PublisherFeed { path: "/world/rss.xml", format: Format::Rss2, section: Some("World") },
        ],
    },
    Publisher {
        name: "Meridian Dispatch",
        country: "NL",
        slug: "meridian",
        has_summaries: false,
        feeds: &[PublisherFeed { path: "/atom.xml", format: Format::Atom, section: None }],
    },
    Publisher {
        name: "Harbour Gazette",
        country: "KE",
        slug: "harbour",
        has_summaries: true,
        feeds: &[PublisherFeed { path: "/index.rdf", format: Format::Rss1, section: None }],
    },
    Publisher {
        name: "Signal and Field",
        country: "CA",
        slug: "signal",
        has_summaries: false,
        feeds: &[PublisherFeed { path: "/feed.json", format: Format::Json, section: None }],
    },
];
