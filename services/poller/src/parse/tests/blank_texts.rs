//! Texts without words do not hide those of other elements.

use super::*;

fn json(members: &str) -> Entry {
    let text = format!(r#"{{"title":"Quay Post","feed_url":"/f","items":[{{"id":"1",{members}}}]}}"#);
    first(&read(text.as_bytes(), &cx()).unwrap()).clone()
}

/// The entry of an RSS item, as it is read with feed-rs and without.
fn both(item: &str) -> [Entry; 2] {
    let text = format!(
        r#"<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
            xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"
            xmlns:media="http://search.yahoo.com/mrss/"><channel><title>Quay Post</title><link>https://a.example/</link>
            <description>News</description>
            <item><title>t</title><link>https://a.example/1</link>{item}</item></channel></rss>"#
    );
    both_of(&text)
}

fn both_of(text: &str) -> [Entry; 2] {
    let by_feed_rs = well_formed::parse(text, &cx(), Repairs::default()).unwrap();
    let by_own = xml::parse(text, &cx(), Scope::Full).unwrap().document;
    [by_feed_rs, by_own].map(|document| first(&document).clone())
}

#[test]
fn content_html_without_words_does_not_hide_content_text() {
    for html in ["", "<p></p>", "<div>&nbsp;</div>", "<img src='/a.png'>", "<p><br/>\\n</p>", "<!-- quay -->"] {
        let entry = json(&format!(r#""content_html":"{html}","content_text":"Ferry late.""#));
        assert_eq!((entry.content.as_str(), entry.forms.content), ("Ferry late.", "TEXT"), "{html}");
    }
    let entry = json(r#""content_html":"<p>Long.</p>","content_text":"Short.""#);
    assert_eq!((entry.content.as_str(), entry.forms.content), ("<p>Long.</p>", "HTML"));
    let entry = json(r#""content_html":"<img src='/a.png'>""#);
    assert_eq!(entry.content, "<img src='/a.png'>", "nothing else");
}

#[test]
fn a_description_without_words_does_not_hide_the_elements_below_it() {
    for blank in ["<![CDATA[<img src=\"https://a.example/i.jpg\"/>]]>", "<![CDATA[&nbsp;]]>", "&lt;p&gt; &lt;/p&gt;"] {
        for (other, form) in [
            ("<media:description type=\"plain\">Ferry late.</media:description>", "TEXT"),
            ("<itunes:summary>Ferry late.</itunes:summary>", "UNKNOWN"),
            ("<dc:description>Ferry late.</dc:description>", "UNKNOWN"),
        ] {
            let description = format!("<description>{blank}</description>");
            for item in [format!("{description}{other}"), format!("{other}{description}")] {
                for entry in both(&item) {
                    assert_eq!((entry.summary.as_str(), entry.forms.summary), ("Ferry late.", form), "{item}");
                }
            }
        }
    }
}

#[test]
fn a_content_without_words_does_not_hide_the_elements_below_it() {
    for (other, content) in [
        ("<fulltext>Ferry late.</fulltext>", "Ferry late."),
        ("<body xmlns=\"http://www.w3.org/1999/xhtml\"><p>Ferry late.</p></body>", "<p>Ferry late.</p>"),
    ] {
        for entry in both(&format!("<content:encoded><![CDATA[<p>&nbsp;</p>]]></content:encoded>{other}")) {
            assert_eq!(entry.content, content);
        }
    }
}

#[test]
fn a_summary_of_atom_without_words_does_not_hide_that_of_media() {
    let text = "<feed xmlns='http://www.w3.org/2005/Atom' xmlns:media='http://search.yahoo.com/mrss/'><title>c</title>\
        <id>urn:c</id><updated>2026-11-28T11:00:00Z</updated><entry><id>urn:1</id><title>t</title>\
        <updated>2026-11-28T11:00:00Z</updated><summary type=\"html\">&lt;br&gt;</summary>\
        <media:description>Ferry late.</media:description></entry></feed>";
    for entry in both_of(text) {
        assert_eq!((entry.summary.as_str(), entry.forms.summary), ("Ferry late.", "UNKNOWN"));
    }
}

#[test]
fn a_description_with_words_or_without_another_stays() {
    let image = "<img src=\"https://a.example/i.jpg\"/>";
    for (item, summary) in [
        (format!("<description><![CDATA[{image}]]></description>"), image),
        (format!("<description><![CDATA[{image}]]></description><itunes:summary>&lt;br&gt;</itunes:summary>"), image),
        ("<itunes:summary>Long.</itunes:summary><description>Short.</description>".to_owned(), "Short."),
        ("<description>&lt;i&gt;x&lt;/i&gt;</description><dc:description>y</dc:description>".to_owned(), "<i>x</i>"),
    ] {
        for entry in both(&item) {
            assert_eq!((entry.summary.as_str(), entry.forms.summary), (summary, "UNKNOWN"), "{item}");
        }
    }
}
