//! The feed list `deploy/feeds/world.opml`.

use std::collections::HashSet;
use url::Url;

/// Feeds whose site has another registrable domain, with that site: a feed counts as its site's own. Each pair was reviewed.
const OTHER_DOMAINS: [(&str, &str); 11] = [
    ("aktualne.cz", "centrum.cz"),
    ("bbci.co.uk", "bbc.com"),
    ("giornalesm.com", "giornale.sm"),
    ("nigerdiaspora.net", "nigerdiaspora.info"),
    ("postimees.ee", "elu24.ee"),
    ("postimees.ee", "tartupostimees.ee"),
    ("puntlandpost.net", "puntlandpost.com"),
    ("rr.pt", "sapo.pt"),
    ("senego.com", "senego.net"),
    ("trome.com", "trome.pe"),
    ("uecdn.es", "elmundo.es"),
];

#[test]
fn the_world_list_is_read_completely_with_publisher_countries() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/feeds/world.opml");
    let bytes = std::fs::read(path).unwrap();
    let feeds = poller::opml::read(&bytes).unwrap();
    let outlines = String::from_utf8(bytes).unwrap().matches("<outline ").count();
    assert_eq!(feeds.len(), outlines, "every outline is a feed");
    let countries: HashSet<&str> = feeds.iter().map(|feed| feed.publisher_country.as_str()).collect();
    assert!(countries.iter().all(|code| code.len() == 2), "{countries:?}");
    let ids: HashSet<&str> = feeds.iter().map(|feed| feed.feed_id.as_str()).collect();
    assert_eq!(ids.len(), feeds.len(), "no feed is listed twice");
    assert!(feeds.len() >= 200 && countries.len() >= 60, "{} feeds of {} countries", feeds.len(), countries.len());
}

#[test]
fn each_feed_of_the_list_names_its_site_and_those_on_another_domain_were_reviewed() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/feeds/world.opml");
    let feeds = poller::opml::read(&std::fs::read(path).unwrap()).unwrap();
    let domain = |url: &str| {
        let url = Url::parse(url).unwrap_or_else(|error| panic!("{url:?}: {error}"));
        psl::domain_str(url.host_str().unwrap()).unwrap().to_owned()
    };
    let mut differ: Vec<(String, String)> = feeds
        .iter()
        .map(|feed| (domain(&feed.url), domain(&feed.site_url)))
        .filter(|(feed, site)| feed != site)
        .collect();
    differ.sort();
    assert_eq!(differ, OTHER_DOMAINS.map(|(feed, site)| (feed.to_owned(), site.to_owned())));
}
