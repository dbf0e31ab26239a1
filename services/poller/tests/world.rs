//! The feed list `deploy/feeds/world.opml`.

use std::collections::HashSet;

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
