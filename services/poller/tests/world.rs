//! The list of the world's news that newswire brings is one that the poller reads.

use std::collections::HashSet;

#[test]
fn the_list_of_the_world_is_read_whole_with_the_publishers_countries() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/feeds/world.opml");
    let bytes = std::fs::read(path).unwrap();
    let feeds = poller::opml::read(&bytes).unwrap();
    let outlines = String::from_utf8(bytes).unwrap().matches("<outline ").count();
    assert_eq!(feeds.len(), outlines, "every line is a feed");
    let countries: HashSet<&str> = feeds.iter().map(|feed| feed.publisher_country.as_str()).collect();
    assert!(countries.iter().all(|code| code.len() == 2), "{countries:?}");
    let ids: HashSet<&str> = feeds.iter().map(|feed| feed.feed_id.as_str()).collect();
    assert_eq!(ids.len(), feeds.len());
    assert!(feeds.len() >= 200 && countries.len() >= 60, "{} feeds of {} countries", feeds.len(), countries.len());
}
