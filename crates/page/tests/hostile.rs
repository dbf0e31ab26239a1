//! Pages that are made to cost much.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::time::{Duration, Instant};

use page::{extract, metadata, strip, wall};
use url::Url;

/// Longer than any page takes, in a build without optimisation on a busy machine: quadratic work takes minutes.
const DEADLINE: Duration = Duration::from_secs(10);

#[track_caller]
fn is_cheap(html: &str) {
    let start = Instant::now();
    let url = Url::parse("https://news.example.org/").unwrap();
    for html in [strip(html).as_str(), html] {
        let metadata = metadata(html, &url);
        let main = extract(html, Some(url.as_str()));
        let _ = wall(html, &metadata, &main);
    }
    assert!(start.elapsed() < DEADLINE, "{:?}", start.elapsed());
}

const PARAGRAPH: &str =
    "<p>The minister opened the new bridge on Monday and said that it would carry trains from spring.</p>";

#[test]
fn twenty_thousand_nested_elements_are_cheap() {
    is_cheap(&"<div>".repeat(20_000));
    is_cheap(&format!("{}{PARAGRAPH}{}", "<div>".repeat(20_000), "</div>".repeat(20_000)));
    is_cheap(&"<blockquote>text ".repeat(20_000));
}

#[test]
fn text_in_too_deep_a_page_is_kept() {
    let html = format!("{}{PARAGRAPH}{}", "<div>".repeat(20_000), "</div>".repeat(20_000));
    assert_eq!(extract(&html, None).text, PARAGRAPH.replace("<p>", "").replace("</p>", ""));
}

#[test]
fn nested_tables_are_cheap() {
    is_cheap(&"<table><tr><td>".repeat(10_000));
    is_cheap(&format!("<table>{}", "<a>x".repeat(20_000)));
}

#[test]
fn formatting_that_is_opened_again_and_again_is_cheap() {
    is_cheap(&"<b><p>x".repeat(20_000));
    is_cheap(&"<b><i><font color=red><p>x</p>".repeat(8_000));
    is_cheap(&"<a href=x><div>x".repeat(20_000));
    is_cheap(&"<nobr>x".repeat(20_000));
}

#[test]
fn nested_elements_that_are_no_content_are_cheap() {
    for open in [
        "<math><mi>",
        "<ruby><rt>",
        "<object>",
        "<svg>",
        "<template>",
        "<select><option>",
        "<button><p>",
        "<dl><dt><dd>",
    ] {
        is_cheap(&open.repeat(9_000));
    }
}

#[test]
fn a_wide_page_is_cheap() {
    is_cheap(&PARAGRAPH.repeat(19_000));
    is_cheap(&format!("<div>{}</div>", "one two three four five<br><br>".repeat(9_000)));
    is_cheap(&"<div class=share>one two three four five six</div>".repeat(18_000));
}

#[test]
fn a_deep_page_with_much_text_is_cheap() {
    is_cheap(&format!("{}{}", "<div class=share>".repeat(110), PARAGRAPH.repeat(15_000)));
    is_cheap(&format!("{}{}", "<span>one two ".repeat(110), "</span>".repeat(110)).repeat(100));
}

#[test]
fn raw_elements_that_are_not_closed_are_cheap() {
    for open in
        ["<title>", "<textarea>x", "<script>", "<style>", "<!--", "<xmp>", "<", "<a x=\"", "&amp;&lt;", "data:,"]
    {
        is_cheap(&open.repeat(100_000));
    }
}

#[test]
fn deep_and_many_json_ld_is_cheap() {
    let block = |json: &str| format!("<script type='application/ld+json'>{json}</script>");
    is_cheap(&block(&"[".repeat(300_000)));
    is_cheap(&block(r#"{"@type":"NewsArticle","articleBody":"x"}"#).repeat(5_000));
    is_cheap(&block(&format!(r#"{{"@graph":[{}1]}}"#, r#"{"@type":"NewsArticle"},"#.repeat(50_000))));
}

#[test]
fn many_attributes_are_cheap() {
    is_cheap(&format!("<div {}>{PARAGRAPH}", "a=b ".repeat(100_000)));
    is_cheap(&format!("<div class='{}'>{PARAGRAPH}", "share-".repeat(200_000)));
}
