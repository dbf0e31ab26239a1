//! Who published an item, and who carried it.

use super::names::{domain, is_common, name};
use crate::title::key;
use proto::{
    carrier::{self, Carrier},
    v1::RawItem,
};
use text::{Typed, title};
use url::Url;

/// The publisher and the carrier of an item, and by which rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// Registrable domain of the publisher, never a carrier's; empty if the item does not say.
    pub domain: String,
    /// Where the domain comes from: `source`, `link` or `site`; empty if there is none.
    pub domain_by: &'static str,
    /// Name of the publisher; empty if neither the item nor its feed names one.
    pub name: String,
    /// Where the name comes from: `source`, `definition` or `feed`.
    pub name_by: &'static str,
    /// Who delivered the article; empty if its publisher did.
    pub carrier: String,
    /// Where the carrier comes from: `link`, `feed` or `source`; empty if there is none.
    pub carrier_by: &'static str,
    /// The names that the title may end or begin with.
    pub in_title: Vec<String>,
}

/// The publisher of an item.
///
/// The domain is that of the site that the item's `source` names, else that of its link, else that of the feed's `site_url`. A
/// carrier's is left out each time. The carrier is the listed one of the link or the feed; else, where the source's site is another
/// than the feed's, the domain of the feed.
///
/// The source's name is the publisher's where there is a carrier, and where no operator has given a name. A source that the
/// feed's own domain bears the name of (`Example` on example.org) is the feed's own.
#[must_use]
pub fn origin(raw: &RawItem, canonical_url: &str, feed_title: &str) -> Origin {
    let source_name = title(&raw.source_name, Typed::Unknown);
    let (source, link, site) = (own(&raw.source_url), own(canonical_url), own(&raw.site_url));
    let feed = domain(&raw.feed_url);
    let label = key(feed.split('.').next().unwrap_or_default());
    let bears_name = label.len() > 2 && !is_common(&label) && key(&source_name).contains(&label);
    let is_feeds_own = bears_name || [&feed, &site].contains(&&source);

    let listed_link = listed(&raw.url);
    let fetched = raw.fetch.as_ref().map_or("", |fetch| fetch.final_url.as_str());
    let listed_feed = listed(&raw.feed_url).or_else(|| listed(fetched));
    let (carrier, carrier_by) = match (listed_link, listed_feed) {
        (_, Some(carrier)) => (carrier.name.to_owned(), "feed"),
        (Some(carrier), None) => (carrier.name.to_owned(), "link"),
        (None, None) if !source.is_empty() && !feed.is_empty() && !is_feeds_own => (feed, "source"),
        (None, None) => (String::new(), ""),
    };
    let sources = [(source, "source"), (link, "link"), (site, "site")];
    let is_known = |(domain, _): &(String, &str)| !domain.is_empty();
    let (domain, domain_by) =
        sources.into_iter().find(|one| is_known(one) && !(one.1 == "source" && is_feeds_own)).unwrap_or_default();

    let mixes = listed_feed.is_some_and(|carrier| carrier.mixes);
    let defined = title(&raw.publisher_name, Typed::Unknown);
    let is_named = !source_name.is_empty() && (defined.is_empty() || !carrier.is_empty());
    let (name, name_by) = match (is_named && !(is_feeds_own && carrier.is_empty()), defined.as_str()) {
        (true, _) => (source_name.clone(), "source"),
        // Its title is what was searched for.
        (false, "") if mixes => (domain.clone(), "feed"),
        (false, defined) => {
            (name(defined, feed_title, &domain), if defined.is_empty() { "feed" } else { "definition" })
        }
    };
    let feed_title = if mixes { "" } else { feed_title };
    let in_title = [source_name.as_str(), &name, feed_title, &domain].map(str::to_owned).to_vec();
    Origin { domain, domain_by, name, name_by, carrier, carrier_by, in_title }
}

/// The registrable domain of a URL that is not a carrier's; empty if it is, or is none.
fn own(url: &str) -> String {
    if listed(url).is_some() { String::new() } else { domain(url) }
}

fn listed(url: &str) -> Option<Carrier> {
    let url = Url::parse(url).ok()?;
    carrier::of(url.host_str()?, url.path())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(feed_url: &str, url: &str, canonical_url: &str, source: (&str, &str), feed_title: &str) -> [String; 3] {
        let raw = RawItem {
            feed_url: feed_url.into(),
            url: url.into(),
            source_name: source.0.into(),
            source_url: source.1.into(),
            ..RawItem::default()
        };
        let Origin { domain, name, carrier, .. } = origin(&raw, canonical_url, feed_title);
        [domain, name, carrier]
    }

    #[test]
    fn the_source_of_an_aggregators_item_is_the_publisher_and_the_aggregator_the_carrier() {
        let link = "https://news.aggregator.example/rss/articles/1";
        let feed = "https://news.aggregator.example/rss/search?q=harbour";
        let found = of(feed, link, link, ("Example Wire", "https://www.wire.example"), "\"harbour\" - Aggregator News");
        assert_eq!(found, ["wire.example", "Example Wire", "aggregator.example"]);
    }

    #[test]
    fn a_source_that_shares_a_common_word_with_the_feeds_domain_is_not_the_feeds_own() {
        for (host, name) in
            [("news.example", "Lebanon News"), ("post.example", "Harbour Post"), ("daily.example", "Quay Daily")]
        {
            let (link, feed) = (format!("https://{host}/1"), format!("https://{host}/search?q=harbour"));
            let found = of(&feed, &link, &link, (name, "https://wire.example"), "\"harbour\"");
            assert_eq!(found, ["wire.example", name, host]);
        }
    }

    #[test]
    fn a_listed_carrier_is_never_the_publisher() {
        let link = "https://news.google.com/rss/articles/CBMi1";
        let feed = "https://news.google.com/rss/search?q=harbour";
        let named = of(feed, link, link, ("Example Wire", "https://wire.example"), "\"harbour\" - Google News");
        assert_eq!(named, ["wire.example", "Example Wire", "Google News"]);
        assert_eq!(of(feed, link, link, ("", ""), "\"harbour\" - Google News"), ["", "", "Google News"]);
        let source = ("Google News", "https://news.google.com");
        assert_eq!(of(feed, link, link, source, "x").first().map(String::as_str), Some(""));
        let (feed, link) =
            ("https://www.bing.com/news/search?q=a&format=rss", "http://www.bing.com/news/apiclick.aspx?url=x");
        let found = of(feed, link, "https://wire.example/a", ("Example Wire", ""), "harbour - BingNews");
        assert_eq!(found, ["wire.example", "Example Wire", "Bing News"]);
    }

    #[test]
    fn a_publishers_feed_on_a_carrier_has_the_publishers_name_and_domain() {
        let (feed, link) =
            ("https://feeds.feedburner.com/examplepost", "http://feedproxy.google.com/~r/examplepost/~3/x");
        let found = of(feed, link, "https://example.org/a", ("", ""), "Example Post");
        assert_eq!(found, ["example.org", "Example Post", "FeedBurner"]);
        let raw = RawItem {
            feed_url: feed.into(),
            url: link.into(),
            site_url: "https://www.example.org/".into(),
            ..RawItem::default()
        };
        let found = origin(&raw, link, "Example Post");
        assert_eq!((found.domain.as_str(), found.domain_by), ("example.org", "site"));
    }

    #[test]
    fn a_publishers_own_source_changes_nothing() {
        let (feed, link) = ("https://www.example.org/rss", "https://www.example.org/a");
        let found = of(feed, link, link, ("Example - World", "https://feeds.example-cdn.net/rss"), "Example | World");
        assert_eq!(found, ["example.org", "Example", ""]);
        assert_eq!(of(feed, link, link, ("", ""), "Example | World"), ["example.org", "Example", ""]);
    }

    #[test]
    fn an_operators_name_counts_unless_there_is_a_carrier() {
        let raw = RawItem {
            feed_url: "https://example.org/rss".into(),
            publisher_name: "Example Group".into(),
            source_name: "Example Wire".into(),
            ..RawItem::default()
        };
        assert_eq!(origin(&raw, "https://example.org/a", "x").name, "Example Group");
        let carried = RawItem { feed_url: "https://news.google.com/rss".into(), ..raw };
        assert_eq!(origin(&carried, "https://example.org/a", "x").name, "Example Wire");
    }
}
