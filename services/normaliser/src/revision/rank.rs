//! Whether a copy of an article comes from its publisher.

use crate::publisher::domain;
use proto::{
    v1::RawItem,
    vocab::{kind, source_rank},
};
use stream::faults::{Sabotage, sabotaged};

/// Rank of a raw item: `OWN` or `OTHER` of [`source_rank`].
///
/// A page that was fetched from the link's domain is the publisher's own, even if another feed asked for it. A page
/// that redirects to another domain has the rank of its feed.
#[must_use]
pub fn of(raw: &RawItem) -> &'static str {
    let link = if raw.canonical_url.is_empty() { &raw.url } else { &raw.canonical_url };
    let final_url = raw.fetch.as_ref().map_or("", |fetch| fetch.final_url.as_str());
    let is_own_page = raw.kind == kind::PAGE && (final_url.is_empty() || same_domain(link, final_url));
    if is_own_page { source_rank::OWN } else { of_feed(link, &raw.feed_url, &raw.site_url) }
}

/// Rank of a feed for an article: `OWN` if the article's link has the registrable domain of the feed's URL, or of the
/// site that the operator's definition of the feed names.
///
/// A feed on the host of a service, such as FeedBurner, is `OTHER` unless its definition names the publisher's site.
#[must_use]
pub fn of_feed(link: &str, feed_url: &str, site_url: &str) -> &'static str {
    let is_own = same_domain(link, feed_url) || same_domain(link, site_url) || sabotaged(Sabotage::AnySource);
    if is_own { source_rank::OWN } else { source_rank::OTHER }
}

fn same_domain(a: &str, b: &str) -> bool {
    let a = domain(a);
    !a.is_empty() && a == domain(b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::v1::Fetch;

    #[test]
    fn a_feed_of_the_links_registrable_domain_is_own() {
        use source_rank::{OTHER, OWN};
        for (link, feed_url, site_url, expected) in [
            ("https://www.example.com/a", "https://feeds.example.com/rss", "", OWN),
            ("https://www.example.com/a", "http://EXAMPLE.com./rss", "", OWN),
            ("https://news.example.co.uk/a", "https://example.co.uk/rss", "", OWN),
            ("https://example.co.uk/a", "https://other.co.uk/rss", "", OTHER),
            ("https://example.com/a", "https://example.com.evil.org/rss", "", OTHER),
            ("https://example.com/a", "https://notexample.com/rss", "", OTHER),
            // The private section of the list: each customer of a host is a site of its own.
            ("https://one.github.io/a", "https://two.github.io/rss", "", OTHER),
            ("https://one.github.io/a", "https://one.github.io/rss", "", OWN),
            ("https://one.blogspot.com/a", "https://two.blogspot.com/rss", "", OTHER),
            // The operator says whose feed it is.
            ("https://example.com/a", "https://feeds.feedburner.com/example", "", OTHER),
            ("https://example.com/a", "https://feeds.feedburner.com/example", "https://www.example.com/", OWN),
            ("https://victim.com/a", "https://feeds.feedburner.com/example", "https://www.example.com/", OTHER),
            // Hosts without a registrable domain count as they are.
            ("http://127.0.0.1:8080/a", "http://127.0.0.1:9090/rss", "", OWN),
            ("http://127.0.0.1/a", "http://127.0.0.2/rss", "", OTHER),
            // Nothing is equal to nothing.
            ("", "", "", OTHER),
            ("urn:a", "urn:a", "urn:a", OTHER),
        ] {
            assert_eq!(of_feed(link, feed_url, site_url), expected, "{link} of {feed_url}, site {site_url:?}");
        }
    }

    #[test]
    fn a_page_of_the_links_domain_is_own_whichever_feed_asked_for_it() {
        for (final_url, expected) in [
            ("", source_rank::OWN),
            ("https://m.example.com/a", source_rank::OWN),
            ("https://consent.example.net/", source_rank::OTHER),
        ] {
            let raw = RawItem {
                kind: kind::PAGE.into(),
                canonical_url: "https://example.com/a".into(),
                feed_url: "https://other.org/rss".into(),
                fetch: Some(Fetch { final_url: final_url.into(), ..Fetch::default() }),
                ..RawItem::default()
            };
            assert_eq!(of(&raw), expected, "{final_url}");
        }
    }
}
