//! What an element is for, by its vocabulary, its name and where it stands.

use super::namespaces::Namespace;

/// Where an element stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Outside any feed.
    Outside,
    /// Among the feed's own elements.
    Feed,
    /// In an item.
    Item,
    /// In a person.
    Person,
    /// In an image of an item.
    Image,
    /// In a JSON-like list of hours or days.
    Skip,
}

/// A text that is collected. The number ranks sources of the same thing: the lowest that is there wins.
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
    /// Id.
    Guid(u8),
    /// Date of publication.
    Published(u8),
    /// Date of change.
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
    /// May it hold markup that belongs to it?
    #[must_use]
    pub fn takes_markup(self) -> bool {
        matches!(self, Self::Summary(_) | Self::Content(_))
    }
}

/// What is done with an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The feed.
    Feed,
    /// An item of it.
    Item,
    /// A person.
    Person,
    /// An item's image with elements of its own.
    Image,
    /// A list of hours or days.
    Skip,
    /// Its text is collected.
    Text(Field),
    /// Read by its attributes; children count as if they stood beside it.
    Attributes(Kind),
    /// Children count as if they stood beside it.
    Through,
    /// Not looked into, but for items.
    Ignore,
    /// A web page.
    Html,
    /// A list of sitemaps, which is no feed.
    SitemapIndex,
}

/// Elements that say what they say by attributes.
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
    /// `cloud`.
    Cloud,
    /// `fh:complete`.
    Complete,
    /// CDF: `A HREF`, `LASTMOD`.
    Cdf,
}

use Field as F;
use Role as R;

/// The role of the element `local` (in lower case) of vocabulary `ns` at `place`.
#[must_use]
pub fn role(ns: Namespace, local: &str, place: Place) -> Role {
    match (ns, local) {
        (Namespace::Own | Namespace::Rdf, "rss" | "rdf" | "urlset" | "rss091" | "rss092") => R::Feed,
        (Namespace::Own, "channel") => R::Feed,
        (Namespace::Own | Namespace::Atom, "feed") => R::Feed,
        (Namespace::Own, "item" | "newsitem") | (Namespace::Own | Namespace::Atom, "entry") => R::Item,
        (Namespace::Own, "sitemapindex") => R::SitemapIndex,
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

fn in_feed(ns: Namespace, local: &str) -> Role {
    match (ns, local) {
        (Namespace::Own, "url") => R::Item,
        (Namespace::Own, "skiphours" | "skipdays") => R::Skip,
        (Namespace::Own, "ttl") => R::Text(F::Ttl),
        (Namespace::Own, "cloud") => R::Attributes(Kind::Cloud),
        (
            Namespace::Own | Namespace::Atom,
            "image" | "textinput" | "logo" | "icon" | "generator" | "source" | "items",
        ) => R::Ignore,
        (Namespace::Rdf, "li" | "seq") => R::Ignore,
        (Namespace::Own, "managingeditor" | "author") => R::Text(F::Author(0)),
        (Namespace::Own, "webmaster") => R::Text(F::Author(5)),
        (Namespace::Itunes, "owner") => R::Ignore,
        (Namespace::Itunes, "summary" | "subtitle") => R::Text(F::Summary(4)),
        (Namespace::Atom, "tagline" | "subtitle" | "info") | (Namespace::Own, "tagline" | "subtitle" | "info") => {
            R::Text(F::Summary(0))
        }
        (Namespace::Sy, "updateperiod") => R::Text(F::Period),
        (Namespace::Sy, "updatefrequency") => R::Text(F::Frequency),
        (Namespace::History, "complete") => R::Attributes(Kind::Complete),
        (Namespace::Own, "lastbuilddate") => R::Text(F::Updated(0)),
        (Namespace::Media, _) => R::Ignore,
        _ => shared(ns, local),
    }
}

fn in_item(ns: Namespace, local: &str) -> Role {
    match (ns, local) {
        (Namespace::Own, "enclosure") => R::Attributes(Kind::Enclosure),
        (Namespace::Own | Namespace::Itunes | Namespace::News, "image") => R::Image,
        (Namespace::Own, "thumbnail") => R::Attributes(Kind::Thumbnail),
        (Namespace::Own, "comments") => R::Text(F::Comments),
        (Namespace::Own, "loc") => R::Text(F::Link(0)),
        (Namespace::Own, "lastmod") => R::Text(F::Updated(1)),
        (Namespace::Own, "fulltext" | "fullitem" | "body")
        | (Namespace::Content, "encoded" | "items")
        | (Namespace::Xhtml, "body" | "div") => R::Text(F::Content(u8::from(local != "encoded"))),
        (Namespace::Own | Namespace::Atom, "content") => R::Text(F::Content(0)),
        (Namespace::Own | Namespace::Atom, "source" | "textinput" | "rating") => R::Ignore,
        // FeedBurner names the page behind its own link; some feeds have nothing else.
        (Namespace::Other, "origlink") => R::Text(F::Link(3)),
        (Namespace::Own, "tags") => R::Text(F::Keywords),
        (Namespace::Own, "categories") | (Namespace::News, "news") => R::Through,
        (Namespace::News, "publication_date") => R::Text(F::Published(0)),
        (Namespace::News, "title") => R::Text(F::Title(0)),
        (Namespace::News, "keywords") => R::Text(F::Keywords),
        (Namespace::News, "publication") => R::Through,
        (Namespace::News, "language") => R::Text(F::Language),
        (Namespace::Itunes, "summary" | "subtitle") => R::Text(F::Summary(if local == "summary" { 4 } else { 5 })),
        (Namespace::Itunes, "title") => R::Text(F::Title(3)),
        (Namespace::Media, "group") => R::Through,
        (Namespace::Media, "content") => R::Attributes(Kind::Content),
        (Namespace::Media, "thumbnail") => R::Attributes(Kind::Thumbnail),
        (Namespace::Media, "title") => R::Text(F::Title(4)),
        (Namespace::Media, "description" | "text") => R::Text(F::Summary(6)),
        (Namespace::Media, "keywords") => R::Text(F::Keywords),
        (Namespace::Media, "category") => R::Text(F::Category),
        (Namespace::Media, _) => R::Ignore,
        _ => shared(ns, local),
    }
}

/// Elements that mean the same in a feed and in an item.
fn shared(ns: Namespace, local: &str) -> Role {
    match (ns, local) {
        (Namespace::Own | Namespace::Atom, "title") => R::Text(F::Title(0)),
        (Namespace::Dc, "title") => R::Text(F::Title(1)),
        (Namespace::Own, "link") => R::Text(F::Link(0)),
        (Namespace::Atom, "link") => R::Attributes(Kind::Link),
        (Namespace::Own, "a" | "login" | "schedule" | "usage" | "logtarget") => R::Attributes(Kind::Cdf),
        (Namespace::Own, "guid") | (Namespace::Own | Namespace::Atom, "id") => R::Text(F::Guid(0)),
        (Namespace::Dc, "identifier") => R::Text(F::Guid(3)),
        (Namespace::Own, "description")
        | (Namespace::Atom | Namespace::Own, "summary")
        | (Namespace::Own, "abstract") => R::Text(F::Summary(0)),
        (Namespace::Dc, "description" | "abstract") => R::Text(F::Summary(2)),
        (Namespace::Own, "pubdate") | (Namespace::Own | Namespace::Atom, "published") => R::Text(F::Published(0)),
        (Namespace::Own | Namespace::Atom, "issued") | (Namespace::Atom, "pubdate") => R::Text(F::Published(1)),
        (Namespace::Dc, "issued" | "available" | "date") => R::Text(F::Published(2)),
        (Namespace::Own | Namespace::Atom | Namespace::Dc, "created") => R::Text(F::Published(3)),
        (Namespace::Own | Namespace::Atom, "updated") => R::Text(F::Updated(0)),
        (Namespace::Own | Namespace::Atom | Namespace::Dc, "modified") => R::Text(F::Updated(1)),
        (Namespace::Own, "date") => R::Text(F::Published(2)),
        (Namespace::Atom, "author") => R::Person,
        (Namespace::Own, "author") => R::Text(F::Author(0)),
        (Namespace::Dc, "creator" | "author") => R::Text(F::Author(1)),
        (Namespace::Itunes, "author") => R::Text(F::Author(2)),
        (Namespace::Dc, "contributor" | "publisher") | (Namespace::Atom, "contributor") => R::Ignore,
        (Namespace::Own, "category") => R::Text(F::Category),
        (Namespace::Atom, "category") => R::Attributes(Kind::Category),
        (Namespace::Dc, "subject") => R::Text(F::Category),
        (Namespace::Itunes, "category") => R::Attributes(Kind::Category),
        (Namespace::Itunes, "keywords") => R::Text(F::Keywords),
        (Namespace::Itunes, "image") => R::Attributes(Kind::Thumbnail),
        (Namespace::Own, "language") | (Namespace::Dc, "language") => R::Text(F::Language),
        (Namespace::Own | Namespace::Atom, "copyright" | "rights") | (Namespace::Dc, "rights") => R::Text(F::Rights),
        _ => R::Ignore,
    }
}
