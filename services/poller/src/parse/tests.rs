//! One fixture for each kind of malformed document.

mod blank_texts;
mod json_faults;
mod relative_guids;

use super::*;
use crate::document::Entry;

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/fixtures/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn cx() -> Context<'static> {
    Context::new("https://a.example/feed.xml")
}

fn read_fixture(name: &str) -> Document {
    read(&fixture(name), &cx()).unwrap()
}

fn first(document: &Document) -> &Entry {
    document.entries.first().unwrap()
}

#[test]
fn documents_are_decoded_in_their_encoding() {
    let document = read_fixture("utf16be_without_mark.xml");
    assert_eq!((document.title.as_str(), document.encoding), ("Été", "UTF-16BE"));
    let document = read_fixture("undeclared_windows_1252.xml");
    assert_eq!(first(&document).title, "À la crème – “ici”");
    assert_eq!((document.encoding, document.warnings), ("windows-1252", vec![Warning::Encoding]));
    let document = read_fixture("double_encoded.xml");
    assert_eq!((document.title.as_str(), first(&document).title.as_str()), ("Zeitung für Österreich", "It’s größer"));
    assert_eq!(document.warnings, ["double-encoding-undone"]);
}

#[test]
fn references_and_control_characters_are_repaired() {
    let document = read_fixture("entities_and_ampersands.xml");
    assert_eq!(document.title, "AT&T & Co");
    assert_eq!(first(&document).title, "café … ’x’");
    assert_eq!(first(&document).link, "https://a.example/?a=1&b=2");
    assert_eq!(document.warnings, ["named-entities-decoded", "ampersands-escaped", "references-repaired"]);
    let document = read_fixture("control_characters.xml");
    assert_eq!((document.title.as_str(), first(&document).title.as_str()), ("ab", "cd"));
    let document = read_fixture("entity_bomb.xml");
    assert_eq!(document.title, "&b;&b;&b;&b; •");
}

#[test]
fn undeclared_namespaces_and_versions_are_assumed() {
    let document = read_fixture("no_version_undeclared_prefixes.xml");
    assert_eq!(first(&document).content, "<p>Body</p>");
    assert!(first(&document).published.is_some());
    assert_eq!(document.warnings, ["prefixes-assumed", "namespace-assumed"]);
    for (name, format) in [
        ("default_namespace_on_rss.xml", "rss2"),
        ("rss090.xml", "rss0"),
        ("rss11.xml", "rss1"),
        ("cdf.xml", "cdf"),
        ("news_sitemap.xml", "sitemap"),
        ("warnings_before_the_feed.xml", "rss2"),
    ] {
        let document = read_fixture(name);
        assert_eq!((document.format, document.entries.len()), (format, 1), "{name}");
        assert_eq!(
            (first(&document).title.as_str(), first(&document).link.as_str()),
            ("x", "https://a.example/1"),
            "{name}"
        );
    }
    assert_eq!(first(&read_fixture("news_sitemap.xml")).language, "en");
}

#[test]
fn atom_0_3_is_read() {
    let document = read_fixture("atom03.xml");
    let entry = first(&document);
    assert_eq!((document.format, document.description.as_str()), ("atom0", "sub"));
    assert_eq!((entry.title.as_str(), entry.content.as_str()), ("A <b>b</b>", "Hello world"));
    assert_eq!(entry.link, "https://a.example/1");
    assert_eq!(entry.published.map(|d| d.at.to_string()).as_deref(), Some("2003-12-13T12:29:29Z"));
    assert_eq!(entry.updated.map(|d| d.at.to_string()).as_deref(), Some("2003-12-13T18:30:02Z"));
}

#[test]
fn a_document_that_ends_early_gives_its_whole_items() {
    for (name, titles) in [("cut_off.xml", ["whole", "whole too"]), ("json_cut_off.json", ["x", "y"])] {
        let document = read_fixture(name);
        assert_eq!(document.entries.iter().map(|entry| entry.title.as_str()).collect::<Vec<_>>(), titles, "{name}");
        let warnings = document.entries.iter().flat_map(|entry| &entry.warnings).chain(&document.warnings);
        assert!(document.is_cut && warnings.count() == 0, "{name}");
    }
}

#[test]
fn raw_line_breaks_in_json_strings_are_read() {
    let json = "{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"t\",\"items\":[\n\t{\"id\":\"1\",\"title\":\"a\nb\tc\\n\"}]}";
    let document = read(json.as_bytes(), &Context::new("https://a.example/feed.json")).unwrap();
    assert_eq!(document.entries.first().unwrap().title, "a\nb\tc");
    assert!(!document.is_cut);
}

#[test]
fn an_unclosed_element_affects_no_other_item() {
    for name in ["unclosed_title.xml", "unclosed_item.xml"] {
        let document = read_fixture(name);
        let all: Vec<_> = document.entries.iter().map(|e| (e.title.as_str(), e.link.as_str())).collect();
        assert_eq!(all, [("one", "https://a.example/1"), ("two", "https://a.example/2")], "{name}");
        assert_eq!(document.warnings, ["tags-balanced"], "{name}");
    }
}

#[test]
fn invalid_media_are_dropped_and_the_item_is_kept() {
    let document = read_fixture("bad_mime_type_and_empty_media.xml");
    let entry = first(&document);
    assert_eq!(entry.warnings, ["media-dropped"]);
    let media: Vec<_> = entry.media.iter().map(|m| (m.url.as_str(), m.r#type.as_str(), m.length)).collect();
    assert_eq!(media, [("https://a.example/a.mp3", "", 12)]);
}

#[test]
fn json_values_of_the_wrong_type_are_converted() {
    let document = read_fixture("json_numeric_id.json");
    let entry = first(&document);
    assert_eq!((entry.guid.as_str(), entry.link.as_str()), ("17", "https://a.example/1"));
    assert_eq!(entry.warnings, ["json-types-repaired"]);
    assert_eq!(
        (entry.categories.as_slice(), document.hints.hubs.as_slice()),
        (&["a".to_owned()][..], &["https://hub.example/".to_owned()][..])
    );
}

#[test]
fn links_are_resolved_against_their_base() {
    let document = read_fixture("rss10_about_without_link.xml");
    let entry = first(&document);
    assert_eq!((entry.guid.as_str(), entry.link.as_str()), ("https://a.example/1", "https://a.example/1"));
    assert_eq!(document.hints.update_period_s, Some(1_800));
    assert_eq!(first(&read_fixture("xml_base.xml")).link, "https://b.example/x/y/z");
    let document = read_fixture("neither_guid_nor_link.xml");
    assert_eq!((first(&document).guid.as_str(), first(&document).link.as_str()), ("", ""));
    assert_eq!(document, read_fixture("neither_guid_nor_link.xml"));
}

#[test]
fn hints_are_read() {
    use jiff::civil::Weekday::{Saturday, Sunday};
    let document = read_fixture("hints.xml");
    let hints = &document.hints;
    assert_eq!((hints.ttl_min, hints.skip_hours.as_slice()), (Some(60), &[0, 5][..]));
    assert_eq!(hints.skip_days, [Saturday, Sunday]);
    assert_eq!(
        (hints.cloud.as_str(), hints.self_url.as_str()),
        ("http://rpc.example:80/RPC2", "https://a.example/feed")
    );
    assert_eq!(hints.hubs, ["https://hub.example/"]);
    let links: Vec<_> = document.entries.iter().map(|e| (e.link.as_str(), e.guid_is_permalink)).collect();
    assert_eq!(links, [("https://a.example/1", true), ("", false)]);
}

#[test]
fn markup_in_a_description_is_kept() {
    assert_eq!(first(&read_fixture("markup_in_description.xml")).summary, "<p>One &amp; <b>two</b></p>");
}

#[test]
fn a_future_date_is_given_as_the_feed_has_it() {
    let document = read_fixture("future_date.xml");
    let entry = first(&document);
    let now: jiff::Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    assert!(entry.published.is_some_and(|date| date.at > now));
    assert!(entry.warnings.is_empty());
    assert_eq!(entry.date(now), Some(now));
}

#[test]
fn a_document_that_is_not_a_feed_is_an_error() {
    assert_eq!(read(&fixture("web_page.html"), &cx()), Err(DocumentError::WebPage));
    assert_eq!(read(b" \n", &cx()), Err(DocumentError::Empty));
    assert!(matches!(read(b"{\"a\":1}", &cx()), Err(DocumentError::Json(_))));
    assert!(matches!(read(b"<opml><body/></opml>", &cx()), Err(DocumentError::NotAFeed(_))));
    let mut small = cx();
    small.limits.bytes = 10;
    assert_eq!(read(b"<rss></rss>", &small), Err(DocumentError::TooLarge { bytes: 11, limit: 10 }));
}

fn entry_of(item: &str) -> Entry {
    let text = format!(
        "<rss version='2.0' xmlns:media='http://search.yahoo.com/mrss/'><channel><item>{item}</item></channel></rss>"
    );
    first(&read(text.as_bytes(), &cx()).unwrap()).clone()
}

#[test]
fn the_last_of_repeated_dates_counts() {
    let entry =
        entry_of("<pubDate>2024-01-01T00:00:00Z</pubDate><pubDate>2024-01-02T00:00:00Z</pubDate><pubDate>x</pubDate>");
    assert_eq!(entry.published.map(|d| d.at.to_string()).as_deref(), Some("2024-01-02T00:00:00Z"));
    assert_eq!(entry.published_text, "2024-01-02T00:00:00Z");
    assert_eq!(entry.warnings, ["date-dropped"]);
}

#[test]
fn a_date_that_cannot_be_read_is_kept_as_written() {
    let entry = entry_of("<title>T</title><pubDate> last Tuesday </pubDate>");
    assert_eq!((entry.published, entry.published_text.as_str()), (None, "last Tuesday"));
}

#[test]
fn a_text_in_place_of_an_attribute_is_read() {
    let entry = entry_of(
        "<enclosure>https://a.example/a.mp3</enclosure><media:thumbnail>https://a.example/b.png</media:thumbnail>
         <media:category>one</media:category><categories><category>two</category></categories>",
    );
    let media: Vec<&str> = entry.media.iter().map(|m| m.url.as_str()).collect();
    assert_eq!(media, ["https://a.example/a.mp3", "https://a.example/b.png"]);
    assert_eq!(entry.categories, ["one", "two"]);
    let atom =
        "<feed xmlns='http://www.w3.org/2005/Atom'><entry><title>t</title><category>one</category></entry></feed>";
    assert_eq!(first(&read(atom.as_bytes(), &cx()).unwrap()).categories, ["one"]);
}

#[test]
fn a_url_next_to_its_element_is_read() {
    let entry = entry_of(
        "<title>t</title><link/>https://a.example/1?a=1&amp;b=2 <image>https://a.example/b.png</image>
         <description>short</description><content>long</content>",
    );
    assert_eq!(entry.link, "https://a.example/1?a=1&b=2");
    assert_eq!((entry.summary.as_str(), entry.content.as_str()), ("short", "long"));
    assert_eq!(entry.media.first().map(|m| m.url.as_str()), Some("https://a.example/b.png"));
    let entry = entry_of("<title>t</title><description>short</description><content>long</content>");
    assert_eq!((entry.summary.as_str(), entry.content.as_str()), ("short", "long"));
}

#[test]
fn the_innermost_language_counts() {
    let atom = "<feed xmlns='http://www.w3.org/2005/Atom' xml:lang='fr'><entry><title xml:lang='it'>t</title>
        <summary xml:lang='de'>s</summary><content xml:lang='en'>c</content></entry><entry xml:lang='es'>
        <title xml:lang='it'>t</title></entry></feed>";
    let document = read(atom.as_bytes(), &cx()).unwrap();
    let all: Vec<&str> = document.entries.iter().map(|e| e.language.as_str()).collect();
    assert_eq!((document.language.as_str(), all), ("fr", vec!["en", "es"]));
    for (header, language) in [("pt-BR", "pt-BR"), ("en, de", ""), ("", ""), ("<x>", "")] {
        let cx = Context { content_language: Some(header), ..cx() };
        assert_eq!(read(b"<rss version='2.0'><channel></channel></rss>", &cx).unwrap().language, language);
    }
}

#[test]
fn c1_characters_are_decoded_as_windows_1252() {
    let entry = entry_of("<title>don\u{92}t \u{93}x\u{94}\u{85}</title>");
    assert_eq!(entry.title, "don’t “x”…");
}

#[test]
fn a_cdf_channel_is_read_by_its_attributes() {
    let cdf = br#"<CHANNEL HREF="https://a.example/" LASTMOD="2004-04-06T23:05:43-05:00"><ITEM HREF="1"/></CHANNEL>"#;
    let document = read(cdf, &cx()).unwrap();
    assert_eq!(document.site_url, "https://a.example/");
    assert_eq!(document.updated.map(|d| d.at.to_string()).as_deref(), Some("2004-04-07T04:05:43Z"));
}

#[test]
fn what_is_the_feeds_is_limited_where_it_enters() {
    let long = "x".repeat(1_100_000);
    let json =
        format!(r#"{{"version":"https://jsonfeed.org/version/1.1","title":"{long}","language":"{long}","items":[]}}"#);
    let xml = format!("<rss><channel><title>{long}</title><language>{long}</language></channel></rss>");
    for text in [json, xml] {
        let document = read(text.as_bytes(), &Context::new("https://a.example/feed")).unwrap();
        assert_eq!((document.title.len(), document.language.len()), (500, 0));
    }
}

#[test]
fn depth_and_items_are_limited() {
    let (open, close) = ("<media:group>".repeat(100_000), "</media:group>".repeat(100_000));
    let deep = format!("<rss version='2.0'><channel><item><title>x</title>{open}{close}</item></channel></rss>");
    let document = read(deep.as_bytes(), &cx()).unwrap();
    assert_eq!(document.entries.len(), 1);
    assert!(document.warnings.contains(&Warning::TooDeep));
    let many = format!("<rss version='2.0'><channel>{}", "<item><title>x</title></item>".repeat(6_000));
    let document = read(many.as_bytes(), &cx()).unwrap();
    assert_eq!((document.entries.len(), document.warnings), (5_000, vec![Warning::TooManyItems]));
}

/// On documents that need no repair, both parsers give the same result.
#[test]
fn both_parsers_agree() {
    let clean = ["hints.xml", "neither_guid_nor_link.xml", "rss10_about_without_link.xml"];
    for name in clean {
        compare(name, &fixture(name));
    }
    let Some(folder) = test_support::corpora::find("corpora/publishers") else { return };
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|e| e != "json") {
            compare(&path.to_string_lossy(), &std::fs::read(&path).unwrap());
        }
    }
}

fn compare(name: &str, bytes: &[u8]) {
    let cx = cx();
    let (text, _, repairs) = text(bytes, &cx).unwrap();
    let Some(by_feed_rs) = well_formed::parse(&text, &cx, repairs) else { return };
    let by_own = xml::parse(&text, &cx, Scope::Full).unwrap().document;
    assert_eq!(by_feed_rs.hints, by_own.hints, "{name}");
    for (a, b) in by_feed_rs.entries.iter().zip(&by_own.entries) {
        assert_eq!((&a.guid, &a.link, a.published, a.updated), (&b.guid, &b.link, b.published, b.updated), "{name}");
        assert_eq!((&a.title, &a.summary), (&b.title, &b.summary), "{name}");
        assert_eq!((&a.content, &a.authors, &a.categories), (&b.content, &b.authors, &b.categories), "{name}");
        assert_eq!(a.media, b.media, "{name}");
    }
}

proptest::proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
        let _ = read(&bytes, &cx());
    }

    #[test]
    fn no_cut_of_a_feed_panics(cut in 0_usize..500, name in 0_usize..4) {
        let bytes = fixture(["cdf.xml", "atom03.xml", "entity_bomb.xml", "json_numeric_id.json"][name]);
        let _ = read(&bytes[..cut.min(bytes.len())], &cx());
    }
}

fn entry_of_rss(inside: &str) -> Entry {
    let text = format!(
        "<rss version=\"2.0\" xmlns:News=\"https://search.example/news\"><channel><title>c</title><link>https://a.example/</link>\
         <description>d</description><item><guid>g</guid>{inside}</item></channel></rss>"
    );
    let mut document = read(text.as_bytes(), &cx()).unwrap();
    document.entries.remove(0)
}

#[test]
fn the_source_of_an_item_is_read_in_every_form() {
    for (inside, name, url) in [
        (
            "<title>t</title><source url=\"https://wire.example\">Example Wire</source>",
            "Example Wire",
            "https://wire.example",
        ),
        (
            "<source url=\"/feed\">Example &amp; Wire</source><title>t</title>",
            "Example & Wire",
            "https://a.example/feed",
        ),
        ("<source url=\"https://wire.example/\"/><title>t</title>", "", "https://wire.example/"),
        ("<title>t</title><News:Source>Example Wire</News:Source>", "Example Wire", ""),
        (
            "<source><title>Example Wire</title><link href=\"https://wire.example/\"/></source><title>t</title>",
            "Example Wire",
            "https://wire.example/",
        ),
        ("<title>t</title>", "", ""),
    ] {
        let entry = entry_of_rss(inside);
        assert_eq!((entry.source.name.as_str(), entry.source.url.as_str()), (name, url), "{inside}");
        assert_eq!(entry.title, "t", "{inside}");
    }
}

#[test]
fn the_publishers_page_is_read_apart_from_the_link() {
    let entry = entry_of_rss(
        "<title>t</title><link>https://carrier.example/1</link><feedburner:origLink xmlns:feedburner=\"x\">https://e.example/1</feedburner:origLink>",
    );
    assert_eq!(
        (entry.link.as_str(), entry.original_link.as_str()),
        ("https://carrier.example/1", "https://e.example/1")
    );
    let only =
        entry_of_rss("<title>t</title><pheedo:origLink xmlns:pheedo=\"y\">https://e.example/1</pheedo:origLink>");
    assert_eq!(only.link, "https://e.example/1");
}

#[test]
fn texts_are_typed_by_their_format() {
    let forms = |entry: &Entry| [entry.forms.title, entry.forms.summary, entry.forms.content];
    let rss = entry_of_rss(
        "<title>t</title><description>d</description>\
         <content:encoded xmlns:content=\"http://purl.org/rss/1.0/modules/content/\">c</content:encoded>",
    );
    assert_eq!(forms(&rss), ["UNKNOWN", "UNKNOWN", "HTML"]);
    let inline = entry_of_rss("<title>a <b>b</b></title><description>d</description>");
    assert_eq!((inline.title.as_str(), inline.forms.title), ("a <b>b</b>", "HTML"));
    let atom = |attributes: &str| {
        let text = format!(
            "<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>c</title><id>urn:c</id><updated>2026-11-28T11:00:00Z</updated>\
             <entry><id>urn:1</id><updated>2026-11-28T11:00:00Z</updated><title{attributes}>t</title>\
             <summary{attributes}>s</summary><content{attributes}>c</content></entry></feed>"
        );
        let document = read(text.as_bytes(), &cx()).unwrap();
        forms(document.entries.first().unwrap())
    };
    assert_eq!(atom(""), ["TEXT", "UNKNOWN", "UNKNOWN"]);
    assert_eq!(atom(" type=\"text\""), ["TEXT"; 3]);
    assert_eq!(atom(" type=\"html\""), ["HTML"; 3]);
    assert_eq!(atom(" type=\"xhtml\""), ["XHTML"; 3]);
    let json = |item: &str| {
        let text = format!("{{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"c\",\"items\":[{item}]}}");
        let document = read(text.as_bytes(), &cx()).unwrap();
        forms(document.entries.first().unwrap())
    };
    assert_eq!(json(r#"{"id":"1","title":"t","summary":"s","content_html":"c"}"#), ["TEXT", "TEXT", "HTML"]);
    assert_eq!(json(r#"{"id":"1","content_text":"c"}"#), ["TEXT"; 3]);
}
