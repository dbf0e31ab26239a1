/// A publisher.
#[derive(Debug)]
pub struct House {
    /// Its name, which is its feeds' title.
    pub name: &'static str,
    /// Its seat, ISO 3166-1 alpha-2.
    pub country: &'static str,
    /// Part of the ids that it gives.
    pub slug: &'static str,
    /// Its feeds. The first holds everything.
    pub offers: &'static [Offer],
}

/// A feed of a publisher.
#[derive(Debug)]
pub struct Offer {
    /// Where it is.
    pub path: &'static str,
    /// What it is written in.
    pub format: Format,
    /// Only this section; everything where it is none.
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

/// All publishers; none of them exists. The first has a second feed, with a part of the same stories.
pub static HOUSES: [&House; 4] = [
    &House {
        name: "The Larkfield Courier",
        country: "GB",
        slug: "larkfield",
        offers: &[
            Offer { path: "/rss.xml", format: Format::Rss2, section: None },
            Offer { path: "/world/rss.xml", format: Format::Rss2, section: Some("World") },
        ],
    },
    &House {
        name: "Meridian Dispatch",
        country: "NL",
        slug: "meridian",
        offers: &[Offer { path: "/atom.xml", format: Format::Atom, section: None }],
    },
    &House {
        name: "Harbour Gazette",
        country: "KE",
        slug: "harbour",
        offers: &[Offer { path: "/index.rdf", format: Format::Rss1, section: None }],
    },
    &House {
        name: "Signal and Field",
        country: "CA",
        slug: "signal",
        offers: &[Offer { path: "/feed.json", format: Format::Json, section: None }],
    },
];
