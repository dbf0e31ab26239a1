//! The publishers and their feeds.

/// A publisher.
#[derive(Debug)]
pub struct Publisher {
    /// Name, which is also the title of its feeds.
    pub name: &'static str,
    /// Country, ISO 3166-1 alpha-2.
    pub country: &'static str,
    /// Language, BCP 47.
    pub language: &'static str,
    /// Hours that its clock is ahead of UTC.
    pub utc_offset_h: i64,
    /// Prefix of its entries' ids.
    pub slug: &'static str,
    /// True if its feeds have summaries only, and the texts stand in the pages.
    pub has_summaries: bool,
    /// How it serves its feeds.
    pub condition: Condition,
    /// Feeds. The first one lists all sections.
    pub feeds: &'static [PublisherFeed],
}

/// How a publisher serves its feeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// New stories at all hours, more by day.
    Publishes,
    /// Nothing new for days, after a story every hour.
    IsSilent,
    /// Every request but that for robots.txt is answered with 500.
    Fails,
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

const RSS2: &[PublisherFeed] = &[PublisherFeed { path: "/rss.xml", format: Format::Rss2, section: None }];
const RSS1: &[PublisherFeed] = &[PublisherFeed { path: "/index.rdf", format: Format::Rss1, section: None }];
const ATOM: &[PublisherFeed] = &[PublisherFeed { path: "/atom.xml", format: Format::Atom, section: None }];
const JSON: &[PublisherFeed] = &[PublisherFeed { path: "/feed.json", format: Format::Json, section: None }];
/// A second feed, with one section of the same stories.
const RSS2_AND_WORLD: &[PublisherFeed] = &[
    PublisherFeed { path: "/rss.xml", format: Format::Rss2, section: None },
    PublisherFeed { path: "/world/rss.xml", format: Format::Rss2, section: Some("World") },
];

/// The publishers, all of them invented.
pub static PUBLISHERS: [Publisher; 14] = [
    Publisher { feeds: RSS2_AND_WORLD, ..publisher("The Larkfield Courier", "larkfield", "GB", "en", 0) },
    Publisher { feeds: ATOM, ..publisher("Meridian Dispatch", "meridian", "NL", "en", 1) },
    Publisher { feeds: RSS1, has_summaries: true, ..publisher("Harbour Gazette", "harbour", "KE", "en", 3) },
    Publisher { feeds: JSON, ..publisher("Signal and Field", "signal", "CA", "en", -5) },
    publisher("Le Courrier des Deux Rives", "deux-rives", "SN", "fr", 0),
    Publisher { feeds: ATOM, ..publisher("Diario Mirasierra", "mirasierra", "MX", "es", -6) },
    publisher("La Gaceta de Quilmay", "quilmay", "AR", "es", -3),
    Publisher { feeds: ATOM, ..publisher("Falkenrieder Anzeiger", "falkenried", "DE", "de", 1) },
    Publisher { feeds: JSON, ..publisher("Folha de Pedra Clara", "pedra-clara", "BR", "pt", -3) },
    publisher("المنارة الزرقاء", "manara", "EG", "ar", 2),
    Publisher { feeds: ATOM, ..publisher("हिमपथ समाचार", "himpath", "IN", "hi", 5) },
    Publisher { feeds: RSS1, ..publisher("Kabar Selat Biru", "selat-biru", "ID", "id", 7) },
    Publisher { condition: Condition::Fails, ..publisher("Northcape Bulletin", "northcape", "NZ", "en", 12) },
    Publisher { condition: Condition::IsSilent, ..publisher("Steppe Telegraph", "steppe", "MN", "en", 8) },
];

const fn publisher(
    name: &'static str,
    slug: &'static str,
    country: &'static str,
    language: &'static str,
    utc_offset_h: i64,
) -> Publisher {
    let condition = Condition::Publishes;
    Publisher { name, country, language, utc_offset_h, slug, has_summaries: false, condition, feeds: RSS2 }
}

impl Publisher {
    /// True if its texts run from right to left.
    #[must_use]
    pub fn is_right_to_left(&self) -> bool {
        self.language == "ar"
    }
}
