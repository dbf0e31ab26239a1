use super::*;
use proto::v1::Feed;

#[test]
fn folders_become_tags_and_a_feed_in_two_folders_is_one_feed() {
    let list = r#"<?xml version="1.0"?><opml version="1.1" ><head><title>x</title></head><body>
        <outline text="World"><outline text="Asia &amp; Pacific">
            <outline type="rss" text="One" title="One News" xmlUrl="https://one.example/feed?a=1&amp;b=2" htmlUrl="https://one.example/"
              newswire:publisherCountry="pk" newswire:publisherName="One" category="/News/Front,Front"/>
        </outline></outline>
        <outline text="Daily"><outline xmlurl="https://one.example/feed?a=1&b=2" TEXT="One"/></outline>
        <outline type="rss" text="dead"/>
        <outline text="Two" type="rss" xmlUrl="http://two.example/rss"></outline>
    </body></opml>"#;
    let feeds = read(list.as_bytes()).unwrap();
    assert_eq!(feeds.len(), 2);
    let one = feeds.first().unwrap();
    assert_eq!(one.url, "https://one.example/feed?a=1&b=2");
    assert_eq!(one.feed_id, proto::id::feed_id(&one.url));
    assert_eq!((one.publisher_country.as_str(), one.publisher_name.as_str()), ("PK", "One"));
    assert_eq!(one.tags, ["World", "Asia & Pacific", "News", "Front", "Daily"]);
    assert_eq!(feeds.last().map(|feed| feed.tags.len()), Some(0));
}

#[test]
fn a_document_that_is_not_opml_is_an_error() {
    assert!(matches!(read(b"<rss version='2.0'/>"), Err(OpmlError::NotOpml)));
    assert!(matches!(read(b""), Err(OpmlError::NotOpml)));
    let bad = br#"<opml><body><outline text="t" xmlUrl="feed.xml"/></body></opml>"#;
    insta::assert_snapshot!(read(bad).unwrap_err(), @r#"the feed "t": "feed.xml" is not an http or https URL: relative URL without a base"#);
}

#[test]
fn all_invalid_feeds_are_reported_and_the_others_are_read() {
    let list = br#"<opml><body>
        <outline text="Good" xmlUrl="https://one.example/feed"/>
        <outline text="Relative" xmlUrl="feed.xml"><outline text="Within" xmlUrl="https://two.example/feed"/></outline>
        <outline text="File" xmlUrl="file:///etc/passwd"/>
        <outline text="Policy" xmlUrl="https://three.example/feed" backfill="some"/>
        <outline text="Last" xmlUrl="https://four.example/feed"/></body></opml>"#;
    let all = read_all(list).unwrap();
    let titles: Vec<&str> = all.feeds.iter().map(|feed| feed.title.as_str()).collect();
    assert_eq!(titles, ["Good", "Within", "Last"]);
    let refused: Vec<String> = all.refused.iter().map(ToString::to_string).collect();
    insta::assert_debug_snapshot!(refused, @r#"
    [
        "the feed \"Relative\": \"feed.xml\" is not an http or https URL: relative URL without a base",
        "the feed \"File\": \"file:///etc/passwd\" is not an http or https URL: another scheme",
        "the feed \"Policy\": backfill \"some\" is not all, a number, a duration such as 48h, or an RFC 3339 time",
    ]
    "#);
    assert_eq!(read(list).unwrap_err().to_string(), refused.join("; "));
    let many = format!("<opml>{}</opml>", "<outline text='t' xmlUrl='x'/>".repeat(5_000));
    let error = read(many.as_bytes()).unwrap_err().to_string();
    assert!(error.len() < 4_000 && error.ends_with("; and 4980 others"), "{error}");
}

#[test]
fn an_error_shows_no_credentials() {
    let list = br#"<opml><outline text="ftp://me:secret@one.example/" xmlUrl="ftp://me:secret@one.example/"/></opml>"#;
    insta::assert_snapshot!(read(list).unwrap_err(), @r#"the feed "ftp://***@one.example/": "ftp://***@one.example/" is not an http or https URL: another scheme"#);
}

#[test]
fn folders_nested_too_deep_are_an_error() {
    let deep = format!("<opml><body>{}", "<outline text='a'>".repeat(10_000));
    assert!(matches!(read(deep.as_bytes()), Err(OpmlError::TooLarge { .. })));
}

#[test]
fn a_written_list_reads_back_unchanged() {
    let feed = Feed {
        url: "https://one.example/feed?a=1&b=2".into(),
        title: "One \"&\" <Two>".into(),
        tags: vec!["World".into(), "Asia".into()],
        publisher_name: "One".into(),
        publisher_country: "PK".into(),
        language: "en".into(),
        backfill: "all".into(),
        min_interval_s: 600,
        paused: true,
        site_url: "https://one.example/".into(),
        rights: "CC0-1.0".into(),
        ..Feed::default()
    };
    let feed = crate::definition::complete(feed, jiff::Timestamp::UNIX_EPOCH).unwrap();
    let feed = Feed { added_at: None, ..feed };
    assert_eq!(read(write("mine", std::slice::from_ref(&feed)).as_bytes()).unwrap(), [feed]);
}

#[test]
fn separators_in_tags_read_back_unchanged() {
    let many: String =
        (0..60).map(|n| format!("<outline text='{n}/x'><outline xmlUrl='https://two.example/'/></outline>")).collect();
    let list = format!(
        "<opml><outline text='Arts, Books'><outline text='https://one.example' xmlUrl='https://one.example' category='a'/>
        </outline>{many}</opml>"
    );
    let feeds = read(list.as_bytes()).unwrap();
    let shown: Vec<_> = feeds.iter().map(|feed| (feed.title.as_str(), feed.tags.len())).collect();
    assert_eq!(shown, [("", 2), ("", 60)]);
    assert_eq!(read(write("x", &feeds).as_bytes()).unwrap(), feeds);
}

proptest::proptest! {
    #[test]
    fn any_list_reads_back_unchanged(
        folder in "[ -~é\n]{0,12}", title in "[ -~é\n]{0,12}", category in "[a-c,/ &;]{0,8}", path in "[!-~]{0,12}",
    ) {
        let [folder, title, category, path] = [folder, title, category, path].map(|text| text.replace(['"', '<'], ""));
        let list = format!(
            r#"<opml><outline text="{folder}"><outline title="{title}" category="{category}" xmlUrl="https://a.example/{path}"/>
            </outline><outline text="Bad" xmlUrl="x"/></opml>"#
        );
        let List { feeds, refused } = read_all(list.as_bytes()).unwrap();
        proptest::prop_assert_eq!((feeds.len(), refused.len()), (1, 1));
        let again = read_all(write("x", &feeds).as_bytes()).unwrap();
        proptest::prop_assert!(again.refused.is_empty());
        proptest::prop_assert_eq!(again.feeds, feeds);
    }

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
        let _ = read(&bytes);
    }
}
