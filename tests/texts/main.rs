//! What a feed writes and what an article shows: documents through the poller's parser and comparison and the normaliser, without
//! a log.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

/// What is cut from real texts.
mod precision;

use normaliser::{Normalised, normalise, revision::Delivery};
use poller::{
    diff::{Part, Remembered, diff},
    document::Context,
    identity::fingerprints,
    parse,
};
use proto::v1::{Article, Feed, Fetch, RawItem};
use test_support::corpora;

const NOW: &str = "2026-11-28T12:00:00Z";

/// The raw items of a document, in its order.
fn items(feed: &Feed, bytes: &[u8]) -> Vec<RawItem> {
    let document = parse::read(bytes, &Context::new(&feed.url)).unwrap();
    let fetch = Fetch { bytes: i32::try_from(bytes.len()).unwrap(), final_url: feed.url.clone(), ..Fetch::default() };
    let now = NOW.parse().unwrap();
    let prints = fingerprints(&document);
    let found = diff(feed, &Remembered::default(), &document, &prints, true, &fetch, Part::WHOLE, now);
    found.publish.into_iter().rev().map(|one| one.item).collect()
}

fn articles_of(feed: &Feed, bytes: &[u8]) -> Vec<Article> {
    let delivery = Delivery::at(NOW.parse().unwrap());
    let article = |raw: RawItem| match normalise(&raw, None, delivery) {
        Ok(Normalised::Article(published)) => published.article,
        other => panic!("{other:?}"),
    };
    items(feed, bytes).into_iter().map(article).collect()
}

fn feed(url: &str) -> Feed {
    Feed { feed_id: proto::id::feed_id(url), url: url.into(), backfill: "all".into(), ..Feed::default() }
}

fn articles(bytes: &[u8]) -> Vec<Article> {
    articles_of(&feed("https://news.example/feed"), bytes)
}

fn titles(bytes: &[u8]) -> Vec<String> {
    articles(bytes).into_iter().map(|article| article.title).collect()
}

fn rss(items: &str) -> String {
    format!(
        "<rss version=\"2.0\" xmlns:content=\"http://purl.org/rss/1.0/modules/content/\"><channel><title>Example Post</title>\
         <link>https://news.example/</link><description>d</description>{items}</channel></rss>"
    )
}

fn item(number: usize, inside: &str) -> String {
    format!(
        "<item><link>https://news.example/{number}</link><guid isPermaLink=\"false\">g{number}</guid>{inside}</item>"
    )
}

fn atom(title: &str) -> String {
    format!(
        "<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>Example Post</title><id>https://news.example/</id>\
         <updated>2026-11-28T11:00:00Z</updated><entry><id>tag:news.example,2026:1</id>{title}\
         <link href=\"https://news.example/1\"/><updated>2026-11-28T11:00:00Z</updated></entry></feed>"
    )
}

/// The reports of readers that concern text.
fn report(name: &str) -> Option<Vec<Article>> {
    Some(articles(&std::fs::read(corpora::find(&format!("reports/{name}"))?).unwrap()))
}

#[test]
fn tags_that_a_title_mentions_stay() {
    if let Some(articles) = report("22-tags-in-titles-atom.xml") {
        let titles: Vec<&str> = articles.iter().map(|article| article.title.as_str()).collect();
        assert_eq!(
            titles,
            [
                "Issue 8311: \"Builder doesn't allow <col> elements in <colgroup>\"",
                "The <meta> element goes back to the drawing board",
                "Why the <table> layout and the <b> tag live on",
                "A loud word and <hr>",
            ]
        );
    }
    if let Some(articles) = report("22-tags-in-titles-rss.xml") {
        let titles: Vec<&str> = articles.iter().map(|article| article.title.as_str()).collect();
        assert_eq!(
            titles,
            [
                "Browser 23 ships with sharing and without <blink>",
                "A free guide to <head> elements",
                "A free guide to <body> elements",
                "Loops: when i <b and x> 4, stop",
            ]
        );
    }
}

#[test]
fn the_source_of_an_aggregators_item_is_its_publisher() {
    let Some(articles) = report("27-aggregator-source.xml") else { return };
    let shown: Vec<[&str; 4]> = articles
        .iter()
        .map(|article| {
            let Article { title, publisher_name, publisher_domain, carrier, .. } = article;
            [title, publisher_name, publisher_domain, carrier].map(String::as_str)
        })
        .collect();
    assert_eq!(
        shown,
        [
            ["Harbour workers end their strike", "Example Wire", "wire.example", "news.example"],
            ["Harbour fees rise", "The Lebanon Post", "lebanonpost.example", "news.example"],
        ]
    );
}

#[test]
fn references_to_surrogates_are_one_character_or_nothing() {
    let Some(articles) = report("55-surrogates.xml") else { return };
    let article = articles.first().unwrap();
    assert_eq!(article.title, "Thanks \u{1f64f} to all");
    assert_eq!(article.body, "Wink \u{1f609} and \u{1f609} and a lone .");
    assert!(!article.body_html.contains('\u{fffd}'), "{}", article.body_html);
}

#[test]
fn content_without_text_does_not_hide_the_description() {
    if let Some(articles) = report("57-empty-content.xml") {
        assert_eq!(articles.len(), 5);
        for article in &articles {
            assert_eq!(article.body, "Stock futures rose on Friday after claims fell.", "{}", article.title);
        }
    }
    for content in
        ["<div><br/></div>", "<!-- x -->", "<p>&nbsp;&#8203;</p>", "<script>x()</script>", "<p>Read more</p>"]
    {
        let inside =
            format!("<description>The dam.</description><content:encoded><![CDATA[{content}]]></content:encoded>");
        let body = articles(rss(&item(1, &inside)).as_bytes()).remove(0).body;
        assert_eq!(body, "The dam.", "{content}");
    }
}

#[test]
fn megabytes_of_an_inline_image_leave_the_text_whole() {
    for (begin, size) in
        [("data:image/png;base64,", 5_000_000), ("data:image/png;base64,", 700_000), ("data:image/svg+xml,", 2_000_000)]
    {
        let image = format!("<p><img src=\"{begin}{}\"></p>", "QUJD".repeat(size / 4));
        let inside =
            format!("<title>Dam</title><description><![CDATA[{image}<p>The dam in Laos opened.</p>]]></description>");
        let article = articles(rss(&item(1, &inside)).as_bytes()).remove(0);
        assert_eq!(article.body, "The dam in Laos opened.");
        assert!(!article.warnings.iter().any(|warning| warning.contains("cut")), "{:?}", article.warnings);
    }
}

/// The body and its HTML of an item with a description that is written so.
fn body(description: &str) -> (String, String) {
    let inside = format!("<title>Dam</title><description>{description}</description>");
    let article = articles(rss(&item(1, &inside)).as_bytes()).remove(0);
    (article.body, article.body_html)
}

#[test]
fn cdata_that_was_escaped_is_markup() {
    let of_rss = body("&lt;![CDATA[&lt;p&gt;The dam opened.&lt;/p&gt;&lt;p&gt;It is in Laos.&lt;/p&gt;]]&gt;");
    let json = r#"{"version":"https://jsonfeed.org/version/1.1","title":"Example Post","items":[{"id":"1",
        "url":"https://news.example/1","content_html":"<![CDATA[<p>The dam opened.</p><p>It is in Laos.</p>]]>"}]}"#;
    let article = articles(json.as_bytes()).remove(0);
    for (text, html) in [of_rss, (article.body, article.body_html)] {
        assert_eq!(text, "The dam opened.\n\nIt is in Laos.");
        assert_eq!(html, "<p>The dam opened.</p><p>It is in Laos.</p>");
    }
}

#[test]
fn an_element_that_a_text_mentions_hides_nothing_before_the_same_element() {
    let (text, html) = body(
        "<![CDATA[<p>The <script> element came first.</p><p>It is in Laos.</p><script>run()</script>\
         <p>The <svg> element came next.</p><p>It is in Chad.</p><svg><path/></svg><p>It is in Mali.</p>]]>",
    );
    let paragraphs: Vec<&str> = text.split("\n\n").collect();
    assert_eq!(
        paragraphs,
        [
            "The <script> element came first.",
            "It is in Laos.",
            "The <svg> element came next.",
            "It is in Chad.",
            "It is in Mali."
        ]
    );
    assert_eq!(html.matches("<p>").count(), 5, "{html}");
}

#[test]
fn a_text_without_tags_keeps_its_lines_as_paragraphs() {
    assert_eq!(body("The dam opened.\nIt is in Laos.").1, "<p>The dam opened.</p><p>It is in Laos.</p>");
    assert_eq!(body("The dam in the north\nopened on Monday.").1, "<p>The dam in the north opened on Monday.</p>");
}

#[test]
fn titles_of_rss_lose_markup_and_keep_text() {
    let written = [
        ("Dam &lt;b&gt;opens&lt;/b&gt;", "Dam opens"),
        ("<![CDATA[Dam <em>opens</em> &amp; closes]]>", "Dam opens & closes"),
        ("<![CDATA[The <video> element]]>", "The <video> element"),
        ("Dam &amp;lt;b&amp;gt;opens&amp;lt;/b&amp;gt;", "Dam opens"),
        ("AT&amp;T", "AT&T"),
        ("AT&amp;amp;T", "AT&T"),
        ("5 &lt; 7", "5 < 7"),
        ("5 &amp;lt; 7", "5 < 7"),
        ("How &lt;script&gt; works", "How <script> works"),
        ("Dam <i>opens</i>", "Dam opens"),
    ];
    let items: String =
        written.iter().enumerate().map(|(n, (title, _))| item(n, &format!("<title>{title}</title>"))).collect();
    assert_eq!(titles(rss(&items).as_bytes()), written.map(|(_, title)| title));
}

#[test]
fn titles_of_atom_are_read_as_they_are_typed() {
    for (written, title) in [
        ("<title>A &lt;b&gt; &amp;amp; c</title>", "A <b> &amp; c"),
        ("<title type=\"text\">&lt;b&gt;Dam&lt;/b&gt;</title>", "<b>Dam</b>"),
        ("<title type=\"html\">&lt;b&gt;Dam&lt;/b&gt; &amp;amp; lake</title>", "Dam & lake"),
        ("<title type=\"html\">The &amp;lt;video&amp;gt; element</title>", "The <video> element"),
        ("<title type=\"html\">The &lt;video&gt; element</title>", "The <video> element"),
        ("<title type=\"html\">5 &lt; 7, a &lt;b and c</title>", "5 < 7, a <b and c"),
        (
            "<title type=\"xhtml\"><div xmlns=\"http://www.w3.org/1999/xhtml\">A <b>b</b> &lt;hr&gt;</div></title>",
            "A b <hr>",
        ),
    ] {
        assert_eq!(titles(atom(written).as_bytes()), [title], "{written}");
    }
}

#[test]
fn titles_of_a_json_feed_are_verbatim() {
    let json = r#"{"version":"https://jsonfeed.org/version/1.1","title":"Example Post","items":[
        {"id":"1","url":"https://news.example/1","title":"The <b>bold</b> &amp; the <i>","content_text":"a <b>c</b> &lt;"}]}"#;
    let article = articles(json.as_bytes()).remove(0);
    assert_eq!((article.title.as_str(), article.body.as_str()), ("The <b>bold</b> &amp; the <i>", "a <b>c</b> &lt;"));
}

#[test]
fn a_repaired_document_types_its_texts_alike() {
    let broken = atom("<title type=\"text\">A &lt;b&gt; tag &nbsp;</title>");
    assert_eq!(titles(broken.as_bytes()), ["A <b> tag"]);
}

#[test]
fn the_form_of_each_text_travels_with_it() {
    let content = "<title>t</title><description>d</description><content:encoded>c</content:encoded>";
    let raw = items(&feed("https://news.example/feed"), rss(&item(1, content)).as_bytes()).remove(0);
    let forms = [raw.title_form, raw.summary_form, raw.content_form];
    assert_eq!(forms, ["UNKNOWN", "UNKNOWN", "HTML"]);
    let entry = atom("<title type=\"html\">t</title><summary type=\"text\">s</summary>");
    let raw = items(&feed("https://news.example/feed"), entry.as_bytes()).remove(0);
    let forms = [raw.title_form, raw.summary_form, raw.content_form];
    assert_eq!(forms, ["HTML", "TEXT", ""]);
}

#[test]
fn a_feedburner_item_has_the_publishers_address() {
    let feed = feed("https://feeds.feedburner.com/examplepost");
    let inside = "<title>Dam</title><link>http://feedproxy.google.com/~r/examplepost/~3/x/</link>\
        <feedburner:origLink>https://example.org/dam?utm_source=feedburner</feedburner:origLink><guid>g</guid>";
    let document = rss(&format!("<item>{inside}</item>"))
        .replace("<rss ", "<rss xmlns:feedburner=\"http://rssnamespace.org/feedburner/ext/1.0\" ");
    let article = articles_of(&feed, document.as_bytes()).remove(0);
    assert_eq!(article.canonical_url, "https://example.org/dam");
    assert_eq!((article.publisher_domain.as_str(), article.carrier.as_str()), ("example.org", "FeedBurner"));
    assert_eq!(article.article_id, proto::id::article_id("https://example.org/dam"));
}

#[test]
fn an_atom_source_names_the_publisher() {
    let entry = atom(
        "<title>Dam</title><source><title>Example Wire</title><id>tag:wire.example,2026:f</id>\
         <link rel=\"self\" href=\"https://feeds.wire.example/f\"/><link href=\"https://wire.example/\"/>\
         <updated>2026-11-28T11:00:00Z</updated></source>",
    );
    let raw = items(&feed("https://planet.example/feed"), entry.as_bytes()).remove(0);
    assert_eq!((raw.source_name.as_str(), raw.source_url.as_str()), ("Example Wire", "https://wire.example/"));
    assert_eq!(raw.title, "Dam");
}

#[test]
fn a_line_that_many_items_repeat_is_cut() {
    let items: String = (0..6)
        .map(|n| item(n, &format!("<title>Story {n}</title><description><![CDATA[<p>Story {n} goes on.</p><p>The Example Post, since 1901</p>]]></description>")))
        .collect();
    for (n, article) in articles(rss(&items).as_bytes()).into_iter().enumerate() {
        assert_eq!(article.body, format!("Story {n} goes on."));
        assert!(!article.body_html.contains("1901"), "{}", article.body_html);
    }
}

#[test]
fn a_feed_publishes_as_much_of_the_text_as_its_definition_allows() {
    let body = "The dam opened on Tuesday. ".repeat(30);
    let document = rss(&item(1, &format!("<title>Dam</title><description>{body}</description>")));
    let published = |policy: &str| {
        let feed = Feed { publish_text: policy.into(), ..feed("https://news.example/feed") };
        articles_of(&feed, document.as_bytes()).remove(0)
    };
    let (full, summary, none) = (published("FULL"), published("SUMMARY"), published("NONE"));
    assert_eq!(full.word_count, 150);
    assert_eq!((summary.body.as_str(), summary.body_html.as_str(), summary.word_count), ("", "", 0));
    assert_eq!((summary.summary.split(' ').count(), summary.body_source.as_str()), (60, ""));
    assert_eq!((none.title.as_str(), none.summary.as_str(), none.body.as_str()), ("Dam", "", ""));
}
