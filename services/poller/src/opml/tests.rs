use super::*;
use crate::credentials::SecretParameters;
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
    let List { feeds, refused } = read_all(list.as_bytes(), &SecretParameters::default()).unwrap();
    assert_eq!((feeds.len(), refused.len()), (2, 1));
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
    let all = read_all(list, &SecretParameters::default()).unwrap();
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
fn c1_controls_are_left_out_so_that_a_list_reads_back_unchanged() {
    let list =
        "<opml><outline text=\"auth\u{8d}rity \u{81}\" xmlUrl=\"https://one.example/\" category=\"a\u{81}b\"/></opml>";
    let feeds = read(list.as_bytes()).unwrap();
    assert_eq!((feeds[0].title.as_str(), feeds[0].tags[0].as_str()), ("authrity", "ab"));
    assert_eq!(read(write("x", &feeds).as_bytes()).unwrap(), feeds);
}

#[test]
fn declared_secrets_stand_in_no_refused_outline() {
    let list = r#"<opml><outline text="ftp://one.example/?code=s3cret" xmlUrl="ftp://one.example/private/s3cret/?token=s3cret"/>
        <outline text="https://me:s3cret@one.example/" type="link" url="https://one.example/?code=s3cret"/></opml>"#;
    let List { feeds, refused } = read_all(list.as_bytes(), &SecretParameters::with(["code", "/private/"])).unwrap();
    assert_eq!((feeds.len(), refused.len()), (0, 2));
    let shown: Vec<String> = refused.iter().map(ToString::to_string).collect();
    assert!(shown.iter().all(|shown| shown.contains("one.example") && !shown.contains("s3cret")), "{shown:?}");
}

#[test]
fn the_feeds_of_folders_nested_too_deep_have_the_tags_of_the_outer_ones() {
    let folders: String = (0..10_000).map(|n| format!("<outline text='{n}'>")).collect();
    let ends = "</outline>".repeat(10_000);
    let list = format!(
        "<opml>{folders}<outline xmlUrl='https://one.example/'/>{ends}<outline xmlUrl='https://two.example/'/></opml>"
    );
    let List { feeds, refused } = read_all(list.as_bytes(), &SecretParameters::default()).unwrap();
    assert_eq!(feeds.iter().map(|feed| feed.tags.len()).collect::<Vec<_>>(), [100, 0]);
    assert_eq!(refused.len(), 0);
}

#[test]
fn lists_in_utf_16_and_in_declared_encodings_are_read() {
    let list = |encoding: &str| {
        format!(
            "<?xml version=\"1.0\" encoding=\"{encoding}\"?><opml><outline text=\"Новости дня\" \
             xmlUrl=\"https://one.example/\"/></opml>"
        )
    };
    let (wide, mark) = (list("UTF-16"), '\u{feff}');
    let utf16 = |text: &str, bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    let legacy =
        |label: &str| encoding_rs::Encoding::for_label(label.as_bytes()).unwrap().encode(&list(label)).0.into_owned();
    for bytes in [
        utf16(&wide, u16::to_le_bytes),
        utf16(&wide, u16::to_be_bytes),
        utf16(&format!("{mark}{wide}"), u16::to_le_bytes),
        utf16(&format!("{mark}{wide}"), u16::to_be_bytes),
        legacy("windows-1251"),
        legacy("koi8-r"),
        legacy("iso-8859-5"),
        legacy("gbk"),
        legacy("euc-jp"),
    ] {
        let feeds = read(&bytes).unwrap();
        assert_eq!(feeds.iter().map(|feed| feed.title.as_str()).collect::<Vec<_>>(), ["Новости дня"], "{bytes:?}");
    }
}

/// Each is an outline between two good ones.
#[test]
fn whatever_is_wrong_with_an_outline_it_is_named_and_the_others_are_read() {
    for (bad, named) in [
        ("<outline text='Bad' xmlUrl='https://bad.example>", "Bad"),
        ("<outline text='Bad' xmlUrl=\"https://bad.example/", "Bad"),
        ("<outline text='Bad' xmlUrl='https://bad.example/'", "Bad"),
        ("<outline text='Bad xmlUrl='https://bad.example/'/>", "Bad xmlUrl="),
        ("<outline text='Bad' xmlUrl='&#0;'/>", "Bad"),
        ("<outline text='Bad' xmlUrl='https://&nope; &#x110000;/'/>", "Bad"),
        ("<outline text='Bad' xmlUrl='https://[::1'/>", "Bad"),
        ("<outline text='Bad' type='rss'/>", "Bad"),
        ("<outline text='Bad' type='rss'></outline>", "Bad"),
        ("<outline text='Bad' type='link' url='https://bad.example/'/>", "Bad"),
        ("<outline/>", "outline 2"),
        ("<outline text='B\0\u{1}ad' xmlUrl='\0'/>", "Bad"),
        ("</outline></outline><outline text='Bad' xmlUrl='ftp://bad.example/'/></x>", "Bad"),
        (
            "<![CDATA[<outline/>]]><!-- -- --><!x><?y?><outline text='Bad' xmlUrl='x' xmlUrl='https://bad.example/'/>",
            "Bad",
        ),
        ("<outline text='Bad' xmlUrl='//bad.example/'/>", "Bad"),
    ] {
        let list = format!(
            "<opml><body><outline text='One' xmlUrl='https://one.example/'/>\n{bad}\n\
             <outline text='Two' xmlUrl='https://two.example/'/></body></opml>"
        );
        let List { feeds, refused } = read_all(list.as_bytes(), &SecretParameters::default()).unwrap();
        let titles: Vec<&str> = feeds.iter().map(|feed| feed.title.as_str()).collect();
        let refused: Vec<&str> = refused.iter().map(|refused| refused.title.as_str()).collect();
        assert_eq!((titles, refused), (vec!["One", "Two"], vec![named]), "{bad}");
    }
}

#[test]
fn an_outline_in_which_the_list_ends_is_named_and_not_taken() {
    let list =
        "<opml><body><outline text='One' xmlUrl='https://one.example/'/><outline text='Two' xmlUrl='https://two.ex";
    let List { feeds, refused } = read_all(list.as_bytes(), &SecretParameters::default()).unwrap();
    assert_eq!(feeds.len(), 1);
    assert_eq!(
        refused.first().map(ToString::to_string).unwrap(),
        "the feed \"Two\": the list ends early, within this outline"
    );
}

/// The variants of a public report.
#[test]
fn every_outline_of_a_list_of_variants_is_taken_or_named() {
    let Some(file) = test_support::corpora::find("reports/45-variants.opml") else { return };
    let List { feeds, refused } = read_all(&std::fs::read(file).unwrap(), &SecretParameters::default()).unwrap();
    let queries: Vec<&str> =
        feeds.iter().filter_map(|feed| feed.url.split_once("?a=").map(|(_, number)| number)).collect();
    assert_eq!(queries, ["1", "2", "3", "4", "5&format=rss", "6", "7", "8", "10"]);
    assert_eq!(feeds.first().unwrap().tags, ["News", "Europe"]);
    let named: Vec<&str> = refused.iter().map(|refused| refused.title.as_str()).collect();
    assert!(["A folder, no address", "Scheme forgotten"].iter().all(|title| named.contains(title)), "{named:?}");
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
        full_text: "AUTO".into(),
        credentials_ref: "one".into(),
        ..Feed::default()
    };
    let feed = crate::definition::complete(feed, jiff::Timestamp::UNIX_EPOCH).unwrap();
    let feed = Feed { added_at: None, ..feed };
    assert_eq!(read(write("mine", std::slice::from_ref(&feed)).as_bytes()).unwrap(), [feed]);
}

#[test]
fn a_feed_without_a_title_whose_url_is_long_has_none_when_it_is_read_back() {
    let feed = Feed { url: format!("https://one.example/{}", "a".repeat(1_000)), ..Feed::default() };
    let feed = crate::definition::complete(feed, jiff::Timestamp::UNIX_EPOCH).unwrap();
    let feed = Feed { added_at: None, ..feed };
    assert_eq!(read(write("mine", std::slice::from_ref(&feed)).as_bytes()).unwrap(), [feed]);
}

#[test]
fn a_written_list_holds_no_controls_and_reads_back_unchanged() {
    let feed = Feed { url: "https://one.example/".into(), title: "a\u{202e}b".into(), ..Feed::default() };
    let feed = Feed { added_at: None, ..crate::definition::complete(feed, jiff::Timestamp::UNIX_EPOCH).unwrap() };
    let written = write("mine", std::slice::from_ref(&feed));
    assert!(written.contains("a&#x202e;b"), "{written}");
    assert_eq!(read(written.as_bytes()).unwrap(), std::slice::from_ref(&feed));
    let with_c1 = Feed { title: "a\u{202e}b\u{9b}".into(), ..feed };
    assert_eq!(write("mine", &[with_c1]), written);
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
        let List { feeds, refused } = read_all(list.as_bytes(), &SecretParameters::default()).unwrap();
        proptest::prop_assert_eq!((feeds.len(), refused.len()), (1, 1));
        let again = read_all(write("x", &feeds).as_bytes(), &SecretParameters::default()).unwrap();
        proptest::prop_assert!(again.refused.is_empty());
        proptest::prop_assert_eq!(again.feeds, feeds);
    }

    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
        let _ = read(&bytes);
    }
}
