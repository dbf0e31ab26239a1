//! Guids that are relative links.

use super::*;

#[test]
fn a_relative_permalink_is_the_link_of_an_item_without_one() {
    for (guid, link) in [
        ("/news/1", "https://a.example/news/1"),
        ("/?p=7", "https://a.example/?p=7"),
        ("//quay.example/1", "https://quay.example/1"),
        ("www.quay.example/news/1", "https://www.quay.example/news/1"),
        ("WWW.Quay.example/?p=7", "https://www.quay.example/?p=7"),
    ] {
        let entry = entry_of(&format!("<title>t</title><guid>{guid}</guid>"));
        assert_eq!((entry.link.as_str(), entry.guid.as_str()), (link, guid));
        assert!(entry.warnings.is_empty(), "{guid}");
    }
}

#[test]
fn a_guid_that_is_a_name_is_no_link() {
    for guid in ["17", "news/1", "tag:a.example,2026:1", "/", "/news of 1 May", "www.quay.example", "www.17"] {
        let entry = entry_of(&format!("<title>t</title><guid>{guid}</guid>"));
        assert_eq!((entry.link.as_str(), entry.guid.as_str()), ("", guid));
    }
    let entry = entry_of("<title>t</title><guid isPermaLink=\"false\">/news/1</guid>");
    assert_eq!(entry.link, "");
}

#[test]
fn a_link_comes_before_a_relative_guid() {
    let entry = entry_of("<title>t</title><guid>/news/1</guid><link>/news/one</link>");
    assert_eq!(entry.link, "https://a.example/news/one");
    let entry = entry_of(
        "<title>t</title><guid>/news/1</guid><pheedo:origLink xmlns:pheedo=\"y\">https://e.example/1</pheedo:origLink>",
    );
    assert_eq!(entry.link, "https://e.example/1");
}

#[test]
fn a_relative_guid_is_resolved_on_the_channels_link() {
    let text = "<rss version='2.0'><channel><title>c</title><link>https://www.quay.example/en/</link>\
        <item><title>t</title><guid>/news/1</guid></item></channel></rss>";
    assert_eq!(first(&read(text.as_bytes(), &cx()).unwrap()).link, "https://www.quay.example/news/1");
}
