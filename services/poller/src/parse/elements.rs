//! The role of an element, by its vocabulary, its name and its position.

use super::namespaces::Namespace as Ns;
use proto::vocab::form;

/// The position of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Outside any feed.
    Outside,
    /// In a feed, outside its items.
    Feed,
    /// In an item.
    Item,
    /// In a person.
    Person,
    /// In the Atom `source` of an item.
    Source,
    /// In an image of an item.
    Image,
    /// In `skipHours` or `skipDays`.
    Skip,
}

/// The field that an element's text belongs to. The number is the rank among the elements of one field: the lowest counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// Title.
    Title(u8),
    /// Summary, description, subtitle.
    Summary(u8),
    /// Full content.
    Content(u8),
    /// Link as text.
    Link(u8),
    /// Id of an item.
    Guid(u8),
    /// Date of publication.
    Published(u8),
    /// Date of the last update.
    Updated(u8),
    /// Author as one text.
    Author(u8),
    /// Name of a person.
    Name,
    /// Mail address of a person.
    Email,
    /// Category.
    Category,
    /// Categories, separated by commas.
    Keywords,
    /// Language.
    Language,
    /// Rights.
    Rights,
    /// Comments page.
    Comments,
    /// Name of the source that an item comes from.
    SourceName,
    /// Id of that source.
    SourceId,
    /// The publisher's page, apart from the link.
    OriginalLink,
    /// URL of an image.
    ImageUrl,
    /// `ttl`.
    Ttl,
    /// `skipHours/hour`.
    Hour,
    /// `skipDays/day`.
    Day,
    /// `sy:updatePeriod`.
    Period,
    /// `sy:updateFrequency`.
    Frequency,
}

impl Field {
    /// True if markup in the element belongs to its text.
    #[must_use]
    pub fn takes_markup(self) -> bool {
        matches!(self, Self::Summary(_) | Self::Content(_))
    }
}

/// What the parser does with an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Starts the feed.
    Feed,
    /// Starts an item.
    Item,
    /// Starts a person.
    Person,
    /// Starts the source of an item, with elements of its own.
    Source,
    /// Starts an image that has elements of its own.
    Image,
    /// Starts a list of hours or days.
    Skip,
    /// Collects the text.
    Text(Field),
    /// Reads the attributes. Children are treated as siblings.
    Attributes(Kind),
    /// Treats children as siblings.
    Through,
    /// Ignores the element and its children, except items.
    Ignore,
    /// The document is a web page.
    Html,
    /// The document is a sitemap index, not a feed.
    SitemapIndex,
}

/// Elements that are read by their attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `link href rel`.
    Link,
    /// `enclosure url`.
    Enclosure,
    /// `media:content url`.
    Content,
    /// `media:thumbnail url`, `itunes:image href`.
    Thumbnail,
    /// `category term`.
    Category,
    /// `source url`, and `link href` of an Atom source.
    SourceLink,
    /// `cloud`.
    Cloud,
    /// `fh:complete`.
    Complete,
    /// CDF: `A HREF`, `LASTMOD`.
    Cdf,
}

use Field as F;
use Role as R;

/// The role of an element with the lower-case local name `local` in namespace `ns` at `place`.
#[must_use]
pub fn role(ns: Ns, local: &str, place: Place) -> Role {
    match (ns, local) {
        (Ns::Own | Ns::Rdf, "rss" | "rdf" | "urlset" | "rss091" | "rss092") => R::Feed,
        (Ns::Own, "channel") => R::Feed,
        (Ns::Own | Ns::Atom, "feed") => R::Feed,
        (Ns::Own, "item" | "newsitem") | (Ns::Own | Ns::Atom, "entry") => R::Item,
        (Ns::Own, "sitemapindex") => R::SitemapIndex,
        (_, "html") if place == Place::Outside => R::Html,
        _ => match place {
            Place::Outside => R::Through,
            Place::Feed => in_feed(ns, local),
            Place::Item => in_item(ns, local),
            Place::Person => match local {
                "name" => R::Text(F::Name),
                "email" => R::Text(F::Email),
                _ => R::Ignore,
            },
            Place::Source => match local {
                "title" | "name" => R::Text(F::SourceName),
                "id" => R::Text(F::SourceId),
                "link" => R::Attributes(Kind::SourceLink),
                _ => R::Ignore,
            },
            Place::Image => match local {
                "url" | "loc" => R::Text(F::ImageUrl),
                _ => R::Ignore,
            },
            Place::Skip => match local {
                "hour" => R::Text(F::Hour),
                "day" => R::Text(F::Day),
                _ => R::Ignore,
            },
        },
    }
}

/// How the text of an element is typed, a value of [`form`]; `kind` is its attribute `type`, `is_old_atom` is true for Atom 0.3.
///
/// RSS does not say what a title or a description is. A summary or content of Atom without `type` is text by the standard
/// (RFC 4287 section 3.1.1), but is so often HTML that the format cannot be said to tell.
#[must_use]
pub fn form_of(ns: Ns, local: &str, kind: &str, is_old_atom: bool) -> &'static str {
    let kind = kind.trim().to_ascii_lowercase();
    match (ns, kind.as_str(), local) {
        (Ns::Atom | Ns::Media, "text" | "text/plain" | "plain", _) => form::TEXT,
        (Ns::Atom | Ns::Media, "html" | "text/html", _) => form::HTML,
        (Ns::Atom, "xhtml" | "application/xhtml+xml", _) => form::XHTML,
        (Ns::Atom, "", "title") if !is_old_atom => form::TEXT,
        (Ns::Content, _, "encoded") => form::HTML,
        (Ns::Xhtml, ..) => form::XHTML,
        _ => form::UNKNOWN,
    }
}

fn in_feed(ns: Ns, local: &str) -> Role {
    match (ns, local) {
        (Ns::Own, "url") => R::Item,
        (Ns::Own, "skiphours" | "skipdays") => R::Skip,
        (Ns::Own, "ttl") => R::Text(F::Ttl),
        (Ns::Own, "cloud") => R::Attributes(Kind::Cloud),
        (Ns::Own | Ns::Atom, "image" | "textinput" | "logo" | "icon" | "generator" | "source" | "items") => R::Ignore,
        (Ns::Rdf, "li" | "seq") => R::Ignore,
        (Ns::Own, "managingeditor" | "author") => R::Text(F::Author(0)),
        (Ns::Own, "webmaster") => R::Text(F::Author(5)),
        (Ns::Itunes, "owner") => R::Ignore,
        (Ns::Itunes, "summary" | "subtitle") => R::Text(F::Summary(4)),
        (Ns::Atom, "tagline" | "subtitle" | "info") | (Ns::Own, "tagline" | "subtitle" | "info") => {
            R::Text(F::Summary(0))
        }
        (Ns::Sy, "updateperiod") => R::Text(F::Period),
        (Ns::Sy, "updatefrequency") => R::Text(F::Frequency),
        (Ns::History, "complete") => R::Attributes(Kind::Complete),
        (Ns::Own, "lastbuilddate") => R::Text(F::Updated(0)),
        (Ns::Media, _) => R::Ignore,
        _ => shared(ns, local),
    }
}

fn in_item(ns: Ns, local: &str) -> Role {
    match (ns, local) {
        (Ns::Own, "enclosure") => R::Attributes(Kind::Enclosure),
        (Ns::Own | Ns::Itunes | Ns::News, "image") => R::Image,
        (Ns::Own, "thumbnail") => R::Attributes(Kind::Thumbnail),
        (Ns::Own, "comments") => R::Text(F::Comments),
        (Ns::Own, "loc") => R::Text(F::Link(0)),
        (Ns::Own, "lastmod") => R::Text(F::Updated(1)),
        (Ns::Own, "fulltext" | "fullitem" | "body")
        | (Ns::Content, "encoded" | "items")
        | (Ns::Xhtml, "body" | "div") => R::Text(F::Content(u8::from(local != "encoded"))),
        (Ns::Own | Ns::Atom, "content") => R::Text(F::Content(0)),
        // RSS 2.0 and Bing News name the publisher in a text, Atom in elements (RFC 4287 section 4.2.11).
        (Ns::Own | Ns::News, "source") => R::Text(F::SourceName),
        (Ns::Atom, "source") => R::Source,
        (Ns::Own | Ns::Atom, "textinput" | "rating") => R::Ignore,
        // `feedburner:origLink` and `pheedo:origLink`.
        (Ns::Other, "origlink") => R::Text(F::OriginalLink),
        (Ns::Own, "tags") => R::Text(F::Keywords),
        (Ns::Own, "categories") | (Ns::News, "news") => R::Through,
        (Ns::News, "publication_date") => R::Text(F::Published(0)),
        (Ns::News, "title") => R::Text(F::Title(0)),
        (Ns::News, "keywords") => R::Text(F::Keywords),
        (Ns::News, "publication") => R::Through,
        (Ns::News, "language") => R::Text(F::Language),
        (Ns::Itunes, "summary" | "subtitle") => R::Text(F::Summary(if local == "summary" { 4 } else { 5 })),
        (Ns::Itunes, "title") => R::Text(F::Title(3)),
        (Ns::Media, "group") => R::Through,
        (Ns::Media, "content") => R::Attributes(Kind::Content),
        (Ns::Media, "thumbnail") => R::Attributes(Kind::Thumbnail),
        (Ns::Media, "title") => R::Text(F::Title(4)),
        (Ns::Media, "description" | "text") => R::Text(F::Summary(6)),
        (Ns::Media, "keywords") => R::Text(F::Keywords),
        (Ns::Media, "category") => R::Text(F::Category),
        (Ns::Media, _) => R::Ignore,
        _ => shared(ns, local),
    }
}

/// Elements with the same role in a feed and in an item.
fn shared(ns: Ns, local: &str) -> Role {
    match (ns, local) {
        (Ns::Own | Ns::Atom, "title") => R::Text(F::Title(0)),
        (Ns::Dc, "title") => R::Text(F::Title(1)),
        (Ns::Own, "link") => R::Text(F::Link(0)),
        (Ns::Atom, "link") => R::Attributes(Kind::Link),
        (Ns::Own, "a" | "login" | "schedule" | "usage" | "logtarget") => R::Attributes(Kind::Cdf),
        (Ns::Own, "guid") | (Ns::Own | Ns::Atom, "id") => R::Text(F::Guid(0)),
        (Ns::Dc, "identifier") => R::Text(F::Guid(3)),
        (Ns::Own, "description") | (Ns::Atom | Ns::Own, "summary") | (Ns::Own, "abstract") => R::Text(F::Summary(0)),
        (Ns::Dc, "description" | "abstract") => R::Text(F::Summary(2)),
        (Ns::Own, "pubdate") | (Ns::Own | Ns::Atom, "published") => R::Text(F::Published(0)),
        (Ns::Own | Ns::Atom, "issued") | (Ns::Atom, "pubdate") => R::Text(F::Published(1)),
        (Ns::Dc, "issued" | "available" | "date") => R::Text(F::Published(2)),
        (Ns::Own | Ns::Atom | Ns::Dc, "created") => R::Text(F::Published(3)),
        (Ns::Own | Ns::Atom, "updated") => R::Text(F::Updated(0)),
        (Ns::Own | Ns::Atom | Ns::Dc, "modified") => R::Text(F::Updated(1)),
        (Ns::Own, "date") => R::Text(F::Published(2)),
        (Ns::Atom, "author") => R::Person,
        (Ns::Own, "author") => R::Text(F::Author(0)),
        (Ns::Dc, "creator" | "author") => R::Text(F::Author(1)),
        (Ns::Itunes, "author") => R::Text(F::Author(2)),
        (Ns::Dc, "contributor" | "publisher") | (Ns::Atom, "contributor") => R::Ignore,
        (Ns::Own, "category") => R::Text(F::Category),
        (Ns::Atom, "category") => R::Attributes(Kind::Category),
        (Ns::Dc, "subject") => R::Text(F::Category),
        (Ns::Itunes, "category") => R::Attributes(Kind::Category),
        (Ns::Itunes, "keywords") => R::Text(F::Keywords),
        (Ns::Itunes, "image") => R::Attributes(Kind::Thumbnail),
        (Ns::Own, "language") | (Ns::Dc, "language") => R::Text(F::Language),
        (Ns::Own | Ns::Atom, "copyright" | "rights") | (Ns::Dc, "rights") => R::Text(F::Rights),
        _ => R::Ignore,
    }
}
